//! What the use cases need of the store and of the neighbours.

use super::error::CartProblem;
use crate::domain::order::{Address, Details, Explain, Number, Order, Piece, Restock, Shipment, Status};
use crate::domain::saga::{Milestone, State};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{
    CartId, ChannelId, Ctx, Currency, ItemId, Locale, Money, OrderId, PaymentId, RefundId, Secret,
    ShipmentId, ShippingMethodId, Timestamp, UserId, VariantId,
};
use uuid::Uuid;

/// What has come of a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CartOrders {
    /// The last order of the cart that was confirmed: the cart must have taken its items out.
    pub last_confirmed: Option<OrderId>,
    /// An order of it that is under way.
    pub under_way: Option<OrderId>,
    /// The order that came of just this version and was not undone.
    pub of_version: Option<OrderId>,
}

impl CartOrders {
    pub fn includes(&self, order: OrderId) -> bool {
        [self.last_confirmed, self.under_way, self.of_version].contains(&Some(order))
    }
}

/// One entry of the history, numbered within its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub seq: i64,
    pub at: Timestamp,
    pub event: Milestone,
}

/// A payment being opened for another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub attempt: u32,
    /// Set once the saga counts on it.
    pub payment: Option<PaymentId>,
}

/// The orders as the rules need them. All methods work inside the caller's unit.
#[async_trait]
pub trait Orders: Send + Sync {
    async fn next_number(&self, tx: &mut Tx) -> Result<Number, DbError>;
    /// False when the order, or another of the same cart, is there already.
    async fn insert(&self, tx: &mut Tx, order: &Order, details: &Details) -> Result<bool, DbError>;
    async fn find(&self, tx: &mut Tx, id: OrderId) -> Result<Option<Order>, DbError>;
    /// Saves what changed since `before`. False when somebody else has saved it since.
    async fn save(&self, tx: &mut Tx, before: &Order, order: &Order, now: Timestamp)
    -> Result<bool, DbError>;
    /// Until the unit ends, nobody else orders what is in these carts.
    async fn hold_carts(&self, tx: &mut Tx, carts: &[CartId]) -> Result<(), DbError>;
    /// What is in these carts is ordered as that one's. Orders of it count for them from now on: somebody may have begun to
    /// order one of them before it was merged.
    async fn keep_merged(&self, tx: &mut Tx, merged: &[CartId], cart: CartId) -> Result<(), DbError>;
    /// In one look, so that an order which moves on meanwhile is seen in one of its states.
    async fn of_cart(&self, tx: &mut Tx, cart: CartId, version: i64) -> Result<CartOrders, DbError>;
    async fn add_notes(&self, tx: &mut Tx, id: OrderId, notes: &[Note]) -> Result<(), DbError>;
    /// Orders whose timer has gone off, the longest ago first.
    async fn due(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, DbError>;
    /// How many sagas wait in each state, and since when the longest of them does. States in which none waits are absent.
    async fn waiting(&self, tx: &mut Tx) -> Result<Vec<(State, i64, Timestamp)>, DbError>;
    /// Whether the request with this id is new; from now on it is not.
    async fn first_time(
        &self,
        tx: &mut Tx,
        operation: Uuid,
        order: OrderId,
        kind: &'static str,
        now: Timestamp,
    ) -> Result<bool, DbError>;
}

/// What hangs on an order and has a life of its own.
#[async_trait]
pub trait Parts: Send + Sync {
    /// The attempt that `operation` opens: the one it was given before, else the next.
    async fn attempt(
        &self,
        tx: &mut Tx,
        order: OrderId,
        operation: Uuid,
        now: Timestamp,
    ) -> Result<Attempt, DbError>;
    async fn opened(
        &self,
        tx: &mut Tx,
        order: OrderId,
        attempt: u32,
        payment: PaymentId,
        now: Timestamp,
    ) -> Result<(), DbError>;
    async fn shipped(
        &self,
        tx: &mut Tx,
        order: OrderId,
        shipment: &Shipment,
        tracking: Option<&str>,
        now: Timestamp,
    ) -> Result<(), DbError>;
    async fn refunding(
        &self,
        tx: &mut Tx,
        order: OrderId,
        refund: RefundId,
        amount: Money,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), DbError>;
    async fn restocking(
        &self,
        tx: &mut Tx,
        order: OrderId,
        restock: &Restock,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<(), DbError>;
    async fn restocked(&self, tx: &mut Tx, restock: Uuid) -> Result<(), DbError>;
    /// Restocks to be asked for again, the longest overdue first.
    async fn restocks_due(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Uuid>, DbError>;
    /// The restock if it is still due, with its order and how often it has been asked for; it is put off.
    async fn take_restock(
        &self,
        tx: &mut Tx,
        restock: Uuid,
        now: Timestamp,
    ) -> Result<Option<(OrderId, Restock, i64)>, DbError>;
}

/// An order as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub order: Order,
    pub details: Details,
    pub history: Vec<(Timestamp, Milestone)>,
    pub shipments: Vec<ShownShipment>,
}

#[derive(Debug, Clone)]
pub struct ShownShipment {
    pub id: ShipmentId,
    pub at: Timestamp,
    pub tracking: Option<String>,
    pub pieces: Vec<Piece>,
}

/// A line of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub order: Order,
    pub details: Details,
}

/// Where a list goes on: after this order.
pub type Place = (Timestamp, OrderId);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub customer: Option<UserId>,
    pub after: Option<Place>,
}

