//! A store that a newer release has been at is left alone by an older one.

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, LiteOptions};
use hanse_testkit::private_postgres;

const LATER: &str = "insert into messaging_migrations (version, name, applied_on, checksum)
    values (99, 'what_is_to_come', '2030-01-01T00:00:00Z', '7')";

async fn upgraded(db: &Db) {
    let done: Result<u64, DbError> =
        db.tx((), |tx, ()| Box::pin(async move { tx.execute(LATER, &[]).await })).await;
    assert_eq!(done.expect("committed"), 1);
    db.close().await;
}

fn refused(opened: Result<Db, DbError>) {
    let told = opened.err().expect("refused");
    assert!(matches!(&told, DbError::Migration(_)), "{told}");
    let told = told.to_string();
    assert!(told.contains("what_is_to_come") && told.contains("newer version of Hanse"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_newer_than_the_program_is_refused_by_both_engines() {
    let histories = hanse_runtime::platform_migrations();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.sqlite");
    let lite = async || Db::open_sqlite(&file, LiteOptions::default(), &histories).await;
    lite().await.expect("new").close().await;
    upgraded(&lite().await.expect("its own")).await;
    refused(lite().await);

    let start = || private_postgres::start().expect("a server");
    let server = tokio::task::spawn_blocking(start).await.expect("started");
    let effects = hanse_testkit::effects();
    let postgres = async || Db::open_postgres(server.url(), 2, effects.clone(), &histories).await;
    postgres().await.expect("new").close().await;
    upgraded(&postgres().await.expect("its own")).await;
    refused(postgres().await);
}
