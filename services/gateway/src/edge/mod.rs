//! What stands around every request: limits on head, number, rate and time, sessions, compression, security headers.

mod client;
mod headers;
mod local;
mod rate;

pub use client::{Hearsay, NoNetwork, Proxies};

use crate::config::{GatewayConfig, RateLimit};
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
/// limits, where it comes from, what is too much, compression, rate by address, session, context, rate by account.
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
    let proxied = config.proxied();
    let headers = headers::Headers::new(config.secure_cookies(), config.hsts_subdomains);
    let clients = client::Clients::new(config.proxies.clone(), &config.public_url);
    // Behind a proxy on this machine that tells of nobody, all come from here.
    let counted = RateLimit { loopback: config.rate_limit.loopback || proxied, ..config.rate_limit };
    let rate = |by| rate::Limits::new(counted, by, limiter.clone());
    // One service of one type for all of them: a `Router::layer` each would box and clone all that is inside it for
    // every request.
    let all = ServiceBuilder::new()
        .layer(Linger::new(effects.clone()))
        .layer(EarlyAnswers::new(&effects))
        .map_response(move |response| headers.put_on(response))
        .layer(Gate(move |request: &Request| limits.check(request)))
        .layer(Gate(move |request: &Request| local::only_near(request, proxied)))
        .layer(clients)
        .layer(overload)
        .map_response(IntoResponse::into_response)
        .layer(CompressionLayer::new().compress_when(large))
        .layer(rate(rate::By::Address))
        .layer(sessions)
        .layer(context)
        .layer(rate(rate::By::Account))
        .service(routes);
    Router::new().fallback_service(all)
}

/// The operator's socket: only the context, since whoever reaches it owns the data folder.
pub(crate) fn control(routes: Router, context: ContextLayer) -> Router {
    Router::new().fallback_service(ServiceBuilder::new().layer(context).service(routes))
}
