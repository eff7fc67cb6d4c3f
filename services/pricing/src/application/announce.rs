//! Tells the world of prices: every event of a product takes the next version of its price book.

use crate::domain::PriceBook;
use crate::domain::price::PriceError;
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Clock, Ctx, Timestamp};
use hanse_messaging::Outbox;
use hanse_pricing_contract::{PricesChanged, PricesRefused, VariantPrice};
use std::sync::Arc;

#[derive(Clone)]
pub struct Announce {
    pub outbox: Outbox,
    pub clock: Arc<dyn Clock>,
}

impl Announce {
    /// All base prices of one channel as they are at `now`, the moment that the book is saved with: what begins or ends
    /// later is told later.
    pub async fn changed(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        book: &mut PriceBook,
        channel: &ChannelId,
        key: Option<String>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let base = book.base_prices(channel, now).into_iter();
        let event = PricesChanged {
            product_id: book.product,
            channel: channel.clone(),
            key,
            prices: base
                .map(|p| VariantPrice { variant_id: p.variant, price: p.amount, compare_at: p.compare_at })
                .collect(),
            price_version: book.price_version,
        };
        book.events += 1;
        self.outbox.event(tx, ctx, &book.product, book.events, &event).await
    }

    pub async fn refused(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        book: &mut PriceBook,
        key: String,
        why: &PriceError,
    ) -> Result<(), DbError> {
        let reason = format!("{}: {why}", why.code());
        let event = PricesRefused { product_id: book.product, key, reason };
        book.events += 1;
        self.outbox.event(tx, ctx, &book.product, book.events, &event).await
    }
}