/// The orders as people see them.
#[async_trait]
pub trait OrderViews: Send + Sync {
    async fn show(&self, tx: &mut Tx, id: OrderId) -> Result<Option<Shown>, DbError>;
    /// The newest first.
    async fn list(&self, tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Listed>, DbError>;
    async fn exists(&self, tx: &mut Tx, id: OrderId) -> Result<bool, DbError>;
    /// Whether nothing will happen by itself, and for whom the order is; None: no such order.
    async fn settled(&self, tx: &mut Tx, id: OrderId) -> Result<Option<bool>, DbError>;
}

/// Orders whose customers, or guests, were erased.
#[async_trait]
pub trait Forgotten: Send + Sync {
    /// Notes that a person is to be forgotten; once is enough.
    async fn note(&self, tx: &mut Tx, customer: UserId, now: Timestamp) -> Result<(), DbError>;
    /// Those who were noted, by id, after one; with the time.
    async fn noted(
        &self,
        tx: &mut Tx,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<(UserId, Timestamp)>, DbError>;
    /// Destroys the personal data in orders of a person that have ended, or in all of them, at most `limit`; how many.
    async fn strip(
        &self,
        tx: &mut Tx,
        customer: UserId,
        all: bool,
        now: Timestamp,
        limit: i64,
    ) -> Result<u64, DbError>;
    /// Whether orders with personal data of this person are left.
    async fn any_left(&self, tx: &mut Tx, customer: UserId) -> Result<bool, DbError>;
    /// Nothing is to be done for this person any more.
    async fn done(&self, tx: &mut Tx, customer: UserId) -> Result<(), DbError>;
    /// Notes that a guest's order is to be stripped. False: it is noted already, or nobody stands in it.
    async fn note_order(&self, tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<bool, DbError>;
    /// Those that were noted, by id, after one; with the time.
    async fn noted_orders(
        &self,
        tx: &mut Tx,
        after: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<(OrderId, Timestamp)>, DbError>;
    /// Destroys the personal data in a guest's order that was noted, if it has ended or `all` the same; whether it did.
    async fn strip_order(
        &self,
        tx: &mut Tx,
        order: OrderId,
        all: bool,
        now: Timestamp,
    ) -> Result<bool, DbError>;
}

/// The claim on an idempotency key under which an order is made.
#[async_trait]
pub trait Claims: Send + Sync {
    /// Whether the claim still stands, read in the unit that depends on it.
    async fn stands(&self, tx: &mut Tx, order: OrderId) -> Result<bool, DbError>;
}

/// Why a neighbour's answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NeighbourError {
    #[error("{service} cannot be reached: {message}")]
    Unavailable { service: &'static str, message: String },
    #[error("{service} knows nothing of it")]
    NotFound { service: &'static str },
    #[error("{service} refused: {message}")]
    Refused { service: &'static str, message: String },
    #[error("{service} answered what cannot be read: {message}")]
    Broken { service: &'static str, message: String },
}

/// The cart at the moment of checkout. Personal, so it does not print.
#[derive(Clone)]
pub struct CartSnapshot {
    /// Another than was asked for, where that one has been merged into it.
    pub id: CartId,
    pub version: i64,
    pub currency: Currency,
    pub channel: ChannelId,
    pub locale: Locale,
    pub email: Option<String>,
    pub customer: Option<UserId>,
    pub lines: Vec<CartLine>,
    pub shipping_address: Option<Address>,
    pub billing_address: Option<Address>,
    pub shipping_method: Option<ShippingMethodId>,
    pub discount_codes: Vec<String>,
    pub applied_orders: Vec<OrderId>,
    /// Carts that were merged into it.
    pub merged_carts: Vec<CartId>,
    /// The merchant's own JSON.
    pub metadata: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    pub item: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
    /// The merchant's own JSON.
    pub metadata: String,
}

#[async_trait]
pub trait Carts: Send + Sync {
    async fn snapshot(&self, ctx: &Ctx, cart: CartId) -> Result<CartSnapshot, NeighbourError>;
    /// The cart as its own service shows it, as JSON.
    async fn show(&self, ctx: &Ctx, cart: CartId) -> Result<String, NeighbourError>;
}

/// What the catalogue knows of a variant.
#[derive(Debug, Clone)]
pub struct CatalogueVariant {
    pub variant: VariantId,
    pub sku: String,
    pub title: String,
    pub variant_title: String,
    pub product_slug: String,
    pub image_url: String,
    pub published: bool,
    pub tax_class: String,
    pub weight_grams: i64,
    pub requires_shipping: bool,
}

#[async_trait]
pub trait Catalogue: Send + Sync {
    async fn variants(&self, ctx: &Ctx, ids: &[VariantId]) -> Result<Vec<CatalogueVariant>, NeighbourError>;
}

#[derive(Debug, Clone)]
pub struct QuotedLine {
    pub item: ItemId,
    pub unit_price: Money,
    pub total: Money,
    pub discount: Money,
    pub tax: Money,
    pub tax_rate: i64,
}

#[derive(Debug, Clone)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    pub items: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
    pub tax_included: bool,
    pub explain: Vec<Explain>,
    pub problems: Vec<CartProblem>,
    pub shipping_title: String,
}

/// Whether the limits of the discount codes are held for the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscountHold {
    /// Until then; None: there was nothing to hold.
    Held(Option<Timestamp>),
    Refused(Vec<CartProblem>),
}

#[async_trait]
pub trait Pricing: Send + Sync {
    /// `order` is being made from the cart: codes that are held for it already are its own.
    async fn quote(
        &self,
        ctx: &Ctx,
        order: OrderId,
        cart: &CartSnapshot,
        variants: &[CatalogueVariant],
    ) -> Result<Quote, NeighbourError>;
    async fn hold_discount(
        &self,
        ctx: &Ctx,
        order: OrderId,
        cart: &CartSnapshot,
        customer: Option<UserId>,
    ) -> Result<DiscountHold, NeighbourError>;
}

/// How the shopper pays: a provider by name and the token it gave them.
#[derive(Debug, Clone)]
pub struct PaymentChoice {
    pub provider: String,
    pub token: Secret,
}

/// A payment that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    pub payment: PaymentId,
    /// Its provider takes the money only when goods leave.
    pub at_fulfilment: bool,
}

#[async_trait]
pub trait Payments: Send + Sync {
    /// The same `(order, attempt)` always opens the same payment.
    async fn open(
        &self,
        ctx: &Ctx,
        order: OrderId,
        attempt: u32,
        amount: Money,
        choice: &PaymentChoice,
    ) -> Result<Opened, NeighbourError>;
}
