//! What the use cases need of the outside: the store, and what auth knows about people.

use crate::domain::{AddressBook, Profile};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Limit, UserId};
use std::collections::BTreeSet;

#[async_trait]
pub trait Profiles: Send + Sync {
    async fn find(&self, tx: &mut Tx, user: UserId) -> Result<Option<Profile>, DbError>;
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
}
