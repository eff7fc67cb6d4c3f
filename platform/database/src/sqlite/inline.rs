//! The engine without threads: one connection in memory, and every unit done at once where it is asked for. A simulated
//! world stands on it: what was committed outlives the processes that come and go in it.

use super::conn::{LiteConn, error};
use super::store::{in_savepoint, polled};
use crate::error::DbError;
use crate::migrate::Migrations;
use crate::unit::{Failure, Run};
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where the world may step in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A unit is about to be done. An error: it is not done.
    Before,
    /// A unit has been committed, and nobody has been told so yet. An error: nobody ever is.
    Committed,
    /// Something is about to be read. An error: it is not.
    Reading,
}

/// What happens between a service and its store: others go first, time passes, the process ends, the store fails.
pub trait Interlude: Send + Sync {
    fn at(&self, moment: Moment) -> BoxFuture<'static, Result<(), DbError>>;
}

pub(crate) struct InlineStore {
    conn: Mutex<Option<LiteConn>>,
    interlude: Arc<dyn Interlude>,
}

impl InlineStore {
    pub(crate) fn open(migrations: &[Migrations], interlude: Arc<dyn Interlude>) -> Result<Self, DbError> {
        let conn = rusqlite::Connection::open_in_memory().map_err(|e| error(&e))?;
        conn.execute_batch("pragma foreign_keys=on; pragma temp_store=memory;").map_err(|e| error(&e))?;
        conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|e| error(&e))?;
        let mut conn = LiteConn::new(conn);
        for history in migrations {
            history.run_sqlite(conn.raw())?;
        }
        Ok(Self { conn: Mutex::new(Some(conn)), interlude })
    }

    fn conn(&self) -> MutexGuard<'_, Option<LiteConn>> {
        self.conn.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn control(&self, sql: &'static str) -> Result<(), DbError> {
        let gone = || DbError::Unavailable("the store is lost".into());
        self.conn().as_ref().ok_or_else(gone)?.control(sql)
    }

    /// Remembers the store as it is now.
    pub(crate) fn mark(&self) -> Result<(), DbError> {
        self.control("savepoint mark")
    }

    /// Puts the store back to what it was at the mark, which stays.
    pub(crate) fn back_to_mark(&self) -> Result<(), DbError> {
        self.control("rollback to mark")
    }

    pub(crate) async fn tx(&self, unit: &dyn Run) -> Result<(), Failure> {
        self.interlude.at(Moment::Before).await?;
        let (result, hooks) = in_savepoint(&mut self.conn(), unit);
        result?;
        hooks.into_iter().for_each(|hook| hook());
        self.interlude.at(Moment::Committed).await?;
        Ok(())
    }

    pub(crate) async fn read(&self, unit: &dyn Run) -> Result<(), Failure> {
        self.interlude.at(Moment::Reading).await?;
        let conn = &mut self.conn();
        conn.iter_mut().for_each(|conn| conn.only_read(true));
        let (result, hooks) = polled(conn, unit);
        conn.iter_mut().for_each(|conn| conn.only_read(false));
        result?;
        hooks.into_iter().for_each(|hook| hook());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Interlude, Moment};
    use crate::sql::Sql;
    use crate::{Db, DbError};
    use futures::FutureExt;
    use futures::future::BoxFuture;
    use std::sync::{Arc, Mutex};

    /// Ends the process at one moment, by never going on, or lets the store fail there.
    #[derive(Default)]
    struct Accident(Mutex<Option<(Moment, bool)>>);

    impl Accident {
        fn plan(&self, at: Moment, fails: bool) {
            *self.0.lock().unwrap() = Some((at, fails));
        }
    }

    impl Interlude for Accident {
        fn at(&self, moment: Moment) -> BoxFuture<'static, Result<(), DbError>> {
            let planned = self.0.lock().unwrap().take_if(|(at, _)| *at == moment);
            match planned {
                Some((_, true)) => Box::pin(async { Err(DbError::Unavailable("the line broke".into())) }),
                Some((_, false)) => Box::pin(std::future::pending()),
                None => Box::pin(async { Ok(()) }),
            }
        }
    }

    fn shelf() -> (Db, Arc<Accident>) {
        let accident = Arc::new(Accident::default());
        let db = Db::open_inline(&[], accident.clone()).unwrap();
        (db, accident)
    }

    async fn run(db: &Db, sql: &'static str) -> Result<(), DbError> {
        db.tx(sql, |tx, sql| Box::pin(async move { tx.execute(sql, &[]).await.map(|_| ()) })).await
    }

    async fn count(db: &Db) -> i64 {
        db.read((), |tx, ()| {
            Box::pin(async move { tx.query_opt("select count(*) from goods", &[], |r| r.get(0)).await })
        })
        .await
        .map(Option::unwrap_or_default)
        .unwrap()
    }

    #[tokio::test]
    async fn what_was_committed_outlives_whoever_asked_for_it() {
        let (db, accident) = shelf();
        run(&db, "create table goods (name text unique)").await.unwrap();
        accident.plan(Moment::Before, false);
        assert!(run(&db, "insert into goods values ('lamp')").now_or_never().is_none());
        assert_eq!(count(&db).await, 0, "the process ended before the unit");
        accident.plan(Moment::Committed, false);
        assert!(run(&db, "insert into goods values ('lamp')").now_or_never().is_none());
        assert_eq!(count(&db).await, 1, "the process ended after the unit");
    }

    #[tokio::test]
    async fn a_unit_that_fails_leaves_nothing_and_the_store_goes_on() {
        let (db, accident) = shelf();
        run(&db, "create table goods (name text unique)").await.unwrap();
        let twice = db.tx((), |tx, ()| {
            Box::pin(async move {
                tx.execute("insert into goods values ('rope')", &[]).await?;
                tx.execute("insert into goods values ('rope')", &[]).await.map(|_| ())
            })
        });
        assert!(twice.await.is_err_and(|e: DbError| e.is_unique("goods")));
        assert_eq!(count(&db).await, 0);
        accident.plan(Moment::Before, true);
        assert!(run(&db, "insert into goods values ('rope')").await.is_err());
        assert_eq!(count(&db).await, 0, "the line broke before");
        accident.plan(Moment::Committed, true);
        assert!(run(&db, "insert into goods values ('rope')").await.is_err());
        assert_eq!(count(&db).await, 1, "the line broke after");
    }

    #[tokio::test]
    async fn a_store_goes_back_to_its_mark_as_often_as_it_is_put_back() {
        let (db, _) = shelf();
        run(&db, "create table goods (name text unique)").await.unwrap();
        run(&db, "insert into goods values ('kettle')").await.unwrap();
        db.mark().unwrap();
        for _ in 0..3 {
            run(&db, "insert into goods values ('lamp')").await.unwrap();
            assert_eq!(count(&db).await, 2);
            db.back_to_mark().unwrap();
            assert_eq!(count(&db).await, 1);
        }
    }

    #[tokio::test]
    async fn nothing_is_written_while_reading() {
        let (db, _) = shelf();
        run(&db, "create table goods (name text unique)").await.unwrap();
        let written = db.read((), |tx, ()| {
            Box::pin(async move { tx.execute("insert into goods values ('lamp')", &[]).await })
        });
        assert!(written.await.is_err_and(|e: DbError| matches!(e, DbError::ReadOnly(_))));
        assert_eq!(count(&db).await, 0);
    }
}
