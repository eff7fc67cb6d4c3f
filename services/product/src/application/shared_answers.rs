//! The second level of kept answers: what all processes of the service share, for as long as nothing that it shows has
//! changed anywhere.

use super::answers::Body;
use async_trait::async_trait;
use hanse_kernel::ProductId;

/// What an answer shows, as far as changes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Lists, categories and totals.
    Lists,
    Page(ProductId),
}

/// The state of the catalogue before something was read from the store, so that a change during the reading is not
/// missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedMoment(pub u64);

#[derive(Debug, Clone)]
pub enum SharedFound {
    Body(Subject, Body),
    /// Not there; None: what is read now is not to be kept, since it could not be let go either.
    Missing(Option<SharedMoment>),
}

/// None of this fails: without the second level there is the store.
#[async_trait]
pub trait SharedAnswers: Send + Sync {
    async fn find(&self, key: &str) -> SharedFound;
    /// Keeps what was read after `moment`, unless `subject` has changed since.
    async fn keep(&self, key: &str, moment: SharedMoment, subject: Subject, body: &Body);
    /// Notes that what shows it is to be let go everywhere, which [`SharedAnswers::tell`] does. Until that is done this
    /// process finds nothing.
    fn changed(&self, subject: Subject);
    /// Resolves when there is something to tell.
    async fn waiting(&self);
    /// Tells all that waits. Whoever stops it half-way loses nothing.
    async fn tell(&self);
}
