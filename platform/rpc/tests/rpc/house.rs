//! A house for the stories: an authority, services with its certificates, and effects that are real or instant.

use crate::answering::Answers;
use futures::future::BoxFuture;
use hanse_kernel::effects::{ManualClock, SeededRng};
use hanse_kernel::system::{SystemClock, SystemIds, SystemRng};
use hanse_kernel::{Effects, Spawn, Timers};
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::{Allow, Authority, Identity, Link, Methods, Network, Remote, Server};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tonic::service::Routes;

pub const EXAMINE: &str = "/hanse.audit.v1.Audit/Examine";
const PATIENCE: Duration = Duration::from_secs(20);

struct Real;

impl Timers for Real {
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(for_))
    }
}

impl Spawn for Real {
    fn spawn(&self, _: &'static str, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }
}

/// Short pauses are over at once, limits are never reached.
struct Instant;

impl Timers for Instant {
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()> {
        if for_ < Duration::from_secs(1) { Box::pin(async {}) } else { Box::pin(std::future::pending()) }
    }
}

pub fn real() -> Effects {
    Effects {
        clock: Arc::new(SystemClock),
        timers: Arc::new(Real),
        spawn: Arc::new(Real),
        ids: Arc::new(SystemIds),
        rng: Arc::new(SystemRng),
        tracer: None,
    }
}

/// Time stands still until the clock is moved; pauses between tries cost none.
pub fn instant() -> (Effects, Arc<ManualClock>) {
    let clock = ManualClock::at("2026-11-23T10:00:00Z".parse().unwrap());
    let effects = Effects {
        clock: clock.clone(),
        timers: Arc::new(Instant),
        rng: Arc::new(SeededRng::new(1)),
        ..real()
    };
    (effects, clock)
}

/// Waits until it holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "in vain: {what}");
}

pub struct House {
    pub folder: TempDir,
    pub effects: Effects,
}

/// A running server.
pub struct Running {
    pub address: SocketAddr,
    pub ready: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

impl Running {
    /// Asks it to end.
    pub fn stop(&mut self) {
        self.stop.take().expect("asked once").send(()).expect("it runs");
    }
    pub async fn ended(self) {
        tokio::time::timeout(PATIENCE, self.ended).await.expect("it ends").expect("in good order");
    }
    /// As if its process was killed.
    pub fn die(self) {
        self.ended.abort();
    }
    pub fn has_ended(&self) -> bool {
        self.ended.is_finished()
    }
}

impl House {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), effects: real() }
    }

    pub fn authority(&self) -> Authority {
        Authority::open(self.folder.path(), &*self.effects.clock).unwrap()
    }

    /// A fresh certificate.
    pub fn issue(&self, service: &str) -> PathBuf {
        self.authority().issue(service, 30).unwrap()
    }

    pub fn identity(&self, service: &'static str) -> Identity {
        Identity::load(&self.issue(service), service, self.effects.clone()).unwrap()
    }

    /// `pricing`, which cart and order may ask.
    pub async fn pricing(&self, answers: &Answers) -> Running {
        self.pricing_as(self.identity("pricing"), answers).await
    }

    pub async fn pricing_as(&self, identity: Identity, answers: &Answers) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.pricing_at(listener, identity, answers)
    }

    pub fn pricing_at(&self, listener: TcpListener, identity: Identity, answers: &Answers) -> Running {
        let allow = Allow::new("pricing", &[]).method(EXAMINE, &["cart", "order", "hanse"]);
        self.serve_at(listener, identity, answers.routes(), allow, None)
    }

    pub async fn serve(
        &self,
        identity: Identity,
        routes: Routes,
        allow: Allow,
        rest: Option<axum::Router>,
    ) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.serve_at(listener, identity, routes, allow, rest)
    }

    pub fn serve_at(
        &self,
        listener: TcpListener,
        identity: Identity,
        routes: Routes,
        allow: Allow,
        rest: Option<axum::Router>,
    ) -> Running {
        let address = listener.local_addr().unwrap();
        let (ready, readiness) = watch::channel(true);
        let (stop, stopped) = oneshot::channel::<()>();
        let effects = self.effects.clone();
        let server = Server { identity, routes, allow, rest, ready: readiness, effects };
        let ended = tokio::spawn(async move {
            let stop = async move {
                let _ = stopped.await;
            };
            server.serve(listener, stop).await.unwrap();
        });
        Running { address, ready, stop: Some(stop), ended }
    }

    /// The network of a caller with a certificate of its own, with `pricing` at these addresses.
    pub fn remote(&self, caller: &'static str, pricing: &[SocketAddr]) -> Remote {
        self.remote_as(self.identity(caller), pricing)
    }

    pub fn remote_as(&self, identity: Identity, pricing: &[SocketAddr]) -> Remote {
        let peers = [("pricing", pricing.iter().map(ToString::to_string).collect())].into();
        Remote::new(identity, peers, Methods::of(&[hanse_rpc::audit::DESCRIPTORS]), self.effects.clone())
    }
}

pub fn pricing(network: &dyn Network) -> AuditClient<Link> {
    AuditClient::new(network.link("pricing"))
}
