//! The worker that asks providers. Nothing is asked inside a unit of work: an intent is written first, then performed
//! under its own id as the key, then its result is written. Whatever dies in between, the same key is asked again.

use super::bell::Rung;
use super::error::PaymentError;
use super::ports::{Authorisation, Movement, Provider};
use super::till::Till;
use crate::domain::{Intent, Kind, Outcome, Payment, State};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use hanse_kernel::trace::{Kind as SpanKind, Work};
use hanse_kernel::{Actor, CorrelationId, Ctx, Scope};
use hanse_runtime::Stop;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// So many providers' answers are waited for at once: slow ones must not hold up the others.
const ABREAST: usize = 256;
/// Taken over at once from the store.
const BATCH: i64 = 64;

#[derive(Clone)]
pub struct Perform(pub Till);

#[derive(PartialEq, Eq)]
enum Landed {
    Intent,
    Look,
}

impl Perform {
    /// Runs until asked to stop; what is being asked then is waited for.
    pub async fn run(self, stop: Stop) {
        let Self(till) = &self;
        // Everything that awaits is in here, the look into the store too: whoever holds a connection must always be
        // polled while another waits for one.
        let mut flying: FuturesUnordered<BoxFuture<'_, Landed>> = FuturesUnordered::new();
        // What a process that died has left is looked for at once.
        flying.push(Box::pin(self.look(Duration::ZERO, &stop)));
        while !stop.is_set() {
            for rung in till.bell.take(ABREAST.saturating_sub(flying.len())) {
                flying.push(Box::pin(self.one(rung)));
            }
            tokio::select! {
                biased;
                () = stop.asked() => break,
                Some(landed) = flying.next() => {
                    if landed == Landed::Look {
                        flying.push(Box::pin(self.look(till.times.poll, &stop)));
                    }
                }
                () = till.bell.rung(), if flying.len() < ABREAST => {}
            }
        }
        while flying.next().await.is_some() {}
    }

    /// After a pause, takes over what is due and rings for it.
    async fn look(&self, pause: Duration, stop: &Stop) -> Landed {
        if !pause.is_zero() {
            let pause = self.0.effects.timers.sleep(pause);
            futures::future::select(std::pin::pin!(stop.asked()), pause).await;
        }
        if !stop.is_set() {
            match self.claim().await {
                Ok(due) => due.into_iter().for_each(|intent| self.0.bell.ring(intent)),
                Err(error) => {
                    tracing::warn!(%error, "due payments could not be looked up; it is tried again")
                }
            }
        }
        Landed::Look
    }

    async fn claim(&self) -> Result<Vec<Uuid>, PaymentError> {
        let Self(till) = self;
        let any = till.db.read(till.clone(), |tx, till| {
            Box::pin(async move {
                Ok::<_, PaymentError>(till.payments.anything_due(tx, till.effects.now()).await?)
            })
        });
        if !any.await? {
            return Ok(vec![]);
        }
        till.db
            .tx_queue(till.clone(), |tx, till| {
                Box::pin(async move {
                    let now = till.effects.now();
                    Ok(till.payments.claim_due(tx, now, now.plus(till.lease()), BATCH).await?)
                })
            })
            .await
    }

    /// Asks and writes down the answer. When that fails, the intent is taken over after its lease and asked for again.
    async fn one(&self, rung: Rung) -> Landed {
        let intent = rung.intent;
        if let Err(error) = self.try_one(rung).await {
            tracing::warn!(%error, %intent, "a provider's answer could not be written down; it is asked again");
        }
        Landed::Intent
    }

    async fn try_one(&self, rung: Rung) -> Result<(), PaymentError> {
        let intent = rung.intent;
        let payment = match rung.payment(self.0.effects.now()) {
            Some(payment) => payment,
            None => match self.read(intent).await? {
                Some(payment) => payment,
                None => return Ok(()),
            },
        };
        let Some(wanted) = payment.intents.iter().find(|i| i.id == intent && i.is_open()).cloned() else {
            return Ok(());
        };
        let (ctx, work) = self.resume(&payment, &wanted);
        let done = Scope::for_ctx("payment", &ctx).around(self.perform(&ctx, payment, wanted)).await;
        drop(work);
        done
    }

