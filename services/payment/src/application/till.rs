//! What the use cases share: load, decide, save, tell, and hand to the worker what is now to be asked of a provider.

use super::bell::Bell;
use super::error::PaymentError;
use super::ports::{Challenges, Payments, Provider, Vault};
use crate::domain::{Moment, Payment, Phase, Rules, Told};
use hanse_database::{Db, Tx};
use hanse_kernel::{Ctx, Currency, Effects, OrderId, PaymentId};
use hanse_messaging::Outbox;
use hanse_payment_contract::{NextAction, PaymentOutcome, PaymentProcessed};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct Till {
    pub db: Db,
    pub outbox: Outbox,
    pub effects: Effects,
    pub payments: Arc<dyn Payments>,
    pub providers: Arc<BTreeMap<&'static str, Arc<dyn Provider>>>,
    pub challenges: Arc<dyn Challenges>,
    pub vault: Arc<dyn Vault>,
    pub bell: Arc<Bell>,
    pub times: Times,
}

#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a means of payment is kept.
    pub keep: Duration,
    /// How long one asking of a provider may take.
    pub provider: Duration,
    pub retry: Duration,
    pub look: Duration,
    /// How often the store is looked into for what nobody rang for.
    pub poll: Duration,
}

/// Beyond the time of one asking, before another takes it over.
const GRACE: Duration = Duration::from_secs(1);

impl Till {
    pub(super) fn rules(&self, provider: &str) -> Rules {
        let can = self.providers.get(provider).map(|p| p.capabilities());
        Rules {
            lease: self.lease(),
            retry: self.times.retry,
            look: self.times.look,
            multi_capture: can.is_some_and(|c| c.multi_capture),
            partial_refund: can.is_some_and(|c| c.partial_refund),
        }
    }

    pub(super) fn lease(&self) -> Duration {
        self.times.provider + GRACE
    }

    /// The payment a command is about; one that was never opened comes into being to stand against what comes later.
    pub(super) async fn about(
        &self,
        tx: &mut Tx,
        (id, order): (PaymentId, OrderId),
        currency: Option<Currency>,
    ) -> Result<Payment, PaymentError> {
        if let Some(found) = self.payments.find(tx, id).await? {
            return Ok(found);
        }
        // ISO 4217 has a code for "no currency".
        let currency = currency.or(Currency::parse("XXX").ok()).unwrap_or(Currency::EUR);
        Ok(Payment::never_opened(id, order, currency, self.effects.now()))
    }

    /// Lets `decide` work on the payment at this moment.
    pub(super) fn decide<T>(
        &self,
        payment: &mut Payment,
        decide: impl FnOnce(&mut Payment, &Moment<'_>) -> T,
    ) -> T {
        let ids = self.effects.ids.clone();
        let ids = move || ids.uuid();
        let at = Moment { now: self.effects.now(), rules: self.rules(&payment.provider), ids: &ids };
        decide(payment, &at)
    }

    /// Saves the payment, tells what there is to tell, and rings for what is to be done after the commit.
    pub(super) async fn settle(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        mut payment: Payment,
    ) -> Result<Payment, PaymentError> {
        let told = std::mem::take(&mut payment.told);
        let first = payment.events + 1;
        payment.events += i64::try_from(told.len()).unwrap_or(i64::MAX);
        payment.version += 1;
        ctx.correlation.as_str().clone_into(&mut payment.correlation);
        payment.trace = ctx.trace;
        if payment.forget_token {
            payment.sealed = None;
        }
        self.payments.save(tx, &payment, self.effects.now()).await?;
        for (aggver, told) in (first..).zip(told) {
            let event = event(&payment, told);
            metrics::counter!("payment_answers_total", "outcome" => outcome_name(event.outcome)).increment(1);
            self.outbox.event(tx, ctx, &payment.id, aggver, &event).await?;
        }
        let mut to_ask = vec![];
        for intent in payment.intents.iter_mut().filter(|i| i.new) {
            intent.new = false;
            if intent.phase == Phase::Flying {
                to_ask.push(intent.id);
            }
        }
        for intent in to_ask {
            let (bell, payment) = (self.bell.clone(), payment.clone());
            tx.after_commit(move || bell.ring_with(intent, payment));
        }
        Ok(payment)
    }
}

fn event(payment: &Payment, told: Told) -> PaymentProcessed {
    let mut event = PaymentProcessed {
        payment_id: payment.id,
        order_id: payment.order,
        attempt: payment.attempt,
        outcome: PaymentOutcome::Authorized,
        authorized: payment.money(payment.authorised),
        captured: payment.money(payment.captured),
        refunded: payment.money(payment.refunded),
        reason: None,
        next_action: None,
        refund_id: None,
        capture_id: None,
        renewal: 0,
    };
    match told {
        Told::Authorised => {}
        Told::Renewed { renewal } => event.renewal = renewal,
        Told::NotRenewed { renewal, reason } => {
            event.outcome = PaymentOutcome::Declined;
            event.reason = Some(reason);
            event.renewal = renewal;
        }
        Told::Declined { reason } => {
            event.outcome = PaymentOutcome::Declined;
            event.reason = Some(reason);
        }
        Told::ActionRequired(action) => {
            event.outcome = PaymentOutcome::ActionRequired;
            event.next_action = Some(NextAction { kind: action.kind, url: action.url });
        }
        Told::Captured { capture } => {
            event.outcome = PaymentOutcome::Captured;
            event.capture_id = Some(capture);
        }
        Told::CaptureFailed { capture } => {
            event.outcome = PaymentOutcome::Declined;
            event.reason = Some("capture_failed".into());
            event.renewal = payment.renewed;
            event.capture_id = Some(capture);
        }
        Told::Voided => event.outcome = PaymentOutcome::Voided,
        Told::Refunded { refund } => {
            event.outcome = PaymentOutcome::Refunded;
            event.refund_id = refund;
        }
        Told::RefundFailed { refund } => {
            event.outcome = PaymentOutcome::Declined;
            event.reason = Some("refund_failed".into());
            event.refund_id = Some(refund);
        }
    }
    event
}

fn outcome_name(outcome: PaymentOutcome) -> &'static str {
    match outcome {
        PaymentOutcome::Authorized => "authorized",
        PaymentOutcome::Declined => "declined",
        PaymentOutcome::ActionRequired => "action_required",
        PaymentOutcome::Captured => "captured",
        PaymentOutcome::Voided => "voided",
        PaymentOutcome::Refunded => "refunded",
    }
}
