//! What the use cases need from outside: stores inside a unit of work, and two neighbours.

use crate::domain::hold::Count;
use crate::domain::quote::Settings;
use crate::domain::{Channel, Code, Country, Discount, Hold, Method, Price, PriceBook, TaxClass, Zone};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{
    ChannelId, Ctx, Currency, DiscountId, Limit, OrderId, ProductId, ShippingMethodId, Timestamp, UserId,
    VariantId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[async_trait]
pub trait PriceBooks: Send + Sync {
    /// Empty when nothing is known of the product.
    async fn load(&self, tx: &mut Tx, product: ProductId) -> Result<PriceBook, DbError>;
    /// As `load`, locked until the unit ends, so that others who change it wait instead of fail.
    async fn lock(&self, tx: &mut Tx, product: ProductId, now: Timestamp) -> Result<PriceBook, DbError>;
    /// Saves the step from `before` to `after`. False: somebody else was faster, nothing is saved.
    async fn save(
        &self,
        tx: &mut Tx,
        before: &PriceBook,
        after: &PriceBook,
        now: Timestamp,
    ) -> Result<bool, DbError>;
    /// Notes that the catalogue's asking `asked` is for the prices of these variants, and tells for which of them no
    /// later one, nor this one, has been noted before.
    async fn note_asked(
        &self,
        tx: &mut Tx,
        channel: &ChannelId,
        asked: i64,
        variants: &[VariantId],
    ) -> Result<BTreeSet<VariantId>, DbError>;
    /// All prices of these variants in one channel and currency that are valid now, for whatever group and quantity.
    async fn candidates(
        &self,
        tx: &mut Tx,
        variants: &[VariantId],
        channel: &ChannelId,
        currency: Currency,
        now: Timestamp,
    ) -> Result<Vec<Price>, DbError>;
    async fn product_of(&self, tx: &mut Tx, variant: VariantId) -> Result<Option<ProductId>, DbError>;
    /// Products of which a price has begun or ended since they were last told of.
    async fn due(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<ProductId>, DbError>;
}

/// A page of codes begins after this one.
pub type AfterCode = Option<String>;

#[async_trait]
pub trait Discounts: Send + Sync {
    async fn by_codes(&self, tx: &mut Tx, codes: &[Code]) -> Result<Vec<Discount>, DbError>;
    /// As `by_codes`, locked until the unit ends, in the order of their codes.
    async fn lock(&self, tx: &mut Tx, codes: &[Code]) -> Result<Vec<Discount>, DbError>;
    async fn by_id(&self, tx: &mut Tx, id: DiscountId) -> Result<Option<Discount>, DbError>;
    async fn page(&self, tx: &mut Tx, after: &AfterCode, limit: Limit) -> Result<Vec<Discount>, DbError>;
    /// False: the code is taken.
    async fn insert(&self, tx: &mut Tx, discount: &Discount) -> Result<bool, DbError>;
    /// Saves what staff edit, not the counters. False: another version is the present one.
    async fn update(&self, tx: &mut Tx, discount: &Discount, version: i64) -> Result<bool, DbError>;
    async fn count(&self, tx: &mut Tx, count: Count, now: Timestamp) -> Result<(), DbError>;
    /// How many orders of a customer, besides one, hold or have redeemed each of these.
    async fn used_by(
        &self,
        tx: &mut Tx,
        customer: UserId,
        besides: Option<OrderId>,
        discounts: &[DiscountId],
    ) -> Result<BTreeMap<DiscountId, i64>, DbError>;
}

#[async_trait]
pub trait Holds: Send + Sync {
    async fn find(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Hold>, DbError>;
    /// As `find`, locked until the unit ends.
    async fn lock(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Hold>, DbError>;
    async fn insert(&self, tx: &mut Tx, hold: &Hold, now: Timestamp) -> Result<(), DbError>;
    async fn update(&self, tx: &mut Tx, before: &Hold, after: &Hold, now: Timestamp) -> Result<(), DbError>;
    async fn expired(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, DbError>;
}

/// The tables a shop is set up with.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    async fn channel(&self, tx: &mut Tx, id: &ChannelId) -> Result<Option<Channel>, DbError>;
    async fn channels(&self, tx: &mut Tx) -> Result<Vec<Channel>, DbError>;
    async fn save_channel(&self, tx: &mut Tx, channel: &Channel, version: i64) -> Result<bool, DbError>;
    async fn zones(&self, tx: &mut Tx) -> Result<Vec<Zone>, DbError>;
    /// Makes or replaces a zone with its countries.
    async fn put_zone(&self, tx: &mut Tx, zone: &Zone) -> Result<(), DbError>;
    async fn methods(&self, tx: &mut Tx) -> Result<Vec<Method>, DbError>;
    async fn method(&self, tx: &mut Tx, id: ShippingMethodId) -> Result<Option<Method>, DbError>;
    async fn insert_method(&self, tx: &mut Tx, method: &Method) -> Result<(), DbError>;
    async fn update_method(&self, tx: &mut Tx, method: &Method, version: i64) -> Result<bool, DbError>;
    async fn rates(&self, tx: &mut Tx) -> Result<Vec<(Country, TaxClass, i64)>, DbError>;
    async fn put_rate(&self, tx: &mut Tx, country: Country, class: TaxClass, bp: i64) -> Result<(), DbError>;
}

/// The same tables as the quote reads them: from memory, fresh after every change.
#[async_trait]
pub trait SettingsCache: Send + Sync {
    /// None: there is no such channel. Not inside a unit of work.
    async fn of(&self, channel: &ChannelId) -> Result<Option<Arc<Settings>>, DbError>;
    /// Forgets what it knows once the unit has been committed.
    fn changed(&self, tx: &mut Tx);
}

/// A neighbour did not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

#[async_trait]
pub trait Catalogue: Send + Sync {
    /// The products of those variants that exist.
    async fn products_of(
        &self,
        ctx: &Ctx,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, ProductId>, Away>;
}

#[async_trait]
pub trait Orders: Send + Sync {
    async fn exists(&self, ctx: &Ctx, order: OrderId) -> Result<bool, Away>;
}
