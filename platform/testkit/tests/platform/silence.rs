//! A database server that hangs: its connections stay open, and nothing comes on them any more.

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_testkit::private_postgres;
use hanse_testkit::proxy::{FaultProxy, Line};
use std::time::Duration;

/// A unit that waits as long as its budget lasts takes longer.
const ENOUGH: Duration = Duration::from_secs(25);

async fn asked(db: &Db, sql: &'static str) -> Result<Option<i64>, DbError> {
    db.read(sql, |tx, sql| Box::pin(async move { tx.query_opt(sql, &[], |r| r.get(0)).await })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_silent_is_told_and_found_again() {
    let start = || private_postgres::start().expect("a server");
    let server = tokio::task::spawn_blocking(start).await.expect("started");
    let (_, place) = server.url().rsplit_once('@').expect("a login");
    let place = place.split('/').next().expect("a place");
    let line = FaultProxy::to(place.parse().expect("an address")).await;
    let url = server.url().replace(place, &line.address().to_string());
    let effects = hanse_testkit::effects();
    let db = Db::open_postgres(&url, 2, effects.clone(), &[]).await.expect("reached");
    // Who works for long is asked after, and is not disturbed.
    let long = asked(&db, "select count(*) from (select pg_sleep(5)) as nap").await;
    assert_eq!(long.expect("it is there all along"), Some(1));

    line.set(Line::HalfOpen);
    // More than there are connections: those who wait for one are told as well.
    let units = (0..5).map(|_| asked(&db, "select 1::bigint"));
    let told = effects.within(ENOUGH, futures::future::join_all(units)).await;
    for told in told.expect("told long before its budget") {
        assert!(matches!(&told, Err(DbError::Unavailable(why)) if why.contains("not answer")), "{told:?}");
    }
    assert!(line.faults() > 0, "the line was never silent");

    line.set(Line::Clear);
    let again = async {
        while asked(&db, "select 1::bigint").await.is_err() {
            effects.timers.sleep(Duration::from_millis(20)).await;
        }
    };
    effects.within(ENOUGH, again).await.expect("found again");
    db.close().await;
}
