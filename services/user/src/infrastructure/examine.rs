//! User's part of the audit. No invariant is about its own state; what its messages tell is examined with it.

use async_trait::async_trait;
use hanse_database::DbError;
use hanse_runtime::{Examine, Findings, Page};

pub struct OwnStore;

#[async_trait]
impl Examine for OwnStore {
    async fn examine(&self, _: &Page) -> Result<Findings, DbError> {
        Ok(Findings::default())
    }
}
