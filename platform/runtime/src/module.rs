//! A service as the composition root sees it: its whole public face is the function that returns one of these.

use crate::host::Host;
use crate::tasks::Stop;
use futures::future::BoxFuture;
use hanse_database::DbError;
use hanse_http::BuiltRoutes;
use hanse_messaging::Consumers;
use hanse_rpc::Allow;

/// A loop that the service runs beside its requests, until it is told to stop.
pub struct Worker {
    pub name: &'static str,
    pub run: Box<dyn FnOnce(Stop) -> BoxFuture<'static, ()> + Send>,
}

impl Worker {
    pub fn new<F, Fut>(name: &'static str, run: F) -> Self
    where
        F: FnOnce(Stop) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self { name, run: Box::new(move |stop| Box::pin(run(stop))) }
    }
}

pub struct Module {
    pub host: Host,
    /// REST: the router, its OpenAPI document and its route table.
    pub routes: BuiltRoutes,
    /// gRPC: the service's own servers and its part of the audit.
    pub rpc: tonic::service::Routes,
    /// Who may ask them what.
    pub allow: Allow,
    pub consumers: Consumers,
    pub workers: Vec<Worker>,
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{service}: {source}")]
    Store { service: &'static str, source: DbError },
    /// `key` of the configuration is wrong; `remedy` says what to do.
    #[error("configuration `{key}`: {problem}; {remedy}")]
    Config { key: String, problem: String, remedy: String },
    #[error("{service}: {message}")]
    Other { service: &'static str, message: String },
}
