//! The built-in provider for trying things out: it moves no money, decides by the token, and keeps books of its own,
//! durably and idempotently by key, as a real one does. They are in the service's database, but never in its units, or in a
//! store of their own, which outlives the shop's as a real provider's books do.

use super::webhook_key::{SIGNATURE, WebhookKey};
use crate::application::ports::{
    Authorisation, Call, Capabilities, Challenges, Heard, Movement, Notice, Provider, SignedWebhook, Unread,
};
use crate::domain::{Held, Outcome};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Currency, Effects, Money, OrderId, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub struct TestProvider {
    /// With its books.
    pub db: Db,
    pub effects: Effects,
    /// Signs what it tells.
    pub key: WebhookKey,
}

/// What it tells, in its own words.
#[derive(Serialize, Deserialize)]
struct News {
    id: String,
    authorisation: Uuid,
}

/// A charge in the provider's books.
#[derive(Debug, Clone)]
struct Charge {
    /// authorized | declined | action | silent | voided
    state: String,
    amount: i64,
    captured: i64,
    refunded: i64,
    /// How often it was asked for, this time included.
    calls: i64,
    /// The first answer gets lost on its way.
    first_lost: bool,
    reason: Option<String>,
    habit: Option<String>,
    /// How often it was authorised anew, whether that was granted or not.
    renewals: i64,
}

impl Charge {
    fn allows(&self, kind: &str, amount: i64) -> bool {
        let habit = self.habit.as_deref();
        match kind {
            "renew" => {
                let declined = habit == Some("renewal_declined") && self.renewals == 0;
                self.state == "authorized" && self.captured + amount <= self.amount && !declined
            }
            "capture" => {
                let lapsed = habit == Some("capture_lapses") && self.renewals == 0;
                self.state == "authorized" && self.captured + amount <= self.amount && !lapsed
            }
            _ => self.refunded + amount <= self.captured,
        }
    }
}

/// What a token makes of a charge: state, whether the first answer gets lost, why it is declined.
fn script(token: &str) -> (&'static str, bool, Option<&'static str>) {
    match token {
        "tok_renewal_declined" | "tok_capture_lapses" => ("authorized", false, None),
        "tok_success" => ("authorized", false, None),
        "tok_declined" => ("declined", false, Some("card_declined")),
        "tok_action_required" => ("action", false, None),
        "tok_timeout" => ("silent", false, None),
        "tok_unknown_then_success" => ("authorized", true, None),
        "tok_unknown_then_declined" => ("declined", true, Some("card_declined")),
        _ => ("declined", false, Some("invalid_token")),
    }
}

/// What a token makes of an authorised charge later.
fn habit(token: &str) -> Option<&'static str> {
    match token {
        // The first renewal is declined, as by a card without cover; the next is granted.
        "tok_renewal_declined" => Some("renewal_declined"),
        // Nothing can be captured before it has been authorised anew.
        "tok_capture_lapses" => Some("capture_lapses"),
        _ => None,
    }
}

async fn charge(tx: &mut Tx, key: Uuid) -> Result<Option<Charge>, DbError> {
    tx.query_opt(
        "select state, amount, captured, refunded, calls, first_lost, reason, habit,
           (select count(*) from test_movement where charge_key = test_charge.key and kind = 'renew')
         from test_charge where key = $1",
        &[&key],
        |r| {
            Ok(Charge {
                state: r.get(0)?,
                amount: r.get(1)?,
                captured: r.get(2)?,
                refunded: r.get(3)?,
                calls: r.get(4)?,
                first_lost: r.get(5)?,
                reason: r.get(6)?,
                habit: r.get(7)?,
                renewals: r.get(8)?,
            })
        },
    )
    .await
}

/// What is to be set aside, and for what.
struct Wanted {
    key: Uuid,
    token: String,
    amount: Money,
    payment: PaymentId,
    order: OrderId,
    attempt: u32,
}