    /// The context of what set the payment in motion, and the work that continues its trace.
    fn resume(&self, payment: &Payment, wanted: &Intent) -> (Ctx, Work) {
        let Self(till) = self;
        let correlation = CorrelationId::parse(&payment.correlation);
        let correlation = correlation.unwrap_or_else(|| CorrelationId::new(till.effects.ids.uuid()));
        let mut work =
            Work::begin(&till.effects, "payment", SpanKind::Client, wanted.kind.as_str(), payment.trace);
        work.tell(|span| {
            span.set("peer.service", payment.provider.clone());
            span.set("hanse.payment.id", payment.id.to_string());
        });
        let mut ctx = Ctx::new(Actor::service("payment"), correlation);
        ctx.trace = Some(work.context());
        (ctx, work)
    }

    async fn perform(&self, ctx: &Ctx, payment: Payment, wanted: Intent) -> Result<(), PaymentError> {
        let Self(till) = self;
        let outcome = match till.providers.get(payment.provider.as_str()).cloned() {
            None => {
                Outcome::Unknown { why: format!("no provider is called `{}` any more", payment.provider) }
            }
            Some(provider) => {
                let asking = self.ask(provider, &payment, &wanted);
                till.effects
                    .within(till.times.provider, asking)
                    .await
                    .unwrap_or_else(|| Outcome::Unknown { why: "no answer in time".into() })
            }
        };
        report(&payment, &wanted, &outcome);
        self.write(ctx.clone(), wanted.id, outcome).await
    }

    async fn read(&self, intent: Uuid) -> Result<Option<Payment>, PaymentError> {
        self.0
            .db
            .read((self.0.payments.clone(), intent), |tx, (payments, intent)| {
                Box::pin(async move { Ok(payments.of_intent(tx, *intent).await?) })
            })
            .await
    }

    async fn ask(&self, provider: Arc<dyn Provider>, payment: &Payment, wanted: &Intent) -> Outcome {
        let authorisation =
            payment.intents.iter().find(|i| i.kind == Kind::Authorise).map_or(wanted.id, |i| i.id);
        let movement = Movement { key: wanted.id, authorisation, amount: payment.money(wanted.amount) };
        match wanted.kind {
            Kind::Renew => provider.renew(&movement).await,
            Kind::Capture => provider.capture(&movement).await,
            Kind::Void => provider.void(&movement).await,
            Kind::Refund => provider.refund(&movement).await,
            // Once the shopper has been sent away, or the means of payment is kept no longer, there is only looking.
            Kind::Authorise => match payment.sealed.clone() {
                Some(sealed) if payment.state != State::ActionRequired => {
                    match self.0.vault.open(payment.id, sealed) {
                        Ok(token) => {
                            let wanted = Authorisation {
                                key: wanted.id,
                                payment: payment.id,
                                order: payment.order,
                                attempt: payment.attempt,
                                amount: payment.amount,
                                token,
                            };
                            provider.authorise(&wanted).await
                        }
                        Err(error) => Outcome::Unknown { why: error.to_string() },
                    }
                }
                _ => provider.lookup(payment.id, authorisation).await,
            },
        }
    }

    async fn write(&self, ctx: Ctx, intent: Uuid, outcome: Outcome) -> Result<(), PaymentError> {
        let Self(till) = self;
        till.db
            .tx_one((till.clone(), ctx, intent, outcome), |tx, (till, ctx, intent, outcome)| {
                Box::pin(async move {
                    let Some(mut payment) = till.payments.of_intent(tx, *intent).await? else {
                        return Ok(());
                    };
                    let news = till
                        .decide(&mut payment, |payment, at| payment.resolve(*intent, outcome.clone(), at));
                    if news {
                        till.settle(tx, ctx, payment).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// What operators should know of an answer; tokens and people are not in it.
fn report(payment: &Payment, wanted: &Intent, outcome: &Outcome) {
    let (kind, id) = (wanted.kind.as_str(), payment.id);
    match outcome {
        Outcome::Unknown { why } => {
            metrics::counter!("payment_unknown_total", "kind" => kind).increment(1);
            tracing::warn!(payment = %id, kind, why, attempts = wanted.attempts, "a provider's answer is not known");
        }
        Outcome::Declined { reason }
            if wanted.asked.is_none() && matches!(wanted.kind, Kind::Void | Kind::Refund) =>
        {
            metrics::counter!("payment_cancel_refused_total", "kind" => kind).increment(1);
            tracing::error!(payment = %id, kind, reason, "the provider refuses to end a payment; look at its account");
        }
        Outcome::Approved { .. } | Outcome::Declined { .. } | Outcome::Action { .. } => {}
    }
}
