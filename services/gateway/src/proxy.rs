//! Services in other processes: each of their routes goes on to a replica, with who asks and in which context.

use crate::kept::Kept;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hanse_http::context::RouteSlot;
use hanse_http::{BuiltRoutes, Problem, RouteRule, body, seal};
use hanse_kernel::trace::{Kind, Work};
use hanse_kernel::{Ctx, Effects};
use hanse_rpc::Requests;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, HOST, IF_NONE_MATCH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, Method, Uri, Version};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// They concern one connection (RFC 9110 section 7.6.1), and HTTP/2 has none of them.
const OF_THE_CONNECTION: [HeaderName; 6] = [CONNECTION, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

#[derive(Clone)]
struct Onward {
    service: &'static str,
    to: Requests,
    effects: Effects,
    kept: Kept,
}

/// The same routes, answered elsewhere. What a route allows is judged there as well.
pub fn proxied(
    routes: BuiltRoutes,
    service: &'static str,
    to: Requests,
    kept: &Kept,
    effects: &Effects,
) -> BuiltRoutes {
    let mut paths: BTreeMap<String, Vec<RouteRule>> = BTreeMap::new();
    for rule in &routes.table {
        paths.entry(rule.path.clone()).or_default().push(rule.clone());
    }
    let onward = Onward { service, to, effects: effects.clone(), kept: kept.clone() };
    let router = paths.into_iter().fold(Router::new(), |router, (path, rules)| {
        let lasts = rules.iter().find_map(|rule| rule.keep);
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
        let way = match lasts {
            None => any(|State(onward): State<Onward>, request| pass_on(onward, request)),
            Some(lasts) => {
                any(move |State(onward): State<Onward>, request| kept_or_passed_on(onward, lasts, request))
            }
        };
        let rules = Arc::new(rules);
        let sized = axum::middleware::from_fn(move |request, next| sized(rules.clone(), request, next));
        router.route(&path, way.layer(sized).layer(name))
    });
    BuiltRoutes { router: router.with_state(onward), ..routes }
}

/// A body that its route would refuse is not sent on first.
async fn sized(rules: Arc<Vec<RouteRule>>, request: Request, next: Next) -> Response {
    let rule = rules.iter().find(|rule| rule.method == *request.method());
    match rule.map_or(Ok(()), |rule| rule.takes(&request)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn kept_or_passed_on(onward: Onward, lasts: Duration, mut request: Request) -> Response {
    let (Some(ctx), &Method::GET) = (request.extensions().get::<Ctx>(), request.method()) else {
        return pass_on(onward, request).await;
    };
    let key = format!("{} {}", ctx.locale.as_str(), request.uri());
    // What is kept is whole and plain.
    request.headers_mut().remove(ACCEPT_ENCODING);
    let known = request.headers_mut().remove(IF_NONE_MATCH);
    let kept = onward.kept.clone();
    if let Some(answer) = kept.find(&key).await {
        return answer.to(known.as_ref());
    }
    let (moment, service) = (kept.moment(), onward.service);
    let answer = pass_on(onward, request).await;
    match kept.keep(key, moment, lasts, answer).await {
        Ok(answer) => answer.to(known.as_ref()),
        Err(Some(answer)) => answer,
        Err(None) => Problem::unavailable(service).into_response(),
    }
}

async fn pass_on(onward: Onward, mut request: Request) -> Response {
    let changes = !request.method().is_safe() && request.uri().path().starts_with("/api/admin/");
    let _changing = changes.then(|| onward.kept.changing());
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
        Err(error) if error.by_asker => {
            work.tell(|span| span.failed = true);
            tracing::debug!(service = onward.service, %error, "a client broke off");
            body::truncated().into_response()
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

#[cfg(test)]
mod tests;
