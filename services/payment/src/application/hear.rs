//! A provider calls: something has become of a payment. It is not believed, it is asked.

use super::error::PaymentError;
use super::ports::{Call, Heard, Notice};
use super::till::Till;
use hanse_kernel::{CorrelationId, Ctx};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any provider goes on repeating a call.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Bytes of an event's name.
const LONGEST_EVENT: usize = 255;

#[derive(Clone)]
pub struct Hear(pub Till);

/// What a call led to. The provider need not know: it is thanked alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Whatever of the payment is open is being asked for.
    News,
    /// It has told of this before.
    Again,
    /// There is no such payment with it, or nothing of it is open.
    Settled,
}

impl Told {
    fn as_str(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Again => "again",
            Self::Settled => "settled",
        }
    }
}

impl Hear {
    pub async fn run(&self, ctx: &Ctx, provider: &str, call: &Call<'_>) -> Result<Told, PaymentError> {
        let Some(known) = self.0.providers.get(provider).cloned() else {
            return Err(PaymentError::NobodyCalls);
        };
        let name = known.name();
        let heard = match known.hear(call) {
            Heard::NeverCalls => return Err(PaymentError::NobodyCalls),
            Heard::Notice(notice) if !fits(&notice.event) => Heard::Unreadable {
                why: format!("an event's name has 1 to {LONGEST_EVENT} visible characters"),
            },
            heard => heard,
        };
        let led_to = match heard {
            Heard::Forged { why } => Err(("forged", PaymentError::Forged(why))),
            Heard::Unreadable { why } => Err(("unreadable", PaymentError::Unreadable(why))),
            Heard::OfNoConcern | Heard::NeverCalls => Ok(Told::Settled),
            Heard::Notice(notice) => Ok(self.note(ctx, name, notice).await?),
        };
        let outcome = match &led_to {
            Ok(told) => told.as_str(),
            Err((outcome, _)) => *outcome,
        };
        metrics::counter!("payment_webhooks_total", "provider" => name, "outcome" => outcome).increment(1);
        led_to.map_err(|(_, error)| error)
    }

    /// The event and what follows from it are written together: one that is lost in between comes again as new.
    async fn note(&self, ctx: &Ctx, provider: &'static str, notice: Notice) -> Result<Told, PaymentError> {
        let input = (self.0.clone(), ctx.clone(), provider, Arc::new(notice));
        self.0
            .db
            .tx_one(input, |tx, (till, ctx, provider, notice)| {
                Box::pin(async move {
                    let now = till.effects.now();
                    if !till.payments.first_told(tx, provider, &notice.event, now).await? {
                        return Ok(Told::Again);
                    }
                    let found = till.payments.of_intent(tx, notice.about).await?;
                    let Some(mut payment) = found.filter(|p| p.provider == *provider) else {
                        return Ok(Told::Settled);
                    };
                    let Some(to_ask) = till.decide(&mut payment, |payment, at| payment.heard(at)) else {
                        return Ok(Told::Settled);
                    };
                    // What comes of it belongs to what set the payment in motion, not to the call.
                    let mut ctx = ctx.clone();
                    if let Some(correlation) = CorrelationId::parse(&payment.correlation) {
                        ctx.correlation = correlation;
                        ctx.trace = payment.trace;
                    }
                    till.settle(tx, &ctx, payment).await?;
                    let bell = till.bell.clone();
                    tx.after_commit(move || to_ask.into_iter().for_each(|intent| bell.ring(intent)));
                    Ok(Told::News)
                })
            })
            .await
    }

    /// Forgets what no provider repeats any more; how many events.
    pub async fn forget_old(&self) -> Result<u64, PaymentError> {
        self.0
            .db
            .tx_queue(self.0.clone(), |tx, till| {
                Box::pin(async move {
                    let before = till.effects.now().minus(KEPT);
                    Ok(till.payments.forget_told(tx, before).await?)
                })
            })
            .await
    }
}

fn fits(event: &str) -> bool {
    (1..=LONGEST_EVENT).contains(&event.len()) && !event.chars().any(char::is_control)
}
