//! Looks after what is sealed, beside the service: seals what was written before its columns were, and wraps keys anew that
//! a former master key has wrapped, so that it can be thrown away.

use crate::rows::Rows;
use crate::subject::Subject;
use crate::vault::Vault;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Effects, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How often it is looked for keys under a former master key, and for tables whose time it is.
const LOOK: Duration = Duration::from_secs(60);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// Between the two looks through a table that find nothing. While processes are replaced, those of before still write.
const APART: Duration = Duration::from_secs(24 * 60 * 60);
/// Keys that are wrapped anew in one unit.
const BATCH: i64 = 100;

/// Any number of processes may have one: what two of them do at once is done once.
#[derive(Clone)]
pub struct Keeper {
    db: Db,
    vault: Vault,
    effects: Effects,
    rows: Arc<[Rows]>,
    /// When each of the tables was last looked through here.
    looked: Vec<Option<Timestamp>>,
}

impl Keeper {
    pub fn new(db: Db, vault: Vault, effects: Effects, rows: Arc<[Rows]>) -> Self {
        let looked = vec![None; rows.len()];
        Self { db, vault, effects, rows, looked }
    }

    /// Runs until `stop` resolves.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let done = {
                let round = std::pin::pin!(self.round());
                match futures::future::select(stop.as_mut(), round).await {
                    futures::future::Either::Left(_) => return,
                    futures::future::Either::Right((done, _)) => done,
                }
            };
            let pause = match done {
                Ok(()) => LOOK,
                Err(error) => {
                    let service = self.vault.0.service;
                    tracing::warn!(service, %error, "not all that is to be sealed could be; it is tried again");
                    AGAIN
                }
            };
            match futures::future::select(stop.as_mut(), self.effects.timers.sleep(pause)).await {
                futures::future::Either::Left(_) => return,
                futures::future::Either::Right(_) => {}
            }
        }
    }

    /// Does once all that is to be done.
    ///
    /// # Errors
    /// Those of the store, and keys that do not open.
    pub async fn round(&mut self) -> Result<(), DbError> {
        // What cannot be done holds up nothing else.
        let mut failed = self.rewrap().await.err();
        let mut open = 0;
        for place in 0..self.rows.len() {
            match self.seal(place).await {
                Ok(clean) => open += u32::from(!clean),
                Err(error) => {
                    open += 1;
                    failed = failed.or(Some(error));
                }
            }
        }
        metrics::gauge!("vault_unsealed_tables", "service" => self.vault.0.service).set(open);
        failed.map_or(Ok(()), Err)
    }

    /// Wraps all keys with the present master key; how many that were.
    async fn rewrap(&self) -> Result<(), DbError> {
        let (service, former) = (self.vault.0.service, self.vault.0.keyring.former());
        let gauge = metrics::gauge!("vault_keys_under_former_master", "service" => service);
        loop {
            let left = if former.is_empty() { 0 } else { self.count(former.clone()).await? };
            gauge.set(left as f64);
            if left == 0 || self.rewrap_some(former.clone()).await? == 0 {
                return Ok(());
            }
        }
    }

    async fn count(&self, former: Vec<String>) -> Result<i64, DbError> {
        let count = self.db.read(former, |tx, former| {
            Box::pin(async move {
                let sql =
                    format!("select count(*) from person_key where master in {}", list(1, former.len()));
                let former: Vec<&dyn Bind> = former.iter().map(|id| id as &dyn Bind).collect();
                tx.query_opt(&sql, &former, |r| r.get(0)).await
            })
        });
        Ok(count.await?.unwrap_or(0))
    }

    async fn rewrap_some(&self, former: Vec<String>) -> Result<usize, DbError> {
        self.db
            .tx_queue((self.vault.clone(), former), |tx, (vault, former)| {
                Box::pin(rewrap_some(tx, vault, former))
            })
            .await
    }

    /// True: nothing is found that is not sealed.
    async fn seal(&mut self, place: usize) -> Result<bool, DbError> {
        let (rows, now) = (self.rows[place].clone(), self.effects.now());
        if self.looked[place].is_some_and(|looked| now < looked.plus(APART)) {
            return Ok(true);
        }
        let since = match self.state(rows.name()).await? {
            Some((_, true)) => {
                self.looked[place] = Some(now);
                return Ok(true);
            }
            Some((since, false)) => Some(since),
            None => None,
        };
        let sealed = rows.seal_all(&self.db, &self.vault).await?;
        let (service, table) = (self.vault.0.service, rows.table);
        metrics::counter!("vault_sealed_rows_total", "service" => service, "table" => table)
            .increment(sealed);
        let clean = sealed == 0;
        if clean {
            let done = since.is_some_and(|since| now >= since.plus(APART));
            self.note(rows.name(), since.unwrap_or(now), done).await?;
        } else {
            self.forget(rows.name()).await?;
        }
        // What was found is looked for once more at the next round.
        self.looked[place] = clean.then_some(now);
        Ok(clean)
    }

    async fn state(&self, name: String) -> Result<Option<(Timestamp, bool)>, DbError> {
        let sql = "select since, done from sealed_table where name = $1";
        self.db
            .read(name, move |tx, name| {
                Box::pin(async move { tx.query_opt(sql, &[name], |r| Ok((r.get(0)?, r.get(1)?))).await })
            })
            .await
    }

    /// Somebody writes such rows still: two looks that find nothing are to come.
    async fn forget(&self, name: String) -> Result<(), DbError> {
        self.db
            .tx_queue(name, |tx, name| {
                Box::pin(async move {
                    tx.execute("delete from sealed_table where name = $1", &[name]).await.map(|_| ())
                })
            })
            .await
    }

    async fn note(&self, name: String, since: Timestamp, done: bool) -> Result<(), DbError> {
        self.db
            .tx_queue((name, since, done), |tx, (name, since, done)| {
                Box::pin(async move {
                    tx.execute(
                        "insert into sealed_table (name, since, done) values ($1, $2, $3)
                         on conflict (name) do update set since = excluded.since, done = excluded.done",
                        &[name, since, done],
                    )
                    .await
                    .map(|_| ())
                })
            })
            .await
    }
}

async fn rewrap_some(tx: &mut Tx, vault: &Vault, former: &[String]) -> Result<usize, DbError> {
    let inner = &vault.0;
    // Another process is at some of them: they are its own to end.
    let sql = format!(
        "select subject, wrapped, master from person_key where master in {} order by subject limit {BATCH}
         /*pg*/for update skip locked/*end*/",
        list(1, former.len())
    );
    let former: Vec<&dyn Bind> = former.iter().map(|id| id as &dyn Bind).collect();
    let rows =
        tx.query(&sql, &former, |r| Ok((r.get::<Uuid>(0)?, r.get::<Vec<u8>>(1)?, r.get::<String>(2)?)));
    let mut anew = vec![];
    for (id, wrapped, master) in rows.await? {
        let subject = Subject::of_uuid(id);
        let bytes = inner.unwrap(subject, &wrapped, &master)?;
        let wrapped = inner.keyring.wrap(&inner.belonging(subject), &bytes);
        anew.push((id, wrapped.ok_or(crate::VaultError::Sealing)?));
    }
    let present = inner.keyring.present();
    let rows = anew.iter().map(|(id, wrapped)| vec![id as _, wrapped as _, &present as _]).collect();
    tx.execute_many("update person_key set wrapped = $2, master = $3 where subject = $1", rows).await?;
    Ok(anew.len())
}
