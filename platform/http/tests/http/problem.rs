//! Problems as a client reads them.

use crate::world::{Answer, app, get, send};
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get as on_get, post};
use hanse_http::{Problem, StatusCode};
use http::{Method, Request};
use serde_json::json;

#[tokio::test]
async fn a_problem_is_whole_without_any_layer() {
    let problem = Problem::conflict("total_changed", "The total changed")
        .detail("it was 2650")
        .field("expected_total", "changed", "is no longer right")
        .with("cart", json!({"id": "cart_1"}))
        .retry_after(7);
    let answer = Answer::of(problem.into_response()).await;
    assert_eq!(answer.problem(), (409, "total_changed".into()));
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(
        answer.json(),
        json!({
            "type": "https://hanse.example/problems/total_changed", "title": "The total changed", "status": 409,
            "code": "total_changed", "detail": "it was 2650", "cart": {"id": "cart_1"},
            "errors": [{"field": "expected_total", "code": "changed", "message": "is no longer right"}],
        })
    );
}

#[derive(Debug, thiserror::Error)]
#[error("password=hunter2 refused")]
struct Inner;

#[tokio::test]
async fn an_internal_error_shows_nothing_of_itself() {
    let answer = Answer::of(Problem::internal(&Inner).into_response()).await;
    assert_eq!(answer.problem(), (500, "internal".into()));
    assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
}

#[tokio::test]
async fn the_shorthands_have_their_status() {
    for (problem, status) in [
        (Problem::not_found("product"), 404),
        (Problem::validation("x"), 422),
        (Problem::forbidden(), 403),
        (Problem::unauthenticated(), 401),
        (Problem::precondition_failed(), 412),
        (Problem::unavailable("payment"), 503),
    ] {
        let answer = Answer::of(problem.into_response()).await;
        assert_eq!(answer.problem().0, status);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
    }
}

#[tokio::test]
async fn the_layer_puts_the_correlation_id_into_the_body_and_the_header() {
    let app = app(Router::new().route("/x", on_get(|| async { Problem::not_found("product") })));
    let request =
        Request::get("/x").header("x-correlation-id", "shop-7").body(axum::body::Body::empty()).unwrap();
    let answer = send(&app, request).await;
    assert_eq!(answer.problem(), (404, "not_found".into()));
    assert_eq!(answer.json()["correlation_id"], "shop-7");
    assert_eq!(answer.header("x-correlation-id"), Some("shop-7"));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
}

#[tokio::test]
async fn what_the_router_refuses_by_itself_is_a_problem_too() {
    let router = Router::new()
        .route("/x", post(|| async {}))
        .route("/page", on_get(|| async { (StatusCode::NOT_FOUND, axum::response::Html("<h1>gone</h1>")) }));
    let app = app(router);
    assert_eq!(send(&app, get("/nowhere")).await.problem(), (404, "not_found".into()));
    let answer = send(&app, get("/x")).await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("allow"), Some("POST"));
    let page = send(&app, get("/page")).await;
    assert_eq!((page.status.as_u16(), page.body.as_slice()), (404, b"<h1>gone</h1>".as_slice()));
    let mut head = get("/nowhere");
    *head.method_mut() = Method::HEAD;
    let answer = send(&app, head).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (404, 0));
}