/// Books the charge, or finds it as it was booked under the key.
async fn book(tx: &mut Tx, wanted: &Wanted, now: Timestamp) -> Result<Charge, DbError> {
    let Wanted { key, token, amount, payment, order, attempt } = wanted;
    let (state, first_lost, reason) = script(token);
    tx.execute(
        "insert into test_charge (key, state, amount, captured, refunded, calls, first_lost, reason, habit,
           created_at, changed_at, payment_id, order_id, attempt, currency)
         values ($1, $2, $3, 0, 0, 1, $4, $5, $6, $7, $7, $8, $9, $10, $11)
         on conflict (key) do update set calls = test_charge.calls + 1",
        &[
            key,
            &state,
            &amount.minor(),
            &first_lost,
            &reason,
            &habit(token),
            &now,
            payment,
            order,
            attempt,
            &amount.currency().code(),
        ],
    )
    .await?;
    charge(tx, *key).await?.ok_or_else(|| DbError::Other("a charge just booked is gone".into()))
}

fn approved(key: Uuid) -> Outcome {
    Outcome::Approved { reference: format!("test_{}", key.simple()) }
}

fn declined(reason: &str) -> Outcome {
    Outcome::Declined { reason: reason.into() }
}

fn lost(error: &DbError) -> Outcome {
    Outcome::Unknown { why: error.to_string() }
}

fn of_charge(payment: PaymentId, key: Uuid, charge: &Charge) -> Outcome {
    match charge.state.as_str() {
        "authorized" => approved(key),
        "action" => Outcome::Action {
            kind: "redirect".into(),
            url: format!("/api/store/payments/{payment}/test-action"),
        },
        "silent" => Outcome::Unknown { why: "the provider says nothing".into() },
        "voided" => declined("voided"),
        _ => declined(charge.reason.as_deref().unwrap_or("card_declined")),
    }
}

impl TestProvider {
    /// Moves money under a key: once, whoever asks and how often.
    async fn move_money(&self, wanted: &Movement, kind: &'static str) -> Outcome {
        let input = (*wanted, kind, self.effects.now());
        let moved = self.db.tx_one(input, |tx, (wanted, kind, now)| {
            Box::pin(async move {
                let before = tx
                    .query_opt("select approved from test_movement where key = $1", &[&wanted.key], |r| r.get(0))
                    .await?;
                if let Some(approved) = before {
                    return Ok::<bool, DbError>(approved);
                }
                let amount = wanted.amount.minor();
                let found = charge(tx, wanted.authorisation).await?;
                let can = found.is_some_and(|c| c.allows(kind, amount));
                if can && *kind != "renew" {
                    let (captured, refunded) = if *kind == "capture" { (amount, 0) } else { (0, amount) };
                    tx.execute(
                        "update test_charge set captured = captured + $2, refunded = refunded + $3, changed_at = $4
                         where key = $1",
                        &[&wanted.authorisation, &captured, &refunded, now],
                    )
                    .await?;
                }
                tx.execute(
                    "insert into test_movement (key, charge_key, kind, amount, approved, created_at)
                     values ($1, $2, $3, $4, $5, $6)",
                    &[&wanted.key, &wanted.authorisation, kind, &amount, &can, now],
                )
                .await?;
                Ok(can)
            })
        });
        match moved.await {
            Ok(true) => approved(wanted.key),
            Ok(false) if kind == "renew" => declined("card_declined"),
            Ok(false) => declined("not_possible"),
            Err(error) => lost(&error),
        }
    }
}

