//! Use cases: staff make, change and list discount codes.

use super::PricingError;
use super::ports::Discounts;
use super::written;
use crate::domain::discount::DiscountError;
use crate::domain::{Benefit, Code, Discount};
use hanse_database::Db;
use hanse_kernel::{Ctx, DiscountId, Effects, Limit, Money, Page, Timestamp};
use hanse_record::{Entry, Record};
use std::sync::Arc;

#[derive(Clone)]
pub struct ManageDiscounts {
    pub db: Db,
    pub effects: Effects,
    pub discounts: Arc<dyn Discounts>,
    pub record: Record,
}

#[derive(Debug, Clone)]
pub struct NewDiscount {
    pub code: Code,
    pub benefit: Benefit,
    pub minimum: Option<Money>,
    pub limit_total: Option<i64>,
    pub limit_per_customer: Option<i64>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub active: bool,
}

/// What is None stays as it is; `Some(None)` takes it away.
#[derive(Debug, Clone, Default)]
pub struct DiscountChange {
    pub benefit: Option<Benefit>,
    pub minimum: Option<Option<Money>>,
    pub limit_total: Option<Option<i64>>,
    pub limit_per_customer: Option<Option<i64>>,
    pub starts_at: Option<Option<Timestamp>>,
    pub ends_at: Option<Option<Timestamp>>,
    pub active: Option<bool>,
}

impl DiscountChange {
    fn applied_to(&self, old: &Discount) -> Result<Discount, DiscountError> {
        Discount {
            benefit: self.benefit.unwrap_or(old.benefit),
            minimum: self.minimum.unwrap_or(old.minimum),
            limit_total: self.limit_total.unwrap_or(old.limit_total),
            limit_per_customer: self.limit_per_customer.unwrap_or(old.limit_per_customer),
            starts_at: self.starts_at.unwrap_or(old.starts_at),
            ends_at: self.ends_at.unwrap_or(old.ends_at),
            active: self.active.unwrap_or(old.active),
            version: old.version + 1,
            ..old.clone()
        }
        .checked()
    }
}

impl ManageDiscounts {
    /// `id` stays the same when the same request is tried again.
    pub async fn create(
        &self,
        ctx: &Ctx,
        id: DiscountId,
        new: NewDiscount,
    ) -> Result<Discount, PricingError> {
        let discount = Discount {
            id,
            code: new.code,
            benefit: new.benefit,
            minimum: new.minimum,
            limit_total: new.limit_total,
            limit_per_customer: new.limit_per_customer,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            active: new.active,
            held: 0,
            redeemed: 0,
            version: 1,
            created_at: self.effects.now(),
        }
        .checked()?;
        self.db
            .tx((self.clone(), ctx.clone(), discount), |tx, (this, ctx, discount)| {
                Box::pin(async move {
                    if let Some(made) = this.discounts.by_id(tx, discount.id).await? {
                        return Ok(made);
                    }
                    if this.discounts.insert(tx, discount).await? {
                        let entry = Entry::new("discount.made", "discount", discount.id);
                        this.record.note(tx, ctx, entry.became(written::discount(discount))).await?;
                        return Ok(discount.clone());
                    }
                    let message = format!("there is a code {} already", discount.code);
                    Err(PricingError::Conflict { code: "discount_code_taken", message })
                })
            })
            .await
    }

    /// `version`: the one that is meant, if any will not do.
    pub async fn change(
        &self,
        ctx: &Ctx,
        id: DiscountId,
        version: Option<i64>,
        change: DiscountChange,
    ) -> Result<Discount, PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), id, version, change), |tx, (this, ctx, id, version, change)| {
                Box::pin(async move {
                    let old =
                        this.discounts.by_id(tx, *id).await?.ok_or(PricingError::NotFound("discount"))?;
                    if version.is_some_and(|v| v != old.version) {
                        return Err(PricingError::Stale);
                    }
                    let new = change.applied_to(&old)?;
                    if this.discounts.update(tx, &new, old.version).await? {
                        let entry = Entry::new("discount.changed", "discount", new.id);
                        let entry = entry.changed(written::discount(&old), written::discount(&new));
                        this.record.note(tx, ctx, entry).await?;
                        Ok(new)
                    } else {
                        Err(PricingError::Stale)
                    }
                })
            })
            .await
    }

    pub async fn find(&self, id: DiscountId) -> Result<Discount, PricingError> {
        let found = self
            .db
            .read((self.discounts.clone(), id), |tx, (discounts, id)| {
                Box::pin(async move { discounts.by_id(tx, *id).await })
            })
            .await
            .map_err(PricingError::Db)?;
        found.ok_or(PricingError::NotFound("discount"))
    }

    /// By code.
    pub async fn list(&self, after: Option<String>, limit: Limit) -> Result<Page<Discount>, PricingError> {
        let found = self
            .db
            .read((self.discounts.clone(), after, limit), |tx, (discounts, after, limit)| {
                Box::pin(async move { discounts.page(tx, after, *limit).await })
            })
            .await
            .map_err(PricingError::Db)?;
        Ok(Page::cut(found, limit, |d| d.code.as_str().to_string()))
    }
}
