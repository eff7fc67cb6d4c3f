//! What stands around every request: limits on head, rate and time, sessions, compression, security headers.

mod headers;
mod local;
mod rate;

use crate::config::GatewayConfig;
use crate::session::{Sessions, from_cookie};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use hanse_http::ContextLayer;
use hanse_http::limits::HeadLimits;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// The public origin. From the outside in: security headers, head limits, compression, rate, session, context.
pub(crate) fn around(
    routes: Router,
    config: &GatewayConfig,
    sessions: Sessions,
    context: ContextLayer,
) -> Router {
    let large = SizeAbove::new(1024)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::new("font/"));
    // Each `layer` goes around those before it. One inner service for all of them: the context layer must see every
    // request, also those that no route takes.
    Router::new()
        .fallback_service(ServiceBuilder::new().layer(context).service(routes))
        .layer(from_fn_with_state(sessions, from_cookie))
        .layer(from_fn_with_state(rate::Limits::new(config.rate_limit), rate::limit))
        .layer(CompressionLayer::new().compress_when(large))
        .layer(from_fn(local::guard))
        .layer(HeadLimits::default())
        .layer(from_fn(headers::secure))
}

/// The operator's socket: only the context, since whoever reaches it owns the data folder.
pub(crate) fn control(routes: Router, context: ContextLayer) -> Router {
    Router::new().fallback_service(ServiceBuilder::new().layer(context).service(routes))
}
