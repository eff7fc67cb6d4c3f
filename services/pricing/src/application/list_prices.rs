//! Use cases: read prices, as staff see them and as a shopper sees them.

use super::PricingError;
use super::ports::{PriceBooks, SettingsCache};
use crate::domain::{Price, price};
use hanse_database::Db;
use hanse_kernel::{ChannelId, Clock, Currency, ProductId, VariantId};
use std::sync::Arc;

#[derive(Clone)]
pub struct ListPrices {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub cache: Arc<dyn SettingsCache>,
    pub books: Arc<dyn PriceBooks>,
}

/// Whose prices.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    Product(ProductId),
    Variant(VariantId),
}

impl ListPrices {
    /// Every price there is, whenever it is valid.
    pub async fn all(&self, of: Of) -> Result<Vec<Price>, PricingError> {
        self.db
            .read((self.clone(), of), |tx, (this, of)| {
                Box::pin(async move {
                    let product = match of {
                        Of::Product(product) => Some(*product),
                        Of::Variant(variant) => this.books.product_of(tx, *variant).await?,
                    };
                    let Some(product) = product else { return Ok(vec![]) };
                    let mut prices = this.books.load(tx, product).await?.prices;
                    if let Of::Variant(variant) = of {
                        prices.retain(|p| p.variant == *variant);
                    }
                    Ok(prices)
                })
            })
            .await
    }

    /// What one piece costs everybody now, and whether that contains the tax. Without a currency: the channel's.
    pub async fn shown(
        &self,
        channel: &ChannelId,
        currency: Option<Currency>,
        variants: Vec<VariantId>,
    ) -> Result<(Vec<Price>, bool), PricingError> {
        let settings = self.cache.of(channel).await?.ok_or(PricingError::NotFound("channel"))?;
        let currency = currency.unwrap_or(settings.channel.currency);
        let now = self.clock.now();
        let input = (self.books.clone(), variants.clone(), channel.clone(), currency, now);
        let candidates: Vec<Price> = self
            .db
            .read(input, |tx, (books, variants, channel, currency, now)| {
                Box::pin(async move { books.candidates(tx, variants, channel, *currency, *now).await })
            })
            .await
            .map_err(PricingError::Db)?;
        let one = |v: &VariantId| price::choose(&candidates, *v, "", 1, now).cloned();
        Ok((variants.iter().filter_map(one).collect(), settings.channel.tax_included))
    }
}
