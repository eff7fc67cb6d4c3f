//! Pictures of several SQLite stores at one moment, and files made from them while everybody goes on.
//!
//! What one service has told and another one has heard must not be torn apart: a moment that is the same for all of them is
//! one at which no unit is under way anywhere. So every writer is made to stand still between two commits, a read transaction
//! is begun on every file, which costs microseconds, and the writers go on. The transactions keep their pictures for as long
//! as copying takes.

use super::conn::error;
use super::store::LiteStore;
use crate::error::DbError;
use hanse_kernel::{Clock, Timestamp};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// How long writers that stand still wait for one that is in the midst of something; then all go on and it is tried again.
const PATIENCE: Duration = Duration::from_millis(250);
const TRIES: u32 = 20;
/// Pages between two words on how far it is: 1 MiB.
const STEP: i32 = 256;

/// All stores as they were at one moment.
pub struct Cut {
    /// In the order in which the stores were given.
    pub pictures: Vec<Picture>,
    pub at: Timestamp,
    /// For how long units had to wait, in all.
    pub pause: Duration,
}

/// One store as it was; also after it was closed.
pub struct Picture {
    conn: Connection,
}

pub(crate) fn cut(stores: &[&LiteStore], clock: &dyn Clock) -> Result<Cut, DbError> {
    let mut pause = Duration::ZERO;
    for _ in 0..TRIES {
        // Opened before anybody has to wait.
        let readers = stores.iter().map(|store| store.reader()).collect::<Result<Vec<_>, _>>()?;
        let began = clock.now();
        let cut = at_one_moment(stores, readers, clock);
        pause += clock.now().since(began);
        if let Some((pictures, at)) = cut? {
            return Ok(Cut { pictures, at, pause });
        }
    }
    Err(DbError::Unavailable(format!(
        "some store was in the midst of a long unit {TRIES} times in a row; try again when less is written at once"
    )))
}

/// None: somebody did not come to stand still in time. Everybody goes on when this returns, however it does.
fn at_one_moment(
    stores: &[&LiteStore],
    readers: Vec<Connection>,
    clock: &dyn Clock,
) -> Result<Option<(Vec<Picture>, Timestamp)>, DbError> {
    let (there, arrived) = mpsc::channel();
    let mut held = vec![];
    for store in stores {
        let (going_on, until) = mpsc::channel::<()>();
        store.hold(there.clone(), until)?;
        held.push(going_on);
    }
    drop(there);
    for _ in stores {
        match arrived.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => return Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(DbError::Unavailable("a store was closed meanwhile".into()));
            }
        }
    }
    let at = clock.now();
    for conn in &readers {
        // A transaction has no picture before it has read.
        conn.execute_batch("begin; select count(*) from sqlite_schema").map_err(|e| error(&e))?;
    }
    drop(held);
    Ok(Some((readers.into_iter().map(|conn| Picture { conn }).collect(), at)))
}

impl Picture {
    /// Its size in bytes.
    pub fn bytes(&self) -> Result<u64, DbError> {
        let number = |sql| self.conn.query_row(sql, [], |r| r.get::<_, i64>(0)).map_err(|e| error(&e));
        let bytes = number("pragma page_count")?.saturating_mul(number("pragma page_size")?);
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// Writes it to a new file, whole and on the disk when this returns, and reads that through. `step` is told how many
    /// bytes are written of how many.
    pub fn write(&self, file: &Path, step: &mut dyn FnMut(u64, u64)) -> Result<(), DbError> {
        if file.exists() {
            return Err(DbError::Other(format!("{} is there already", file.display())));
        }
        let size = self.bytes()?;
        let mut target = Connection::open(file).map_err(|e| error(&e))?;
        // A file that is thrown away when this fails needs no journal.
        target.execute_batch("pragma journal_mode=off; pragma synchronous=off").map_err(|e| error(&e))?;
        {
            let copy = Backup::new(&self.conn, &mut target).map_err(|e| error(&e))?;
            loop {
                let stepped = copy.step(STEP).map_err(|e| error(&e))?;
                let told = copy.progress();
                let pages = u64::try_from(told.pagecount.max(1)).unwrap_or(1);
                let left = u64::try_from(told.remaining).unwrap_or(0);
                step(size - size * left / pages, size);
                match stepped {
                    StepResult::Done => break,
                    StepResult::More => {}
                    _ => return Err(DbError::Unavailable(format!("{} is busy", file.display()))),
                }
            }
        }
        target.close().map_err(|(_, e)| error(&e))?;
        let told = |e: std::io::Error| DbError::Other(format!("{}: {e}", file.display()));
        std::fs::File::open(file).and_then(|written| written.sync_all()).map_err(told)?;
        sound(file)
    }
}

/// Whether a file that nobody writes to is a whole database: every page is read.
pub fn sound(file: &Path) -> Result<(), DbError> {
    use rusqlite::OpenFlags;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(immutable(file), flags).map_err(|e| error(&e))?;
    let told: String = conn.query_row("pragma quick_check(1)", [], |r| r.get(0)).map_err(|e| error(&e))?;
    match told.as_str() {
        "ok" => Ok(()),
        wrong => Err(DbError::Other(format!("{} is damaged: {wrong}", file.display()))),
    }
}

/// Opened so that no file is made beside it.
fn immutable(file: &Path) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_');
    let path: String = std::os::unix::ffi::OsStrExt::as_bytes(file.as_os_str())
        .iter()
        .map(|b| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02x}") })
        .collect();
    format!("file:{path}?mode=ro&immutable=1")
}
