//! The writer thread with its group commit, and the readers.

use super::conn::{LiteConn, error};
use crate::db::{inside, panic_text};
use crate::error::DbError;
use crate::migrate::Migrations;
use crate::tx::{AfterCommit, Conn, Tx};
use crate::unit::{Failure, Run};
use futures::future::BoxFuture;
use hanse_kernel::Scope;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Older versions have a bug in which a WAL reset can corrupt the file.
const MIN_SQLITE: i32 = 3_051_003;
/// Neighbours that share one fsync.
const GROUP: usize = 64;

#[derive(Debug, Clone, Copy)]
pub struct LiteOptions {
    /// Reader connections at most; they are opened when first needed.
    pub readers: usize,
    /// Refuse to grow beyond so many pages; for tests of a full disk.
    pub max_pages: Option<i64>,
}

impl Default for LiteOptions {
    fn default() -> Self {
        Self { readers: 4, max_pages: None }
    }
}

/// Whether an answer may go out before its commit has reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    Later,
    Now,
}

/// What a job leaves behind: called after the group's COMMIT with how it went.
type Finish = Box<dyn FnOnce(Result<(), GroupFailure>) + Send>;
/// Runs in the group, or (connection absent) is only told why it cannot.
type Work = Box<dyn FnOnce(&mut Option<LiteConn>) -> Finish + Send>;

struct Job {
    durability: Durability,
    work: Work,
}

/// What the writer is asked for.
enum Call {
    Work(Job),
    /// To begin nothing until the sender of the second is dropped; the first is told when it has got there.
    Hold(std::sync::mpsc::Sender<()>, std::sync::mpsc::Receiver<()>),
    /// To end after what came before.
    End,
}

#[derive(Clone, Copy)]
enum GroupFailure {
    Full,
    Lost,
}

impl From<GroupFailure> for DbError {
    fn from(failure: GroupFailure) -> Self {
        match failure {
            GroupFailure::Full => Self::DiskFull,
            GroupFailure::Lost => Self::Unavailable("the commit failed; nothing was changed".into()),
        }
    }
}

pub(crate) struct LiteStore {
    jobs: mpsc::Sender<Call>,
    readers: Arc<Readers>,
    ended: Arc<Semaphore>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<LiteConn>>,
    free: Semaphore,
}

fn open(path: &Path, options: LiteOptions, writer: bool) -> Result<LiteConn, DbError> {
    let conn = rusqlite::Connection::open(path).map_err(|e| error(&e))?;
    let pages = options.max_pages.map(|n| format!("pragma max_page_count={n};")).unwrap_or_default();
    // What was deleted is to be gone from the file as well, and from copies of it: it may have been about somebody.
    let role =
        if writer { "pragma cache_size=-4096;" } else { "pragma query_only=on; pragma cache_size=-1024;" };
    conn.execute_batch(&format!(
        "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma busy_timeout=5000;
         pragma mmap_size=268435456; pragma temp_store=memory; pragma secure_delete=on; {pages} {role}"
    ))
    .map_err(|e| error(&e))?;
    // Plans do not depend on bound values; else `limit $1` alone makes every run of a statement prepare it anew.
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|e| error(&e))?;
    Ok(LiteConn::new(conn))
}

