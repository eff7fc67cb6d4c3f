//! The rows behind idempotency keys: claimed with a lease, recorded once, given back, swept.

use super::RETENTION;
use super::answer::Recorded;
use super::sealed::{self, Sealed};
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Timestamp;
use hanse_vault::{Subject, Vault};
use uuid::Uuid;

pub(super) const SWEEP_BATCH: u64 = 500;

/// What a call asks for.
pub(super) struct Claim {
    pub scope: String,
    pub key: String,
    /// Whose key the answer is sealed with.
    pub subject: Subject,
    /// Nobody was logged in.
    pub guest: bool,
    pub fingerprint: String,
    /// The id to work under if the key is new.
    pub operation: Uuid,
    pub now: Timestamp,
    pub lease: Timestamp,
}

/// A key held by a call. `lease` tells this holder from one that took over after it.
#[derive(Clone)]
pub(super) struct Claimed {
    pub scope: String,
    pub key: String,
    pub subject: Subject,
    /// Nobody was logged in.
    pub guest: bool,
    pub fingerprint: String,
    pub operation: Uuid,
    pub lease: i64,
}

pub(super) enum Outcome {
    Held(Claimed),
    Recorded(Uuid, Recorded),
    InFlight,
    Reused,
}

struct Row {
    fingerprint: String,
    operation: Uuid,
    lease_until: i64,
    created_at: i64,
    /// As it stands there.
    answer: Option<Recorded>,
}

async fn find(tx: &mut Tx, scope: &str, key: &str) -> Result<Option<Row>, DbError> {
    tx.query_opt(
        "select fingerprint, operation, lease_until, created_at, status, headers, body
         from http_idempotency where scope = $1 and key = $2",
        &[&scope, &key],
        |row| {
            let status: Option<i32> = row.get(4)?;
            let answer = match status {
                Some(status) => Some(Recorded {
                    status: u16::try_from(status).map_err(|_| DbError::Column {
                        index: 4,
                        message: format!("{status} is no status"),
                    })?,
                    headers: row.get::<String>(5)?,
                    body: row.get::<String>(6)?,
                }),
                None => None,
            };
            Ok(Row {
                fingerprint: row.get(0)?,
                operation: row.get(1)?,
                lease_until: row.get(2)?,
                created_at: row.get(3)?,
                answer,
            })
        },
    )
    .await
}

pub(super) async fn claim(db: &Db, vault: &Vault, claim: Claim) -> Result<Outcome, DbError> {
    let input = (vault.clone(), claim);
    db.tx_one(input, |tx, (vault, claim)| Box::pin(async move { claim_in(tx, vault, claim).await })).await
}

async fn claim_in(tx: &mut Tx, vault: &Vault, c: &Claim) -> Result<Outcome, DbError> {
    let held = |operation: Uuid| {
        Outcome::Held(Claimed {
            scope: c.scope.clone(),
            key: c.key.clone(),
            subject: c.subject,
            guest: c.guest,
            fingerprint: c.fingerprint.clone(),
            operation,
            lease: c.lease.micros(),
        })
    };
    let (now, lease) = (c.now.micros(), c.lease.micros());
    if let Some(row) = find(tx, &c.scope, &c.key).await? {
        if row.created_at >= c.now.minus(RETENTION).micros() {
            return if row.fingerprint != c.fingerprint {
                Ok(Outcome::Reused)
            } else if let Some(answer) = row.answer {
                let answer = sealed::open(tx, vault, c.subject, answer).await?;
                Ok(Outcome::Recorded(row.operation, answer))
            } else if row.lease_until > now {
                Ok(Outcome::InFlight)
            } else {
                // The call that held it has ended without an answer, or died: go on where it was.
                tx.execute(
                    "update http_idempotency set lease_until = $3 where scope = $1 and key = $2",
                    &[&c.scope, &c.key, &lease],
                )
                .await?;
                Ok(held(row.operation))
            };
        }
        tx.execute("delete from http_idempotency where scope = $1 and key = $2", &[&c.scope, &c.key]).await?;
    }
    let inserted = tx
        .execute(
            "insert into http_idempotency (scope, key, fingerprint, operation, lease_until, created_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (scope, key) do nothing",
            &[&c.scope, &c.key, &c.fingerprint, &c.operation, &lease, &now],
        )
        .await?;
    // Another call was a moment earlier and is at it now.
    Ok(if inserted == 1 { held(c.operation) } else { Outcome::InFlight })
}

