//! The doors of the services in this process: each answers the others on a port of its own, under its own certificate.

use crate::compose::Watch;
use crate::config::Config;
use anyhow::{Context, Result};
use axum::Router;
use hanse_gateway::GatewayConfig;
use hanse_http::{ContextLayer, Forwarded, NoTokens};
use hanse_kernel::Effects;
use hanse_rpc::{Identity, Readiness, Server};
use hanse_runtime::Module;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The port is taken before anything else is done, so that a wrong one is told at once.
pub(super) async fn bind(config: &Config, service: &str) -> Result<TcpListener> {
    let port = config.rpc.port(service).with_context(|| format!("{service} has no port"))?;
    let address = SocketAddr::new(config.rpc.listen, port);
    TcpListener::bind(address).await.with_context(|| {
        format!("{service} cannot listen on {address}; change rpc.listen or rpc.ports.{service}, or stop what runs there")
    })
}

/// Answers until the watch ends.
pub(super) fn open(
    listener: TcpListener,
    module: &Module,
    identity: Identity,
    ready: Readiness,
    effects: &Effects,
    watch: &Watch,
) {
    let service = module.host.service;
    let server = Server {
        identity: identity.clone(),
        routes: module.rpc.clone(),
        allow: module.allow.clone(),
        rest: Some(rest(service, module.routes.router.clone(), effects)),
        ready,
        effects: effects.clone(),
    };
    let stop = watch.stop.clone();
    watch.run("door", async move {
        if let Err(e) = server.serve(listener, stop.asked()).await {
            tracing::error!(service, error = %e, "the service does not answer the others");
        }
    });
    let stop = watch.stop.clone();
    watch.run("certificates", async move { identity.watch(stop.asked()).await });
}

/// The service's own REST routes as the gateway reaches them: who asks has been found out there.
fn rest(service: &'static str, routes: Router, effects: &Effects) -> Router {
    // As long as at the gateway: whoever waits there has given up by then.
    let gateway = GatewayConfig::default();
    let context = ContextLayer::new(effects.clone(), Arc::new(NoTokens))
        .service(service)
        .inline_reads()
        .request_timeout(gateway.request_timeout)
        .timeout_for("/api/admin/imports", gateway.upload_timeout)
        .timeout_for("/api/admin/products/{id}/images", gateway.upload_timeout);
    Router::new()
        .fallback_service(tower::ServiceBuilder::new().layer(Forwarded).layer(context).service(routes))
}
