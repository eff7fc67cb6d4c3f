//! The pool and the runner that begins, runs, commits and, on a conflict, runs again.

use super::conn::{PgConn, error};
use super::pulse::Pulse;
use super::tls::Trust;
use crate::db::inside;
use crate::error::DbError;
use crate::migrate::Migrations;
use crate::tx::{Conn, Tx};
use crate::unit::{Failure, Run};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use futures::future::BoxFuture;
use hanse_kernel::Effects;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::RwLock;

/// A unit is run at most so often before its conflict is told to the caller. Of many at once over the same small tables
/// hardly more than one gets through per round.
const ATTEMPTS: u32 = 10;
/// The longest pause before another run doubles up to this, in milliseconds.
const LONGEST_PAUSE: u64 = 256;
/// After so many conflicts a unit waits until it has the store to itself, as far as this process goes: then only another
/// process can be in its way. A crowd that conflicts gets through one by one, instead of some of it by luck.
const ALONE_AFTER: u32 = 3;
/// The longest pause of a unit that has the store to itself: all others wait for it.
const SHORT_PAUSE: u64 = 8;
/// A unit that finds something there that it had not seen is run so often until it is told.
const TAKEN_ATTEMPTS: u32 = 3;
/// A unit's time, waiting included.
const BUDGET: Duration = Duration::from_secs(30);
/// A server that is there takes a connection within so long.
const CONNECT: Duration = Duration::from_secs(10);
/// One migration runner at a time: "hanse" as a number.
const MIGRATION_LOCK: i64 = 0x0068_616e_7365;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    Serializable,
    /// One picture; who changes the same rows conflicts.
    Repeatable,
    ReadCommitted,
    /// READ COMMITTED, and the commit does not wait for the disk.
    Relaxed,
    /// One consistent picture, nothing written.
    Snapshot,
}

impl Isolation {
    fn begin(self) -> &'static str {
        match self {
            Self::Serializable => "begin isolation level serializable",
            Self::Repeatable => "begin isolation level repeatable read",
            Self::ReadCommitted => "begin isolation level read committed",
            Self::Relaxed => "begin isolation level read committed; set local synchronous_commit to off",
            Self::Snapshot => "begin isolation level repeatable read read only",
        }
    }
}

pub(crate) struct PgStore {
    pool: Pool,
    pulse: Pulse,
    effects: Effects,
    /// Held together by units that write, alone by one that has conflicted too often. First come, first served: nobody
    /// waits for more than those before him.
    floor: RwLock<()>,
}

