//! Units of work, reads and constraints behave the same on both engines.

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Engine, Tx, Violation};
use hanse_kernel::Timestamp;
use hanse_testkit::both_engines;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

pub(super) async fn with_table(db: &Db) {
    db.tx((), |tx, ()| {
        Box::pin(async move {
            tx.execute(
                "create table shelf (sku text primary key, quantity bigint not null,
                   constraint not_oversold check (quantity >= 0))",
                &[],
            )
            .await?;
            tx.execute("insert into shelf (sku, quantity) values ($1, $2)", &[&"MUG", &10i64]).await?;
            Ok::<_, DbError>(())
        })
    })
    .await
    .expect("a table");
}

/// Takes one from the shelf by what it has read there.
pub(super) async fn take_one(tx: &mut Tx) -> Result<u64, DbError> {
    let left: i64 = tx
        .query_opt("select quantity from shelf where sku = $1", &[&"MUG"], |r| r.get(0))
        .await?
        .unwrap_or(0);
    tx.execute("update shelf set quantity = $2 where sku = $1", &[&"MUG", &(left - 1)]).await
}

pub(super) async fn quantity(db: &Db) -> i64 {
    db.read((), |tx, ()| {
        Box::pin(async move {
            let found =
                tx.query_opt("select quantity from shelf where sku = $1", &[&"MUG"], |r| r.get(0)).await?;
            Ok::<i64, DbError>(found.unwrap_or(-1))
        })
    })
    .await
    .expect("a quantity")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_one_shelf_gets_through_to_the_last() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let filled = db.tx((), |tx, ()| {
            Box::pin(async move { tx.execute("update shelf set quantity = 1000", &[]).await })
        });
        assert_eq!(filled.await.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
        let takes = (0..300).map(|_| db.tx((), |tx, ()| Box::pin(take_one(tx))));
        for taken in futures::future::join_all(takes).await {
            assert_eq!(taken.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
        }
        assert_eq!(quantity(&db).await, 700);
    })
    .await;
}

/// Whoever takes his time over what he read is overtaken again and again, until the others let him have the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_unit_among_hasty_ones_gets_through() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let before = quantity(&db).await;
        let (done, hasty) = (AtomicBool::new(false), AtomicI64::new(0));
        let slow = async {
            let taken = db.tx((), |tx, ()| {
                Box::pin(async move {
                    let sql = "select quantity /*pg*/, pg_sleep(0.05)::text/*end*/ from shelf where sku = $1";
                    let left: i64 = tx.query_opt(sql, &[&"MUG"], |r| r.get(0)).await?.unwrap_or(0);
                    tx.execute("update shelf set quantity = $2 where sku = $1", &[&"MUG", &(left + 1_000)])
                        .await
                })
            });
            let taken = taken.await;
            done.store(true, Ordering::Relaxed);
            assert_eq!(taken.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
        };
        let others = (0..4).map(|_| async {
            while !done.load(Ordering::Relaxed) {
                let one = db.tx((), |tx, ()| {
                    let sql = "update shelf set quantity = quantity + 1 where sku = $1";
                    Box::pin(async move { tx.execute(sql, &[&"MUG"]).await })
                });
                assert_eq!(one.await.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
                hasty.fetch_add(1, Ordering::Relaxed);
            }
        });
        futures::future::join(slow, futures::future::join_all(others)).await;
        assert_eq!(quantity(&db).await, before + 1_000 + hasty.load(Ordering::Relaxed), "nothing is lost");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_shoppers_decide_on_what_they_read_and_none_is_lost() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let buys = (0..100).map(|_| {
            db.tx((), |tx, ()| {
                Box::pin(async move {
                    let sql = "select quantity from shelf where sku = $1";
                    let left: i64 = tx.query_opt(sql, &[&"MUG"], |r| r.get(0)).await?.unwrap_or(0);
                    if left > 0 {
                        tx.execute("update shelf set quantity = $2 where sku = $1", &[&"MUG", &(left - 1)])
                            .await?;
                    }
                    Ok::<bool, DbError>(left > 0)
                })
            })
        });
        let outcomes = futures::future::join_all(buys).await;
        let bought = outcomes.iter().filter(|o| matches!(o, Ok(true))).count();
        let gave_up = outcomes.iter().filter(|o| matches!(o, Err(DbError::Conflict { .. }))).count();
        assert_eq!(quantity(&db).await, 10 - i64::try_from(bought).expect("few"));
        assert!(bought == 10 || gave_up > 0, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn a_refused_unit_leaves_nothing_behind_and_names_the_constraint() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let twice: Result<(), DbError> = db
            .tx((), |tx, ()| {
                Box::pin(async move {
                    tx.execute("update shelf set quantity = 3 where sku = $1", &[&"MUG"]).await?;
                    tx.execute("insert into shelf (sku, quantity) values ($1, $2)", &[&"MUG", &1i64]).await?;
                    Ok(())
                })
            })
            .await;
        let expected = Violation::Unique { table: "shelf".into(), columns: vec!["sku".into()] };
        assert!(matches!(twice, Err(DbError::Violation(v)) if v == expected));
        assert_eq!(quantity(&db).await, 10);

        let below: Result<u64, DbError> = db
            .tx((), |tx, ()| Box::pin(async move { tx.execute("update shelf set quantity = -1", &[]).await }))
            .await;
        assert!(matches!(below, Err(DbError::Violation(Violation::Check(name))) if name == "not_oversold"));
    })
    .await;
}

