//! Use case: set prices, by command from a file or form, or by staff.

use super::PricingError;
use super::announce::Announce;
use super::ports::{Catalogue, PriceBooks, SettingsStore};
use super::written;
use crate::domain::price::PriceError;
use crate::domain::{Price, PriceBook};
use hanse_database::{Db, Tx};
use hanse_kernel::{ChannelId, Ctx, ProductId, Timestamp, VariantId};
use hanse_pricing_contract as contract;
use hanse_record::{Entry, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone)]
pub struct SetPrices {
    pub db: Db,
    pub announce: Announce,
    pub settings: Arc<dyn SettingsStore>,
    pub books: Arc<dyn PriceBooks>,
    pub catalogue: Arc<dyn Catalogue>,
    pub record: Record,
}

impl SetPrices {
    /// The command: always answered, by PricesChanged or PricesRefused with its key.
    pub async fn command(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        command: &contract::SetPrices,
    ) -> Result<(), PricingError> {
        let now = self.announce.clock.now();
        let before = self.books.load(tx, command.product_id).await?;
        let mut book = before.clone();
        let base = |p: &contract::VariantPrice| {
            Price::base(p.variant_id, command.channel.clone(), p.price, p.compare_at)
        };
        let prices: Vec<Price> = command.prices.iter().map(base).collect();
        let outcome = match self.judge(tx, &prices, &command.channel).await? {
            Ok(()) => one_currency(&prices).and_then(|()| book.check(prices)),
            Err(refusal) => Err(refusal),
        };
        let (key, channel) = (command.key.clone(), &command.channel);
        match outcome {
            Ok(prices) => {
                book.set(self.newest(tx, channel, command.asked, prices).await?)?;
                self.announce.changed(tx, ctx, &mut book, channel, Some(key), now).await?;
            }
            Err(refusal) => self.announce.refused(tx, ctx, &mut book, key, &refusal).await?,
        }
        self.save(tx, &before, &book, now).await
    }

    /// Those of the prices that no later asking has set already, nor this one.
    async fn newest(
        &self,
        tx: &mut Tx,
        channel: &ChannelId,
        asked: Option<i64>,
        mut prices: Vec<Price>,
    ) -> Result<Vec<Price>, PricingError> {
        if let Some(asked) = asked {
            let variants: Vec<VariantId> = prices.iter().map(|p| p.variant).collect();
            let newer = self.books.note_asked(tx, channel, asked, &variants).await?;
            prices.retain(|p| newer.contains(&p.variant));
        }
        Ok(prices)
    }

    /// Staff set some prices; the others stay. The answer holds all prices of the products concerned.
    pub async fn set(&self, ctx: &Ctx, prices: Vec<Price>) -> Result<Vec<Price>, PricingError> {
        let known = self.products(ctx, &prices).await?;
        let mut products: BTreeMap<ProductId, Vec<Price>> = BTreeMap::new();
        for (i, price) in prices.into_iter().enumerate() {
            let product = known.get(&price.variant).ok_or_else(|| unknown_variant(i))?;
            products.entry(*product).or_default().push(price);
        }
        let input = (self.clone(), ctx.clone(), products);
        // A queue's unit, which first locks each book: changes of one product at one time wait instead of fail.
        self.db
            .tx_queue(input, |tx, (this, ctx, products)| {
                Box::pin(async move {
                    let mut all = vec![];
                    for (product, prices) in products {
                        all.extend(this.change(tx, ctx, *product, prices, None).await?);
                    }
                    Ok(all)
                })
            })
            .await
    }

    /// Staff put these prices in the place of all that a product has in a channel.
    pub async fn replace(
        &self,
        ctx: &Ctx,
        product: ProductId,
        channel: ChannelId,
        prices: Vec<Price>,
    ) -> Result<Vec<Price>, PricingError> {
        let known = self.products(ctx, &prices).await?;
        if let Some(i) = prices.iter().position(|p| known.get(&p.variant) != Some(&product)) {
            return Err(unknown_variant(i));
        }
        let input = (self.clone(), ctx.clone(), product, channel, prices);
        self.db
            .tx_queue(input, |tx, (this, ctx, product, channel, prices)| {
                Box::pin(this.change(tx, ctx, *product, prices, Some(channel)))
            })
            .await
    }

    async fn products(
        &self,
        ctx: &Ctx,
        prices: &[Price],
    ) -> Result<BTreeMap<VariantId, ProductId>, PricingError> {
        let variants: Vec<VariantId> = prices.iter().map(|p| p.variant).collect();
        let away = |_| PricingError::Unavailable("the catalogue");
        self.catalogue.products_of(ctx, &variants).await.map_err(away)
    }

    async fn change(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        product: ProductId,
        prices: &[Price],
        instead_of: Option<&ChannelId>,
    ) -> Result<Vec<Price>, PricingError> {
        let now = self.announce.clock.now();
        if prices.is_empty() && self.books.load(tx, product).await? == PriceBook::empty(product) {
            return Ok(vec![]);
        }
        let before = self.books.lock(tx, product, now).await?;
        let mut book = before.clone();
        let mut channels: Vec<ChannelId> = prices.iter().map(|p| p.channel.clone()).collect();
        channels.extend(instead_of.cloned());
        channels.sort();
        channels.dedup();
        for channel in &channels {
            self.judge(tx, prices, channel).await??;
        }
        let changed = match instead_of {
            Some(channel) => book.replace(channel, prices.to_vec())?,
            None => book.set(prices.to_vec())?,
        };
        if changed {
            for channel in &channels {
                self.announce.changed(tx, ctx, &mut book, channel, None, now).await?;
            }
            self.save(tx, &before, &book, now).await?;
            let (old, new) = (&before.prices, &book.prices);
            let entry = Entry::new("price.changed", "product", product);
            let entry = entry.was(written::prices(old, new)).became(written::prices(new, old));
            self.record.note(tx, ctx, entry).await?;
        }
        Ok(book.prices)
    }

    /// Whether the channel exists and sells in the prices' currencies.
    async fn judge(
        &self,
        tx: &mut Tx,
        prices: &[Price],
        channel: &ChannelId,
    ) -> Result<Result<(), PriceError>, PricingError> {
        let Some(known) = self.settings.channel(tx, channel).await? else {
            return Ok(Err(PriceError::UnknownChannel(channel.to_string())));
        };
        let here = prices.iter().filter(|p| p.channel == *channel);
        let foreign = here.map(|p| p.amount.currency()).find(|c| !known.sells_in(*c));
        let sold = || known.currencies.iter().map(|c| c.code()).collect::<Vec<_>>().join(", ");
        Ok(foreign.map_or(Ok(()), |currency| Err(PriceError::UnknownCurrency(currency, sold()))))
    }

    async fn save(
        &self,
        tx: &mut Tx,
        before: &PriceBook,
        book: &PriceBook,
        now: Timestamp,
    ) -> Result<(), PricingError> {
        if self.books.save(tx, before, book, now).await? { Ok(()) } else { Err(PricingError::Stale) }
    }
}

fn unknown_variant(index: usize) -> PricingError {
    let message = "is no variant of that product";
    PricingError::invalid(format!("prices[{index}].variant_id"), "unknown_variant", message)
}

/// A file's row speaks of one currency; two in one command are a mistake of its sender.
fn one_currency(prices: &[Price]) -> Result<(), PriceError> {
    let Some(first) = prices.first() else { return Ok(()) };
    match prices.iter().find(|p| p.amount.currency() != first.amount.currency()) {
        Some(p) => Err(PriceError::Mixed(p.variant, first.amount.currency(), p.amount.currency())),
        None => Ok(()),
    }
}
