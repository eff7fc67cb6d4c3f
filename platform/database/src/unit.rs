//! Units of work: what callers write, and the form in which engines run them.

use crate::error::DbError;
use crate::tx::Tx;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};

/// What a unit of work is: a function that can be run again from the start, over inputs that it borrows.
pub trait Unit<I, T, E>:
    for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static
{
}
impl<I, T, E, F> Unit<I, T, E> for F where
    F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static
{
}

/// Why a unit was not committed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// For a reason of its own, which lies beside it.
    Own,
    Store(DbError),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Store(error)
    }
}

/// A unit as engines see it: what goes in and comes out is nothing of theirs, so that they are compiled once and not anew for
/// every unit of every service.
pub(crate) trait Run: Send + Sync {
    /// From the start, once. What comes out is kept until the next run.
    fn run<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), Failure>>;
}

/// A unit with what goes in and what came out.
pub(crate) struct Kept<I, T, E, W> {
    input: I,
    work: W,
    outcome: Mutex<Option<Result<T, E>>>,
}

impl<I, T, E, W> Kept<I, T, E, W> {
    pub(crate) fn new(input: I, work: W) -> Arc<Self> {
        Arc::new(Self { input, work, outcome: Mutex::new(None) })
    }

    fn outcome(&self) -> std::sync::MutexGuard<'_, Option<Result<T, E>>> {
        self.outcome.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What the caller is told, after the engine is done with it.
    pub(crate) fn told(&self, done: Result<(), Failure>) -> Result<T, E>
    where
        E: From<DbError>,
    {
        match done {
            Ok(()) | Err(Failure::Own) => {
                let never = || Err(DbError::Other("a unit ended without an outcome".into()).into());
                self.outcome().take().unwrap_or_else(never)
            }
            Err(Failure::Store(error)) => Err(error.into()),
        }
    }
}

impl<I, T, E, W> Run for Kept<I, T, E, W>
where
    I: Send + Sync,
    T: Send,
    E: Send,
    W: Unit<I, T, E>,
{
    fn run<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let outcome = (self.work)(tx, &self.input).await;
            let done = if outcome.is_ok() { Ok(()) } else { Err(Failure::Own) };
            *self.outcome() = Some(outcome);
            done
        })
    }
}
