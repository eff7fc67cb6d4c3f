//! What notification needs from outside: its tables, the other services, and something that delivers.

use super::error::SendError;
use crate::domain::{Addressee, Kind};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{CorrelationId, Ctx, Locale, MailId, OrderId, Personal, Timestamp, TraceContext, UserId};
use serde_json::Value;
use std::collections::BTreeMap;

/// A mail that is to be sent.
#[derive(Debug, Clone)]
pub struct Intent {
    pub id: MailId,
    pub kind: Kind,
    pub addressee: Addressee,
    /// What the message told: a reason, a tracking number, an amount.
    pub facts: Value,
    pub attempts: i64,
    /// Of the request that it comes of in the end; none from before these were kept.
    pub correlation: Option<CorrelationId>,
    /// Where in its trace.
    pub trace: Option<TraceContext>,
}

/// How it went with a mail.
#[derive(Debug, Clone)]
pub struct Ending {
    pub state: &'static str,
    pub error: Option<String>,
    /// Whom it was for, as far as that was found out.
    pub person: Option<UserId>,
}

#[async_trait]
pub trait Intents: Send + Sync {
    /// False when there is one for this occasion already.
    async fn add(&self, tx: &mut Tx, intent: &Intent, about: &str, now: Timestamp) -> Result<bool, DbError>;
    /// Takes due intents for this worker until `until`.
    async fn take_due(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Intent>, DbError>;
    async fn end(&self, tx: &mut Tx, id: MailId, ending: &Ending, now: Timestamp) -> Result<(), DbError>;
    async fn try_again(&self, tx: &mut Tx, id: MailId, error: &str, at: Timestamp) -> Result<(), DbError>;
    /// Forgets what is meant for a person, and what was told of their orders.
    async fn forget(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    /// Forgets what was told of a guest's order.
    async fn forget_order(&self, tx: &mut Tx, order: OrderId) -> Result<(), DbError>;
}

/// A template as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub kind: Kind,
    pub locale: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// By the merchant; defaults of later versions leave it alone.
    pub edited: bool,
}

#[async_trait]
pub trait Templates: Send + Sync {
    async fn get(&self, tx: &mut Tx, kind: Kind, locale: &str) -> Result<Option<Template>, DbError>;
    async fn all(&self, tx: &mut Tx) -> Result<Vec<Template>, DbError>;
    async fn put(&self, tx: &mut Tx, template: &Template, now: Timestamp) -> Result<(), DbError>;
    /// The templates that come with this version.
    fn defaults(&self) -> Vec<Template>;
}

/// A mail, rendered.
#[derive(Debug, Clone)]
pub struct Mail {
    pub id: MailId,
    pub kind: Kind,
    pub to: Personal<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub addressee: Addressee,
}

/// A mail as it lies in the outbox.
#[derive(Debug, Clone)]
pub struct KeptMail {
    pub id: MailId,
    pub kind: Kind,
    pub to: Personal<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub created_at: Timestamp,
}

#[async_trait]
pub trait KeptMails: Send + Sync {
    /// Keeps a mail once, however often it is delivered.
    async fn keep(&self, tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<(), DbError>;
    async fn newest(&self, tx: &mut Tx, limit: i64) -> Result<Vec<KeptMail>, DbError>;
    async fn get(&self, tx: &mut Tx, id: MailId) -> Result<Option<KeptMail>, DbError>;
    /// Throws away what was written before then, at most `limit`; how many.
    async fn forget_old(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
    /// Nothing of a person's is kept any more, nor will be.
    async fn forget(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), DbError>;
    /// Nothing about a guest's order is kept any more, nor will be.
    async fn forget_order(&self, tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<(), DbError>;
}

#[async_trait]
pub trait Mailer: Send + Sync {
    /// Delivers under the mail's id; the same id again is the same mail.
    async fn deliver(&self, mail: &Mail) -> Result<(), SendError>;
}

/// Whom to tell, and what the template may use.
#[derive(Debug, Clone)]
pub struct Occasion {
    pub to: Personal<String>,
    pub locale: Locale,
    /// `order` and `person` as the templates know them.
    pub data: Value,
    /// The order's status now, to leave out what is no longer true.
    pub status: String,
    /// By shipment, the parcels' numbers; empty where there is none.
    pub tracking: BTreeMap<String, String>,
}

#[async_trait]
pub trait Neighbours: Send + Sync {
    /// `None`: the person or the order is no more, nobody is to be told.
    async fn occasion(&self, ctx: &Ctx, addressee: Addressee) -> Result<Option<Occasion>, SendError>;
}

/// Subject, text and HTML.
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub trait Render: Send + Sync {
    fn render(&self, template: &Template, data: &Value, facts: &Value) -> Result<Rendered, String>;
    /// Renders against sample data, so that a broken template is refused when it is written.
    fn proof(&self, template: &Template) -> Result<Rendered, String>;
}