impl PgStore {
    pub(crate) async fn open(
        url: &str,
        trust: Option<&Trust>,
        size: usize,
        effects: Effects,
        migrations: &[Migrations],
    ) -> Result<Self, DbError> {
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|e: tokio_postgres::Error| DbError::Other(format!("database url: {e}")))?;
        if trust.is_some() {
            // Whoever names an authority means it: a server without TLS is refused.
            config.ssl_mode(tokio_postgres::config::SslMode::Require);
        }
        let pool = pool_of(&config, trust, size)?;
        let pulse = Pulse::new(pool_of(&config, trust, 1)?, effects.clone());
        let store = Self { pool, pulse, effects, floor: RwLock::new(()) };
        store.migrate(migrations).await?;
        Ok(store)
    }

    async fn migrate(&self, migrations: &[Migrations]) -> Result<(), DbError> {
        let object = self.effects.within(CONNECT, self.pool.get()).await;
        let object = object.ok_or_else(|| DbError::Unavailable("the server does not answer".into()))?;
        let mut object = object.map_err(|e| unavailable(&e))?;
        let lock = format!("select pg_advisory_lock({MIGRATION_LOCK})");
        object.batch_execute(&lock).await.map_err(|e| error(&e))?;
        let mut outcome = Ok(());
        for history in migrations {
            let client: &mut tokio_postgres::Client = &mut object;
            outcome = history.run_postgres(client).await;
            if outcome.is_err() {
                break;
            }
        }
        let unlock = format!("select pg_advisory_unlock({MIGRATION_LOCK})");
        outcome.and(object.batch_execute(&unlock).await.map_err(|e| error(&e)))
    }

    pub(crate) async fn tx(&self, unit: &dyn Run, isolation: Isolation) -> Result<(), Failure> {
        self.pulse.there().await?;
        let mut alone = None;
        for attempt in 1..=ATTEMPTS {
            if attempt > ALONE_AFTER && alone.is_none() {
                alone = self.effects.within(BUDGET, self.floor.write()).await;
            }
            let run = async {
                let _beside_others = match (isolation, &alone) {
                    // A picture is in nobody's way.
                    (Isolation::Snapshot, _) | (_, Some(_)) => None,
                    _ => Some(self.floor.read().await),
                };
                self.once(unit, isolation, attempt).await
            };
            match self.effects.within(BUDGET, self.pulse.beside(run)).await {
                None => return Err(DbError::Budget("30 seconds").into()),
                Some(Err(silent)) => return Err(silent.into()),
                Some(Ok(Outcome::Done(result))) => return result,
                Some(Ok(Outcome::Conflict)) => {
                    let longest = if alone.is_some() { SHORT_PAUSE } else { LONGEST_PAUSE };
                    let most = (4u64 << attempt).min(longest);
                    let pause = Duration::from_millis(1 + self.effects.rng.u64() % most);
                    self.effects.timers.sleep(pause).await;
                }
            }
        }
        Err(DbError::Conflict { attempts: ATTEMPTS }.into())
    }

    async fn once(&self, unit: &dyn Run, isolation: Isolation, attempt: u32) -> Outcome {
        let mut conn = match self.pool.get().await {
            Ok(object) => PgConn::new(object),
            Err(e) => return Outcome::Done(Err(unavailable(&e).into())),
        };
        if isolation == Isolation::Snapshot {
            conn.begin_with_next(isolation.begin());
        } else if let Err(e) = conn.control(isolation.begin()).await {
            return Outcome::Done(Err(e.into()));
        }
        let mut tx = Tx::new(Conn::Pg(conn));
        let watched = Watched { waiting: tx.waiting.clone(), unit: unit.run(&mut tx) };
        let result = match futures::FutureExt::catch_unwind(AssertUnwindSafe(watched)).await {
            Ok(Some(result)) => result,
            Ok(None) => Err(DbError::ForeignAwait.into()),
            Err(panic) => Err(DbError::Panicked(crate::db::panic_text(&*panic)).into()),
        };
        let result = if tx.dead { result.and(Err(DbError::Dead.into())) } else { result };
        // What was made after the picture was taken is seen by the next run, which decides with it.
        let unseen = tx.taken && isolation == Isolation::Repeatable && attempt < TAKEN_ATTEMPTS;
        let (conflict, hooks) = (tx.conflict || unseen, std::mem::take(&mut tx.after_commit));
        let Conn::Pg(conn) = tx.conn else {
            return Outcome::Done(Err(DbError::Dead.into()));
        };
        if result.is_ok() && isolation == Isolation::Snapshot {
            conn.end_reading();
            hooks.into_iter().for_each(|hook| hook());
            Outcome::Done(result)
        } else if result.is_ok() {
            match conn.control("commit").await {
                Ok(()) => {
                    conn.close();
                    hooks.into_iter().for_each(|hook| hook());
                    Outcome::Done(result)
                }
                Err(DbError::Conflict { .. }) => {
                    // A refused commit has rolled back already.
                    conn.close();
                    Outcome::Conflict
                }
                Err(e) => Outcome::Done(Err(e.into())),
            }
        } else {
            if conn.rollback().await.is_ok() {
                conn.close();
            }
            if conflict { Outcome::Conflict } else { Outcome::Done(result) }
        }
    }

    pub(crate) fn close(&self) {
        self.pool.close();
        self.pulse.close();
    }
}

fn pool_of(config: &tokio_postgres::Config, trust: Option<&Trust>, size: usize) -> Result<Pool, DbError> {
    let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match trust {
        None => Manager::from_config(config.clone(), tokio_postgres::NoTls, settings),
        Some(trust) => Manager::from_config(config.clone(), trust.clone(), settings),
    };
    Pool::builder(manager).max_size(size).build().map_err(|e| DbError::Other(e.to_string()))
}

enum Outcome {
    Done(Result<(), Failure>),
    Conflict,
}

/// With everything that caused it: the outermost says little.
fn unavailable(e: &deadpool_postgres::PoolError) -> DbError {
    let mut text = e.to_string();
    let mut cause = std::error::Error::source(e);
    while let Some(e) = cause {
        let more = e.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = e.source();
    }
    DbError::Unavailable(text)
}

/// Ends with `None` when the unit waits although no statement of its own is under way.
struct Watched<'a, T> {
    waiting: Arc<AtomicBool>,
    unit: BoxFuture<'a, T>,
}

impl<T> Future for Watched<'_, T> {
    type Output = Option<T>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match inside(|| self.unit.as_mut().poll(cx)) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if self.waiting.load(Ordering::Relaxed) => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    }
}