impl LiteStore {
    pub(crate) fn open(
        path: &Path,
        options: LiteOptions,
        migrations: &[Migrations],
    ) -> Result<Self, DbError> {
        if rusqlite::version_number() < MIN_SQLITE {
            let version = rusqlite::version();
            return Err(DbError::Other(format!(
                "SQLite {version} is older than 3.51.3, which has a corruption bug"
            )));
        }
        let mut writer = open(path, options, true)?;
        for history in migrations {
            history.run_sqlite(writer.raw())?;
        }
        let (jobs, queue) = mpsc::channel::<Call>(4096);
        let ended = Arc::new(Semaphore::new(0));
        let (file, done) = (path.to_path_buf(), ended.clone());
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                write(writer, queue, &|| open(&file, options, true));
                done.add_permits(1);
            })
            .map_err(|e| DbError::Other(e.to_string()))?;
        let readers = Readers {
            path: path.to_path_buf(),
            idle: Mutex::new(vec![]),
            free: Semaphore::new(options.readers.max(1)),
        };
        Ok(Self { jobs, readers: Arc::new(readers), ended })
    }

    pub(crate) async fn tx(&self, unit: Arc<dyn Run>, durability: Durability) -> Result<(), Failure> {
        let (answer, answered) = oneshot::channel::<Result<(), Failure>>();
        // What the unit logs on the writer's thread belongs to whoever asked for it.
        let scope = Scope::here();
        let work: Work = Box::new(move |slot| {
            let (result, hooks) = Scope::run(scope.clone(), || in_savepoint(slot, &*unit));
            Box::new(move |group| {
                let result = match group {
                    Ok(()) => {
                        if result.is_ok() {
                            Scope::run(scope, || hooks.into_iter().for_each(|hook| hook()));
                        }
                        result
                    }
                    // An answer of Ok was never true; an error of the unit's own stays what it is.
                    Err(failure) => result.and_then(|()| Err(DbError::from(failure).into())),
                };
                // The asker may have gone away; what was committed stays committed.
                let _ = answer.send(result);
            })
        });
        let closed = || DbError::Unavailable("the store is closed".into());
        self.jobs.send(Call::Work(Job { durability, work })).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    pub(crate) async fn read(&self, unit: &dyn Run) -> Result<(), Failure> {
        let _permit = self.readers.free.acquire().await.map_err(|e| DbError::Unavailable(e.to_string()))?;
        self.readers.run(unit)
    }

    pub(crate) async fn scan(&self, unit: Arc<dyn Run>) -> Result<(), Failure> {
        let (readers, scope) = (self.readers.clone(), Scope::here());
        // A scan has a connection of its own beside the readers', so that it never starves a request.
        tokio::task::spawn_blocking(move || Scope::run(scope, || readers.run(&*unit)))
            .await
            .map_err(|e| DbError::Panicked(e.to_string()))?
    }

    /// A reader's connection of its own, for who reads for long.
    pub(crate) fn reader(&self) -> Result<rusqlite::Connection, DbError> {
        Ok(open(&self.readers.path, LiteOptions::default(), false)?.into_raw())
    }

    /// Asks the writer to stand still until the other end of `until` is dropped; `there` is told when it does.
    pub(crate) fn hold(
        &self,
        there: std::sync::mpsc::Sender<()>,
        until: std::sync::mpsc::Receiver<()>,
    ) -> Result<(), DbError> {
        let sent = self.jobs.blocking_send(Call::Hold(there, until));
        sent.map_err(|_| DbError::Unavailable("the store is closed".into()))
    }

    pub(crate) async fn close(&self) {
        if self.jobs.send(Call::End).await.is_ok() {
            // One permit is added when the writer has ended.
            if let Ok(permit) = self.ended.acquire().await {
                permit.forget();
                self.ended.add_permits(1);
            }
        }
        self.readers.idle.lock().unwrap_or_else(|e| e.into_inner()).clear();
    }
}

impl Readers {
    fn run(&self, unit: &dyn Run) -> Result<(), Failure> {
        let idle = self.idle.lock().unwrap_or_else(|e| e.into_inner()).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => open(&self.path, LiteOptions::default(), false)?,
        };
        conn.control("begin")?;
        let mut slot = Some(conn);
        let (result, hooks) = polled(&mut slot, unit);
        if let Some(conn) = slot
            && conn.control("rollback").is_ok()
        {
            self.idle.lock().unwrap_or_else(|e| e.into_inner()).push(conn);
        }
        result?;
        // Nothing was written: what was read had been committed before.
        hooks.into_iter().for_each(|hook| hook());
        Ok(())
    }
}

/// Runs the unit once on the connection in `slot` and puts the connection back, whatever happens.
pub(super) fn polled(slot: &mut Option<LiteConn>, unit: &dyn Run) -> (Result<(), Failure>, Vec<AfterCommit>) {
    let Some(conn) = slot.take() else {
        return (Err(DbError::Unavailable("the store is closing or was lost".into()).into()), vec![]);
    };
    let mut tx = Tx::new(Conn::Lite(conn));
    let outcome = catch_unwind(AssertUnwindSafe(|| inside(|| poll_once(unit.run(&mut tx)))));
    let result = match outcome {
        Ok(Some(Ok(()))) if tx.dead => Err(DbError::Dead.into()),
        Ok(Some(result)) => result,
        Ok(None) => Err(DbError::ForeignAwait.into()),
        Err(panic) => Err(DbError::Panicked(panic_text(&*panic)).into()),
    };
    let hooks = std::mem::take(&mut tx.after_commit);
    if let Conn::Lite(conn) = tx.conn {
        *slot = Some(conn);
    }
    (result, hooks)
}

