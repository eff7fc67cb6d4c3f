//! All replicas of one service, as one caller reaches them: found by name, and each call sent to the less busy of two.

use super::replica::{Replica, Standing, UnderWay};
use crate::identity::Identity;
use hanse_kernel::Effects;
use hyper::client::conn::http2::SendRequest;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tonic::body::Body;

/// Names are asked for so often,
const RESOLVE: Duration = Duration::from_secs(15);
/// and when a connection is lost, but not more often than this.
const RESOLVE_AGAIN: Duration = Duration::from_millis(500);
/// How long a call waits for a replica that is being connected to.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Pool {
    pub service: &'static str,
    pub identity: Identity,
    pub effects: Effects,
    /// `host:port`, where one host may have many addresses.
    names: Vec<String>,
    found: RwLock<Found>,
    version: watch::Sender<u64>,
    again: Arc<Notify>,
}

#[derive(Default)]
struct Found {
    replicas: Vec<Arc<Replica>>,
    /// The names have been asked for once.
    looked: bool,
    /// Why a name led nowhere.
    trouble: Option<String>,
}

type Ready = (Arc<Replica>, SendRequest<Body>);

/// A replica that takes the call.
pub(super) struct Picked {
    pub replica: Arc<Replica>,
    pub line: SendRequest<Body>,
    pub under_way: UnderWay,
}

impl Pool {
    pub fn open(
        service: &'static str,
        names: Vec<String>,
        identity: Identity,
        effects: Effects,
    ) -> Arc<Self> {
        let this = Arc::new(Self {
            service,
            identity,
            effects,
            names,
            found: RwLock::default(),
            version: watch::Sender::new(0),
            again: Arc::default(),
        });
        this.effects.spawn.spawn("rpc.resolve", Box::pin(resolve(Arc::downgrade(&this))));
        this
    }

    /// A ready replica: the one of two with less under way. Waits for one that is being connected to, not for one that
    /// is known to be away; the error says what is wrong with each.
    pub async fn pick(&self) -> Result<Picked, String> {
        let patience = self.effects.timers.sleep(PATIENCE);
        let mut patience = std::pin::pin!(patience);
        loop {
            let mut version = self.version.subscribe();
            let waiting = match self.ready() {
                Ok(mut ready) if !ready.is_empty() => return Ok(self.better_of_two(&mut ready)),
                Ok(_) => format!("{} is being connected to", self.service),
                Err(why) => return Err(why),
            };
            let change = std::pin::pin!(version.changed());
            if let futures::future::Either::Right(_) =
                futures::future::select(change, patience.as_mut()).await
            {
                return Err(format!("{waiting}, for {} s now", PATIENCE.as_secs()));
            }
        }
    }

    /// None while one may soon be.
    fn ready(&self) -> Result<Vec<Ready>, String> {
        let found = self.found.read().unwrap_or_else(|e| e.into_inner());
        let (mut ready, mut soon, mut down) = (vec![], !found.looked, vec![]);
        for replica in &found.replicas {
            match replica.standing() {
                Standing::Ready(line) => ready.push((replica.clone(), line)),
                Standing::Soon => soon = true,
                Standing::Down(why) => down.push(format!("{}: {why}", replica.address)),
            }
        }
        if !ready.is_empty() || soon {
            return Ok(ready);
        }
        down.extend(found.trouble.clone());
        Err(if down.is_empty() { "it has no address".into() } else { down.join("; ") })
    }

    fn better_of_two(&self, ready: &mut Vec<Ready>) -> Picked {
        let random = self.effects.rng.u64();
        let below = |n: u64, len: usize| usize::try_from(n % len as u64).unwrap_or(0);
        let (mut replica, mut line) = ready.swap_remove(below(random, ready.len()));
        if !ready.is_empty() {
            let other = ready.swap_remove(below(random >> 32, ready.len()));
            if other.0.under_way() < replica.under_way() {
                (replica, line) = other;
            }
        }
        Picked { under_way: replica.count(), replica, line }
    }

    /// A replica has left.
    pub fn want_others(&self, left: &Replica) {
        let found = self.found.read().unwrap_or_else(|e| e.into_inner());
        for replica in found.replicas.iter().filter(|replica| replica.address != left.address) {
            replica.want();
        }
        drop(found);
        self.changed();
    }

    pub fn changed(&self) {
        self.version.send_modify(|n| *n += 1);
    }

    pub fn resolve_soon(&self) {
        self.again.notify_one();
    }

    /// Addresses that were not known are connected to, those that are no more are left.
    fn take(self: &Arc<Self>, addresses: &BTreeSet<SocketAddr>, trouble: Option<String>) {
        let mut found = self.found.write().unwrap_or_else(|e| e.into_inner());
        // A name server that is away takes no replica away.
        if trouble.is_none() {
            found.replicas.retain(|replica| {
                let stays = addresses.contains(&replica.address);
                if !stays {
                    replica.leave();
                }
                stays
            });
        }
        for address in addresses {
            if !found.replicas.iter().any(|known| known.address == *address) {
                found.replicas.push(Replica::open(*address, self));
            }
        }
        (found.looked, found.trouble) = (true, trouble);
        drop(found);
        self.changed();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for replica in &self.found.get_mut().unwrap_or_else(|e| e.into_inner()).replicas {
            replica.leave();
        }
        self.again.notify_one();
    }
}

async fn addresses(names: &[String]) -> (BTreeSet<SocketAddr>, Option<String>) {
    let (mut addresses, mut trouble) = (BTreeSet::new(), None);
    for name in names {
        match tokio::net::lookup_host(name).await {
            Ok(found) => addresses.extend(found),
            Err(error) => trouble = Some(format!("{name}: {error}")),
        }
    }
    (addresses, trouble)
}

async fn resolve(pool: Weak<Pool>) {
    loop {
        let Some(held) = pool.upgrade() else { return };
        let (found, trouble) = addresses(&held.names).await;
        if let Some(trouble) = &trouble {
            let service = held.service;
            tracing::warn!(service, trouble, "the address of a service is not to be had");
        }
        held.take(&found, trouble);
        let (soonest, latest) =
            (held.effects.timers.sleep(RESOLVE_AGAIN), held.effects.timers.sleep(RESOLVE));
        soonest.await;
        // The pool ends while nobody holds it, and that is a reason to look, too.
        let again = held.again.clone();
        drop(held);
        futures::future::select(std::pin::pin!(again.notified()), latest).await;
    }
}
