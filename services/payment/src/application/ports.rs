//! What the use cases need: the store, the providers, the vault for means of payment.

use super::error::PaymentError;
use crate::domain::{Held, Outcome, Payment};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Limit, Money, OrderId, PaymentId, Secret, Timestamp};
use uuid::Uuid;

#[async_trait]
pub trait Payments: Send + Sync {
    async fn find(&self, tx: &mut Tx, id: PaymentId) -> Result<Option<Payment>, DbError>;
    async fn find_attempt(
        &self,
        tx: &mut Tx,
        order: OrderId,
        attempt: u32,
    ) -> Result<Option<Payment>, DbError>;
    /// The payment that an intent belongs to.
    async fn of_intent(&self, tx: &mut Tx, intent: Uuid) -> Result<Option<Payment>, DbError>;
    /// Saves the payment, its means of payment, its intents and its postings; its version is already the new one. Conflict when another
    /// unit was first.
    async fn save(&self, tx: &mut Tx, payment: &Payment, now: Timestamp) -> Result<(), PaymentError>;
    async fn anything_due(&self, tx: &mut Tx, now: Timestamp) -> Result<bool, DbError>;
    /// Takes over what is due, until `until`; two that ask at once get different ones.
    async fn claim_due(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Uuid>, DbError>;
    /// Payments whose means of payment is kept no longer but which have not ended.
    async fn overdue(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<PaymentId>, DbError>;
    /// Remembers that a provider has told of this event; false when it had before.
    async fn first_told(
        &self,
        tx: &mut Tx,
        provider: &str,
        event: &str,
        now: Timestamp,
    ) -> Result<bool, DbError>;
    /// Forgets events that were told before then, a bounded number per call; how many.
    async fn forget_told(&self, tx: &mut Tx, before: Timestamp) -> Result<u64, DbError>;
    /// Writes down what was set right, and by whom.
    async fn note(&self, tx: &mut Tx, right: &SetRight, now: Timestamp) -> Result<(), DbError>;
    /// Payments made since then for which money is set aside or taken, after this one, with the key of each one's
    /// authorisation.
    async fn with_money(
        &self,
        tx: &mut Tx,
        provider: &str,
        since: Timestamp,
        after: PaymentId,
        most: i64,
    ) -> Result<Vec<(PaymentId, OrderId, Uuid)>, DbError>;
    /// The newest first.
    async fn list(
        &self,
        tx: &mut Tx,
        order: Option<OrderId>,
        before: Option<PaymentId>,
        limit: Limit,
    ) -> Result<Vec<Listed>, DbError>;
}

/// A payment as staff see it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub payment: Payment,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a provider can, as values: nothing is tried to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub multi_capture: bool,
    pub partial_refund: bool,
    /// The money is taken when goods leave, not when the order is confirmed.
    pub capture_at_fulfilment: bool,
    /// Its books can be read.
    pub statements: bool,
}

/// Set an amount aside. The same `key` again means the same authorisation.
#[derive(Debug)]
pub struct Authorisation {
    pub key: Uuid,
    /// What it is for; the provider's books tell it again.
    pub payment: PaymentId,
    pub order: OrderId,
    pub attempt: u32,
    pub amount: Money,
    pub token: Secret,
}

/// Do something with an authorisation. The same `key` again means the same movement.
#[derive(Debug, Clone, Copy)]
pub struct Movement {
    pub key: Uuid,
    /// The key it was asked for under.
    pub authorisation: Uuid,
    pub amount: Money,
}

/// A request that says it comes from a provider, as it arrived: nothing of it holds before the provider's adapter has
/// looked at it.
pub struct Call<'a> {
    /// The raw bytes, which are what is signed.
    pub body: &'a [u8],
    /// A header's value, by its name in small letters; None when it is not there, or there twice.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Send + Sync),
    pub now: Timestamp,
}

/// That something has become of a payment. What, the provider is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's own name for what happened: the same in every repetition, at most 255 bytes.
    pub event: String,
    /// A key that the provider was asked under: an authorisation's or a movement's.
    pub about: Uuid,
}

/// What a provider's adapter makes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Notice(Notice),
    /// Signed, and about nothing that was asked for here.
    OfNoConcern,
    /// Not signed by the provider, or too long ago to be more than a copy.
    Forged {
        why: &'static str,
    },
    /// Signed, and not to be understood.
    Unreadable {
        why: String,
    },
    /// This provider calls nobody; it is looked up every now and then.
    NeverCalls,
}

/// Somebody who moves money. Every call is idempotent by its key; what cannot be told is `Outcome::Unknown`.
#[async_trait]
pub trait Provider: Send + Sync {
    fn name(&self) -> &'static str;
    fn capabilities(&self) -> Capabilities;
    async fn authorise(&self, wanted: &Authorisation) -> Outcome;
    /// Sets the amount aside anew, by the means of payment of the earlier authorisation, which it replaces; it goes by
    /// the same name as that one. The shopper is not there: what only they could grant is declined, and what is
    /// declined leaves the earlier one as it was.
    async fn renew(&self, wanted: &Movement) -> Outcome;
    async fn capture(&self, wanted: &Movement) -> Outcome;
    /// Terminal: what is (left) set aside under the authorisation's key is let go, and an asking that arrives later
    /// is declined, also when nothing has arrived yet.
    async fn void(&self, wanted: &Movement) -> Outcome;
    async fn refund(&self, wanted: &Movement) -> Outcome;
    /// What has become of an authorisation. One that the provider has not heard of is unknown, not declined.
    async fn lookup(&self, payment: PaymentId, authorisation: Uuid) -> Outcome;
    /// Checks the signature of a webhook over its raw body, in constant time, and tells what it is about.
    fn hear(&self, call: &Call<'_>) -> Heard;
    /// What its books hold: authorisations that were granted, and in which something has changed since then, by their keys
    /// in order, after this one and at most so many. Who has no statements is not asked.
    async fn statement(&self, since: Timestamp, after: Uuid, most: u32) -> Result<Vec<Held>, Unread>;
}

/// A webhook as a provider sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedWebhook {
    /// The value of `hanse-signature`.
    pub signature: String,
    pub body: Vec<u8>,
}

/// A provider's books could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the provider's books cannot be read: {0}")]
pub struct Unread(pub String);

/// What order knows.
#[async_trait]
pub trait Orders: Send + Sync {
    async fn exists(&self, ctx: &Ctx, order: OrderId) -> Result<bool, PaymentError>;
}

/// Something that was set right after a look into a provider's books.
#[derive(Debug, Clone)]
pub struct SetRight {
    pub who: String,
    pub provider: &'static str,
    pub held: Held,
    /// The payment that it was written to.
    pub payment: PaymentId,
    pub kind: &'static str,
    pub detail: String,
}

/// The test provider's stand-in for a shopper at their bank.
#[async_trait]
pub trait Challenges: Send + Sync {
    /// The webhook that the provider sends of it; None when it was not waiting for that.
    async fn answer(&self, authorisation: Uuid, approve: bool) -> Result<Option<SignedWebhook>, DbError>;
}

/// Keeps means of payment unreadable at rest. What is sealed for one payment opens for that one only.
pub trait Vault: Send + Sync {
    fn seal(&self, payment: PaymentId, token: &Secret) -> Result<Vec<u8>, PaymentError>;
    fn open(&self, payment: PaymentId, sealed: Vec<u8>) -> Result<Secret, PaymentError>;
}