#[async_trait]
impl Provider for TestProvider {
    fn name(&self) -> &'static str {
        "test"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            multi_capture: true,
            partial_refund: true,
            capture_at_fulfilment: false,
            statements: true,
        }
    }

    async fn authorise(&self, wanted: &Authorisation) -> Outcome {
        let Authorisation { key, payment, order, attempt, amount, ref token } = *wanted;
        let token = token.expose_secret().to_string();
        let input = (Wanted { key, token, amount, payment, order, attempt }, self.effects.now());
        let booked =
            self.db.tx_one(input, |tx, (wanted, now)| Box::pin(async move { book(tx, wanted, *now).await }));
        match booked.await {
            Ok(charge) if charge.state == "silent" => futures::future::pending().await,
            Ok(charge) if charge.first_lost && charge.calls == 1 => {
                Outcome::Unknown { why: "the answer got lost".into() }
            }
            Ok(charge) => of_charge(wanted.payment, wanted.key, &charge),
            Err(error) => lost(&error),
        }
    }

    async fn renew(&self, wanted: &Movement) -> Outcome {
        self.move_money(wanted, "renew").await
    }

    async fn capture(&self, wanted: &Movement) -> Outcome {
        self.move_money(wanted, "capture").await
    }

    async fn void(&self, wanted: &Movement) -> Outcome {
        let voided = self.db.tx_one((wanted.authorisation, self.effects.now()), |tx, (key, now)| {
            Box::pin(async move {
                // A row of its own for one that has not arrived yet: it stands against the asking that comes later.
                tx.execute(
                    "insert into test_charge (key, state, amount, captured, refunded, calls, first_lost, created_at,
                       changed_at)
                     values ($1, 'voided', 0, 0, 0, 0, $2, $3, $3)
                     on conflict (key) do update
                       set changed_at = excluded.changed_at, state = case when test_charge.state = 'declined' then 'declined' else 'voided' end",
                    &[key, &false, now],
                )
                .await
            })
        });
        match voided.await {
            Ok(_) => approved(wanted.key),
            Err(error) => lost(&error),
        }
    }

    async fn refund(&self, wanted: &Movement) -> Outcome {
        self.move_money(wanted, "refund").await
    }

    async fn lookup(&self, payment: PaymentId, authorisation: Uuid) -> Outcome {
        let found = self.db.read(authorisation, |tx, key| Box::pin(async move { charge(tx, *key).await }));
        match found.await {
            Ok(Some(charge)) => of_charge(payment, authorisation, &charge),
            Ok(None) => Outcome::Unknown { why: "the provider has not heard of it".into() },
            Err(error) => lost(&error),
        }
    }

    fn hear(&self, call: &Call<'_>) -> Heard {
        let signature = (call.header)(SIGNATURE);
        if let Err(why) = self.key.check(signature.as_deref(), call.body, call.now) {
            return Heard::Forged { why };
        }
        match serde_json::from_slice::<News>(call.body) {
            Ok(news) => Heard::Notice(Notice { event: news.id, about: news.authorisation }),
            Err(error) => Heard::Unreadable { why: error.to_string() },
        }
    }

    async fn statement(&self, since: Timestamp, after: Uuid, most: u32) -> Result<Vec<Held>, Unread> {
        let read = self.db.read((since, after, most), |tx, (since, after, most)| {
            Box::pin(async move {
                tx.query(
                    "select key, payment_id, order_id, attempt, amount, currency, captured, refunded, state = 'authorized'
                     from test_charge
                     where key > $1 and changed_at >= $2 and payment_id is not null and state in ('authorized', 'voided')
                     order by key limit $3",
                    &[after, since, most],
                    held,
                )
                .await
            })
        });
        read.await.map_err(|error| Unread(error.to_string()))
    }
}

fn held(r: &Row<'_>) -> Result<Held, DbError> {
    let currency = Currency::parse(&r.get::<String>(5)?)
        .map_err(|e| DbError::Column { index: 5, message: e.to_string() })?;
    Ok(Held {
        key: r.get(0)?,
        payment: r.id(1)?,
        order: r.id(2)?,
        attempt: r.get(3)?,
        amount: Money::new(r.get(4)?, currency),
        captured: r.get(6)?,
        refunded: r.get(7)?,
        live: r.get(8)?,
    })
}

#[async_trait]
impl Challenges for TestProvider {
    async fn answer(&self, authorisation: Uuid, approve: bool) -> Result<Option<SignedWebhook>, DbError> {
        let answered = self
            .db
            .tx_one((authorisation, approve, self.effects.now()), |tx, (key, approve, now)| {
                Box::pin(async move {
                    let (state, reason) = if *approve {
                        ("authorized", None)
                    } else {
                        ("declined", Some("authentication_failed"))
                    };
                    let answered = tx
                        .execute(
                            "update test_charge set state = $2, reason = $3, changed_at = $4
                             where key = $1 and state = 'action'",
                            &[key, &state, &reason, now],
                        )
                        .await?;
                    Ok::<_, DbError>(answered == 1)
                })
            })
            .await?;
        if !answered {
            return Ok(None);
        }
        // A shopper answers once, so the name of the event follows from what it is about.
        let news = News { id: format!("test_answered_{}", authorisation.simple()), authorisation };
        let body = serde_json::to_vec(&news).map_err(|e| DbError::Other(e.to_string()))?;
        Ok(Some(SignedWebhook { signature: self.key.sign(self.effects.now(), &body), body }))
    }
}
