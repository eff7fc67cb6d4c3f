//! JSON bodies: strict in, whole out.

use crate::world::{Answer, app, post, send};
use axum::Router;
use axum::body::Body;
use axum::routing::post as on_post;
use bytes::Bytes;
use futures::stream;
use hanse_http::{Accepted, BodyLimit, Created, Json, Problem};
use hanse_kernel::ProductId;
use http::Request;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    product_id: ProductId,
    quantity: u32,
    #[serde(default)]
    kind: Kind,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Plain,
    Gift,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    items: Vec<Line>,
    note: Option<String>,
}

async fn echo(Json(order): Json<Order>) -> Json<Order> {
    Json(order)
}

async fn maybe(body: Option<Json<Order>>) -> String {
    body.map_or("nothing".into(), |Json(order)| order.items.len().to_string())
}

fn shop() -> crate::world::App {
    app(Router::new()
        .route("/orders", on_post(echo))
        .route("/maybe", on_post(maybe))
        .route("/large", on_post(echo).route_layer(BodyLimit(200_000))))
}

const ID: &str = "prod_00000000000000000000000000000001";

async fn refused(body: &str) -> Answer {
    let answer = send(&shop(), post("/orders", body)).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
    answer
}

#[tokio::test]
async fn a_good_body_arrives_and_goes_back() {
    let body = format!(r#"{{"items":[{{"product_id":"{ID}","quantity":2,"kind":"gift"}}],"note":null}}"#);
    let answer = send(&shop(), post("/orders", &body)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(String::from_utf8(answer.body).unwrap(), body);
}

#[tokio::test]
async fn an_unknown_field_is_named_with_its_path() {
    let answer = refused(&format!(r#"{{"items":[{{"product_id":"{ID}","quantity":1,"price":1}}]}}"#)).await;
    assert_eq!(answer.problem(), (422, "unknown_field".into()));
    assert_eq!(answer.first_field(), ("items[0].price".into(), "unknown_field".into()));
    assert_eq!(refused(r#"{"items":[],"totl":1}"#).await.first_field().0, "totl");
}

#[tokio::test]
async fn a_field_of_the_wrong_kind_is_named_with_its_path() {
    let line = |rest: &str| format!(r#"{{"items":[{{"product_id":"{ID}",{rest}}}]}}"#);
    for (body, field, code, message) in [
        (
            line(r#""quantity":"2""#),
            "items[0].quantity",
            "type",
            "must be an integer of at least 0, not string",
        ),
        (
            line(r#""quantity":-1"#),
            "items[0].quantity",
            "value",
            "must be an integer of at least 0; the number given does not fit",
        ),
        (
            line(r#""quantity":99999999999"#),
            "items[0].quantity",
            "value",
            "must be an integer of at least 0; the number given does not fit",
        ),
        (
            line(r#""quantity":1.5"#),
            "items[0].quantity",
            "type",
            "must be an integer of at least 0; the number given does not fit",
        ),
        (line(r#""quantity":1,"quantity":2"#), "items[0].quantity", "duplicate", "was given twice"),
        (line(r#""kind":"gift""#), "items[0].quantity", "required", "is required"),
        (line(r#""quantity":1,"kind":"x""#), "items[0].kind", "enum", "is not known; expected plain or gift"),
        (
            r#"{"items":[{"product_id":"ord_1","quantity":1}]}"#.into(),
            "items[0].product_id",
            "invalid",
            "must look like `prod_` followed by 32 hexadecimal digits",
        ),
        (r#"{"items":{}}"#.into(), "items", "type", "must be a list, not map"),
        (r#"{}"#.into(), "items", "required", "is required"),
        ("[]".into(), "items", "", ""),
        ("3".into(), "body", "type", "must be an object; the number given does not fit"),
    ] {
        let answer = refused(&body).await;
        assert_eq!(answer.problem(), (422, "validation".into()), "{body}");
        if !code.is_empty() {
            assert_eq!(answer.first_field(), (field.into(), code.into()), "{body}");
            assert_eq!(answer.json()["errors"][0]["message"], message, "{body}");
        }
    }
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    for body in ["", "   ", "{", "{\"items\":[],}", "{\"items\":[]} x", "nope"] {
        assert_eq!(
            refused(body).await.problem(),
            (400, "malformed_json".into()),
            "{}",
            &body[..body.len().min(30)]
        );
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let problem = hanse_http::body::parse::<serde_json::Value>(deep.as_bytes()).unwrap_err();
    assert_eq!((problem.status().as_u16(), problem.code()), (400, "too_deep"));
    assert!(refused("").await.json()["detail"].as_str().unwrap().contains("empty"));
    let latin = Request::post("/orders")
        .header("content-type", "application/json")
        .body(Body::from(b"{\"items\":[],\"note\":\"\xe9\"}".to_vec()))
        .unwrap();
    assert_eq!(send(&shop(), latin).await.problem(), (400, "malformed_json".into()));
}

#[tokio::test]
async fn the_content_type_is_checked() {
    for (kind, status) in [
        (Some("application/json; charset=utf-8"), 200),
        (Some("Application/Merge-Patch+JSON"), 200),
        (Some("text/json"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (None, 415),
    ] {
        let mut request = Request::post("/orders");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer = send(&shop(), request.body(Body::from(r#"{"items":[]}"#)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{kind:?}");
        if status == 415 {
            assert_eq!(answer.problem().1, "unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn the_size_is_bounded_announced_or_not() {
    let body = |n: usize| format!(r#"{{"items":[],"note":"{}"}}"#, "a".repeat(n));
    assert_eq!(send(&shop(), post("/orders", &body(60_000))).await.status.as_u16(), 200);
    assert_eq!(refused(&body(70_000)).await.problem(), (413, "payload_too_large".into()));
    assert_eq!(send(&shop(), post("/large", &body(190_000))).await.status.as_u16(), 200);
    assert_eq!(send(&shop(), post("/large", &body(210_000))).await.problem().0, 413);

    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1000])));
    let request =
        Request::post("/orders").header("content-type", "application/json").body(Body::from_stream(endless));
    assert_eq!(send(&shop(), request.unwrap()).await.problem().0, 413);

    let lying = Request::post("/orders")
        .header("content-type", "application/json")
        .header("content-length", "99999999999")
        .body(Body::empty());
    assert_eq!(send(&shop(), lying.unwrap()).await.problem().0, 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told() {
    let broken = stream::iter([Ok(Bytes::from("{\"items\"")), Err(std::io::Error::other("reset"))]);
    let request =
        Request::post("/orders").header("content-type", "application/json").body(Body::from_stream(broken));
    assert_eq!(send(&shop(), request.unwrap()).await.problem(), (400, "body_truncated".into()));
}

#[tokio::test]
async fn a_body_may_be_optional_but_is_strict_when_there() {
    let bare = Request::post("/maybe").body(Body::empty()).unwrap();
    assert_eq!(send(&shop(), bare).await.body, b"nothing");
    assert_eq!(
        send(&shop(), post("/maybe", "")).await.body,
        b"nothing",
        "a client that always names its kind"
    );
    let form = Request::post("/maybe").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(send(&shop(), form.body(Body::empty()).unwrap()).await.problem().0, 415);
    assert_eq!(send(&shop(), post("/maybe", " ")).await.problem().0, 400);
    assert_eq!(send(&shop(), post("/maybe", r#"{"items":[]}"#)).await.body, b"0");
    assert_eq!(send(&shop(), post("/maybe", r#"{"itms":[]}"#)).await.problem().1, "unknown_field");
}

#[tokio::test]
async fn created_and_accepted_tell_the_place() {
    let router = Router::new()
        .route("/c", on_post(|| async { Created("/things/1".into(), 1) }))
        .route("/a", on_post(|| async { Accepted("/things/2".into(), 2) }))
        .route("/bad", on_post(|| async { Created("/things/\n".into(), 3) }))
        .route("/problem", on_post(|| async { Err::<Created<i32>, _>(Problem::forbidden()) }));
    let app = app(router);
    for (path, status, place, body) in [("/c", 201, "/things/1", "1"), ("/a", 202, "/things/2", "2")] {
        let answer = send(&app, post(path, "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (status, Some(place)));
        assert_eq!(answer.body, body.as_bytes());
    }
    assert_eq!(send(&app, post("/bad", "")).await.problem().0, 500);
    assert_eq!(send(&app, post("/problem", "")).await.problem().0, 403);
}

#[tokio::test]
async fn a_character_that_is_no_text_is_refused_with_its_place() {
    let answer = refused(r#"{"items":[],"note":"a\u0000b"}"#).await;
    assert_eq!((answer.problem(), answer.first_field().0), ((422, "validation".into()), "note".into()));
    let answer = refused(r#"{"items":[{"product_id":"a\u0000"}]}"#).await;
    assert_eq!(answer.first_field().0, "items[0].product_id");
    // A backslash before it makes it six harmless characters.
    let harmless = r#"{"items":[],"note":"a\\u0000b"}"#;
    let answer = send(&shop(), post("/orders", harmless)).await;
    assert_eq!(String::from_utf8(answer.body).unwrap(), harmless);
}
