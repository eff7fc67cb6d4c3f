//! Queries and paths: strict, with a problem for everything else.

use crate::world::{app, get, send};
use axum::Router;
use axum::routing::get as on_get;
use hanse_http::{Path, Query};
use hanse_kernel::{CartId, ProductId};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct List {
    limit: Option<u16>,
    q: Option<String>,
    sort: Option<Sort>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Newest,
    #[serde(rename = "-price")]
    PriceDown,
}

fn shop() -> crate::world::App {
    app(Router::new()
        .route(
            "/list",
            on_get(|Query(l): Query<List>| async move { format!("{:?} {:?} {:?}", l.limit, l.q, l.sort) }),
        )
        .route("/products/{id}", on_get(|Path(id): Path<ProductId>| async move { id.to_string() }))
        .route(
            "/carts/{cart}/lines/{n}",
            on_get(|Path((cart, n)): Path<(CartId, u32)>| async move { format!("{cart} {n}") }),
        )
        .route("/wrong/{a}/{b}", on_get(|Path(_): Path<String>| async {})))
}

#[tokio::test]
async fn a_query_is_read_strictly() {
    let shop = shop();
    let good = send(&shop, get("/list?limit=20&q=caf%C3%A9+cup&sort=-price")).await;
    assert_eq!(String::from_utf8(good.body).unwrap(), "Some(20) Some(\"café cup\") Some(PriceDown)");
    assert_eq!(send(&shop, get("/list")).await.status.as_u16(), 200);
    for (query, field, code) in [
        ("limit=abc", "limit", "type"),
        ("limit=-1", "limit", "type"),
        ("limit=70000", "limit", "range"),
        ("sort=cheap", "sort", "enum"),
        ("limit=1&limit=2", "limit", "duplicate"),
        ("q=a%00b", "q", "invalid"),
    ] {
        let answer = send(&shop, get(&format!("/list?{query}"))).await;
        assert_eq!(answer.problem(), (422, "validation".into()), "{query}");
        assert_eq!(answer.first_field(), (field.into(), code.into()), "{query}: {}", answer.json());
    }
    let unknown = send(&shop, get("/list?limmit=1")).await;
    assert_eq!(unknown.problem(), (422, "unknown_field".into()));
    assert_eq!(unknown.first_field().0, "limmit");
}

#[tokio::test]
async fn a_path_that_names_nothing_is_not_found() {
    let shop = shop();
    let id = "prod_00000000000000000000000000000001";
    assert_eq!(send(&shop, get(&format!("/products/{id}"))).await.body, id.as_bytes());
    for bad in [
        "1",
        "ord_00000000000000000000000000000001",
        "prod_zz",
        "%ff",
        "%00",
        "prod_00000000000000000000000000000001x",
    ] {
        assert_eq!(
            send(&shop, get(&format!("/products/{bad}"))).await.problem(),
            (404, "not_found".into()),
            "{bad}"
        );
    }
    let cart = format!("cart_{}", "0".repeat(40));
    assert_eq!(send(&shop, get(&format!("/carts/{cart}/lines/1"))).await.status.as_u16(), 200);
    assert_eq!(send(&shop, get(&format!("/carts/{cart}/lines/x"))).await.problem().0, 404);
    assert_eq!(send(&shop, get("/carts/cart_1/lines/1")).await.problem().0, 404);
}

#[tokio::test]
async fn a_handler_that_asks_for_other_parameters_is_our_fault() {
    assert_eq!(send(&shop(), get("/wrong/1/2")).await.problem(), (500, "internal".into()));
}
