//! What a gateway keeps for a moment, and what it never does.

use super::{Requests, proxied};
use crate::kept::Kept;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hanse_http::{Access, Routes, routes};
use hanse_kernel::{Actor, CorrelationId, Ctx, Locale, UserId};
use hanse_rpc::Unreachable;
use hanse_testkit::TestWorld;
use http::header::{ETAG, IF_NONE_MATCH, SET_COOKIE, VARY};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use uuid::Uuid;

const MOMENT: Duration = Duration::from_millis(100);

#[utoipa::path(get, path = "/api/store/ropes")]
async fn ropes() {}
#[utoipa::path(get, path = "/api/store/me")]
async fn me() {}
#[utoipa::path(put, path = "/api/admin/ropes")]
async fn change() {}
#[utoipa::path(post, path = "/api/store/carts")]
async fn fill() {}
#[utoipa::path(put, path = "/api/store/picture")]
async fn picture() {}

type Answer = Box<dyn Fn() -> Result<Response, Unreachable> + Send>;

/// A gateway in front of a service that a test speaks for.
struct Quay {
    world: TestWorld,
    gateway: Router,
    passed_on: Arc<AtomicUsize>,
    /// What the service answers to everything.
    answer: Arc<Mutex<Answer>>,
    /// Requests for ropes wait for one each.
    let_go: Arc<Semaphore>,
}

fn ropes_told(text: impl Into<Body>) -> Response {
    let body: Body = text.into();
    let length = axum::body::HttpBody::size_hint(&body).exact().expect("a whole body");
    Response::builder()
        .header(ETAG, "\"1\"")
        .header(VARY, "accept-language")
        .header("content-length", length)
        .header("x-correlation-id", "of-the-first")
        .body(body)
        .expect("an answer")
}

