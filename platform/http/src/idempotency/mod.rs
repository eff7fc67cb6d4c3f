//! Recorded answers for idempotency keys: the same key and request always get the same answer, byte for byte, for
//! 72 hours, and the work behind it keeps one operation id over all retries, crashes included.

mod answer;
mod sealed;
mod store;

use crate::headers::IdempotencyKey;
use crate::problem::Problem;
use answer::Recorded;
use axum::response::{IntoResponse, Response};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Actor, Ctx, Effects, UserId};
use hanse_vault::Vault;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use store::{Claim, Claimed, Outcome};
use uuid::Uuid;

mod history {
    hanse_database::migrations!("http");
}
/// The table, in each service's own database, as a history of its own; the keys of people have to be there as well.
pub use history::MIGRATIONS;

/// Set to `true` on an answer that was recorded before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long a call may work before another may take its key over.
pub const LEASE: Duration = Duration::from_secs(30);
/// How long answers are kept.
pub const RETENTION: Duration = Duration::from_secs(72 * 60 * 60);

/// Tells requests apart that carry the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }
    /// Of what was understood of the request: white space and the order of fields do not matter. Put whatever stands
    /// in the path into it as well: `Fingerprint::of(&(order, &body))`.
    pub fn of<T: Serialize>(request: &T) -> Result<Self, Problem> {
        serde_json::to_vec(request).map(|json| Self::of_bytes(&json)).map_err(|e| Problem::internal(&e))
    }
}

#[derive(Clone)]
pub struct Idempotency {
    db: Db,
    effects: Effects,
    vault: Vault,
}

impl Idempotency {
    pub fn new(db: Db, effects: Effects, vault: Vault) -> Self {
        Self { db, effects, vault }
    }

    /// Runs `work` once per key and caller, or answers what it answered before. `scope` names the operation, as in
    /// `POST /api/store/checkout`.
    ///
    /// `work` gets the operation's id, the same on every retry: use it as the id of what is made, so that a retry
    /// after a crash finds it. Answers below 400 are recorded. A refusal (4xx) gives the key free again; a failure
    /// (5xx) gives the lease back and keeps the operation.
    ///
    /// # Errors
    /// 422 `idempotency_key_reused` for another request under the key, 409 `idempotency_in_flight` while a live call
    /// holds it, whatever `work` refuses, 503 when the store fails.
    pub async fn run<F, Fut, R>(
        &self,
        ctx: &Ctx,
        scope: &str,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        work: F,
    ) -> Result<Response, Problem>
    where
        F: FnOnce(Uuid) -> Fut,
        Fut: Future<Output = Result<R, Problem>>,
        R: IntoResponse,
    {
        self.run_sealed(ctx, scope, key, fingerprint, |_| Vec::new(), work).await
    }

