//! The services' databases, looked at from outside: rows written, commits, what waits, and how long messages took.

use super::map::League;
use super::metrics;
use super::rows::{self, Rows};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_postgres::{Client, NoTls};

const SETTLE_LIMIT: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// So long nobody takes a message before all are taken to be.
const QUIET: Duration = Duration::from_millis(600);
/// An idle connection hands in what it has counted after ten seconds at the latest.
const COUNTED_AFTER: Duration = Duration::from_secs(11);

pub struct Stores(Vec<(String, Client)>);

pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("no way to the database")?;
    // It ends with the client; what goes wrong on it is told by the client's next call.
    tokio::spawn(async move { connection.await.unwrap_or_default() });
    Ok(client)
}

/// By the clock that the services go by.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

impl Stores {
    pub async fn open(league: &League) -> Result<Self> {
        let server = connect(&league.postgres).await?;
        let named = r"select datname from pg_database where datname like 'hanse\_%' order by datname";
        let mut stores = vec![];
        for row in server.query(named, &[]).await? {
            let name: String = row.get(0);
            stores.push((name.clone(), connect(&league.database(&name)?).await?));
        }
        if stores.is_empty() {
            bail!("the server has no database of a service");
        }
        Ok(Self(stores))
    }

    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Rows written so far, once every connection has handed in its count.
    pub async fn rows(&self) -> Result<Rows> {
        tokio::time::sleep(COUNTED_AFTER).await;
        let mut rows = Rows::new();
        for (name, client) in &self.0 {
            rows.extend(
                rows::written(client, "schemaname = 'public'", |_, table| format!("{name}.{table}")).await?,
            );
        }
        Ok(rows)
    }

    /// Returns when nothing waits to be sent and nobody has taken a message for a while: the work that the load has made
    /// is done.
    pub async fn settled(&self, league: &League) -> Result<()> {
        let (began, mut taken, mut since) = (Instant::now(), -1.0, Instant::now());
        loop {
            let consumed = metrics::sum(league, "messaging_client_consumed_messages_total").await?;
            let waiting = self.waiting().await?;
            if waiting > 0 || consumed > taken {
                (taken, since) = (consumed, Instant::now());
            }
            if since.elapsed() > QUIET {
                return Ok(());
            }
            if began.elapsed() > SETTLE_LIMIT {
                bail!(
                    "after {} s the league is still at work; {waiting} messages wait",
                    SETTLE_LIMIT.as_secs()
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn waiting(&self) -> Result<i64> {
        let mut all = 0;
        for (_, client) in &self.0 {
            let due = "select count(*) from outbox where published_at is null and not_before <= now()";
            all += client.query_one(due, &[]).await?.get::<_, i64>(0);
        }
        Ok(all)
    }

    /// From the writing of a message to the beginning of its handling, in microseconds, for every consumer of every
    /// message written between the two moments: the sender's commit, the relay, the broker and the queue are in between.
    /// By the sender's database.
    pub async fn delays(&self, from: f64, to: f64) -> Result<BTreeMap<String, Vec<u32>>> {
        let mut written: BTreeMap<String, (&String, f64)> = BTreeMap::new();
        for (sender, client) in &self.0 {
            let sql =
                "select id::text, extract(epoch from greatest(created_at, not_before))::float8 from outbox
                       where created_at between to_timestamp($1) and to_timestamp($2)";
            for row in client.query(sql, &[&from, &to]).await? {
                written.insert(row.get(0), (sender, row.get(1)));
            }
        }
        let mut delays: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (_, client) in &self.0 {
            let sql = "select id::text, extract(epoch from received_at)::float8 from inbox
                       where received_at >= to_timestamp($1)";
            for row in client.query(sql, &[&from]).await? {
                let (id, received): (&str, f64) = (row.get(0), row.get(1));
                if let Some((sender, written)) = written.get(id) {
                    let delay = ((received - written).max(0.0) * 1e6) as u32;
                    delays.entry((*sender).clone()).or_default().push(delay);
                }
            }
        }
        Ok(delays)
    }
}
