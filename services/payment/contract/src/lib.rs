//! All that other services may see of payment: its commands, its event and its questions.

use hanse_kernel::{Money, OrderId, PaymentId, RefundId};
use serde::{Deserialize, Serialize};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.payment.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// Ask the provider to set the amount aside. Activates the payment. Answered by authorized, declined or
/// action_required.
///
/// With a `renewal`, ask it to set aside anew what has not been captured, because authorisations lapse. Answered by
/// authorized or declined with the same number; a declined one leaves the payment as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorize {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// 0: the first time. Then 1, 2, …; each is asked of the provider once, however often the command comes.
    #[serde(default, skip_serializing_if = "is_first")]
    pub renewal: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference.
fn is_first(renewal: &u32) -> bool {
    *renewal == 0
}

/// End the payment whatever its state. Answered by voided (declined, expired, never opened: a tombstone against a
/// later Authorize or Capture) or, if captured, by refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelPayment {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
}

/// Take money that was authorised. Idempotent by `capture_id`. Answered by captured, or declined with reason
/// capture_failed when it can never succeed under this authorisation; once that has been renewed it may be asked for
/// again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub capture_id: uuid::Uuid,
    pub amount: Money,
}

/// Give captured money back. Idempotent by `refund_id`. Answered by refunded, or declined with reason refund_failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub refund_id: RefundId,
    pub amount: Money,
}

/// Let go of what is authorised and not captured; captures stay. Sent when part of an order was captured and the rest
/// of it will not be. Has no answer of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidRest {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentOutcome {
    Authorized,
    Declined,
    ActionRequired,
    Captured,
    Voided,
    Refunded,
}

/// What became of a payment, with its amounts as they are now. The subject is the payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProcessed {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub attempt: u32,
    pub outcome: PaymentOutcome,
    pub authorized: Money,
    pub captured: Money,
    pub refunded: Money,
    /// Declined: card_declined, expired, capture_failed, refund_failed, …
    pub reason: Option<String>,
    /// Action required: where the shopper goes.
    pub next_action: Option<NextAction>,
    /// Refunded: which refund this answers; None when the payment was cancelled after its capture.
    pub refund_id: Option<RefundId>,
    /// Captured (or declined with capture_failed): which capture this answers.
    pub capture_id: Option<uuid::Uuid>,
    /// Authorized or declined: which renewal this answers, 0 for the first asking. Declined with capture_failed: the
    /// last renewal that had been granted by then.
    #[serde(default, skip_serializing_if = "is_first")]
    pub renewal: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
}

hanse_envelope::messages! {
    Authorize = "payment.Authorize.v1";
    CancelPayment = "payment.CancelPayment.v1";
    Capture = "payment.Capture.v1";
    Refund = "payment.Refund.v1";
    VoidRest = "payment.VoidRest.v1";
    PaymentProcessed = "payment.PaymentProcessed.v1";
}
