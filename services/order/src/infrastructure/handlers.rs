//! What order does when a message comes.

use crate::application::OrderError;
use crate::application::answers::{Answers, PaymentNews};
use crate::application::forget::ForgetCustomer;
use crate::domain::saga::{NextAction, Signal};
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_inventory_contract::{self as inventory, InventoryUpdated, StockOutcome};
use hanse_messaging::{Consumers, Handle, HandlerError, Message, Received};
use hanse_order_contract as contract;
use hanse_payment_contract::{self as payment, PaymentOutcome, PaymentProcessed};
use hanse_user_contract::UserErased;

/// The messages that it sends.
pub const SENDS: [&str; 17] = [
    contract::OrderPlaced::TYPE,
    contract::OrderConfirmed::TYPE,
    contract::OrderRejected::TYPE,
    contract::OrderCancelled::TYPE,
    contract::OrderFulfilled::TYPE,
    contract::OrderRefunded::TYPE,
    contract::OrderPersonErased::TYPE,
    inventory::ReserveStock::TYPE,
    inventory::RenewHold::TYPE,
    inventory::CommitStock::TYPE,
    inventory::ReleaseStock::TYPE,
    inventory::Restock::TYPE,
    payment::Authorize::TYPE,
    payment::CancelPayment::TYPE,
    payment::Capture::TYPE,
    payment::VoidRest::TYPE,
    payment::Refund::TYPE,
];

pub fn consumers(empty: Consumers, answers: Answers, forget: ForgetCustomer) -> Consumers {
    empty
        .on_one::<InventoryUpdated>("order.stock_answer", OnStock(answers.clone()))
        .on_one::<PaymentProcessed>("order.payment_answer", OnPayment(answers))
        .on::<UserErased>("order.forget", OnErased(forget))
}

fn told(error: OrderError) -> HandlerError {
    match error {
        OrderError::Db(error) => HandlerError::Store(error),
        OrderError::Refused(refusal) => HandlerError::Refused(refusal.to_string()),
        other => HandlerError::NotNow(other.to_string()),
    }
}

struct OnStock(Answers);

#[async_trait]
impl Handle<InventoryUpdated> for OnStock {
    async fn handle(&self, tx: &mut Tx, received: &Received<InventoryUpdated>) -> Result<(), HandlerError> {
        let news = &received.message;
        let Some(order) = news.order_id else { return Ok(()) };
        let signal = match news.outcome {
            StockOutcome::Reserved => Signal::Reserved,
            StockOutcome::OutOfStock => Signal::OutOfStock,
            StockOutcome::Committed => Signal::Committed,
            StockOutcome::CommitFailed => Signal::CommitFailed,
            StockOutcome::Released => Signal::Released,
            StockOutcome::Expired => Signal::Expired,
            StockOutcome::Restocked => {
                return match news.restock_id {
                    Some(restock) => self.0.restocked(tx, restock).await.map_err(told),
                    None => Ok(()),
                };
            }
            StockOutcome::Adjusted => return Ok(()),
        };
        self.0.stock(tx, &received.ctx, order, &signal).await.map_err(told)
    }
}

struct OnPayment(Answers);

#[async_trait]
impl Handle<PaymentProcessed> for OnPayment {
    async fn handle(&self, tx: &mut Tx, received: &Received<PaymentProcessed>) -> Result<(), HandlerError> {
        let message = &received.message;
        let news = PaymentNews {
            payment: message.payment_id,
            order: message.order_id,
            signal: signal(message)?,
            authorized: message.authorized,
            captured: message.captured,
            refunded: message.refunded,
        };
        self.0.payment(tx, &received.ctx, &news).await.map_err(told)
    }
}

fn signal(message: &PaymentProcessed) -> Result<Signal, HandlerError> {
    let renewal = message.renewal;
    Ok(match message.outcome {
        PaymentOutcome::Authorized if renewal > 0 => Signal::Renewed { renewal },
        PaymentOutcome::Authorized => Signal::Authorized,
        PaymentOutcome::Declined => match message.reason.as_deref() {
            Some("refund_failed") => Signal::RefundFailed { refund: message.refund_id },
            Some("capture_failed") => Signal::CaptureFailed { renewal },
            _ if message.refund_id.is_some() => Signal::RefundFailed { refund: message.refund_id },
            _ if message.capture_id.is_some() => Signal::CaptureFailed { renewal },
            _ if renewal > 0 => Signal::NotRenewed { renewal },
            _ => Signal::Declined,
        },
        PaymentOutcome::ActionRequired => {
            let action = message.next_action.as_ref().ok_or_else(|| {
                HandlerError::Refused("an action is required but it does not say which".into())
            })?;
            Signal::ActionRequired(NextAction { kind: action.kind.clone(), url: action.url.clone() })
        }
        PaymentOutcome::Captured => Signal::Captured { capture: message.capture_id },
        PaymentOutcome::Voided => Signal::Voided,
        PaymentOutcome::Refunded => Signal::Refunded { refund: message.refund_id },
    })
}

struct OnErased(ForgetCustomer);

#[async_trait]
impl Handle<UserErased> for OnErased {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserErased>) -> Result<(), HandlerError> {
        self.0.run(tx, received.message.user_id).await.map_err(told)
    }
}
