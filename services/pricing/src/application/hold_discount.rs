//! Use case: hold the limits of discount codes for an order that is about to be made.

use super::PricingError;
use super::ports::{Discounts, Holds};
use crate::domain::discount::{Refusal, Use};
use crate::domain::{Code, Discount, Hold, HoldState};
use hanse_database::{Db, Tx};
use hanse_kernel::{Clock, OrderId, Timestamp, UserId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct HoldDiscount {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub discounts: Arc<dyn Discounts>,
    pub holds: Arc<dyn Holds>,
    /// How long a hold lasts before pricing asks whether an order came of it.
    pub lasts: Duration,
}

#[derive(Debug, Clone)]
pub struct Wish {
    pub order: OrderId,
    pub attempt: i64,
    pub codes: Vec<String>,
    pub customer: Option<UserId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// None: there was nothing to hold.
    Held(Option<Timestamp>),
    /// Nothing of it is held. Each code with why not.
    Refused(Vec<(String, Refusal)>),
    /// The order has ended; nothing can be held for it any more.
    Closed,
}

impl HoldDiscount {
    /// All codes or none. The same `(order, attempt)` again renews the hold; a later attempt may come with other
    /// codes, an earlier one changes nothing.
    pub async fn run(&self, wish: Wish) -> Result<Outcome, PricingError> {
        // A queue's unit: its first statement locks the codes, on which everything else is decided, so that a popular
        // code makes orders wait for each other instead of fail.
        self.db
            .tx_queue((self.clone(), wish), |tx, (this, wish)| {
                Box::pin(async move { this.hold(tx, wish).await })
            })
            .await
    }

    async fn hold(&self, tx: &mut Tx, wish: &Wish) -> Result<Outcome, PricingError> {
        let now = self.clock.now();
        let codes: Vec<Code> = wish.codes.iter().filter_map(|c| c.parse().ok()).collect();
        let found = self.discounts.lock(tx, &codes).await?;
        let before = self.holds.lock(tx, wish.order).await?;
        match &before {
            Some(hold) if hold.state == HoldState::Freed => return Ok(Outcome::Closed),
            Some(hold) if !hold.open() || wish.attempt < hold.attempt => {
                return Ok(Outcome::Held((!hold.codes.is_empty()).then_some(hold.expires_at)));
            }
            None if wish.codes.is_empty() => return Ok(Outcome::Held(None)),
            _ => {}
        }
        let refused = self.refusals(tx, wish, &found, before.as_ref(), now).await?;
        if !refused.is_empty() {
            return Ok(Outcome::Refused(refused));
        }
        let after = Hold {
            order: wish.order,
            attempt: wish.attempt,
            state: HoldState::Held,
            customer: wish.customer,
            codes: found.iter().map(|d| d.id).collect(),
            expires_at: now.plus(self.lasts),
        };
        for count in Hold::counts(before.as_ref(), &after) {
            self.discounts.count(tx, count, now).await?;
        }
        match &before {
            Some(before) => self.holds.update(tx, before, &after, now).await?,
            None => self.holds.insert(tx, &after, now).await?,
        }
        Ok(Outcome::Held((!after.codes.is_empty()).then_some(after.expires_at)))
    }

    async fn refusals(
        &self,
        tx: &mut Tx,
        wish: &Wish,
        found: &[Discount],
        before: Option<&Hold>,
        now: Timestamp,
    ) -> Result<Vec<(String, Refusal)>, PricingError> {
        let ids: Vec<_> = found.iter().map(|d| d.id).collect();
        let used = match wish.customer {
            Some(customer) if found.iter().any(|d| d.limit_per_customer.is_some()) => {
                self.discounts.used_by(tx, customer, Some(wish.order), &ids).await?
            }
            _ => Default::default(),
        };
        let held = before.filter(|h| h.state.takes() != (0, 0)).map(|h| &h.codes);
        let mut seen = BTreeSet::new();
        let mut refused = vec![];
        for typed in wish.codes.iter().filter(|typed| seen.insert(typed.as_str())) {
            let code: Option<Code> = typed.parse().ok();
            let refusal = match found.iter().find(|d| Some(&d.code) == code.as_ref()) {
                None => Some(Refusal::Unknown),
                Some(discount) => {
                    let usage = Use {
                        known: wish.customer.is_some(),
                        by_customer: used.get(&discount.id).copied().unwrap_or(0),
                        by_this_order: held.is_some_and(|codes| codes.contains(&discount.id)),
                    };
                    discount.hold_refusal(now, usage)
                }
            };
            refused.extend(refusal.map(|r| (typed.clone(), r)));
        }
        Ok(refused)
    }
}
