//! Statements that are sent together: done in their order, each as if it had been sent alone.

use super::units::with_table;
use hanse_database::sql::{Bind, Sql, Statement};
use hanse_database::{Db, DbError, Engine, Tx};
use hanse_testkit::both_engines;
use tokio::sync::oneshot;

const TAKE: &str = "update shelf set quantity = quantity - $1 where quantity >= $1";
const SEEN: &str = "select quantity from shelf where quantity < quantity + $1";

fn each<'a>(sql: &str, numbers: &'a [i64]) -> Vec<Statement<'a>> {
    numbers.iter().map(|n| (sql.to_string(), vec![n as &dyn Bind])).collect()
}

#[tokio::test]
async fn they_are_done_in_their_order_and_tell_each_what_it_did() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let told = db.tx((), |tx, ()| {
            Box::pin(async move {
                // Ten are there: the second and the fourth of them ask for too many.
                let taken = tx.execute_all(each(TAKE, &[6, 5, 3, 2])).await?;
                let seen: Vec<Vec<i64>> = tx.query_all(each(SEEN, &[1, 2]), |r| r.get(0)).await?;
                Ok::<_, DbError>((taken, seen, tx.execute_all(vec![]).await?))
            })
        });
        assert_eq!(told.await.expect("done"), (vec![1, 0, 1, 0], vec![vec![1], vec![1]], vec![]));
    })
    .await;
}

#[tokio::test]
async fn one_that_fails_undoes_the_others() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let failing = db.tx((), |tx, ()| {
            Box::pin(async move {
                let mut all = each(TAKE, &[1]);
                all.push(("insert into nowhere (n) values (1)".into(), vec![]));
                all.extend(each(TAKE, &[2]));
                tx.execute_all(all).await
            })
        });
        let error = failing.await.expect_err("there is no such table").to_string();
        assert!(error.contains("nowhere"), "the one that failed is told: {error}");
        assert_eq!(super::units::quantity(&db).await, 10);
    })
    .await;
}

/// Takes one and waits, in the unit, until somebody waits for it.
async fn take_before_somebody(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute("update shelf set quantity = quantity - 1", &[]).await?;
    let sql = "select count(*) from pg_locks
               where not granted and transactionid::text = pg_current_xact_id()::text";
    while tx.query_opt(sql, &[], |r| r.get::<i64>(0)).await? == Some(0) {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[allow(clippy::disallowed_methods)]
async fn a_look_behind_a_lock_sees_what_was_committed_while_the_lock_was_waited_for() {
    let test = hanse_testkit::open(Engine::Postgres, &[]).await;
    let db: Db = test.db.clone();
    with_table(&db).await;
    let (begun, beginning) = oneshot::channel::<()>();
    let begun = std::sync::Mutex::new(Some(begun));
    let other = db.clone();
    let taking = tokio::spawn(async move {
        let unit = other.tx_queue(begun, |tx, begun| {
            Box::pin(async move {
                tx.execute("update shelf set quantity = quantity", &[]).await?;
                if let Some(begun) = begun.lock().expect("not poisoned").take() {
                    let _ = begun.send(());
                }
                take_before_somebody(tx).await
            })
        });
        unit.await
    });
    beginning.await.expect("the shelf is taken from");
    let looking = db.tx_queue((), |tx, ()| {
        Box::pin(async move {
            let lock = ("select quantity from shelf for update".to_string(), vec![]);
            let look = ("select quantity from shelf".to_string(), vec![]);
            let rows: Vec<Vec<i64>> = tx.query_all(vec![lock, look], |r| r.get(0)).await?;
            Ok::<_, DbError>(rows)
        })
    });
    assert_eq!(looking.await.expect("looked")[1], [9]);
    taking.await.expect("no panic").expect("taken");
}
