//! Bounds on a request's head.

use crate::world::{get, send};
use axum::Router;
use axum::extract::Request;
use axum::routing::get as on_get;
use hanse_http::limits::{Gate, HeadLimits};
use tower::Layer;

#[tokio::test]
async fn a_head_that_no_honest_client_sends_is_refused() {
    let limits = HeadLimits { uri_bytes: 50, header_bytes: 200, header_count: 3 };
    let gate = Gate(move |request: &Request| limits.check(request));
    let app = gate.layer(Router::new().fallback(on_get(|| async {})));
    assert_eq!(send(&app, get("/fine?q=1")).await.status.as_u16(), 200);
    assert_eq!(
        send(&app, get(&format!("/{}", "a".repeat(60)))).await.problem(),
        (414, "uri_too_long".into())
    );
    assert_eq!(send(&app, get(&format!("/a?{}", "a".repeat(60)))).await.problem().0, 414);
    let mut many = get("/");
    for n in 0..4 {
        many.headers_mut().append("x-one", n.to_string().parse().unwrap());
    }
    assert_eq!(send(&app, many).await.problem(), (431, "headers_too_large".into()));
    let mut long = get("/");
    long.headers_mut().insert("x-one", "a".repeat(200).parse().unwrap());
    assert_eq!(send(&app, long).await.problem().0, 431);
}
