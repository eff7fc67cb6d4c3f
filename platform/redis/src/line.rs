//! The one connection, made when it is needed, and what is remembered of its failures.

use crate::error::RedisError;
use hanse_kernel::{Effects, Timestamp};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::sync::Mutex;

/// Redis that did not answer is left alone for so long: whoever asks meanwhile is told at once that it is away.
const PAUSE: Duration = Duration::from_secs(1);
/// So many calls in a row without an answer in time, and the connection is given up: one slow answer is no outage.
const SLOW_CALLS: u32 = 3;

pub(crate) struct Line {
    client: Client,
    effects: Effects,
    state: RwLock<State>,
    /// Held by whoever makes a connection.
    connecting: Mutex<()>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Grows with every connection, so that a late complaint about an old one does not end the present one.
    number: u64,
    /// The server's own name for its present run.
    run: Option<Arc<str>>,
    slow: u32,
    /// The last attempt failed.
    failing: bool,
    not_before: Timestamp,
}

enum Seen {
    Open(u64, MultiplexedConnection),
    Away,
    /// There is none; whether the last attempt to make one failed.
    None {
        failing: bool,
    },
}

fn away() -> RedisError {
    RedisError::Away("it did not answer a moment ago".into())
}

impl Line {
    pub(crate) fn new(client: Client, effects: Effects) -> Self {
        Self { client, effects, state: RwLock::default(), connecting: Mutex::new(()) }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Seen {
        let state = self.read();
        match &state.connection {
            Some(connection) => Seen::Open(state.number, connection.clone()),
            None if state.failing && self.effects.now() < state.not_before => Seen::Away,
            None => Seen::None { failing: state.failing },
        }
    }

    /// The connection with its number, made if there is none.
    pub(crate) async fn open(&self) -> Result<(u64, MultiplexedConnection), RedisError> {
        let failing = match self.look() {
            Seen::Open(number, connection) => return Ok((number, connection)),
            Seen::Away => return Err(away()),
            Seen::None { failing } => failing,
        };
        // The first connection is worth waiting for. After a failure one caller finds out whether it is over.
        let _only_one = if failing {
            self.connecting.try_lock().map_err(|_| away())?
        } else {
            self.connecting.lock().await
        };
        match self.look() {
            Seen::Open(number, connection) => return Ok((number, connection)),
            Seen::Away => return Err(away()),
            Seen::None { .. } => {}
        }
        // Our own limits bound the calls.
        let unlimited = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let made = async {
            let mut connection = self.client.get_multiplexed_async_connection_with_config(&unlimited).await?;
            let told: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
            Ok::<_, redis::RedisError>((connection, told))
        };
        match made.await {
            Ok((connection, told)) => {
                let run = info_line(&told, "run_id").unwrap_or_default();
                let mut state = self.write();
                state.run = Some(run.into());
                if state.failing {
                    tracing::info!("Redis answers again");
                }
                metrics::gauge!("redis_away").set(0.0);
                state.number += 1;
                (state.slow, state.failing) = (0, false);
                state.connection = Some(connection.clone());
                Ok((state.number, connection))
            }
            Err(error) => {
                self.failed(&error.to_string());
                Err(RedisError::Away(error.to_string()))
            }
        }
    }

    /// Of the present connection.
    pub(crate) fn run(&self) -> Option<Arc<str>> {
        let state = self.read();
        state.connection.as_ref().and(state.run.clone())
    }

    /// An answer has come, whatever it says.
    pub(crate) fn answered(&self) {
        if self.read().slow > 0 {
            self.write().slow = 0;
        }
    }

    /// Connection `number` is of no use any more; the next caller makes another.
    pub(crate) fn broke(&self, number: u64) {
        let mut state = self.write();
        if state.number == number {
            state.connection = None;
        }
    }

    /// No answer in time. Without a connection that means that none could be made.
    pub(crate) fn slow(&self) {
        let give_up = {
            let mut state = self.write();
            state.slow += 1;
            state.slow >= SLOW_CALLS || state.connection.is_none()
        };
        if give_up {
            self.failed("no answer in time");
        }
    }

    /// From now on callers are told that it is away, until the pause is over.
    pub(crate) fn failed(&self, why: &str) {
        let mut state = self.write();
        if !state.failing {
            tracing::warn!(error = why, "Redis is away; what can do without it goes on");
        }
        metrics::gauge!("redis_away").set(1.0);
        state.connection = None;
        state.failing = true;
        state.slow = 0;
        state.not_before = self.effects.now().plus(PAUSE);
    }
}

/// The value in a line `name:value` of what INFO tells.
pub(crate) fn info_line(told: &str, name: &str) -> Option<String> {
    told.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_string()))
}