    /// As [`Idempotency::run`], for answers that carry secrets derived from the operation: `secrets` derives them
    /// again, and wherever they stand in the answer's body only their place is stored.
    pub async fn run_sealed<F, Fut, R>(
        &self,
        ctx: &Ctx,
        scope: &str,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        secrets: impl Fn(Uuid) -> Vec<String>,
        work: F,
    ) -> Result<Response, Problem>
    where
        F: FnOnce(Uuid) -> Fut,
        Fut: Future<Output = Result<R, Problem>>,
        R: IntoResponse,
    {
        let claim = Claim {
            scope: format!("{scope} {}", ctx.actor.label()),
            key: key.0.clone(),
            subject: sealed::subject(&ctx.actor),
            guest: matches!(ctx.actor, Actor::Anonymous),
            fingerprint: fingerprint.0,
            operation: self.effects.ids.uuid(),
            now: self.effects.now(),
            lease: self.effects.now().plus(LEASE),
        };
        let held = match store::claim(&self.db, &self.vault, claim).await.map_err(|e| Problem::store(&e))? {
            Outcome::Held(held) => held,
            Outcome::Recorded(operation, answer) => return replay(answer, &secrets(operation)),
            Outcome::InFlight => return Err(in_flight()),
            Outcome::Reused => {
                return Err(Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "idempotency_key_reused",
                    "This Idempotency-Key was used for another request",
                )
                .detail("send a new key for a new intent; the same key only with the same request"));
            }
        };
        let operation = held.operation;
        let response = match work(operation).await {
            Ok(response) => response.into_response(),
            Err(problem) => problem.into_response(),
        };
        if response.status().as_u16() >= 400 {
            self.give_back(&held, response.status()).await;
            return Ok(response);
        }
        self.record(&held, response, &secrets(operation)).await
    }

    async fn give_back(&self, held: &Claimed, status: StatusCode) {
        let given = if status.is_client_error() {
            store::drop_claim(&self.db, held.clone()).await
        } else {
            store::release(&self.db, held.clone()).await
        };
        if let Err(error) = given {
            // The lease ends by itself; until then the client is told that its call is in flight.
            tracing::warn!(%error, operation = %held.operation, "an idempotency key could not be given back");
        }
    }

    /// Only a recorded answer is given: a client that got another one than a later replay could not trust either.
    async fn record(
        &self,
        held: &Claimed,
        response: Response,
        secrets: &[String],
    ) -> Result<Response, Problem> {
        let answer = Recorded::take(response, secrets).await?;
        match store::record(&self.db, &self.vault, held.clone(), answer.clone(), self.effects.now()).await {
            Ok(store::Kept::Ours) => answer.give(secrets),
            Ok(store::Kept::Before(earlier)) => replay(earlier, secrets),
            Ok(store::Kept::Lost) => Err(in_flight()),
            Err(e) => {
                self.give_back(held, StatusCode::SERVICE_UNAVAILABLE).await;
                Err(Problem::store(&e))
            }
        }
    }

    /// Forgets what is older than 72 hours, in bounded units; tells how many. For a daily timer.
    pub async fn sweep(&self) -> Result<u64, DbError> {
        let before = self.effects.now().minus(RETENTION);
        let mut gone = 0;
        loop {
            let n = store::sweep(&self.db, before).await?;
            gone += n;
            if n < store::SWEEP_BATCH {
                return Ok(gone);
            }
        }
    }
}

/// Whether the key that `operation` was claimed under still stands, read inside the unit that does the work: a unit
/// that requires it cannot commit after a refused retry has given the key free.
pub async fn stands(tx: &mut Tx, operation: Uuid) -> Result<bool, DbError> {
    store::stands(tx, operation).await
}

/// Forgets what a customer was answered: it may be about them. Rare, so it may look at all rows.
///
/// # Errors
/// Those of the store.
pub async fn forget_customer(tx: &mut Tx, customer: UserId) -> Result<u64, DbError> {
    store::forget_scope(tx, &format!("% {}", Actor::Customer { user: customer }.label())).await
}

/// Forgets the answers to guests that show this id.
///
/// # Errors
/// Those of the store.
pub async fn forget_about(tx: &mut Tx, id: &str) -> Result<u64, DbError> {
    store::forget_about(tx, &sealed::about(id), &format!("%{id}%")).await
}

fn in_flight() -> Problem {
    Problem::conflict("idempotency_in_flight", "A call with this Idempotency-Key is still running")
        .detail("wait a moment and send the same request again")
        .retry_after(1)
}

fn replay(answer: Recorded, secrets: &[String]) -> Result<Response, Problem> {
    let mut response = answer.give(secrets)?;
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

impl Problem {
    /// What a client is told when a service's own store fails.
    pub fn store(error: &DbError) -> Self {
        match error {
            DbError::DiskFull => {
                tracing::error!(%error, "the store is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", "The shop's disk is full")
                    .detail("nothing was changed")
            }
            DbError::ReadOnly(_) => {
                tracing::error!(%error, "the store is read-only");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "storage_read_only",
                    "The shop cannot be changed now",
                )
                .detail("nothing was changed")
                .retry_after(30)
            }
            DbError::Unavailable(_) | DbError::Conflict { .. } => {
                tracing::warn!(%error, "the store did not do its work");
                Self::unavailable("the store")
            }
            other => Self::internal(other),
        }
    }
}
