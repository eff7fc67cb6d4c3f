//! Who gets where: the denial matrix, and that the route table proves itself.

use crate::world::{app, get, get_as, post, send};
use axum::extract::State;
use hanse_http::{Access, Caller, Json, Path, Problem, Routes, StatusCode, routes};
use hanse_kernel::{OrderId, Permission};
use http::{Method, Request};
use serde::Deserialize;

#[derive(Clone)]
struct Shop {
    name: &'static str,
}

#[utoipa::path(get, path = "/api/store/products", responses((status = 200, body = String)))]
async fn list_products(State(shop): State<Shop>) -> String {
    shop.name.into()
}

#[utoipa::path(get, path = "/api/store/me", responses((status = 200, body = String)))]
async fn me(Caller(ctx): Caller) -> String {
    ctx.actor.label()
}

#[utoipa::path(get, path = "/api/store/orders/{id}", params(("id" = OrderId, Path)), responses((status = 200)))]
async fn order(Path(id): Path<OrderId>) -> String {
    id.to_string()
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    title: String,
}

#[utoipa::path(get, path = "/api/admin/products", responses((status = 200, body = String)))]
async fn admin_list() -> &'static str {
    "read"
}

#[utoipa::path(post, path = "/api/admin/products", request_body = NewProduct, responses((status = 201)))]
async fn admin_create(Json(new): Json<NewProduct>) -> Result<StatusCode, Problem> {
    if new.title.is_empty() { Err(Problem::validation("title")) } else { Ok(StatusCode::CREATED) }
}

#[utoipa::path(post, path = "/internal/rebuild", responses((status = 204)))]
async fn rebuild() -> StatusCode {
    StatusCode::NO_CONTENT
}

pub fn table() -> hanse_http::BuiltRoutes {
    let staff = Routes::new("product")
        .route(Access::Staff(Permission::CatalogueRead), routes!(admin_list))
        .route_sized(Access::Staff(Permission::CatalogueWrite), 100, routes!(admin_create));
    Routes::new("product")
        .route(Access::Public, routes!(list_products))
        .route(Access::Customer, routes!(me))
        .route(Access::OrderHolder, routes!(order))
        .route(Access::Service, routes!(rebuild))
        .with_state(Shop { name: "Hanse" })
        .merge(staff)
        .build()
}

const ORDER: &str = "/api/store/orders/ord_00000000000000000000000000000001";

#[tokio::test]
async fn each_caller_gets_where_it_may_and_no_further() {
    let app = app(table().router);
    let credentials = [
        "",
        "Bearer customer",
        "Bearer staff",
        "Bearer staff:catalogue:read",
        "Bearer staff:catalogue:write",
        "Bearer service",
        "Order abc",
    ];
    let matrix = [
        ("/api/store/products", [200, 200, 200, 200, 200, 200, 200]),
        ("/api/store/me", [401, 200, 200, 200, 200, 403, 401]),
        (ORDER, [401, 200, 200, 200, 200, 403, 200]),
        ("/api/admin/products", [401, 403, 403, 200, 403, 403, 401]),
    ];
    for (path, expected) in matrix {
        for (who, status) in credentials.iter().zip(expected) {
            let request = if who.is_empty() { get(path) } else { get_as(path, who) };
            let answer = send(&app, request).await;
            assert_eq!(answer.status.as_u16(), status, "{path} as {who:?}");
            match status {
                401 => assert_eq!(answer.problem().1, "unauthenticated"),
                403 => assert_eq!(answer.problem().1, "forbidden"),
                _ => {}
            }
        }
    }
    for (who, status) in
        [("Bearer staff:catalogue:write", 403), ("Bearer customer", 403), ("Bearer service", 204)]
    {
        let mut request = get_as("/internal/rebuild", who);
        *request.method_mut() = Method::POST;
        assert_eq!(send(&app, request).await.status.as_u16(), status, "{who}");
    }
}

#[tokio::test]
async fn methods_of_one_path_have_their_own_access_and_nothing_is_read_before_it() {
    let app = app(table().router);
    let create = |who: &str, body: &str| {
        let mut request = post("/api/admin/products", body);
        request.headers_mut().insert("authorization", who.parse().unwrap());
        request
    };
    assert_eq!(
        send(&app, create("Bearer staff:catalogue:write", r#"{"title":"Mug"}"#)).await.status.as_u16(),
        201
    );
    assert_eq!(
        send(&app, create("Bearer staff:catalogue:read", r#"{"title":"Mug"}"#)).await.problem().0,
        403
    );
    // A refused caller learns nothing about what a body should be.
    assert_eq!(send(&app, create("Bearer customer", "{")).await.problem().0, 403);
    let large = format!(r#"{{"title":"{}"}}"#, "m".repeat(100));
    assert_eq!(send(&app, create("Bearer staff:catalogue:write", &large)).await.problem().0, 413);
}

#[tokio::test]
async fn without_a_context_layer_nothing_guarded_opens() {
    let router = table().router;
    assert_eq!(send(&router, get("/api/store/products")).await.status.as_u16(), 200);
    for who in ["Bearer staff:catalogue:read", "Order abc"] {
        assert_eq!(send(&router, get_as(ORDER, who)).await.problem().0, 500);
    }
}

#[tokio::test]
async fn the_table_lists_every_route_and_proves_itself() {
    let built = table();
    let lines: Vec<String> = built
        .table
        .iter()
        .map(|r| format!("{} {} {} {}", r.method, r.path, r.access.label(), r.operation_id))
        .collect();
    assert_eq!(
        lines,
        [
            "GET /api/store/products public list_products",
            "GET /api/store/me customer me",
            "GET /api/store/orders/{id} order_holder order",
            "POST /internal/rebuild service rebuild",
            "GET /api/admin/products staff:catalogue:read admin_list",
            "POST /api/admin/products staff:catalogue:write admin_create",
        ]
    );
    assert_eq!(built.unguarded().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_open_route_in_a_guarded_row_is_found() {
    let mut built = table();
    built.router = axum::Router::new().route("/api/store/me", axum::routing::get(|| async { "hello" }));
    let found = built.unguarded().await;
    assert!(found.contains(&"GET /api/store/me: answered nobody with 200 OK".to_string()), "{found:?}");
    let mut built = table();
    built.table[0].access = Access::Customer;
    assert_eq!(built.unguarded().await.len(), 2, "the document and the route both tell otherwise");
}

#[test]
#[should_panic(expected = "must share their path")]
fn handlers_of_different_paths_cannot_share_a_row() {
    let _table = Routes::<()>::new("x").route(Access::Public, routes!(admin_list, rebuild));
}

#[tokio::test]
async fn head_is_guarded_as_get_is() {
    let head = |who: &str| {
        Request::head("/api/admin/products").header("authorization", who).body(Default::default())
    };
    let app = app(table().router);
    assert_eq!(send(&app, head("Bearer customer").unwrap()).await.status.as_u16(), 403);
    assert_eq!(send(&app, head("Bearer staff:catalogue:read").unwrap()).await.status.as_u16(), 200);
}