pub(super) enum Kept {
    /// This answer is the recorded one.
    Ours,
    /// Another call under the same operation answered first.
    Before(Recorded),
    /// The key has gone to another operation meanwhile.
    Lost,
}

struct Answer(Vault, Claimed, Recorded, Timestamp);

pub(super) async fn record(
    db: &Db,
    vault: &Vault,
    held: Claimed,
    answer: Recorded,
    now: Timestamp,
) -> Result<Kept, DbError> {
    db.tx_one(Answer(vault.clone(), held, answer, now), |tx, Answer(vault, held, answer, now)| {
        Box::pin(async move {
            let status = i32::from(answer.status);
            // No key is made for an answer that is not kept.
            let seal = async |tx: &mut Tx| sealed::seal(tx, vault, held.subject, held.guest, answer).await;
            if let Some(row) = find(tx, &held.scope, &held.key).await? {
                return match row.answer {
                    _ if row.operation != held.operation => Ok(Kept::Lost),
                    Some(earlier) => sealed::open(tx, vault, held.subject, earlier).await.map(Kept::Before),
                    None => {
                        let Sealed { headers, body, about } = seal(tx).await?;
                        let recorded = tx
                            .execute(
                                "update http_idempotency set status = $4, headers = $5, body = $6, about = $7
                                 where scope = $1 and key = $2 and operation = $3 and status is null",
                                &[&held.scope, &held.key, &held.operation, &status, &headers, &body, &about],
                            )
                            .await?;
                        // Whoever changed the row since it was read has made this unit run again.
                        if recorded == 1 { Ok(Kept::Ours) } else { Err(DbError::Conflict { attempts: 1 }) }
                    }
                };
            }
            let Sealed { headers, body, about } = seal(tx).await?;
            // A retry that took over was refused and gave the key free, while this call did the work after all.
            tx.execute(
                "insert into http_idempotency
                   (scope, key, fingerprint, operation, lease_until, status, headers, body, about,
                    created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                &[
                    &held.scope,
                    &held.key,
                    &held.fingerprint,
                    &held.operation,
                    &held.lease,
                    &status,
                    &headers,
                    &body,
                    &about,
                    &now.micros(),
                ],
            )
            .await?;
            Ok(Kept::Ours)
        })
    })
    .await
}

/// Frees the key, unless another call has taken it over.
pub(super) async fn drop_claim(db: &Db, held: Claimed) -> Result<u64, DbError> {
    db.tx_one(held, |tx, held| {
        Box::pin(async move {
            tx.execute(
                "delete from http_idempotency
                 where scope = $1 and key = $2 and operation = $3 and lease_until = $4 and status is null",
                &[&held.scope, &held.key, &held.operation, &held.lease],
            )
            .await
        })
    })
    .await
}

/// Ends the lease and keeps the operation, unless another call has taken it over.
pub(super) async fn release(db: &Db, held: Claimed) -> Result<u64, DbError> {
    db.tx_one(held, |tx, held| {
        Box::pin(async move {
            tx.execute(
                "update http_idempotency set lease_until = 0
                 where scope = $1 and key = $2 and operation = $3 and lease_until = $4 and status is null",
                &[&held.scope, &held.key, &held.operation, &held.lease],
            )
            .await
        })
    })
    .await
}

pub(super) async fn stands(tx: &mut Tx, operation: Uuid) -> Result<bool, DbError> {
    // Held until the unit ends: who gives the key free meanwhile waits for it.
    let sql = "select 1 from http_idempotency where operation = $1 /*pg*/for update/*end*/";
    Ok(tx.query_opt(sql, &[&operation], |_| Ok(())).await?.is_some())
}

pub(super) async fn sweep(db: &Db, before: Timestamp) -> Result<u64, DbError> {
    db.tx(before, |tx, before| {
        Box::pin(async move {
            let limit = SWEEP_BATCH as i64;
            tx.execute(
                "delete from http_idempotency where (scope, key) in
                   (select scope, key from http_idempotency where created_at < $1 order by created_at limit $2)",
                &[&before.micros(), &limit],
            )
            .await
        })
    })
    .await
}

/// The pattern has no sign of a person's choosing in it.
pub(super) async fn forget_scope(tx: &mut Tx, pattern: &str) -> Result<u64, DbError> {
    tx.execute("delete from http_idempotency where scope like $1", &[&pattern]).await
}

/// Answers of before are found by what stands in them.
pub(super) async fn forget_about(tx: &mut Tx, about: &str, pattern: &str) -> Result<u64, DbError> {
    let sql = "delete from http_idempotency where about = $1 or body like $2";
    tx.execute(sql, &[&about, &pattern]).await
}
