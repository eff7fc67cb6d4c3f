//! Opening a service's store: a SQLite file in the data folder, or a database of its own on a PostgreSQL server.

use crate::config::Config;
use crate::folder::Folder;
use anyhow::{Context, Result};
use hanse_database::migrate::Migrations;
use hanse_database::{Db, DbError, LiteOptions};
use hanse_kernel::Effects;
use std::time::Duration;

/// Wait before a server is asked again that cannot be reached: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Where the service's store is, as an operator is told: without the login.
pub(super) fn shown(config: &Config, folder: &Folder, service: &str) -> String {
    let url = &config.database.url;
    if url.is_empty() {
        folder.store(service).display().to_string()
    } else {
        url.to_string().replace("{service}", service)
    }
}

/// Opens it and brings it up to date. A server that cannot be reached is waited for, with a warning each time.
pub(super) async fn open(
    config: &Config,
    folder: &Folder,
    effects: &Effects,
    service: &'static str,
    migrations: Migrations,
) -> Result<Db> {
    let mut histories = hanse_runtime::platform_migrations().to_vec();
    histories.push(migrations);
    let url = &config.database.url;
    if url.is_empty() {
        let file = folder.store(service);
        let db = Db::open_sqlite(&file, LiteOptions::default(), &histories).await;
        return db.with_context(|| format!("the store {} does not open", file.display()));
    }
    let url = url.expose().replace("{service}", service);
    let mut pause = FIRST_PAUSE;
    loop {
        let connections = config.database.connections;
        match Db::open_postgres(&url, connections, effects.clone(), &histories).await {
            Err(DbError::Unavailable(why)) => {
                tracing::warn!(service, why, again_in = ?pause, "the database cannot be reached; look at database.url and whether the server runs");
                effects.timers.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            opened => {
                let shown = shown(config, folder, service);
                return opened.with_context(|| format!("the database {shown} does not open"));
            }
        }
    }
}
