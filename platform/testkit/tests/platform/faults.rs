//! A full disk: the group that met it fails as a whole, nothing half-done stays, and the store goes on.

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, LiteOptions};

async fn put(db: &Db, bytes: usize) -> Result<(), DbError> {
    db.tx(vec![7u8; bytes], |tx, blob| {
        Box::pin(async move { tx.execute("insert into box (b) values ($1)", &[blob]).await.map(|_| ()) })
    })
    .await
}

async fn count(db: &Db) -> i64 {
    db.read((), |tx, ()| {
        Box::pin(async move {
            Ok::<_, DbError>(tx.query_opt("select count(*) from box", &[], |r| r.get(0)).await?.unwrap_or(-1))
        })
    })
    .await
    .expect("a count")
}

#[tokio::test]
async fn a_full_disk_fails_the_write_tells_so_and_keeps_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = LiteOptions { max_pages: Some(40), ..LiteOptions::default() };
    let db = Db::open_sqlite(&folder.path().join("t.sqlite"), options, &[]).await.expect("a store");
    db.tx((), |tx, ()| Box::pin(async move { tx.execute("create table box (b blob)", &[]).await }))
        .await
        .expect("a table");
    put(&db, 100).await.expect("room for a little");
    let neighbours =
        futures::future::join_all((0..20).map(|i| put(&db, if i == 10 { 400_000 } else { 10 }))).await;
    assert!(matches!(neighbours[10], Err(DbError::DiskFull)), "{:?}", neighbours[10]);
    let kept = neighbours.iter().filter(|r| r.is_ok()).count();
    assert_eq!(
        count(&db).await,
        1 + i64::try_from(kept).expect("few"),
        "an Ok was not kept, or an error was"
    );
    put(&db, 100).await.expect("the store goes on");
}

#[tokio::test]
async fn a_store_that_was_closed_says_so_and_opens_again_with_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.sqlite");
    let db = Db::open_sqlite(&file, LiteOptions::default(), &[]).await.expect("a store");
    db.tx((), |tx, ()| Box::pin(async move { tx.execute("create table box (b blob)", &[]).await }))
        .await
        .expect("a table");
    put(&db, 10).await.expect("kept");
    db.close().await;
    assert!(matches!(put(&db, 10).await, Err(DbError::Unavailable(_))));
    let again = Db::open_sqlite(&file, LiteOptions::default(), &[]).await.expect("the same store");
    assert_eq!(count(&again).await, 1);
}
