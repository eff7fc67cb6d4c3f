//! The way to another service, whichever shape it runs in.

use http::{Request, Response};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;

/// What the generated clients are built on: `CatalogueClient::new(network.link("product"))`.
pub type Link = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// How one service reaches the others.
pub trait Network: Send + Sync {
    fn link(&self, to: &'static str) -> Link;
}

/// The network of a process with several services: those that are here are asked in process, the others elsewhere.
pub struct Nearest {
    pub here: Arc<dyn Network>,
    pub services: BTreeSet<&'static str>,
    pub elsewhere: Arc<dyn Network>,
}

impl Network for Nearest {
    fn link(&self, to: &'static str) -> Link {
        if self.services.contains(to) { self.here.link(to) } else { self.elsewhere.link(to) }
    }
}
