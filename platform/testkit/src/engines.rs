//! A fresh database per test, on SQLite and on PostgreSQL.

use crate::fresh_databases::{create_databases, fresh_name};
use crate::private_postgres::PrivatePostgres;
use hanse_database::migrate::Migrations;
use hanse_database::{Db, Engine, LiteOptions};
use hanse_kernel::Effects;
use std::sync::{LazyLock, Mutex};

/// A database of one test: a file that goes with it, or one on a server that a later test drops.
pub struct TestDb {
    pub db: Db,
    pub engine: Engine,
    folder: Option<tempfile::TempDir>,
}

impl TestDb {
    /// Where its files are; a server's are its own.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(tempfile::TempDir::path)
    }
}

/// Runs `test` once per engine, each time over a fresh database.
pub async fn both_engines<F, Fut>(migrations: &[Migrations], test: F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = open(engine, migrations).await;
        test(opened.db.clone()).await;
        opened.db.close().await;
    }
}

/// A fresh database with the platform's tables and the given ones.
pub async fn open(engine: Engine, migrations: &[Migrations]) -> TestDb {
    open_with(engine, migrations, crate::effects()).await
}

pub async fn open_with(engine: Engine, migrations: &[Migrations], effects: Effects) -> TestDb {
    let mut all = hanse_runtime::platform_migrations().to_vec();
    all.extend_from_slice(migrations);
    match engine {
        Engine::Sqlite => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = folder.path().join("test.sqlite");
            let db = Db::open_sqlite(&file, LiteOptions::default(), &all).await.expect("a fresh SQLite file");
            TestDb { db, engine, folder: Some(folder) }
        }
        Engine::Postgres => {
            let url = fresh_database().await;
            // Time in the pool's retries is real even where the test's clock stands still.
            let pool_effects = Effects { timers: crate::effects().timers, ..effects };
            let db =
                Db::open_postgres(&url, 8, pool_effects, &all).await.expect("a fresh PostgreSQL database");
            TestDb { db, engine, folder: None }
        }
    }
}

/// Where the server is: given by the environment, else started for this test process.
fn server_url() -> String {
    static OWN: LazyLock<Mutex<Option<PrivatePostgres>>> = LazyLock::new(Mutex::default);
    if let Ok(url) = std::env::var("HANSE_TEST_POSTGRES_URL") {
        return url;
    }
    let mut own = OWN.lock().unwrap_or_else(|e| e.into_inner());
    own.get_or_insert_with(|| crate::private_postgres::start().expect("a private PostgreSQL server"))
        .url()
        .to_string()
}

async fn fresh_database() -> String {
    let (server, name) = (server_url(), fresh_name());
    create_databases(&server, std::slice::from_ref(&name)).await.expect("a database");
    let (base, _) = server.rsplit_once('/').expect("the url names a database");
    format!("{base}/{name}")
}
