//! The handle to one service's database, the same on both engines: units of work, reads and scans.

use crate::error::DbError;
use crate::migrate::Migrations;
use crate::postgres::{Isolation, PgStore, Trust};
use crate::sqlite::{Cut, Durability, InlineStore, Interlude, LiteOptions, LiteStore};
use crate::unit::{Failure, Kept, Run, Unit};
use hanse_kernel::Effects;
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

/// Which engine stands behind a [`Db`]; for logs and tests, never for decisions above infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone)]
pub struct Db(Arc<Store>);

enum Store {
    Lite(LiteStore),
    Inline(Box<InlineStore>),
    Pg(Box<PgStore>),
    Nowhere,
}

fn nowhere() -> DbError {
    DbError::Other("a store that is nowhere was asked for something".into())
}

thread_local! {
    /// Set while a unit is being polled on this thread: a store call made then is nested, which is an error.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Polls with the mark set. What it guards is a unit's future.
pub(crate) fn inside<T>(poll: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            INSIDE.with(|i| i.set(self.0));
        }
    }
    let _restore = Restore(INSIDE.with(|i| i.replace(true)));
    poll()
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

fn not_nested<E: From<DbError>>() -> Result<(), E> {
    if INSIDE.with(Cell::get) { Err(DbError::ForeignAwait.into()) } else { Ok(()) }
}

impl Db {
    /// Opens (and creates) a SQLite file and brings its schema up to date.
    pub async fn open_sqlite(
        path: &Path,
        options: LiteOptions,
        migrations: &[Migrations],
    ) -> Result<Self, DbError> {
        let path = path.to_path_buf();
        let migrations = migrations.to_vec();
        let store = tokio::task::spawn_blocking(move || LiteStore::open(&path, options, &migrations))
            .await
            .map_err(|e| DbError::Other(e.to_string()))??;
        Ok(Self(Arc::new(Store::Lite(store))))
    }

    /// A SQLite database in memory, without a thread, for a simulated world: see [`Interlude`].
    pub fn open_inline(migrations: &[Migrations], interlude: Arc<dyn Interlude>) -> Result<Self, DbError> {
        Ok(Self(Arc::new(Store::Inline(Box::new(InlineStore::open(migrations, interlude)?)))))
    }

    /// Remembers what an inline database holds now.
    pub fn mark(&self) -> Result<(), DbError> {
        self.inline()?.mark()
    }

    /// Puts an inline database back to its mark.
    pub fn back_to_mark(&self) -> Result<(), DbError> {
        self.inline()?.back_to_mark()
    }

    fn inline(&self) -> Result<&InlineStore, DbError> {
        match &*self.0 {
            Store::Inline(s) => Ok(s),
            Store::Lite(_) | Store::Pg(_) | Store::Nowhere => {
                Err(DbError::Other("only inline databases have a mark".into()))
            }
        }
    }

    /// Whether the address of a PostgreSQL database reads as one. Why not is not told: it might repeat the password.
    pub fn reads(url: &str) -> bool {
        url.parse::<tokio_postgres::Config>().is_ok()
    }

    /// Connects to a PostgreSQL database and brings its schema up to date, one runner at a time.
    pub async fn open_postgres(
        url: &str,
        pool: usize,
        effects: Effects,
        migrations: &[Migrations],
    ) -> Result<Self, DbError> {
        Self::open_postgres_over(url, None, pool, effects, migrations).await
    }

    /// As [`Db::open_postgres`]; with a [`Trust`] over TLS, to a server that can show who it is.
    pub async fn open_postgres_over(
        url: &str,
        trust: Option<&Trust>,
        pool: usize,
        effects: Effects,
        migrations: &[Migrations],
    ) -> Result<Self, DbError> {
        let store = PgStore::open(url, trust, pool, effects, migrations).await?;
        Ok(Self(Arc::new(Store::Pg(Box::new(store)))))
    }

    /// For who wants to know what a service is and not to run it: keeps nothing, and every question is an error.
    pub fn nowhere() -> Self {
        Self(Arc::new(Store::Nowhere))
    }

    /// That of no store is SQLite.
    pub fn engine(&self) -> Engine {
        match &*self.0 {
            Store::Lite(_) | Store::Inline(_) | Store::Nowhere => Engine::Sqlite,
            Store::Pg(_) => Engine::Postgres,
        }
    }

    /// One atomic unit of work. `work` may be run several times and must therefore only touch `tx` and `input`; only
    /// the database may be awaited in it. State and messages commit together or not at all.
    ///
    /// SQLite: a savepoint in a group commit. PostgreSQL: SERIALIZABLE, re-run on conflicts.
    pub async fn tx<I, T, E>(&self, input: I, work: impl Unit<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.unit(input, work, Durability::Now, Isolation::Serializable).await
    }

