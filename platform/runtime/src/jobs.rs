//! Jobs that one process at a time does now and then: whose turn it is stands in a database that all of them share, with
//! how it went the last time.

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_kernel::{Effects, Timestamp};
use std::time::Duration;
use uuid::Uuid;

hanse_database::migrations!("runtime");

/// One process's part in a job.
#[derive(Clone)]
pub struct Job {
    db: Db,
    effects: Effects,
    name: &'static str,
    owner: Uuid,
}

/// How a job ended, whichever process did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    /// What that process wrote down.
    pub outcome: String,
}

impl Job {
    pub fn new(name: &'static str, db: Db, effects: Effects) -> Self {
        let owner = effects.ids.uuid();
        Self { db, effects, name, owner }
    }

    /// Makes the job known, due after `first` if nobody knew it.
    pub async fn announce(&self, first: Duration) -> Result<(), DbError> {
        let now = self.effects.now();
        self.db
            .tx_queue((self.name, self.owner, now, now.plus(first)), |tx, (name, owner, now, due)| {
                Box::pin(async move {
                    tx.execute(
                        "insert into job (name, owner, until_at, due_at) values ($1, $2, $3, $4) on conflict do nothing",
                        &[name, owner, now, due],
                    )
                    .await
                    .map(|_| ())
                })
            })
            .await
    }

    /// Takes the job over if it is due and nobody is at it: nobody else begins it within `lease`. One that is due later than
    /// `every` from now is brought forward, since it was put off by who thought it less urgent.
    pub async fn begin(&self, every: Duration, lease: Duration) -> Result<bool, DbError> {
        let now = self.effects.now();
        let input = (self.name, self.owner, now, now.plus(lease), now.plus(every));
        self.db
            .tx_queue(input, |tx, (name, owner, now, until, latest)| {
                Box::pin(async move {
                    tx.execute("update job set due_at = $2 where name = $1 and due_at > $2", &[name, latest])
                        .await?;
                    let taken = tx
                        .execute(
                            "update job set owner = $2, until_at = $4
                             where name = $1 and due_at <= $3 and until_at <= $3",
                            &[name, owner, now, until],
                        )
                        .await?;
                    Ok(taken == 1)
                })
            })
            .await
    }

    /// Writes down how it went, and when it is to be done again. False when it has been taken over meanwhile.
    pub async fn end(&self, outcome: &str, again: Duration) -> Result<bool, DbError> {
        let now = self.effects.now();
        let input = (self.name, self.owner, now, now.plus(again), outcome.to_string());
        self.db
            .tx_queue(input, |tx, (name, owner, now, due, outcome)| {
                Box::pin(async move {
                    let written = tx
                        .execute(
                            "update job set until_at = $3, due_at = $4, ended_at = $3, outcome = $5
                             where name = $1 and owner = $2 and until_at > $3",
                            &[name, owner, now, due, outcome],
                        )
                        .await?;
                    Ok(written == 1)
                })
            })
            .await
    }

    /// Lets go of it undone: whoever is next may begin at once.
    pub async fn give_back(&self) -> Result<(), DbError> {
        self.db
            .tx_queue((self.name, self.owner, self.effects.now()), |tx, (name, owner, now)| {
                Box::pin(async move {
                    tx.execute(
                        "update job set until_at = $3 where name = $1 and owner = $2 and until_at > $3",
                        &[name, owner, now],
                    )
                    .await
                    .map(|_| ())
                })
            })
            .await
    }

    /// How it ended the last time; None: it never did.
    pub async fn last(&self) -> Result<Option<Ended>, DbError> {
        self.db
            .read(self.name, |tx, name| {
                Box::pin(async move {
                    tx.query_opt(
                        "select ended_at, outcome from job where name = $1 and ended_at is not null",
                        &[name],
                        |r| Ok(Ended { at: r.get(0)?, outcome: r.get(1)? }),
                    )
                    .await
                })
            })
            .await
    }
}
