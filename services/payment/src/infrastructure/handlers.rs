//! What payment does when a message comes. Every handler is right under any order and any duplication.

use crate::application::activate::Activate;
use crate::application::authorise::Authorise as SetAside;
use crate::application::cancel::Cancel;
use crate::application::capture::Capture as Take;
use crate::application::refund::Refund as GiveBack;
use crate::application::void_rest::VoidRest as LetGo;
use crate::application::{PaymentError, Till};
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_messaging::{Consumers, Handle, HandlerError, Message, Received};
use hanse_order_contract::OrderPlaced;
use hanse_payment_contract::{Authorize, CancelPayment, Capture, PaymentProcessed, Refund, VoidRest};

/// The messages that it sends.
pub const SENDS: [&str; 1] = [PaymentProcessed::TYPE];

/// All subscriptions. The names are inbox keys: they never change.
pub fn consumers(empty: Consumers, till: &Till) -> Consumers {
    empty
        .on_one::<OrderPlaced>("payment.activate", OnOrderPlaced(Activate(till.clone())))
        .on_one::<Authorize>("payment.authorize", OnAuthorize(SetAside(till.clone())))
        .on_one::<CancelPayment>("payment.cancel", OnCancel(Cancel(till.clone())))
        .on_one::<Capture>("payment.capture", OnCapture(Take(till.clone())))
        .on_one::<Refund>("payment.refund", OnRefund(GiveBack(till.clone())))
        .on_one::<VoidRest>("payment.void_rest", OnVoidRest(LetGo(till.clone())))
}

fn told(error: PaymentError) -> HandlerError {
    match error {
        PaymentError::Store(e) => HandlerError::Store(e),
        PaymentError::NotYet(_) | PaymentError::Conflict => HandlerError::NotNow(error.to_string()),
        other => HandlerError::Refused(other.to_string()),
    }
}

struct OnOrderPlaced(Activate);

#[async_trait]
impl Handle<OrderPlaced> for OnOrderPlaced {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderPlaced>) -> Result<(), HandlerError> {
        // Without a payment there is nothing to pay.
        let Some(payment) = received.message.payment_id else { return Ok(()) };
        self.0.run(tx, &received.ctx, payment).await.map_err(told)
    }
}

struct OnAuthorize(SetAside);

#[async_trait]
impl Handle<Authorize> for OnAuthorize {
    async fn handle(&self, tx: &mut Tx, received: &Received<Authorize>) -> Result<(), HandlerError> {
        let Authorize { payment_id, order_id, renewal } = received.message;
        self.0.run(tx, &received.ctx, (payment_id, order_id), renewal).await.map_err(told)
    }
}

struct OnCancel(Cancel);

#[async_trait]
impl Handle<CancelPayment> for OnCancel {
    async fn handle(&self, tx: &mut Tx, received: &Received<CancelPayment>) -> Result<(), HandlerError> {
        let CancelPayment { payment_id, order_id } = received.message;
        self.0.run(tx, &received.ctx, (payment_id, order_id)).await.map_err(told)
    }
}

struct OnCapture(Take);

#[async_trait]
impl Handle<Capture> for OnCapture {
    async fn handle(&self, tx: &mut Tx, received: &Received<Capture>) -> Result<(), HandlerError> {
        let Capture { payment_id, order_id, capture_id, amount } = received.message;
        self.0.run(tx, &received.ctx, (payment_id, order_id), (capture_id, amount)).await.map_err(told)
    }
}

struct OnRefund(GiveBack);

#[async_trait]
impl Handle<Refund> for OnRefund {
    async fn handle(&self, tx: &mut Tx, received: &Received<Refund>) -> Result<(), HandlerError> {
        let Refund { payment_id, order_id, refund_id, amount } = received.message;
        self.0.run(tx, &received.ctx, (payment_id, order_id), (refund_id, amount)).await.map_err(told)
    }
}

struct OnVoidRest(LetGo);

#[async_trait]
impl Handle<VoidRest> for OnVoidRest {
    async fn handle(&self, tx: &mut Tx, received: &Received<VoidRest>) -> Result<(), HandlerError> {
        let VoidRest { payment_id, order_id } = received.message;
        self.0.run(tx, &received.ctx, (payment_id, order_id)).await.map_err(told)
    }
}
