//! The answering end between processes: takes connections of peers with a certificate of the house, knows each by it,
//! and hands their calls to the service.

mod connection;
mod desk;
mod health;

pub use desk::Readiness;

use crate::allow::Allow;
use crate::identity::Identity;
use connection::{Phase, Reception};
use desk::Desk;
use hanse_kernel::Effects;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tonic::service::Routes;

/// More peers than that at once wait at the door.
const CONNECTIONS: u32 = 1024;
/// How long calls may go on after the end was asked for.
const LAST_CALLS: Duration = Duration::from_secs(20);
/// After an accept failed (no file descriptor left, say), so that trouble does not become a busy loop.
const BREATH: Duration = Duration::from_millis(100);

/// What a service answers with.
pub struct Server {
    pub identity: Identity,
    /// Its gRPC servers, and who may ask them what.
    pub routes: Routes,
    pub allow: Allow,
    /// Its REST routes, for the gateway and the operator's tools alone.
    pub rest: Option<axum::Router>,
    /// What the health service tells.
    pub ready: Readiness,
    pub effects: Effects,
}

impl Server {
    /// Serves until `stop`, then finishes what is under way (20 seconds at most) and returns.
    ///
    /// # Errors
    /// When the contracts' descriptors cannot be served by reflection.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let (phase, phases) = watch::channel(Phase::Open);
        let Self { identity, routes, allow, rest, ready, effects } = self;
        let service = identity.service();
        let desk = Arc::new(Desk::new(routes, allow, rest, &effects, (ready, phases.clone()))?);
        let reception = Arc::new(Reception { identity, desk, effects: effects.clone() });
        let room = Arc::new(Semaphore::new(CONNECTIONS as usize));
        {
            let mut stop = std::pin::pin!(stop);
            loop {
                let next = std::pin::pin!(accept(&listener, &room, &effects));
                match futures::future::select(stop.as_mut(), next).await {
                    futures::future::Either::Left(_) => break,
                    futures::future::Either::Right(((tcp, place), _)) => {
                        let (reception, phases) = (reception.clone(), phases.clone());
                        effects.spawn.spawn(
                            "rpc.peer",
                            Box::pin(async move {
                                reception.receive(tcp, phases).await;
                                drop(place);
                            }),
                        );
                    }
                }
            }
        }
        drop(listener);
        phase.send_replace(Phase::Closing);
        // All places free again: everybody has gone.
        if effects.within(LAST_CALLS, room.acquire_many(CONNECTIONS)).await.is_none() {
            tracing::warn!(service, "calls that did not end in time were cut off");
        }
        phase.send_replace(Phase::Closed);
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the descriptors of a contract cannot be served: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
    effects: &Effects,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    // Never closed: the error cannot be.
    let place = room.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => return (tcp, place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                effects.timers.sleep(BREATH).await;
            }
        }
    }
}