#[tokio::test]
async fn after_a_failed_statement_the_unit_is_dead_even_if_the_error_is_swallowed() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let swallowed: Result<(), DbError> = db
            .tx((), |tx, ()| {
                Box::pin(async move {
                    tx.execute("update shelf set quantity = 3", &[]).await?;
                    let failed =
                        tx.execute("insert into shelf (sku, quantity) values ($1, 1)", &[&"MUG"]).await;
                    assert!(failed.is_err());
                    Ok(())
                })
            })
            .await;
        assert!(matches!(swallowed, Err(DbError::Dead)), "{swallowed:?}");
        assert_eq!(quantity(&db).await, 10);
    })
    .await;
}

#[tokio::test]
async fn a_panic_fails_its_own_unit_only() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        let panicked: Result<(), DbError> = db
            .tx((), |tx, ()| {
                Box::pin(async move {
                    tx.execute("update shelf set quantity = 3", &[]).await?;
                    panic!("a defect in a use case")
                })
            })
            .await;
        assert!(matches!(panicked, Err(DbError::Panicked(text)) if text.contains("a defect")));
        assert_eq!(quantity(&db).await, 10);
        let after: u64 = db
            .tx((), |tx, ()| Box::pin(async move { tx.execute("update shelf set quantity = 4", &[]).await }))
            .await
            .expect("the writer lives on");
        assert_eq!(after, 1);
    })
    .await;
}

#[tokio::test]
async fn only_the_database_may_be_awaited_inside() {
    both_engines(&[], |db| async move {
        let foreign: Result<(), DbError> = db
            .tx((), |_, ()| {
                Box::pin(async move {
                    tokio::task::yield_now().await;
                    Ok(())
                })
            })
            .await;
        assert!(matches!(foreign, Err(DbError::ForeignAwait)), "{foreign:?}");
        let nested: Result<i64, DbError> =
            db.tx(db.clone(), |_, db| Box::pin(async move { db.ping().await.map(|()| 1) })).await;
        assert!(matches!(nested, Err(DbError::ForeignAwait)), "{nested:?}");
    })
    .await;
}

