//! Whether the server still answers. One that hangs, or whose way is lost, keeps its connections open and says nothing on
//! them: a statement would wait for it as long as its asker does. So a unit that takes its time has the server asked for a
//! sign of life on a connection of its own; without one all units are told that it is away.

use crate::error::DbError;
use deadpool_postgres::{Object, Pool};
use hanse_kernel::{Effects, Timestamp};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// A unit that has taken so long looks whether the server is still there, and again after as long: it may be waiting for
/// another unit, or have much to read.
const LOOK: Duration = Duration::from_secs(2);
/// A server that is there gives a sign within so long, however busy it is.
const LIMIT: Duration = Duration::from_secs(2);
/// One that was silent is not asked again for so long; meanwhile units are refused at once.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Pulse {
    /// Of one connection, which is made for each question: the server must do something new.
    asking: Pool,
    effects: Effects,
    /// Held by whoever asks.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    silent: bool,
    asked_at: Timestamp,
}

fn silent() -> DbError {
    DbError::Unavailable("the server keeps its connections and does not answer".into())
}

impl Pulse {
    pub(super) fn new(asking: Pool, effects: Effects) -> Self {
        Self { asking, effects, turn: tokio::sync::Mutex::default(), state: Mutex::default() }
    }

    pub(super) fn close(&self) {
        self.asking.close();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// An error at once while the server is known to be silent; one of those who come finds out whether it still is.
    pub(super) async fn there(&self) -> Result<(), DbError> {
        if !self.state().silent {
            return Ok(());
        }
        let Ok(_turn) = self.turn.try_lock() else { return Err(silent()) };
        if self.effects.now() < self.state().asked_at.plus(PAUSE) {
            return Err(silent());
        }
        if self.ask().await { Ok(()) } else { Err(silent()) }
    }

    /// Does the work, unless the server falls silent meanwhile.
    pub(super) async fn beside<T>(&self, work: impl Future<Output = T> + Send) -> Result<T, DbError> {
        let (work, lost) = (std::pin::pin!(work), std::pin::pin!(self.lost()));
        match futures::future::select(work, lost).await {
            futures::future::Either::Left((done, _)) => Ok(done),
            futures::future::Either::Right(_) => Err(silent()),
        }
    }

    /// Returns when the server is silent.
    async fn lost(&self) {
        let mut began = self.effects.now();
        loop {
            self.effects.timers.sleep(LOOK).await;
            let _turn = self.turn.lock().await;
            // Another unit may have asked while this one waited.
            let asked = self.state().asked_at > began;
            let silent = if asked { self.state().silent } else { !self.ask().await };
            if silent {
                return;
            }
            began = self.effects.now();
        }
    }

    /// Whether a new connection is answered, be it with a refusal: who refuses is there, and tells every unit why.
    async fn ask(&self) -> bool {
        let asked = self.effects.within(LIMIT, self.asking.get()).await;
        let answers = asked.is_some();
        if let Some(Ok(connection)) = asked {
            drop(Object::take(connection));
        }
        let mut state = self.state();
        if state.silent == answers {
            match answers {
                true => tracing::info!("the database answers again"),
                false => tracing::warn!("the database keeps its connections and does not answer"),
            }
        }
        *state = State { silent: !answers, asked_at: self.effects.now() };
        answers
    }
}
