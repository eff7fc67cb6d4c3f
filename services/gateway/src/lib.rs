//! The one origin that shoppers, merchants and integrators talk to: storefront, API, reference page, health. It holds
//! no business endpoint: it composes the services' routes, knows who asks, keeps limits, and renders the head, the
//! shell and the state of storefront pages from what the services answer.

mod config;
mod edge;
mod health;
mod kept;
mod limits;
mod pages;
mod proxy;
mod reference;
mod session;

pub use config::{GatewayConfig, RateLimit};
pub use edge::{Hearsay, NoNetwork, Proxies};
pub use health::{Health, Readiness, probes};
pub use kept::Kept;
pub use proxy::proxied;

use axum::Router;
use hanse_http::{BuiltRoutes, Classes, ContextLayer, Overload, RouteRule, openapi};
use hanse_kernel::Effects;
use hanse_rpc::Network;
use limits::{Limiter, OwnLimits, SharedLimits};
use session::{Board, OwnBoard, SharedBoard};
use std::sync::Arc;
use utoipa::openapi::OpenApi;

/// What the composition root gives the gateway.
pub struct Parts {
    pub effects: Effects,
    pub network: Arc<dyn Network>,
    /// The routes of every service behind it.
    pub services: Vec<BuiltRoutes>,
    /// Where the process has no other port for probes and metrics; they are nothing for shoppers.
    pub health: Option<Arc<dyn Health>>,
    pub config: GatewayConfig,
}

/// The composed origin.
pub struct Gateway {
    /// For the public listener.
    pub public: Router,
    /// The same API without sessions, limits and pages, for the operator's control socket: the caller says who it is
    /// by a [`hanse_http::Authenticated`] extension.
    pub control: Router,
    pub openapi: OpenApi,
    /// Every route with its access, for the tests of the table.
    pub table: Vec<RouteRule>,
}

/// Composes the services behind one origin.
pub fn gateway(parts: Parts) -> Gateway {
    let Parts { effects, network, services, health, config } = parts;
    let table: Vec<RouteRule> = services.iter().flat_map(|s| s.table.clone()).collect();
    let documents = services.iter().map(|s| s.openapi.clone()).collect();
    let openapi = openapi::merge(documents, "Hanse", env!("CARGO_PKG_VERSION"));
    let api = services.into_iter().fold(Router::new(), |all, s| all.merge(s.router));
    let api = api.merge(reference::router(&openapi));

    let keys = session::AuthKeys::new(network.clone(), effects.clone());
    let verifier = Arc::new(session::verifier(&config, keys, &effects));
    // No service's GET changes anything that half of it could leave behind.
    let context = ContextLayer::new(effects.clone(), verifier.clone())
        .inline_reads()
        .request_timeout(config.request_timeout)
        .timeout_for("/api/admin/imports", config.upload_timeout)
        .timeout_for("/api/admin/products/{id}/images", config.upload_timeout)
        .locales(config.locales.clone());

    let board: Arc<dyn Board> = match &config.redis {
        Some(redis) => Arc::new(SharedBoard::new(redis.clone(), verifier.clone())),
        None => Arc::new(OwnBoard::new(config.ended_sessions.clone())),
    };
    let secure = config.secure_cookies();
    let sessions = session::Sessions::new(network, effects.clone(), verifier, board, secure);
    let pages = pages::router(api.clone(), &config);
    let public = api.clone().merge(pages);
    let limiter: Arc<dyn Limiter> = match &config.redis {
        Some(redis) => Arc::new(SharedLimits::new(redis.clone(), config.rate_limit)),
        None => Arc::new(OwnLimits::new(&config.rate_limit)),
    };
    let overload = Overload::new(&effects, Classes::of(&table), &config.overload);
    let public = edge::around(public, &config, effects, (overload, limiter), sessions, context.clone());
    let public = match health {
        Some(health) => public.merge(probes(health)),
        None => public,
    };
    Gateway { public, control: edge::control(api, context), openapi, table }
}