#[tokio::test]
async fn a_wake_up_happens_after_the_commit_and_only_then() {
    both_engines(&[], |db| async move {
        let woken = Arc::new(AtomicU32::new(0));
        let committed = db
            .tx(woken.clone(), |tx, woken| {
                let woken = woken.clone();
                Box::pin(async move {
                    tx.after_commit(move || {
                        woken.fetch_add(1, Ordering::SeqCst);
                    });
                    Ok::<_, DbError>(())
                })
            })
            .await;
        assert!(committed.is_ok());
        let refused = db
            .tx(woken.clone(), |tx, woken| {
                let woken = woken.clone();
                Box::pin(async move {
                    tx.after_commit(move || {
                        woken.fetch_add(100, Ordering::SeqCst);
                    });
                    Err::<(), _>(DbError::Other("changed its mind".into()))
                })
            })
            .await;
        assert!(refused.is_err());
        assert_eq!(woken.load(Ordering::SeqCst), 1);
    })
    .await;
}

#[tokio::test]
async fn values_come_back_as_they_were_written() {
    both_engines(&[], |db| async move {
        let engine = db.engine();
        let create = match engine {
            hanse_database::Engine::Sqlite => {
                "create table v (id blob, at integer, yes integer, n bigint, t text, b blob)"
            }
            hanse_database::Engine::Postgres => {
                "create table v (id uuid, at timestamptz, yes boolean, n bigint, t text, b bytea)"
            }
        };
        let id = hanse_kernel::OrderId::new(uuid::Uuid::from_u128(77));
        let at: Timestamp = "2026-11-23T10:00:00.000001Z".parse().expect("a time");
        let row = db
            .tx((create, id, at), |tx, (create, id, at)| {
                Box::pin(async move {
                    tx.execute(create, &[]).await?;
                    let none: Option<String> = None;
                    tx.execute(
                        "insert into v (id, at, yes, n, t, b) values ($1, $2, $3, $4, $5, $6)",
                        &[id, at, &true, &i64::MIN, &"Malmö ’", &vec![0u8, 255]],
                    )
                    .await?;
                    tx.execute("insert into v (t, n) values ($2, $1)", &[&1i64, &none]).await?;
                    tx.query_opt("select id, at, yes, n, t, b from v where n < 0", &[], |r| {
                        Ok((
                            r.id::<hanse_kernel::OrderId>(0)?,
                            r.get::<Timestamp>(1)?,
                            r.get::<bool>(2)?,
                            r.get::<i64>(3)?,
                            r.get::<String>(4)?,
                            r.get::<Vec<u8>>(5)?,
                        ))
                    })
                    .await
                })
            })
            .await
            .expect("a row");
        assert_eq!(row, Some((id, at, true, i64::MIN, "Malmö ’".to_string(), vec![0, 255])));
    })
    .await;
}

/// How the engine says that a commit waits for the disk, or does not.
async fn waits_for_the_disk(tx: &mut Tx, engine: Engine) -> Result<bool, DbError> {
    match engine {
        Engine::Sqlite => {
            let full: Option<i64> = tx.query_opt("pragma synchronous", &[], |r| r.get(0)).await?;
            Ok(full == Some(2))
        }
        Engine::Postgres => {
            let on: Option<String> = tx.query_opt("show synchronous_commit", &[], |r| r.get(0)).await?;
            Ok(on.as_deref() != Some("off"))
        }
    }
}

#[tokio::test]
async fn only_a_relaxed_unit_is_answered_before_the_disk_has_it() {
    both_engines(&[], |db| async move {
        with_table(&db).await;
        for round in 1..=3 {
            let relaxed: Result<bool, DbError> = db
                .tx_relaxed(db.engine(), |tx, engine| {
                    Box::pin(async move {
                        tx.execute("update shelf set quantity = quantity + 1", &[]).await?;
                        waits_for_the_disk(tx, *engine).await
                    })
                })
                .await;
            assert!(!relaxed.expect("committed"));
            assert_eq!(quantity(&db).await, 10 + round);
            let kept: Result<bool, DbError> = db
                .tx(db.engine(), |tx, engine| {
                    Box::pin(async move {
                        tx.execute("update shelf set quantity = quantity", &[]).await?;
                        waits_for_the_disk(tx, *engine).await
                    })
                })
                .await;
            assert!(kept.expect("committed"));
        }
    })
    .await;
}
