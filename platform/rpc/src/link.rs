//! The way to another service, and the in-process switchboard that connects them all in the embedded shape.

use hanse_kernel::Effects;
use http::{HeaderValue, Request, Response};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tonic::body::Body;
use tonic::service::Routes;
use tower::util::{BoxCloneSyncService, ServiceExt};

/// What the generated clients are built on: `CatalogueClient::new(network.link("product"))`.
pub type Link = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// How one service reaches the others.
pub trait Network: Send + Sync {
    fn link(&self, to: &'static str) -> Link;
}

/// Unless the caller's deadline is nearer, a question waits so long for its answer.
const LONGEST: Duration = Duration::from_secs(5);

/// All services of one process. Routes are plugged in as services start; a link may be taken before its service is
/// there and answers UNAVAILABLE until then.
#[derive(Clone)]
pub struct Switchboard {
    routes: Arc<RwLock<BTreeMap<&'static str, Routes>>>,
    effects: Effects,
}

impl Switchboard {
    pub fn new(effects: Effects) -> Self {
        Self { routes: Arc::default(), effects }
    }

    pub fn plug(&self, service: &'static str, routes: Routes) {
        self.routes.write().unwrap_or_else(|e| e.into_inner()).insert(service, routes);
    }

    /// The network as `caller` sees it: its name goes with every call.
    pub fn network_of(&self, caller: &'static str) -> Arc<dyn Network> {
        Arc::new(Port { board: self.clone(), caller })
    }
}

struct Port {
    board: Switchboard,
    caller: &'static str,
}

impl Network for Port {
    fn link(&self, to: &'static str) -> Link {
        let (board, caller) = (self.board.clone(), HeaderValue::from_static(self.caller));
        BoxCloneSyncService::new(tower::service_fn(move |mut request: Request<Body>| {
            let (board, caller) = (board.clone(), caller.clone());
            async move {
                request.headers_mut().insert(super::call::CALLER, caller);
                let limit = super::call::timeout_of(request.headers()).unwrap_or(LONGEST).min(LONGEST);
                let routes = board.routes.read().unwrap_or_else(|e| e.into_inner()).get(to).cloned();
                let Some(routes) = routes else {
                    let status = tonic::Status::unavailable(format!("{to} is not running"));
                    return Ok::<_, Infallible>(status.into_http());
                };
                match board.effects.within(limit, routes.oneshot(request)).await {
                    Some(Ok(response)) => Ok(response),
                    Some(Err(never)) => match never {},
                    None => {
                        let status = tonic::Status::deadline_exceeded(format!("{to} did not answer in time"));
                        Ok(status.into_http())
                    }
                }
            }
        }))
    }
}
