//! Use cases: quote a cart, and list the shipping methods that can serve it. They change nothing.

use super::PricingError;
use super::ports::{Discounts, Holds, PriceBooks, SettingsCache};
use crate::domain::discount::Use;
use crate::domain::quote::{AskedCode, AskedMethod, Facts, Item, Quote, Settings, methods, quote};
use crate::domain::{Code, Country, Price};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{
    Actor, ChannelId, Clock, Ctx, Currency, Locale, Money, OrderId, ShippingMethodId, Timestamp, UserId,
    VariantId,
};
use std::sync::Arc;

/// Lines that one question may have.
const MOST_LINES: usize = 500;
const MOST_CODES: usize = 20;
const MOST_PIECES: i64 = 1_000_000;

#[derive(Clone)]
pub struct QuoteCart {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub cache: Arc<dyn SettingsCache>,
    pub books: Arc<dyn PriceBooks>,
    pub discounts: Arc<dyn Discounts>,
    pub holds: Arc<dyn Holds>,
}

/// The question. Who asks and in which language is in the context.
#[derive(Debug, Clone)]
pub struct Ask {
    pub channel: ChannelId,
    /// None: the channel's.
    pub currency: Option<Currency>,
    pub items: Vec<Item>,
    pub country: Option<Country>,
    pub method: AskedMethod,
    pub codes: Vec<String>,
    pub group: String,
    /// What this order holds already is no obstacle.
    pub order: Option<OrderId>,
}

/// One way to send a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub id: ShippingMethodId,
    pub title: String,
    pub price: Money,
    pub estimate: String,
}

impl QuoteCart {
    pub async fn run(&self, ctx: &Ctx, ask: Ask) -> Result<Quote, PricingError> {
        let settings = self.settings(&ask).await?;
        let facts = self.facts(ctx, &settings, ask).await?;
        Ok(quote(&facts)?)
    }

    pub async fn offers(&self, ctx: &Ctx, ask: Ask) -> Result<Vec<Offer>, PricingError> {
        let settings = self.settings(&ask).await?;
        let facts = self.facts(ctx, &settings, ask).await?;
        let found = methods(&facts)?;
        let offer = |(method, price): (&crate::domain::Method, Money)| Offer {
            id: method.id,
            title: method.title.in_locale(&facts.locale).to_string(),
            price,
            estimate: method.estimate.in_locale(&facts.locale).to_string(),
        };
        Ok(found.into_iter().map(offer).collect())
    }

    async fn settings(&self, ask: &Ask) -> Result<Arc<Settings>, PricingError> {
        if ask.items.len() > MOST_LINES || ask.codes.len() > MOST_CODES {
            return Err(PricingError::invalid("lines", "too_many", "too many lines or codes"));
        }
        if ask.items.iter().any(|i| !(1..=MOST_PIECES).contains(&i.quantity)) {
            let message = format!("must be between 1 and {MOST_PIECES}");
            return Err(PricingError::invalid("quantity", "range", message));
        }
        self.cache.of(&ask.channel).await?.ok_or(PricingError::NotFound("channel"))
    }

    async fn facts<'a>(
        &self,
        ctx: &Ctx,
        settings: &'a Settings,
        ask: Ask,
    ) -> Result<Facts<'a>, PricingError> {
        let currency = ask.currency.unwrap_or(settings.channel.currency);
        let customer = match ctx.actor {
            Actor::Customer { user } => Some(user),
            _ => None,
        };
        let now = self.clock.now();
        let wanted = Wanted {
            variants: ask.items.iter().map(|i| i.variant).collect(),
            channel: ask.channel,
            currency,
            codes: ask.codes,
            customer,
            order: ask.order,
            now,
        };
        let read = (self.clone(), wanted);
        let (prices, codes) = self
            .db
            .read(read, |tx, (this, wanted)| Box::pin(async move { this.look_up(tx, wanted).await }))
            .await?;
        Ok(Facts {
            settings,
            currency,
            locale: supported(&ctx.locale, settings),
            country: ask.country,
            group: ask.group,
            items: ask.items,
            prices,
            codes,
            method: ask.method,
            now,
        })
    }

    async fn look_up(
        &self,
        tx: &mut Tx,
        wanted: &Wanted,
    ) -> Result<(Vec<Price>, Vec<AskedCode>), PricingError> {
        let Wanted { variants, channel, currency, now, .. } = wanted;
        let prices = match variants.is_empty() {
            true => vec![],
            false => self.books.candidates(tx, variants, channel, *currency, *now).await?,
        };
        Ok((prices, self.asked_codes(tx, wanted).await?))
    }

    async fn asked_codes(&self, tx: &mut Tx, wanted: &Wanted) -> Result<Vec<AskedCode>, DbError> {
        if wanted.codes.is_empty() {
            return Ok(vec![]);
        }
        let read: Vec<(String, Option<Code>)> =
            wanted.codes.iter().map(|typed| (typed.clone(), typed.parse().ok())).collect();
        let codes: Vec<Code> = read.iter().filter_map(|(_, code)| code.clone()).collect();
        let found = self.discounts.by_codes(tx, &codes).await?;
        let ids: Vec<_> = found.iter().map(|d| d.id).collect();
        let by_customer = match wanted.customer {
            Some(customer) if found.iter().any(|d| d.limit_per_customer.is_some()) => {
                self.discounts.used_by(tx, customer, wanted.order, &ids).await?
            }
            _ => Default::default(),
        };
        let hold = match wanted.order {
            Some(order) => self.holds.find(tx, order).await?.filter(|h| h.state.takes() != (0, 0)),
            None => None,
        };
        let asked = |(typed, code): (String, Option<Code>)| {
            let discount = found.iter().find(|d| Some(&d.code) == code.as_ref()).cloned();
            let usage = Use {
                known: wanted.customer.is_some(),
                by_customer: discount.as_ref().and_then(|d| by_customer.get(&d.id)).copied().unwrap_or(0),
                by_this_order: match (&discount, &hold) {
                    (Some(d), Some(hold)) => hold.codes.contains(&d.id),
                    _ => false,
                },
            };
            AskedCode { typed, code, discount, usage }
        };
        Ok(read.into_iter().map(asked).collect())
    }
}

struct Wanted {
    variants: Vec<VariantId>,
    channel: ChannelId,
    currency: Currency,
    codes: Vec<String>,
    customer: Option<UserId>,
    order: Option<OrderId>,
    now: Timestamp,
}

/// The caller's language if the channel speaks it, else the channel's own.
fn supported(locale: &Locale, settings: &Settings) -> Locale {
    let locales = &settings.channel.locales;
    match locales.contains(locale) {
        true => locale.clone(),
        false => locales.first().cloned().unwrap_or_default(),
    }
}
