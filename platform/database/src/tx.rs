//! One open unit of work: opaque to application code, which only hands it on and may ask for an after-commit wake-up.

use crate::error::{DbError, Violation};
use crate::postgres::PgConn;
use crate::sql::{Bind, Params, Row, RowInner, Statement};
use crate::sqlite::LiteConn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) type AfterCommit = Box<dyn FnOnce() + Send>;

/// At most so many statements in one unit: large work is cut into bounded units.
pub(crate) const MAX_STATEMENTS: u32 = 10_000;

pub struct Tx {
    pub(crate) conn: Conn,
    pub(crate) dead: bool,
    /// The engine refused because of a neighbour (40001, 40P01): the runner runs the unit again.
    pub(crate) conflict: bool,
    /// Something is there already, perhaps since after the unit's picture was taken.
    pub(crate) taken: bool,
    pub(crate) after_commit: Vec<AfterCommit>,
    /// True while a statement waits for the server: a unit that waits at any other time waits for something foreign.
    pub(crate) waiting: Arc<AtomicBool>,
    statements: u32,
}

pub(crate) enum Conn {
    Lite(LiteConn),
    Pg(PgConn),
}

impl Tx {
    pub(crate) fn new(conn: Conn) -> Self {
        Self {
            conn,
            dead: false,
            conflict: false,
            taken: false,
            after_commit: vec![],
            waiting: Arc::new(AtomicBool::new(false)),
            statements: 0,
        }
    }

    /// Runs `wake` once the unit has been committed (a reading one: has ended well), never otherwise. It must be short and
    /// must not block: wake-ups
    /// and cache changes, nothing else.
    pub fn after_commit(&mut self, wake: impl FnOnce() + Send + 'static) {
        self.after_commit.push(Box::new(wake));
    }

    /// How many statements it has run so far. For tests: on a server each may be a round trip.
    pub fn statements(&self) -> u32 {
        self.statements
    }

    fn start(&mut self, count: u32) -> Result<(), DbError> {
        if self.dead {
            return Err(DbError::Dead);
        }
        self.statements = self.statements.saturating_add(count);
        if self.statements > MAX_STATEMENTS {
            self.dead = true;
            return Err(DbError::Budget("10,000 statements"));
        }
        Ok(())
    }

    fn ended<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &result {
            self.dead = true;
            self.conflict |= matches!(error, DbError::Conflict { .. });
            self.taken |= matches!(error, DbError::Violation(Violation::Unique { .. }));
        }
        result
    }

    pub(crate) async fn run_execute(&mut self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.start(1)?;
        let result = match &mut self.conn {
            Conn::Lite(c) => c.execute(sql, params),
            Conn::Pg(c) => {
                let _waiting = Waiting::on(&self.waiting);
                c.execute(sql, params).await
            }
        };
        self.ended(result)
    }

    pub(crate) async fn run_execute_many(
        &mut self,
        sql: &str,
        rows: Vec<Vec<&(dyn Bind + '_)>>,
    ) -> Result<u64, DbError> {
        self.start(u32::try_from(rows.len()).unwrap_or(u32::MAX))?;
        let result = match &mut self.conn {
            Conn::Lite(c) => rows.iter().try_fold(0, |n, row| Ok(n + c.execute(sql, row)?)),
            Conn::Pg(c) => {
                let _waiting = Waiting::on(&self.waiting);
                c.execute_many(sql, &rows).await
            }
        };
        self.ended(result)
    }

    /// Each statement in its turn, whatever the others say; sent together where there is a way to go.
    pub(crate) async fn run_execute_all(&mut self, all: Vec<Statement<'_>>) -> Result<Vec<u64>, DbError> {
        self.start(u32::try_from(all.len()).unwrap_or(u32::MAX))?;
        let result = match &mut self.conn {
            Conn::Lite(c) => all.iter().map(|(sql, params)| c.execute(sql, params)).collect(),
            Conn::Pg(c) => {
                let _waiting = Waiting::on(&self.waiting);
                c.execute_all(&all).await
            }
        };
        self.ended(result)
    }

    /// As [`Tx::run_execute_all`], for statements that have rows; those of each.
    pub(crate) async fn run_query_all<T: Send>(
        &mut self,
        all: Vec<Statement<'_>>,
        map: &(impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync),
    ) -> Result<Vec<Vec<T>>, DbError> {
        self.start(u32::try_from(all.len()).unwrap_or(u32::MAX))?;
        let result = match &mut self.conn {
            Conn::Lite(c) => all.iter().map(|(sql, params)| c.query(sql, params, map)).collect(),
            Conn::Pg(c) => {
                let rows = {
                    let _waiting = Waiting::on(&self.waiting);
                    c.query_all(&all).await
                };
                let read = |r: &tokio_postgres::Row| map(&Row(RowInner::Pg(r)));
                rows.and_then(|all| all.iter().map(|rows| rows.iter().map(read).collect()).collect())
            }
        };
        self.ended(result)
    }

    pub(crate) async fn run_query<T: Send>(
        &mut self,
        sql: &str,
        params: Params<'_>,
        map: &(impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync),
    ) -> Result<Vec<T>, DbError> {
        self.start(1)?;
        let result = match &mut self.conn {
            Conn::Lite(c) => c.query(sql, params, map),
            Conn::Pg(c) => {
                let rows = {
                    let _waiting = Waiting::on(&self.waiting);
                    c.query(sql, params).await
                };
                rows.and_then(|rows| rows.iter().map(|r| map(&Row(RowInner::Pg(r)))).collect())
            }
        };
        self.ended(result)
    }
}

struct Waiting(Arc<AtomicBool>);

impl Waiting {
    fn on(flag: &Arc<AtomicBool>) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(flag.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