/// A unit on SQLite never waits: one poll must end it.
fn poll_once<T>(mut unit: BoxFuture<'_, T>) -> Option<T> {
    match unit.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

pub(super) fn in_savepoint(
    slot: &mut Option<LiteConn>,
    unit: &dyn Run,
) -> (Result<(), Failure>, Vec<AfterCommit>) {
    if let Some(conn) = slot.as_ref()
        && let Err(e) = conn.control("savepoint unit")
    {
        return (Err(e.into()), vec![]);
    }
    let (result, hooks) = polled(slot, unit);
    let Some(conn) = slot.as_ref() else { return (result, hooks) };
    if !conn.in_transaction() {
        // The engine rolled everything back (a full disk does that): the group is lost, see `write`.
        return (result, hooks);
    }
    let undone = match &result {
        Ok(()) => conn.control("release unit"),
        Err(_) => conn.control("rollback to unit").and_then(|()| conn.control("release unit")),
    };
    match undone {
        Ok(()) => (result, hooks),
        Err(e) => (result.and(Err(e.into())), hooks),
    }
}

/// The writer's life: take a group, run its jobs in one transaction, commit, answer.
fn write(first: LiteConn, mut queue: mpsc::Receiver<Call>, reopen: &dyn Fn() -> Result<LiteConn, DbError>) {
    let mut slot = Some(first);
    let mut group = Vec::with_capacity(GROUP);
    let mut synced = Durability::Now;
    while queue.blocking_recv_many(&mut group, 1) > 0 {
        // Whoever is about to send a job gets the processor first, and shares the commit.
        std::thread::yield_now();
        while group.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            group.push(job);
        }
        if slot.is_none() {
            slot = reopen().inspect_err(|e| tracing::error!(error = %e, "cannot reopen the database")).ok();
            synced = Durability::Now;
        }
        let durability = |call: &Call| match call {
            Call::Work(job) => Some(job.durability),
            Call::Hold(..) | Call::End => None,
        };
        let Some(wanted) = group.iter().filter_map(durability).max() else {
            // Nothing but to stand still or to end.
            if stand_still(group.drain(..)) {
                return;
            }
            continue;
        };
        let begun = slot.as_ref().map(|conn| {
            if wanted != synced {
                // In a WAL a commit that is synced takes all before it along.
                conn.control(match wanted {
                    Durability::Now => "pragma synchronous=full",
                    Durability::Later => "pragma synchronous=normal",
                })?;
                synced = wanted;
            }
            conn.control("begin immediate")
        });
        let mut failure = match begun {
            Some(Ok(())) => None,
            Some(Err(DbError::DiskFull)) => Some(GroupFailure::Full),
            Some(Err(_)) | None => Some(GroupFailure::Lost),
        };
        let (mut closing, mut rest) = (false, vec![]);
        let mut ends = Vec::with_capacity(group.len());
        for call in group.drain(..) {
            let job = match call {
                Call::Work(job) => job,
                call => {
                    closing |= matches!(call, Call::End);
                    rest.push(call);
                    continue;
                }
            };
            if failure.is_some() || closing {
                ends.push((job.work)(&mut None));
                continue;
            }
            ends.push((job.work)(&mut slot));
            if slot.as_ref().is_none_or(|conn| !conn.in_transaction()) {
                failure = Some(GroupFailure::Full);
            }
        }
        let outcome = match (failure, slot.as_ref()) {
            (None, Some(conn)) => match conn.control("commit") {
                Ok(()) => Ok(()),
                Err(e) => {
                    tracing::error!(error = %e, "a group commit failed");
                    Err(if matches!(e, DbError::DiskFull) { GroupFailure::Full } else { GroupFailure::Lost })
                }
            },
            (Some(failure), _) => Err(failure),
            (None, None) => Err(GroupFailure::Lost),
        };
        if outcome.is_err() {
            // Begin afresh: whatever state the old connection is in, it is not trusted.
            slot = None;
        }
        ends.into_iter().for_each(|end| end(outcome));
        if stand_still(rest) {
            return;
        }
    }
}

/// Between two groups: stands still for whoever asks for that; whether it is to end then.
fn stand_still(calls: impl IntoIterator<Item = Call>) -> bool {
    let mut closing = false;
    for call in calls {
        match call {
            Call::Hold(there, until) => {
                // Who has asked may have given up by now: then both ends are gone, and neither call waits.
                if there.send(()).is_ok() {
                    let _ = until.recv();
                }
            }
            Call::End => closing = true,
            Call::Work(_) => {}
        }
    }
    closing
}
