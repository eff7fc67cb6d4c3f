//! Services in other processes: each of their routes goes on to a replica, with who asks and in which context.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hanse_http::context::RouteSlot;
use hanse_http::{BuiltRoutes, Problem, seal};
use hanse_kernel::trace::{Kind, Work};
use hanse_kernel::{Ctx, Effects};
use hanse_rpc::Requests;
use http::header::{CONNECTION, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, Uri, Version};
use std::collections::BTreeSet;
use tower::ServiceExt;

/// They concern one connection (RFC 9110 section 7.6.1), and HTTP/2 has none of them.
const OF_THE_CONNECTION: [HeaderName; 6] = [CONNECTION, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

#[derive(Clone)]
struct Onward {
    service: &'static str,
    to: Requests,
    effects: Effects,
}

/// The same routes, answered elsewhere. What a route allows is judged there as well.
pub fn proxied(routes: BuiltRoutes, service: &'static str, to: Requests, effects: &Effects) -> BuiltRoutes {
    let paths: BTreeSet<String> = routes.table.iter().map(|rule| rule.path.clone()).collect();
    let onward = Onward { service, to, effects: effects.clone() };
    let router = paths.into_iter().fold(Router::new(), |router, path| {
        let named = path.clone();
        let name = axum::middleware::map_request(move |request: Request| {
            let named = named.clone();
            async move {
                if let Some(slot) = request.extensions().get::<RouteSlot>() {
                    slot.set(named);
                }
                request
            }
        });
        router.route(&path, any(pass_on).layer(name))
    });
    BuiltRoutes { router: router.with_state(onward), ..routes }
}

async fn pass_on(State(onward): State<Onward>, mut request: Request) -> Response {
    let Some(mut ctx) = request.extensions_mut().remove::<Ctx>() else {
        return Problem::unavailable(onward.service).into_response();
    };
    let mut work = Work::begin(&onward.effects, "gateway", Kind::Client, "pass on", ctx.trace);
    ctx.trace = Some(work.context());
    work.tell(|span| {
        span.name = request.method().to_string().into();
        span.set("http.request.method", request.method().to_string());
        span.set("server.address", onward.service);
        span.set("network.protocol.version", "2");
    });
    strip(request.headers_mut());
    seal(&ctx, onward.effects.now(), request.headers_mut());
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
    *request.version_mut() = Version::HTTP_2;
    match onward.to.oneshot(request.map(tonic::body::Body::new)).await {
        Ok(answer) => {
            work.tell(|span| span.set("http.response.status_code", i64::from(answer.status().as_u16())));
            let mut answer = answer.map(axum::body::Body::new);
            strip(answer.headers_mut());
            *answer.version_mut() = Version::HTTP_11;
            answer
        }
        Err(error) => {
            work.tell(|span| span.failed = true);
            tracing::warn!(service = onward.service, %error, "a request could not be passed on");
            Problem::unavailable(onward.service).into_response()
        }
    }
}

fn strip(headers: &mut HeaderMap) {
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
}
