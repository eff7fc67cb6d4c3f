//! User's part of the audit. Of its own state only that nothing is left of people who were erased (20); what its messages tell is
//! examined with it.

use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_runtime::{Erased, Examine, Findings, Page, Remains};

pub struct OwnStore;

#[async_trait]
impl Examine for OwnStore {
    async fn examine(&self, _: &Page) -> Result<Findings, DbError> {
        Ok(Findings::default())
    }

    async fn remains(&self, tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
        for table in ["profiles", "addresses", "name_words", "consents"] {
            remains.look(tx, erased, table, "user_id").await?;
        }
        Ok(())
    }
}
