//! What a product costs and whether it is there, over all its variants, in one channel and currency.

use super::stock::{Availability, Level};
use hanse_kernel::{ChannelId, Currency, VariantId};
use std::collections::BTreeMap;

/// What is known of one variant in one channel and currency. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub variant: VariantId,
    pub channel: ChannelId,
    pub currency: Currency,
    pub amount: i64,
    pub compare_at: Option<i64>,
    pub level: Option<Level>,
}

/// As a list shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub price_min: i64,
    pub price_max: i64,
    /// Of the cheapest variant.
    pub compare_at: Option<i64>,
    /// Of the best variant that has a price.
    pub availability: Availability,
}

/// One offer per channel and currency that has a price at all.
pub fn offers(known: &[Known], low_stock: i64) -> BTreeMap<(ChannelId, Currency), Offer> {
    let mut all: BTreeMap<(ChannelId, Currency), Offer> = BTreeMap::new();
    for one in known {
        let availability = Availability::of(one.level, low_stock);
        all.entry((one.channel.clone(), one.currency))
            .and_modify(|offer| {
                if one.amount < offer.price_min {
                    (offer.price_min, offer.compare_at) = (one.amount, one.compare_at);
                }
                offer.price_max = offer.price_max.max(one.amount);
                offer.availability = offer.availability.min(availability);
            })
            .or_insert(Offer {
                price_min: one.amount,
                price_max: one.amount,
                compare_at: one.compare_at,
                availability,
            });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stock::StockPolicy;
    use uuid::Uuid;

    #[test]
    fn a_range_per_channel_and_currency() {
        let known = |n: u128, currency, amount, compare_at, available| Known {
            variant: VariantId::new(Uuid::from_u128(n)),
            channel: ChannelId::default(),
            currency,
            amount,
            compare_at,
            level: Some(Level { available, policy: StockPolicy::Deny }),
        };
        let all = offers(
            &[
                known(1, Currency::EUR, 1500, Some(1900), 0),
                known(2, Currency::EUR, 1200, Some(1600), 3),
                known(1, Currency::USD, 1700, None, 0),
            ],
            5,
        );
        let eur = all[&(ChannelId::default(), Currency::EUR)];
        assert_eq!((eur.price_min, eur.price_max, eur.compare_at), (1200, 1500, Some(1600)));
        assert_eq!(eur.availability, Availability::LowStock);
        let usd = all[&(ChannelId::default(), Currency::USD)];
        assert_eq!((usd.price_min, usd.availability), (1700, Availability::OutOfStock));
        assert!(offers(&[], 5).is_empty());
    }
}