impl Quay {
    fn open() -> Self {
        let world = TestWorld::new();
        let effects = world.effects();
        let passed_on = Arc::new(AtomicUsize::new(0));
        let let_go = Arc::new(Semaphore::new(1000));
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(|| Ok(ropes_told("three ropes")))));
        let service = {
            let (passed_on, answer, let_go) = (passed_on.clone(), answer.clone(), let_go.clone());
            tower::service_fn(move |request: http::Request<tonic::body::Body>| {
                let (passed_on, answer, let_go) = (passed_on.clone(), answer.clone(), let_go.clone());
                async move {
                    passed_on.fetch_add(1, Ordering::SeqCst);
                    let told = answer.lock().expect("not poisoned")();
                    if request.method() == Method::GET {
                        let_go.acquire().await.expect("open").forget();
                    }
                    told.map(|told| told.map(tonic::body::Body::new))
                }
            })
        };
        let table = Routes::<()>::new("ropes")
            .route_kept(MOMENT, routes!(ropes))
            .route(Access::Public, routes!(me))
            .route(Access::Public, routes!(change))
            .route(Access::Public, routes!(fill))
            .route_sized(Access::Customer, 1000, routes!(picture))
            .build();
        let kept = Kept::new(effects.clock.clone());
        let gateway = proxied(table, "ropes", Requests::new(service), &kept, &effects).router;
        Self { world, gateway, passed_on, answer, let_go }
    }

    fn answers(&self, answer: impl Fn() -> Response + Send + 'static) {
        *self.answer.lock().expect("not poisoned") = Box::new(move || Ok(answer()));
    }

    fn is_not_answered(&self, by_asker: bool) {
        let away = move || {
            let why = "it broke off".to_string();
            Err(Unreachable { service: "ropes", why, untouched: false, by_asker })
        };
        *self.answer.lock().expect("not poisoned") = Box::new(away);
    }

    async fn ask(&self, method: Method, path: &str, language: &str, known: Option<&'static str>) -> Response {
        let mut ctx = Ctx::new(Actor::Anonymous, CorrelationId::parse("abc").expect("an id"));
        ctx.locale = Locale::new(language);
        let mut request = Request::builder().method(method).uri(path).extension(ctx);
        if let Some(known) = known {
            request = request.header(IF_NONE_MATCH, known);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.gateway.clone().oneshot(request).await.expect("an answer")
    }

    async fn ropes(&self) -> String {
        text(self.ask(Method::GET, "/api/store/ropes", "en", None).await).await
    }

    fn passed_on(&self) -> usize {
        self.passed_on.load(Ordering::SeqCst)
    }
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("whole").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn what_everybody_asks_for_is_passed_on_once_a_moment() {
    let quay = Quay::open();
    for _ in 0..3 {
        assert_eq!(quay.ropes().await, "three ropes");
    }
    assert_eq!(quay.passed_on(), 1);
    quay.answers(|| ropes_told("two ropes"));
    quay.world.advance(MOMENT);
    assert_eq!((quay.ropes().await.as_str(), quay.passed_on()), ("two ropes", 2));
}

#[tokio::test]
async fn who_has_it_already_is_told_so_and_nobody_gets_what_belongs_to_another_request() {
    let quay = Quay::open();
    for times in 0..2 {
        let told = quay.ask(Method::GET, "/api/store/ropes", "en", Some("\"1\"")).await;
        assert_eq!(told.status(), StatusCode::NOT_MODIFIED, "{times}");
        let told = quay.ask(Method::GET, "/api/store/ropes", "en", Some("\"0\"")).await;
        assert_eq!(told.status(), StatusCode::OK);
        assert!(!told.headers().contains_key("x-correlation-id"));
        assert_eq!(told.headers().get(ETAG), Some(&HeaderValue::from_static("\"1\"")));
    }
    assert_eq!(quay.passed_on(), 1);
}

#[tokio::test]
async fn languages_and_addresses_are_kept_apart() {
    let quay = Quay::open();
    for (path, language) in [
        ("/api/store/ropes", "en"),
        ("/api/store/ropes", "de"),
        ("/api/store/ropes?limit=1", "en"),
        ("/api/store/ropes", "de"),
    ] {
        quay.ask(Method::GET, path, language, None).await;
    }
    assert_eq!(quay.passed_on(), 3);
}

#[tokio::test]
async fn what_staff_change_they_see_at_once_and_shoppers_carts_change_nothing() {
    let quay = Quay::open();
    quay.ropes().await;
    quay.ask(Method::POST, "/api/store/carts", "en", None).await;
    quay.ropes().await;
    assert_eq!(quay.passed_on(), 2);
    quay.answers(|| ropes_told("no ropes"));
    quay.ask(Method::PUT, "/api/admin/ropes", "en", None).await;
    assert_eq!((quay.ropes().await.as_str(), quay.passed_on()), ("no ropes", 4));
}

#[tokio::test]
async fn what_was_read_before_a_change_and_arrives_after_it_is_not_kept() {
    let quay = Quay::open();
    quay.let_go.forget_permits(1000);
    let change = async {
        // The question is under way by now.
        assert_eq!(quay.passed_on(), 1);
        quay.answers(|| ropes_told("no ropes"));
        quay.ask(Method::PUT, "/api/admin/ropes", "en", None).await;
        quay.let_go.add_permits(2);
    };
    let (told, ()) = futures::future::join(quay.ropes(), change).await;
    assert_eq!(told, "three ropes");
    assert_eq!((quay.ropes().await.as_str(), quay.passed_on()), ("no ropes", 3));
}

#[tokio::test]
async fn refusals_cookies_and_what_is_too_long_or_somebodys_own_are_passed_on_each_time() {
    let quay = Quay::open();
    let long = "rope ".repeat(60_000);
    let told: [Box<dyn Fn() -> Response + Send>; 4] = [
        Box::new(|| {
            let mut told = ropes_told("no such rope");
            *told.status_mut() = StatusCode::NOT_FOUND;
            told
        }),
        Box::new(|| {
            let mut told = ropes_told("yours");
            told.headers_mut().insert(SET_COOKIE, HeaderValue::from_static("a=b"));
            told
        }),
        Box::new(|| {
            let mut told = ropes_told("by who asks");
            told.headers_mut().insert(VARY, HeaderValue::from_static("cookie"));
            told
        }),
        Box::new(move || ropes_told(long.clone())),
    ];
    let mut passed_on = 0;
    for told in told {
        quay.answers(told);
        let first = quay.ropes().await;
        assert_eq!(quay.ropes().await, first);
        passed_on += 2;
        assert_eq!(quay.passed_on(), passed_on, "{}", &first[..4]);
    }
    quay.answers(|| ropes_told("mine"));
    for _ in 0..2 {
        quay.ask(Method::GET, "/api/store/me", "en", None).await;
    }
    assert_eq!(quay.passed_on(), passed_on + 2);
}

#[tokio::test]
async fn whoever_breaks_off_is_not_told_that_the_service_is_away() {
    let quay = Quay::open();
    for (by_asker, status, code) in [
        (true, StatusCode::BAD_REQUEST, "\"body_truncated\""),
        (false, StatusCode::SERVICE_UNAVAILABLE, "\"unavailable\""),
    ] {
        quay.is_not_answered(by_asker);
        let told = quay.ask(Method::POST, "/api/store/carts", "en", None).await;
        assert_eq!(told.status(), status);
        let told = text(told).await;
        assert!(told.contains(code), "{told}");
    }
}

#[tokio::test]
async fn what_its_route_would_not_take_is_not_sent_on() {
    let quay = Quay::open();
    let put = async |actor: Actor, length: &'static str| {
        let request = Request::put("/api/store/picture")
            .extension(Ctx::new(actor, CorrelationId::parse("abc").expect("an id")))
            .header("content-length", length);
        let request = request.body(Body::empty()).expect("a request");
        quay.gateway.clone().oneshot(request).await.expect("an answer").status()
    };
    let customer = || Actor::Customer { user: UserId::new(Uuid::from_u128(1)) };
    assert_eq!(put(customer(), "1001").await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(put(Actor::Anonymous, "1001").await, StatusCode::UNAUTHORIZED);
    assert_eq!(quay.passed_on(), 0);
    // Who may do what is judged by the service itself.
    assert_eq!(put(customer(), "1000").await, StatusCode::OK);
    assert_eq!(put(Actor::Anonymous, "1000").await, StatusCode::OK);
    assert_eq!(quay.passed_on(), 2);
}
