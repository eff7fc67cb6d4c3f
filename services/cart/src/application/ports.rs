//! What the use cases need from outside: a place to keep carts, and the three neighbours that know what is in them.

use crate::domain::{Cart, ConfirmedOrder};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{
    CartId, ChannelId, Ctx, Currency, ItemId, Money, OrderId, ShippingMethodId, Timestamp, UserId, VariantId,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is found under a cart's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Cart(Box<Cart>),
    /// Its lines went into another cart of the same customer.
    MergedInto(CartId),
}

/// A cart with what checkout must know of its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub cart: Cart,
    /// Orders whose items were taken out of it, or of a cart that was merged into it.
    pub applied: Vec<OrderId>,
    /// Carts that were merged into it, directly or not.
    pub merged: Vec<CartId>,
}

/// Where carts are kept. Each call is atomic by itself, so that a store without units of work can stand behind it.
/// Expired carts are not there any more.
#[async_trait]
pub trait CartStore: Send + Sync {
    async fn insert(&self, cart: &Cart) -> Result<(), DbError>;
    async fn load(&self, id: CartId, now: Timestamp) -> Result<Option<Found>, DbError>;
    /// All of it as of one moment.
    async fn load_standing(&self, id: CartId, now: Timestamp) -> Result<Option<Standing>, DbError>;
    /// Saves the step from `before` to `after`. False: it is not at `before`'s version any more, nothing is saved.
    async fn save(&self, before: &Cart, after: &Cart) -> Result<bool, DbError>;
    /// As `save`, and `absorbed` ends in the same moment, pointing to `after`. False: one of the two was changed.
    async fn merge(&self, before: &Cart, after: &Cart, absorbed: &Cart) -> Result<bool, DbError>;
    /// The cart that a customer changed last, besides one.
    async fn latest_of(
        &self,
        customer: UserId,
        besides: CartId,
        now: Timestamp,
    ) -> Result<Option<Cart>, DbError>;
    /// Throws expired carts away, at most `limit`; tells how many.
    async fn sweep(&self, now: Timestamp, limit: i64) -> Result<u64, DbError>;
}

/// What messages do to carts, inside the unit that notes the message.
#[async_trait]
pub trait CartEffects: Send + Sync {
    /// Takes an order's items out of its cart, once per order, and notes the order with the cart.
    async fn take_out(&self, tx: &mut Tx, order: &ConfirmedOrder, now: Timestamp) -> Result<(), DbError>;
    /// Destroys all carts of a customer.
    async fn forget(&self, tx: &mut Tx, customer: UserId) -> Result<(), DbError>;
    /// Destroys a guest's cart. One that has become a customer's is theirs.
    async fn forget_guest(&self, tx: &mut Tx, cart: CartId) -> Result<(), DbError>;
}

/// A neighbour did not answer, or not in a way that can be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

/// What a cart shows of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantFacts {
    pub product_slug: String,
    pub title: String,
    pub variant_title: Option<String>,
    pub sku: String,
    pub image_url: Option<String>,
    pub published: bool,
    pub weight_grams: i64,
    pub tax_class: String,
    pub requires_shipping: bool,
}

/// The variants that are known of those asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variants {
    pub known: BTreeMap<VariantId, Arc<VariantFacts>>,
    /// The catalogue has answered: what is not known does not exist.
    pub complete: bool,
}

#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Texts in the caller's language. While the catalogue is away, what is still remembered.
    async fn variants(&self, ctx: &Ctx, wanted: &[VariantId]) -> Variants;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Sells what is there, never more.
    Deny,
    /// Sells on; or is not counted.
    Sells,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub available: i64,
    pub policy: Policy,
}

#[async_trait]
pub trait Stock: Send + Sync {
    /// A variant without a level is missing.
    async fn levels(&self, ctx: &Ctx, wanted: &[VariantId]) -> Result<BTreeMap<VariantId, Level>, Away>;
}

#[derive(Debug, Clone)]
pub struct QuoteAsk {
    pub channel: ChannelId,
    pub currency: Currency,
    pub lines: Vec<AskLine>,
    pub country: String,
    pub region: String,
    pub method: Option<ShippingMethodId>,
    pub codes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct AskLine {
    pub item: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
    pub facts: Arc<VariantFacts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedLine {
    pub item: ItemId,
    pub unit: Money,
    pub total: Money,
    pub compare_at: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub items: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
    pub tax_included: bool,
    pub explain: Vec<Explain>,
}

impl Totals {
    pub fn nothing(currency: Currency, tax_included: bool) -> Self {
        let zero = Money::zero(currency);
        Self {
            items: zero,
            discount: zero,
            shipping: zero,
            tax: zero,
            total: zero,
            tax_included,
            explain: vec![],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explain {
    pub rule: String,
    pub text: String,
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteProblem {
    pub code: String,
    pub message: String,
    /// A line's id or a discount code, when it is about one.
    pub reference: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    pub lines: Vec<QuotedLine>,
    pub totals: Totals,
    pub problems: Vec<QuoteProblem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub id: ShippingMethodId,
    pub title: String,
    pub price: Money,
    pub estimate: Option<String>,
}

/// How a channel sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    pub currency: Currency,
    pub tax_included: bool,
}

#[async_trait]
pub trait Pricing: Send + Sync {
    async fn quote(&self, ctx: &Ctx, ask: QuoteAsk) -> Result<Quoted, Away>;
    async fn offers(&self, ctx: &Ctx, ask: QuoteAsk) -> Result<Vec<Offer>, Away>;
    /// None: there is no such channel. While pricing is away, what is still remembered.
    async fn channel(&self, ctx: &Ctx, id: &ChannelId) -> Result<Option<Channel>, Away>;
}
