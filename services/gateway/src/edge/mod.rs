//! What stands around every request: limits on head, number, rate and time, sessions, compression, security headers.

mod headers;
mod local;
mod rate;

use crate::config::GatewayConfig;
use crate::limits::Limiter;
use crate::session::Sessions;
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use hanse_http::context::EarlyAnswers;
use hanse_http::limits::{Gate, HeadLimits};
use hanse_http::linger::Linger;
use hanse_http::{ContextLayer, Overload};
use hanse_kernel::Effects;
use std::sync::Arc;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// The public origin. From the outside in: what is left of refused bodies, ids of early answers, security headers, head
/// limits, what is too much, compression, rate, session, context.
pub(crate) fn around(
    routes: Router,
    config: &GatewayConfig,
    effects: Effects,
    (overload, limiter): (Overload, Arc<dyn Limiter>),
    sessions: Sessions,
    context: ContextLayer,
) -> Router {
    let large = SizeAbove::new(1024)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::new("font/"));
    let limits = HeadLimits::default();
    // We speak plain HTTP: whoever reaches us by HTTPS does so through a proxy.
    let proxied = config.secure_cookies();
    // One service of one type for all of them: a `Router::layer` each would box and clone all that is inside it for
    // every request.
    let all = ServiceBuilder::new()
        .layer(Linger::new(effects.clone()))
        .layer(EarlyAnswers::new(&effects))
        .map_response(headers::secure)
        .layer(Gate(move |request: &Request| limits.check(request)))
        .layer(Gate(move |request: &Request| local::only_near(request, proxied)))
        .layer(overload)
        .map_response(IntoResponse::into_response)
        .layer(CompressionLayer::new().compress_when(large))
        .layer(rate::Limits::new(config.rate_limit, proxied, limiter))
        .layer(sessions)
        .layer(context)
        .service(routes);
    Router::new().fallback_service(all)
}

/// The operator's socket: only the context, since whoever reaches it owns the data folder.
pub(crate) fn control(routes: Router, context: ContextLayer) -> Router {
    Router::new().fallback_service(ServiceBuilder::new().layer(context).service(routes))
}
