//! What the use cases need of the outside: the store, and what auth knows about people.

use crate::domain::consent::{Consent, Consents};
use crate::domain::{AddressBook, Profile};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Limit, OrderId, Personal, Secret, Timestamp, UserId};
use std::collections::BTreeSet;
use std::time::Duration;

#[async_trait]
pub trait Profiles: Send + Sync {
    async fn find(&self, tx: &mut Tx, user: UserId) -> Result<Option<Profile>, DbError>;
    /// Whether they work here, without reading what is sealed; None when there is no profile.
    async fn staff(&self, tx: &mut Tx, user: UserId) -> Result<Option<bool>, DbError>;
    /// Does nothing when there is one.
    async fn add(&self, tx: &mut Tx, profile: &Profile) -> Result<(), DbError>;
    /// False when somebody else saved it since it was read; nothing is changed then.
    async fn save(&self, tx: &mut Tx, profile: &Profile) -> Result<bool, DbError>;
    /// Shoppers, the newest first, before `before`; one more than `limit`. Each of `words` begins a word of the name.
    async fn customers(
        &self,
        tx: &mut Tx,
        words: &BTreeSet<String>,
        before: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<Profile>, DbError>;
    /// Those that auth has not been asked about, the oldest first.
    async fn unknown(&self, tx: &mut Tx, limit: i64) -> Result<Vec<Profile>, DbError>;
    /// Removes a profile with its address book, if there is one, and destroys the person's key: nothing of theirs is read again.
    async fn remove(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
}

/// What people have agreed to.
#[async_trait]
pub trait ConsentBook: Send + Sync {
    /// All that they have said, the oldest first.
    async fn load(&self, tx: &mut Tx, user: UserId) -> Result<Consents, DbError>;
    /// Their `number`th word, counted from 1.
    async fn add(&self, tx: &mut Tx, user: UserId, number: i64, word: &Consent) -> Result<(), DbError>;
}

/// Who was erased: remembered for good, without anything about them but their id.
#[async_trait]
pub trait Erasures: Send + Sync {
    /// Nobody has been told of it yet. False when they had been erased before; nothing is changed then.
    async fn add(&self, tx: &mut Tx, user: UserId, by: &str, at: Timestamp) -> Result<bool, DbError>;
    async fn has(&self, tx: &mut Tx, user: UserId) -> Result<bool, DbError>;
    /// All are told of it now: for the how many-th time that is.
    async fn told(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<i64, DbError>;
    /// Some of those of which all were last told within this time, in the order of their ids.
    async fn page(&self, tx: &mut Tx, asked: &ErasuresAsked) -> Result<Vec<Erasure>, DbError>;
}

/// Which erasures are asked for.
#[derive(Debug, Clone)]
pub struct ErasuresAsked {
    pub told_after: Timestamp,
    pub told_until: Timestamp,
    /// Only greater ids.
    pub after: UserId,
    pub limit: i64,
}

/// An erasure as it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    pub user: UserId,
    pub erased_at: Timestamp,
    /// When all were told of it the last time.
    pub told_at: Timestamp,
}

#[async_trait]
pub trait AddressBooks: Send + Sync {
    /// Empty when the person has none.
    async fn load(&self, tx: &mut Tx, user: UserId) -> Result<AddressBook, DbError>;
    async fn save(&self, tx: &mut Tx, book: &AddressBook) -> Result<(), DbError>;
}

/// How to reach a person, as auth knows it.
#[derive(Clone)]
pub struct Contact {
    pub user: UserId,
    pub email: String,
    pub name: String,
    pub locale: String,
}

/// Auth cannot be asked now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

#[async_trait]
pub trait People: Send + Sync {
    /// Those of `users` that auth knows; at most 100 are asked about.
    async fn contacts(&self, ctx: &Ctx, users: &[UserId]) -> Result<Vec<Contact>, Away>;
    async fn by_email(&self, ctx: &Ctx, email: &str) -> Result<Option<UserId>, Away>;
    /// Whether it is the password of the person's account.
    async fn prove(&self, ctx: &Ctx, user: UserId, password: &Secret) -> Result<Proof, Away>;
}

/// What a password proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Theirs,
    /// It is theirs, and does not stand in for the second factor that they have.
    TheirsNotAlone,
    Wrong,
    /// Too many were wrong.
    Wait(Duration),
    NoAccount,
    /// They log in by a provider alone.
    NoPassword,
}

/// Something that another service holds about a person.
#[derive(Debug, Clone)]
pub struct Held {
    pub kind: String,
    /// Where it is an order.
    pub order: Option<OrderId>,
    /// A JSON object.
    pub json: Personal<String>,
}

/// What is asked of one.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub service: &'static str,
    pub user: UserId,
    /// At most 100, for those who know orders and not people.
    pub orders: &'a [OrderId],
    /// Where the portion before ended.
    pub after: String,
}

/// The services that hold something about people.
#[async_trait]
pub trait Holders: Send + Sync {
    /// One portion, and where the next one begins; None at the end.
    async fn ask(&self, ctx: &Ctx, question: Question<'_>) -> Result<(Vec<Held>, Option<String>), Away>;
}