    /// As [`Db::tx`], for a unit that decides on one aggregate and saves it by its version, or makes it under a unique key:
    /// REPEATABLE READ on PostgreSQL. Who changes the same rows conflicts and is run again; what else was looked at may
    /// have changed by the commit. Neighbours in the same index pages, whom SERIALIZABLE takes for conflicts, do not matter.
    pub async fn tx_one<I, T, E>(&self, input: I, work: impl Unit<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.unit(input, work, Durability::Now, Isolation::Repeatable).await
    }

    /// As [`Db::tx`], but READ COMMITTED on PostgreSQL: only for units that first hold (lock) what the rest decides on, as
    /// queues, leases and counters do, or a checkout its cart.
    pub async fn tx_queue<I, T, E>(&self, input: I, work: impl Unit<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.unit(input, work, Durability::Now, Isolation::ReadCommitted).await
    }

    /// As [`Db::tx_queue`], for marks and leases whose loss only means that something is done again: the commit does
    /// not wait for the disk. A crash may undo it, never a part of it, and never while keeping a later [`Db::tx`].
    pub async fn tx_relaxed<I, T, E>(&self, input: I, work: impl Unit<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.unit(input, work, Durability::Later, Isolation::Relaxed).await
    }

    async fn unit<I, T, E>(
        &self,
        input: I,
        work: impl Unit<I, T, E>,
        durability: Durability,
        isolation: Isolation,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        not_nested::<E>()?;
        let unit = Kept::new(input, work);
        let done = self.write(unit.clone(), durability, isolation).await;
        unit.told(done)
    }

    async fn write(
        &self,
        unit: Arc<dyn Run>,
        durability: Durability,
        isolation: Isolation,
    ) -> Result<(), Failure> {
        match &*self.0 {
            Store::Lite(s) => s.tx(unit, durability).await,
            Store::Inline(s) => s.tx(&*unit).await,
            Store::Pg(s) => s.tx(&*unit, isolation).await,
            Store::Nowhere => Err(nowhere().into()),
        }
    }

    /// A bounded, indexed question over one snapshot.
    pub async fn read<I, T, E>(&self, input: I, work: impl Unit<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        not_nested::<E>()?;
        let unit = Kept::new(input, work);
        let done = self.look(&*unit).await;
        unit.told(done)
    }

    async fn look(&self, unit: &dyn Run) -> Result<(), Failure> {
        match &*self.0 {
            Store::Lite(s) => s.read(unit).await,
            Store::Inline(s) => s.read(unit).await,
            Store::Pg(s) => s.tx(unit, Isolation::Snapshot).await,
            Store::Nowhere => Err(nowhere().into()),
        }
    }

    /// A long question (audit, export, report) over one snapshot, off the request threads.
    pub async fn scan<I, T, E>(&self, input: I, work: impl Unit<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        not_nested::<E>()?;
        let unit = Kept::new(input, work);
        let done = match &*self.0 {
            Store::Lite(s) => s.scan(unit.clone()).await,
            Store::Inline(_) | Store::Pg(_) | Store::Nowhere => self.look(&*unit).await,
        };
        unit.told(done)
    }

    /// Whether the store answers; for readiness.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read((), |tx, ()| {
            Box::pin(async move {
                use crate::sql::Sql;
                tx.query("select 1", &[], |_| Ok(())).await.map(|_| ())
            })
        })
        .await
    }

    /// What these SQLite stores hold at one moment, while they go on; for a backup. Blocks its thread.
    pub fn cut(stores: &[Self], clock: &dyn hanse_kernel::Clock) -> Result<Cut, DbError> {
        let file = |db: &'_ Self| match &*db.0 {
            Store::Lite(_) => Ok(()),
            Store::Inline(_) | Store::Pg(_) | Store::Nowhere => {
                Err(DbError::Other("only a store in a file of its own can be pictured".into()))
            }
        };
        stores.iter().try_for_each(file)?;
        let files = stores.iter().filter_map(|db| match &*db.0 {
            Store::Lite(store) => Some(store),
            Store::Inline(_) | Store::Pg(_) | Store::Nowhere => None,
        });
        crate::sqlite::cut(&files.collect::<Vec<_>>(), clock)
    }

    /// Waits for accepted units to end and lets the engine go.
    pub async fn close(&self) {
        match &*self.0 {
            Store::Lite(s) => s.close().await,
            Store::Inline(_) => {}
            Store::Pg(s) => s.close(),
            Store::Nowhere => {}
        }
    }
}
