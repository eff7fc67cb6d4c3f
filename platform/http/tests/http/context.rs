//! The context layer: what it reads, what it adds, what it survives.

use crate::world::{KnownTokens, NOON, app, clock, effects, get, get_as, layer, send};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::routing::{get as on_get, post};
use futures::future::BoxFuture;
use hanse_http::{Authenticated, Caller, ContextLayer};
use hanse_kernel::{Actor, CorrelationId, Ctx, Locale, Spawn, Timers, Timestamp};
use http::Request;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tower::{Layer, ServiceExt};

async fn show(Caller(ctx): Caller) -> String {
    format!(
        "{} {} {} {} {:?} {}",
        ctx.actor.label(),
        ctx.channel,
        ctx.locale.as_str(),
        ctx.correlation,
        ctx.trace.map(|trace| trace.to_string()),
        ctx.deadline.map_or_else(String::new, |d| d.to_string()),
    )
}

fn shop() -> crate::world::App {
    let router = Router::new().route("/", on_get(show));
    layer()
        .request_timeout(Duration::from_secs(10))
        .locales(vec![Locale::new("en"), Locale::new("de")])
        .layer(router)
}

async fn text(request: Request<Body>) -> String {
    String::from_utf8(send(&shop(), request).await.body).unwrap()
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn the_context_is_read_from_the_headers() {
    let request = Request::get("/")
        .header("x-correlation-id", "abc-1")
        .header("traceparent", TRACE)
        .header("accept-language", "fr, de-AT;q=0.5")
        .header("authorization", "Bearer customer")
        .body(Body::empty())
        .unwrap();
    let deadline = NOON.parse::<Timestamp>().unwrap().plus(Duration::from_secs(10));
    assert_eq!(
        text(request).await,
        format!("customer:user_{:032} default de abc-1 Some(\"{TRACE}\") {deadline}", 1)
    );
}

#[tokio::test]
async fn what_is_missing_or_malformed_is_made_anew() {
    let junk = Request::get("/")
        .header("x-correlation-id", "a b<script>")
        .header("traceparent", "00-zz")
        .header("accept-language", ";;;q=")
        .body(Body::empty())
        .unwrap();
    let answer = send(&shop(), junk).await;
    let id = answer.header("x-correlation-id").unwrap().to_string();
    assert!(CorrelationId::parse(&id).is_some() && id.len() == 32, "{id}");
    // A trace of its own, which nobody gathers.
    let trace = answer.header("traceparent").unwrap().to_string();
    assert!(hanse_kernel::TraceContext::parse(&trace).is_some_and(|t| !t.is_sampled()), "{trace}");
    let said = String::from_utf8(answer.body).unwrap();
    assert!(said.starts_with(&format!("anonymous default en {id} Some(\"{trace}\") ")), "{said}");
    let other = send(&shop(), get("/")).await;
    assert_ne!(other.header("x-correlation-id"), Some(id.as_str()));
}

#[tokio::test]
async fn a_callers_deadline_only_shortens_ours() {
    let noon: Timestamp = NOON.parse().unwrap();
    for (header, seconds) in [("2000", 2), ("60000", 10), ("-1", 10), ("x", 10)] {
        let request = Request::get("/").header("x-request-timeout-ms", header).body(Body::empty()).unwrap();
        let until = noon.plus(Duration::from_secs(seconds)).to_string();
        assert!(text(request).await.ends_with(&until), "{header}");
    }
}

#[tokio::test]
async fn a_bad_token_is_401_and_an_unreachable_judge_503() {
    let answer = send(&shop(), get_as("/", "Bearer nonsense")).await;
    assert_eq!(answer.problem(), (401, "invalid_token".into()));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    assert!(answer.json()["correlation_id"].is_string());
    assert_eq!(send(&shop(), get_as("/", "Bearer down")).await.problem(), (503, "unavailable".into()));
    let mut two = get_as("/", "Bearer customer");
    two.headers_mut().append("authorization", "Bearer staff".parse().unwrap());
    assert_eq!(send(&shop(), two).await.problem().0, 401);
    assert!(text(get_as("/", "Basic dTpw")).await.starts_with("anonymous "));
    assert!(text(get_as("/", "bearer customer")).await.starts_with("customer:"));
}

#[tokio::test]
async fn an_actor_established_in_front_is_taken() {
    let mut request = get_as("/", "Bearer nonsense");
    request.extensions_mut().insert(Authenticated(Actor::service("gateway"), hanse_kernel::Proof::Former));
    assert!(text(request).await.starts_with("service:gateway "));
}

#[tokio::test]
async fn an_inner_layer_lets_the_outer_context_through() {
    let inner = layer().layer(Router::new().route("/", on_get(show)));
    let outer = layer().layer(Router::new().fallback_service(inner));
    let request = Request::get("/").header("x-correlation-id", "once").body(Body::empty()).unwrap();
    let said = String::from_utf8(send(&outer, request).await.body).unwrap();
    assert!(said.contains(" once "), "{said}");

    struct Never;
    #[async_trait]
    impl hanse_http::Authenticator for Never {
        async fn authenticate(&self, _: &str) -> Result<hanse_http::Known, hanse_http::AuthError> {
            panic!("the outer layer has done this")
        }
    }
    let inner =
        ContextLayer::new(effects(&clock()), Arc::new(Never)).layer(Router::new().route("/", on_get(show)));
    let mut request = get_as("/", "Bearer customer");
    request.extensions_mut().insert(Ctx::new(Actor::service("gateway"), CorrelationId::parse("x").unwrap()));
    assert_eq!(send(&inner, request).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_service_lives_on() {
    let app = app(Router::new()
        .route(
            "/boom",
            on_get(|| async {
                if true {
                    panic!("secret {}", 7)
                }
            }),
        )
        .route("/", on_get(show)));
    for _ in 0..3 {
        let answer = send(&app, get("/boom")).await;
        assert_eq!(answer.problem(), (500, "internal".into()));
        assert!(answer.json()["correlation_id"].is_string());
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    }
    assert_eq!(send(&app, get("/")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_client_that_leaves_cancels_nothing() {
    let (begun, go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let steps = Arc::new(AtomicU32::new(0));
    let handler = {
        let (begun, go_on, done, steps) = (begun.clone(), go_on.clone(), done.clone(), steps.clone());
        move || async move {
            begun.notify_one();
            go_on.notified().await;
            steps.fetch_add(1, Ordering::SeqCst);
            done.notify_one();
        }
    };
    let app = app(Router::new().route("/", post(handler)));
    let mut call = Box::pin(app.oneshot(Request::post("/").body(Body::empty()).unwrap()));
    assert!(futures::poll!(&mut call).is_pending());
    begun.notified().await;
    drop(call);
    go_on.notify_one();
    done.notified().await;
    assert_eq!(steps.load(Ordering::SeqCst), 1);
}

/// Time is up at once for waits of at most 5 s, never for longer ones.
struct ShortTimers;
impl Timers for ShortTimers {
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()> {
        if for_ <= Duration::from_secs(5) { Box::pin(async {}) } else { Box::pin(std::future::pending()) }
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_504_and_the_work_goes_on() {
    let (go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (go_on, done) = (go_on.clone(), done.clone());
        move || async move {
            go_on.notified().await;
            done.notify_one();
        }
    };
    let router = Router::new().route("/x", post(handler.clone())).route("/goods/7/uploads/x", post(handler));
    let mut effects = effects(&clock());
    effects.timers = Arc::new(ShortTimers);
    let app = ContextLayer::new(effects, Arc::new(KnownTokens))
        .request_timeout(Duration::from_secs(5))
        .timeout_for("/goods/{id}/uploads", Duration::from_secs(60))
        .layer(router);
    let call = |path: &str| Request::post(path).body(Body::empty()).unwrap();
    let answer = send(&app, call("/x")).await;
    assert_eq!(answer.problem(), (504, "timeout".into()));
    assert!(answer.json()["correlation_id"].is_string());
    go_on.notify_one();
    done.notified().await;
    go_on.notify_one();
    assert_eq!(send(&app, call("/goods/7/uploads/x")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn reads_may_run_where_they_are_received_and_writes_never() {
    struct Counting(AtomicU32);
    impl Spawn for Counting {
        fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            crate::world::RealSpawn.spawn(name, task);
        }
    }
    let spawn = Arc::new(Counting(AtomicU32::new(0)));
    let mut effects = effects(&clock());
    effects.spawn = spawn.clone();
    let router = Router::new().route("/", on_get(show).post(show)).route(
        "/boom",
        on_get(|| async {
            if true {
                panic!("inline too")
            }
        }),
    );
    let app = ContextLayer::new(effects, Arc::new(KnownTokens)).inline_reads().layer(router);
    assert_eq!(send(&app, get_as("/", "Bearer customer")).await.status.as_u16(), 200);
    assert_eq!(send(&app, get("/boom")).await.problem(), (500, "internal".into()));
    assert_eq!(spawn.0.load(Ordering::SeqCst), 0);
    assert_eq!(send(&app, Request::post("/").body(Body::empty()).unwrap()).await.status.as_u16(), 200);
    assert_eq!(spawn.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_runtime_that_takes_no_more_tasks_answers_503() {
    struct Closed;
    impl Spawn for Closed {
        fn spawn(&self, _: &'static str, task: BoxFuture<'static, ()>) {
            drop(task);
        }
    }
    let mut effects = effects(&clock());
    effects.spawn = Arc::new(Closed);
    let app = ContextLayer::new(effects, Arc::new(KnownTokens)).layer(Router::new().route("/", on_get(show)));
    assert_eq!(send(&app, get("/")).await.problem(), (503, "unavailable".into()));
}

#[test]
fn requests_are_measured_by_route_and_not_by_address() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let app = app(crate::access::table().router);
            for n in 1..=3 {
                let path = format!("/api/store/orders/ord_{n:032}");
                assert_eq!(send(&app, get_as(&path, "Order x")).await.status.as_u16(), 200);
            }
            assert_eq!(send(&app, get("/api/store/me")).await.status.as_u16(), 401);
            let odd = Request::builder().method("BREW").uri("/nowhere/1").body(Body::empty()).unwrap();
            assert_eq!(send(&app, odd).await.status.as_u16(), 404);
        });
    });
    let text = handle.render();
    for line in [
        r#"http_request_method="GET",http_route="/api/store/orders/{id}",http_response_status_code="200"} 3"#,
        r#"http_request_method="GET",http_route="/api/store/me",http_response_status_code="401"} 1"#,
        r#"http_request_method="_OTHER",http_route="unmatched",http_response_status_code="404"} 1"#,
    ] {
        let wanted = format!("http_server_request_duration_seconds_count{{{line}");
        assert!(text.contains(&wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains("ord_0"));
}
