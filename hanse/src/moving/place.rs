//! The places that a shop is moved to, looked at before anything is written there: whose they are, and whether somebody
//! works in them.

use super::record::{self, Record};
use super::target;
use crate::compose::{self, Place};
use crate::config::Config;
use anyhow::{Context, Result, bail};
use hanse_database::Db;
use hanse_database::migrate::Migrations;
use hanse_kernel::Effects;
use hanse_redis::cmd;
use std::path::Path;
use std::time::Duration;

/// A unit of the move, and the reading beside it.
const CONNECTIONS: usize = 2;

/// For an answer of Redis: nobody shops meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a database stands.
#[derive(Debug)]
pub enum State {
    /// There is no shop in it.
    New,
    /// This shop has been moved into it in part.
    Half(Record),
    /// This shop has been moved into it.
    Whole(Record),
}

/// Opens a service's database; one that cannot be reached is not waited for.
pub async fn open(config: &Config, effects: &Effects, service: &str, histories: &[Migrations]) -> Result<Db> {
    let url = config.database.url.expose().replace("{service}", service);
    let db = Db::open_postgres(&url, CONNECTIONS, effects.clone(), histories).await;
    db.with_context(|| {
        format!(
            "the database {} does not open; look at database.url, whether the server runs, and whether the database is \
             there and its role may make tables",
            shown(config, service)
        )
    })
}

fn shown(config: &Config, service: &str) -> String {
    Place::of(config, Path::new("")).shown(service)
}

pub async fn state(config: &Config, effects: &Effects, service: &str, shop: [u8; 32]) -> Result<State> {
    let db = open(config, effects, service, &[]).await?;
    let state = looked_at(&db, effects, shop).await;
    db.close().await;
    state.with_context(|| format!("the database {}", shown(config, service)))
}

async fn looked_at(db: &Db, effects: &Effects, shop: [u8; 32]) -> Result<State> {
    let schema = target::schema(db).await?;
    let record = match record::read(db).await? {
        Some(record) if record.shop != shop => {
            bail!("holds another shop; make a new database for this one, and name it in database.url")
        }
        Some(record) if record.ended_at.is_some() => return Ok(State::Whole(record)),
        record => record,
    };
    if target::at_work(db, &schema, effects.now()).await? {
        bail!("is in use by a process of the league; stop all of them, and try again ten seconds later");
    }
    if let Some(record) = record {
        return Ok(State::Half(record));
    }
    let taken = target::taken(db, &schema).await?;
    if !taken.is_empty() {
        bail!(
            "is not new: there are rows in {}; nothing was changed. Make a new database for the shop, and name it in \
             database.url",
            taken.join(", ")
        );
    }
    Ok(State::New)
}

/// Carts of another shop, or of an earlier try, would be shown in place of those that are moved.
pub async fn no_carts_elsewhere(config: &Config, effects: &Effects) -> Result<()> {
    let Some(redis) = compose::redis(config, effects)? else { return Ok(()) };
    let redis = redis.limited(PATIENCE);
    let mut cursor = "0".to_string();
    loop {
        let mut scan = cmd("SCAN");
        scan.arg(&cursor).arg("MATCH").arg(redis.key("cart*")).arg("COUNT").arg(1000);
        let told: (String, Vec<String>) = redis.ask("move_scan", &scan).await.context(
            "redis.url: it cannot be asked whether carts are there already; look at whether it runs",
        )?;
        if !told.1.is_empty() {
            bail!(
                "redis.prefix: there are carts under \"{}\" already; choose another prefix, or empty that Redis",
                config.redis.prefix
            );
        }
        cursor = told.0;
        if cursor == "0" {
            return Ok(());
        }
    }
}
