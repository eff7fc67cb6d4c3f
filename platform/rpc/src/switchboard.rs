//! The in-process switchboard that connects all services of the embedded shape: no socket, but the same rules of who
//! may ask what, the same deadlines, tries and breakers as between processes.

use crate::allow::Allow;
use crate::answering::Answering;
use crate::call;
use crate::link::{Link, Network};
use crate::policy::Dependency;
use hanse_kernel::Effects;
use http::{HeaderValue, Request, Response};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, RwLock};
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::util::BoxCloneSyncService;

/// All services of one process. They are plugged in as they start; a link may be taken before its service is there and
/// answers UNAVAILABLE until then.
#[derive(Clone)]
pub struct Switchboard {
    plugged: Arc<RwLock<BTreeMap<&'static str, Answering>>>,
    dependencies: Arc<Mutex<Dependencies>>,
    effects: Effects,
}

/// By caller and service.
type Dependencies = BTreeMap<(&'static str, &'static str), Arc<Dependency>>;

impl Switchboard {
    pub fn new(effects: Effects) -> Self {
        Self { plugged: Arc::default(), dependencies: Arc::default(), effects }
    }

    /// `allow`: who may ask it what.
    pub fn plug(&self, service: &'static str, routes: Routes, allow: Allow) {
        let answering = Answering::new(routes, allow);
        self.plugged.write().unwrap_or_else(|e| e.into_inner()).insert(service, answering);
    }

    /// The network as `caller` sees it: its name goes with every call.
    pub fn network_of(&self, caller: &'static str) -> Arc<dyn Network> {
        Arc::new(Port { board: self.clone(), caller })
    }

    fn plugged(&self, service: &str) -> Option<Answering> {
        self.plugged.read().unwrap_or_else(|e| e.into_inner()).get(service).cloned()
    }

    /// One for each pair, however many links are taken.
    fn dependency(&self, caller: &'static str, on: &'static str) -> Arc<Dependency> {
        let mut all = self.dependencies.lock().unwrap_or_else(|e| e.into_inner());
        let new = || Arc::new(Dependency::new(caller, on, self.effects.clone()));
        all.entry((caller, on)).or_insert_with(new).clone()
    }

    async fn answer(&self, to: &str, caller: &'static str, mut request: Request<Body>) -> Response<Body> {
        let Some(answering) = self.plugged(to) else {
            return Status::unavailable(format!("{to} is not running")).into_http();
        };
        request.headers_mut().insert(call::CALLER, HeaderValue::from_static(caller));
        answering.answer(caller, request, &self.effects).await
    }
}

struct Port {
    board: Switchboard,
    caller: &'static str,
}

impl Network for Port {
    fn link(&self, to: &'static str) -> Link {
        let (board, caller) = (self.board.clone(), self.caller);
        let dependency = board.dependency(caller, to);
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let (board, dependency) = (board.clone(), dependency.clone());
            async move {
                let repeatable = board
                    .plugged(to)
                    .is_some_and(|answering| answering.may_be_repeated(request.uri().path()));
                let response =
                    dependency.ask(request, repeatable, |request| board.answer(to, caller, request)).await;
                Ok::<_, Infallible>(response)
            }
        }))
    }
}
