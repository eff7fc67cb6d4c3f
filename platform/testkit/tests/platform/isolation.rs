//! How units are kept apart from each other: what a reading sees, and who conflicts with whom.

// Two who meet at a barrier have to be on threads of their own.
#![allow(clippy::disallowed_methods)]

use super::units::{quantity, take_one, with_table};
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Engine, Tx, Violation};
use hanse_testkit::both_engines;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

/// The first statement of a reading goes out together with its beginning.
#[tokio::test]
async fn a_reading_writes_nothing_whatever_it_begins_with() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let writes = db.read((), |tx, ()| {
            Box::pin(async move { tx.execute("update shelf set quantity = 1", &[]).await })
        });
        assert!(writes.await.is_err_and(|e: DbError| !matches!(e, DbError::Conflict { .. })));
        let writes = db.read((), |tx, ()| {
            Box::pin(async move {
                tx.query("update shelf set quantity = 2 returning quantity", &[], |r| r.get::<i64>(0)).await
            })
        });
        assert!(writes.await.is_err_and(|e: DbError| !matches!(e, DbError::Conflict { .. })));
        let nothing = db.read((), |_, ()| Box::pin(async { Ok::<_, DbError>(()) }));
        nothing.await.expect("nothing was asked");
        assert_eq!(quantity(&db).await, 10);
    })
    .await;
}

async fn look_twice(tx: &mut Tx, meet: &Barrier) -> Result<(Option<i64>, Option<i64>), DbError> {
    let sql = "select quantity from shelf";
    let first = tx.query_opt(sql, &[], |r| r.get(0)).await?;
    // Meanwhile somebody takes one.
    tokio::task::block_in_place(|| (meet.wait(), meet.wait()));
    Ok((first, tx.query_opt(sql, &[], |r| r.get(0)).await?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reading_sees_the_same_however_often_it_looks() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let meet = Arc::new(Barrier::new(2));
        let (reader, meets) = (db.clone(), meet.clone());
        let reading = tokio::spawn(async move {
            let read = reader.read(meets, |tx, meet| Box::pin(look_twice(tx, meet)));
            read.await
        });
        let taking = async {
            tokio::task::block_in_place(|| meet.wait());
            let take = db.tx((), |tx, ()| {
                Box::pin(async move { tx.execute("update shelf set quantity = quantity - 1", &[]).await })
            });
            let taken = take.await;
            tokio::task::block_in_place(|| meet.wait());
            taken.unwrap_or_else(|e: DbError| panic!("{e}"))
        };
        assert_eq!(taking.await, 1);
        assert_eq!(reading.await.expect("read").expect("read"), (Some(10), Some(10)));
        assert_eq!(quantity(&db).await, 9);
    })
    .await;
}

/// Puts a thing on the shelf unless it is there; `meet` is where two meet who have both seen that it is not.
async fn put_unless_there(
    tx: &mut Tx,
    (sku, runs, meet): &(&'static str, Arc<AtomicU32>, Option<Arc<Barrier>>),
) -> Result<bool, DbError> {
    let first_run = runs.fetch_add(1, Ordering::SeqCst) < 2;
    let sql = "select quantity from shelf where sku = $1";
    let there: Option<i64> = tx.query_opt(sql, &[sku], |r| r.get(0)).await?;
    if let Some(meet) = meet.as_ref().filter(|_| first_run) {
        tokio::task::block_in_place(|| meet.wait());
    }
    if there.is_some() {
        return Ok(false);
    }
    tx.execute("insert into shelf (sku, quantity) values ($1, 1)", &[sku]).await.map(|_| true)
}

/// How often units of two were run who put these at the same moment, and how many of them put something.
async fn put_at_once(db: &Db, one: bool, skus: [&'static str; 2]) -> (u32, usize) {
    let (runs, meet) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
    let put = |sku| {
        let (db, input) = (db.clone(), (sku, runs.clone(), Some(meet.clone())));
        tokio::spawn(async move {
            match one {
                true => db.tx_one(input, |tx, input| Box::pin(put_unless_there(tx, input))).await,
                false => db.tx(input, |tx, input| Box::pin(put_unless_there(tx, input))).await,
            }
        })
    };
    let (first, second) = (put(skus[0]), put(skus[1]));
    let done = [first.await, second.await].map(|done| done.expect("no panic").expect("done"));
    (runs.load(Ordering::SeqCst), done.iter().filter(|put| **put).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn neighbours_on_one_page_are_not_in_the_way_of_units_about_one_thing() {
    let opened = hanse_testkit::open(Engine::Postgres, &[]).await;
    with_table(&opened.db).await;
    assert_eq!(put_at_once(&opened.db, true, ["CUP", "JUG"]).await, (2, 2));
    // Those that are kept apart strictly take the same for a conflict.
    let (runs, put) = put_at_once(&opened.db, false, ["PAN", "POT"]).await;
    assert!(runs > 2 && put == 2, "{runs} runs");
    opened.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_make_the_same_thing_one_finds_it_there() {
    let opened = hanse_testkit::open(Engine::Postgres, &[]).await;
    with_table(&opened.db).await;
    assert_eq!(put_at_once(&opened.db, true, ["CUP", "CUP"]).await, (3, 1));
    opened.db.close().await;
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let twice = db.tx_one((), |tx, ()| {
            Box::pin(async move {
                let sql = "insert into shelf (sku, quantity) values ('MUG', 1)";
                tx.execute(sql, &[]).await
            })
        });
        let told: DbError = twice.await.expect_err("it is there");
        assert!(matches!(told, DbError::Violation(Violation::Unique { .. })), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_units_about_one_thing_none_is_lost() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let takes = (0..10).map(|_| db.tx_one((), |tx, ()| Box::pin(take_one(tx))));
        for taken in futures::future::join_all(takes).await {
            assert_eq!(taken.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
        }
        assert_eq!(quantity(&db).await, 0);
    })
    .await;
}
