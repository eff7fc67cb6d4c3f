//! Pictures of several files are of one moment, whatever is written meanwhile.

// Writers and threads are real.
#![allow(clippy::disallowed_methods)]

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, LiteOptions, sound};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CUTS: usize = 40;

async fn store(folder: &Path, name: &str) -> Db {
    let db = Db::open_sqlite(&folder.join(name), LiteOptions::default(), &[]).await.expect("a file");
    db.tx((), |tx, ()| {
        Box::pin(async move {
            tx.execute("create table told (n integer primary key, what text not null)", &[]).await?;
            Ok::<_, DbError>(())
        })
    })
    .await
    .expect("a table");
    db
}

async fn tell(db: &Db, n: i64) {
    let told = db.tx(n, |tx, n| {
        Box::pin(async move {
            tx.execute("insert into told (n, what) values ($1, $2)", &[n, &"something to be kept"]).await?;
            Ok::<_, DbError>(())
        })
    });
    told.await.expect("told");
}

/// The last that a store tells of.
async fn last_of(db: &Db) -> i64 {
    let told = db.read((), |tx, ()| {
        Box::pin(async move {
            let most = "select coalesce(max(n), 0) from told";
            tx.query_opt(most, &[], |r| r.get::<i64>(0)).await
        })
    });
    told.await.expect("a look").expect("a row")
}

async fn count(file: &Path) -> i64 {
    sound(file).expect("a whole file");
    let db = Db::open_sqlite(file, LiteOptions::default(), &[]).await.expect("a file");
    let last = last_of(&db).await;
    db.close().await;
    last
}

/// Told on one side, then heard on the other: no picture may show what was heard and not what was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_heard_was_told_in_every_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sender, receiver) = (store(folder.path(), "a").await, store(folder.path(), "b").await);
    let over = Arc::new(AtomicBool::new(false));
    let talk = {
        let (sender, receiver, over) = (sender.clone(), receiver.clone(), over.clone());
        tokio::spawn(async move {
            let mut n = 0;
            while !over.load(Ordering::SeqCst) {
                n += 1;
                tell(&sender, n).await;
                tell(&receiver, n).await;
            }
            n
        })
    };
    let stores = [sender.clone(), receiver.clone()];
    let mut last = -1;
    for n in 0..CUTS {
        let stores = stores.clone();
        let files = ["a", "b"].map(|name| folder.path().join(format!("{name}-{n}")));
        let written = files.clone();
        tokio::task::spawn_blocking(move || {
            let cut = Db::cut(&stores, &hanse_kernel::system::SystemClock).expect("a cut");
            for (picture, file) in cut.pictures.iter().zip(&written) {
                let (mut most, size) = (0, picture.bytes().expect("a size"));
                picture
                    .write(file, &mut |done, of| {
                        assert!(done <= of && of == size);
                        most = done;
                    })
                    .expect("written");
                assert_eq!(most, size);
            }
        })
        .await
        .expect("a thread");
        let (told, heard) = (count(&files[0]).await, count(&files[1]).await);
        assert!(told == heard || told == heard + 1, "{told} told, {heard} heard");
        assert!(told >= last, "a later picture shows less");
        last = told;
    }
    over.store(true, Ordering::SeqCst);
    let all = talk.await.expect("a talk");
    assert!(all > last, "nobody was held up for good");
    // The same look finds what was torn: one side now, the other later.
    let torn = folder.path().join("torn");
    tokio::task::spawn_blocking({
        let (sender, torn) = (sender.clone(), torn.clone());
        move || {
            let early = Db::cut(&[sender], &hanse_kernel::system::SystemClock).expect("a cut");
            early.pictures[0].write(&torn, &mut |_, _| {}).expect("written");
        }
    })
    .await
    .expect("a thread");
    tell(&sender, all + 1).await;
    tell(&receiver, all + 1).await;
    assert!(count(&torn).await < last_of(&receiver).await, "two moments are told apart");
    sender.close().await;
    receiver.close().await;
    let closed = tokio::task::spawn_blocking(move || {
        Db::cut(&[sender], &hanse_kernel::system::SystemClock).map(|_| ()).expect_err("it is closed")
    });
    assert!(closed.await.expect("a thread").to_string().contains("closed"));
}
