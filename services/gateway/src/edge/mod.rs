//! What stands around every request: limits on head, rate and time, sessions, compression, security headers.

mod headers;
mod local;
mod rate;

use crate::config::GatewayConfig;
use crate::session::Sessions;
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use hanse_http::ContextLayer;
use hanse_http::limits::{Gate, HeadLimits};
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
    let limits = HeadLimits::default();
    // One service of one type for all of them: a `Router::layer` each would box and clone all that is inside it for
    // every request.
    let all = ServiceBuilder::new()
        .map_response(headers::secure)
        .layer(Gate(move |request: &Request| limits.check(request)))
        .layer(Gate(local::only_near))
        .map_response(IntoResponse::into_response)
        .layer(CompressionLayer::new().compress_when(large))
        .layer(rate::Limits::new(config.rate_limit))
        .layer(sessions)
        .layer(context)
        .service(routes);
    Router::new().fallback_service(all)
}

/// The operator's socket: only the context, since whoever reaches it owns the data folder.
pub(crate) fn control(routes: Router, context: ContextLayer) -> Router {
    Router::new().fallback_service(ServiceBuilder::new().layer(context).service(routes))
}
