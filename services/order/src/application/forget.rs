//! Use case: a person asked to be forgotten. What the law wants kept of their orders stays; who they were does not. An order
//! that is on its way keeps its address until it has ended: nobody could send it otherwise.

use super::desk::Desk;
use super::error::OrderError;
use hanse_database::Tx;
use hanse_kernel::{Timestamp, UserId};
use std::time::Duration;

/// Orders per unit.
const BATCH: i64 = 20;
/// People looked at together.
const PEOPLE: i64 = 100;
/// An order that has not ended by then is stripped as it is.
pub(super) const LONGEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// A checkout that began before the erasure has placed its order by then.
const LATE: Duration = Duration::from_secs(60 * 60);

#[derive(Clone)]
pub struct ForgetCustomer(pub Desk);

impl ForgetCustomer {
    /// The message has come: the first orders are stripped with it, the others by [`ForgetCustomer::go_on`].
    pub async fn run(&self, tx: &mut Tx, customer: UserId) -> Result<(), OrderError> {
        let now = self.0.effects.now();
        self.0.forgotten.note(tx, customer, now).await?;
        let orders = self.0.forgotten.strip(tx, customer, false, now, BATCH).await?;
        tracing::info!(%customer, orders, "personal data in orders is gone");
        Ok(())
    }

    /// One round over all who are still to be forgotten, in bounded units; how many orders were stripped.
    pub async fn go_on(&self) -> Result<u64, OrderError> {
        let (mut stripped, mut after) = (0, None);
        loop {
            let people = self.0.db.read((self.0.clone(), after), |tx, (desk, after)| {
                Box::pin(async move { Ok::<_, OrderError>(desk.forgotten.noted(tx, *after, PEOPLE).await?) })
            });
            let people = people.await?;
            let Some((last, _)) = people.last() else { return Ok(stripped) };
            after = Some(*last);
            for (customer, asked_at) in people {
                stripped += self.one(customer, asked_at).await?;
            }
        }
    }

    async fn one(&self, customer: UserId, asked_at: Timestamp) -> Result<u64, OrderError> {
        let age = self.0.effects.now().since(asked_at);
        let mut stripped = 0;
        loop {
            let input = (self.0.clone(), customer, age);
            let gone = self.0.db.tx(input, |tx, (desk, customer, age)| {
                Box::pin(async move {
                    let (now, all) = (desk.effects.now(), *age > LONGEST);
                    let gone = desk.forgotten.strip(tx, *customer, all, now, BATCH).await?;
                    if gone == 0 && *age > LATE && !desk.forgotten.any_left(tx, *customer).await? {
                        desk.forgotten.done(tx, *customer).await?;
                    }
                    Ok::<_, OrderError>(gone)
                })
            });
            let gone = gone.await?;
            metrics::counter!("retention_deleted_total", "what" => "names_in_orders").increment(gone);
            stripped += gone;
            if gone < BATCH.unsigned_abs() {
                return Ok(stripped);
            }
        }
    }
}
