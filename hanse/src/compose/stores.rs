//! Where services keep their data, and opening a store there: a SQLite file in a folder, or a database of the service's
//! own on a PostgreSQL server.

use crate::config::Config;
use anyhow::{Context, Result};
use hanse_database::migrate::Migrations;
use hanse_database::{Db, DbError, LiteOptions, Trust};
use hanse_kernel::Effects;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Wait before a server is asked again that cannot be reached: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub enum Place {
    /// `<service>.sqlite` in it.
    Folder(PathBuf),
    /// `database.url` of the configuration.
    Server(Box<Config>),
    /// Nothing is kept: for a look at what services are.
    Nowhere,
}

impl Place {
    /// As configured: the server, or else the folder.
    pub fn of(config: &Config, folder: &Path) -> Self {
        if config.database.url.is_empty() {
            Self::Folder(folder.to_path_buf())
        } else {
            Self::Server(Box::new(config.clone()))
        }
    }

    /// Where the service's store is, as an operator is told: without the login.
    pub fn shown(&self, service: &str) -> String {
        match self {
            Self::Folder(folder) => file(folder, service).display().to_string(),
            Self::Server(config) => config.database.url.to_string().replace("{service}", service),
            Self::Nowhere => "nowhere".into(),
        }
    }

    /// Opens it and brings it up to date. A server that cannot be reached is waited for, with a warning each time.
    pub(super) async fn open(
        &self,
        effects: &Effects,
        service: &'static str,
        migrations: Migrations,
    ) -> Result<Db> {
        let mut histories = hanse_runtime::platform_migrations().to_vec();
        histories.push(migrations);
        match self {
            Self::Folder(folder) => {
                let file = file(folder, service);
                let db = Db::open_sqlite(&file, LiteOptions::default(), &histories).await;
                db.with_context(|| format!("the store {} does not open", file.display()))
            }
            Self::Server(config) => {
                let open = async {
                    let db = await_server(config, effects, service, &histories).await?;
                    crate::moving::refuse_half(&db).await.map(|()| db)
                };
                open.await.with_context(|| format!("the database {} does not open", self.shown(service)))
            }
            Self::Nowhere => Ok(Db::nowhere()),
        }
    }
}

fn file(folder: &Path, service: &str) -> PathBuf {
    folder.join(format!("{service}.sqlite"))
}

/// Who may vouch for the server; None: nobody has to.
pub fn database_trust(config: &Config) -> Result<Option<Trust>, DbError> {
    let Some(file) = &config.database.ca else { return Ok(None) };
    let unusable =
        |e: &dyn std::fmt::Display| DbError::Other(format!("database.ca: {}: {e}", file.display()));
    let pem = std::fs::read(file).map_err(|e| unusable(&e))?;
    Trust::of_pem(&pem).map(Some).map_err(|e| unusable(&e))
}

async fn await_server(
    config: &Config,
    effects: &Effects,
    service: &'static str,
    histories: &[Migrations],
) -> Result<Db, DbError> {
    let url = config.database.url.expose().replace("{service}", service);
    let trust = database_trust(config)?;
    let (most, mut pause) = (config.database.connections, FIRST_PAUSE);
    loop {
        match Db::open_postgres_over(&url, trust.as_ref(), most, effects.clone(), histories).await {
            Err(DbError::Unavailable(why)) => {
                tracing::warn!(service, why, again_in = ?pause, "the database cannot be reached; look at database.url and whether the server runs");
                effects.timers.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            opened => return opened,
        }
    }
}
