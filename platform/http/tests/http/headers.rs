//! Idempotency keys, versions and order tokens in headers.

use crate::world::{Answer, app, send};
use axum::Router;
use axum::body::Body;
use axum::routing::get as on_get;
use hanse_http::{ETag, IdempotencyKey, IfMatch, Json, OrderToken};
use http::{HeaderValue, Request};

fn shop() -> crate::world::App {
    app(Router::new()
        .route("/key", on_get(|IdempotencyKey(key): IdempotencyKey| async move { key }))
        .route(
            "/maybe",
            on_get(|key: Option<IdempotencyKey>| async move { format!("{:?}", key.map(|k| k.0)) }),
        )
        .route("/match", on_get(|IfMatch(version): IfMatch| async move { format!("{version:?}") }))
        .route(
            "/cart",
            on_get(|wanted: IfMatch| async move { wanted.check(3).map(|()| (ETag(3), Json("the cart"))) }),
        )
        .route("/token", on_get(|OrderToken(token): OrderToken| async move { format!("{token:?}") })))
}

async fn with(path: &str, headers: &[(&str, &[u8])]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    send(&shop(), request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_idempotency_key_is_required_where_it_is_taken() {
    assert_eq!(with("/key", &[]).await.problem(), (400, "idempotency_key_missing".into()));
    assert_eq!(with("/key", &[("idempotency-key", b"a-1")]).await.body, b"a-1");
    assert_eq!(with("/key", &[("idempotency-key", &[b'k'; 255])]).await.status.as_u16(), 200);
    assert_eq!(with("/maybe", &[]).await.body, b"None");
    assert_eq!(with("/maybe", &[("idempotency-key", b"x")]).await.body, b"Some(\"x\")");
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused_optional_or_not() {
    for path in ["/key", "/maybe"] {
        let long = [b'k'; 256];
        let bad: [&[(&str, &[u8])]; 5] = [
            &[("idempotency-key", b"")],
            &[("idempotency-key", &long)],
            &[("idempotency-key", b"a b")],
            &[("idempotency-key", b"caf\xc3\xa9")],
            &[("idempotency-key", b"a"), ("idempotency-key", b"b")],
        ];
        for headers in bad {
            let answer = with(path, headers).await;
            assert_eq!(answer.problem(), (422, "validation".into()), "{headers:?}");
            assert_eq!(answer.first_field().0, "Idempotency-Key");
        }
    }
}

#[tokio::test]
async fn if_match_takes_one_version() {
    for (value, read) in
        [("\"3\"", "Some(3)"), ("W/\"12\"", "Some(12)"), ("*", "None"), (" \"0\" ", "Some(0)")]
    {
        assert_eq!(with("/match", &[("if-match", value.as_bytes())]).await.body, read.as_bytes(), "{value}");
    }
    assert_eq!(with("/match", &[]).await.body, b"None");
    for junk in ["3", "\"a\"", "\"\"", "\"3\", \"4\"", "\"-1\"", "\"99999999999999999999\"", "\"3", "w/\"3\""]
    {
        let answer = with("/match", &[("if-match", junk.as_bytes())]).await;
        assert_eq!(answer.problem(), (400, "if_match_malformed".into()), "{junk}");
    }
    assert_eq!(with("/match", &[("if-match", b"\"1\""), ("if-match", b"\"2\"")]).await.problem().0, 400);
}

#[tokio::test]
async fn a_version_is_told_and_a_stale_one_refused() {
    let fresh = with("/cart", &[("if-match", b"\"3\"")]).await;
    assert_eq!((fresh.status.as_u16(), fresh.header("etag")), (200, Some("\"3\"")));
    assert_eq!(with("/cart", &[]).await.status.as_u16(), 200);
    assert_eq!(with("/cart", &[("if-match", b"\"2\"")]).await.problem(), (412, "precondition_failed".into()));
}

#[tokio::test]
async fn an_order_token_comes_by_its_own_scheme() {
    assert_eq!(with("/token", &[("authorization", b"Order abc")]).await.body, b"Some(\"abc\")");
    assert_eq!(with("/token", &[("authorization", b"order  abc")]).await.body, b"Some(\"abc\")");
    assert_eq!(with("/token", &[("authorization", b"Bearer customer")]).await.body, b"None");
    assert_eq!(with("/token", &[]).await.body, b"None");
    let long = format!("Order {}", "x".repeat(513));
    assert_eq!(with("/token", &[("authorization", long.as_bytes())]).await.body, b"None");
    assert!(!format!("{:?}", OrderToken(Some("secret".into()))).contains("secret"));
}
