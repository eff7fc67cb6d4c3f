//! Use cases: staff set up channels, tax rates, shipping zones and methods. Every change is seen by the next quote.

use super::PricingError;
use super::ports::{SettingsCache, SettingsStore};
use super::written;
use crate::domain::price::LARGEST;
use crate::domain::{Bracket, Channel, Country, Method, TaxClass, Zone};
use hanse_database::{Db, Tx};
use hanse_kernel::{ChannelId, Ctx, Currency, ShippingMethodId};
use hanse_record::{Entry, Record};
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct ManageSettings {
    pub db: Db,
    pub store: Arc<dyn SettingsStore>,
    pub cache: Arc<dyn SettingsCache>,
    pub record: Record,
}

#[derive(Debug, Clone, Default)]
pub struct ChannelChange {
    pub currencies: Option<Vec<Currency>>,
    pub tax_included: Option<bool>,
    pub home: Option<Country>,
}

#[derive(Debug, Clone, Default)]
pub struct MethodChange {
    pub title: Option<crate::domain::shipping::Localised>,
    pub estimate: Option<crate::domain::shipping::Localised>,
    pub zone: Option<String>,
    pub brackets: Option<Vec<Bracket>>,
    /// What the given amounts are in; it must be the method's.
    pub currency: Option<Currency>,
    pub free_from: Option<Option<i64>>,
    pub position: Option<i64>,
    pub active: Option<bool>,
}

impl ManageSettings {
    pub async fn channel(&self, id: &ChannelId) -> Result<Channel, PricingError> {
        let settings = self.cache.of(id).await?.ok_or(PricingError::NotFound("channel"))?;
        Ok(settings.channel.clone())
    }

    pub async fn channels(&self) -> Result<Vec<Channel>, PricingError> {
        let read =
            self.db.read(self.store.clone(), |tx, store| Box::pin(async move { store.channels(tx).await }));
        read.await.map_err(PricingError::Db)
    }

    pub async fn change_channel(
        &self,
        ctx: &Ctx,
        id: ChannelId,
        version: Option<i64>,
        change: ChannelChange,
    ) -> Result<Channel, PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), id, version, change), |tx, (this, ctx, id, version, change)| {
                Box::pin(async move {
                    let old = this.store.channel(tx, id).await?.ok_or(PricingError::NotFound("channel"))?;
                    let currencies = change.currencies.clone().unwrap_or_else(|| old.currencies.clone());
                    if !currencies.contains(&old.currency) {
                        let message = format!("must hold {}, which carts are kept in", old.currency);
                        return Err(PricingError::invalid("currencies", "missing", message));
                    }
                    let new = Channel {
                        currencies,
                        tax_included: change.tax_included.unwrap_or(old.tax_included),
                        home: change.home.unwrap_or(old.home),
                        version: old.version + 1,
                        ..old.clone()
                    };
                    let saved = is_version(*version, old.version)
                        && this.store.save_channel(tx, &new, old.version).await?;
                    this.saved(tx, saved)?;
                    let entry = Entry::new("channel.changed", "channel", &new.id);
                    let entry = entry.changed(written::channel(&old), written::channel(&new));
                    this.record.note(tx, ctx, entry).await?;
                    Ok(new)
                })
            })
            .await
    }

    pub async fn zones(&self) -> Result<Vec<Zone>, PricingError> {
        let read =
            self.db.read(self.store.clone(), |tx, store| Box::pin(async move { store.zones(tx).await }));
        read.await.map_err(PricingError::Db)
    }

    /// Makes a zone, or changes the one of that id.
    pub async fn put_zone(&self, ctx: &Ctx, zone: Zone, new: bool) -> Result<Zone, PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), zone, new), |tx, (this, ctx, zone, new)| {
                Box::pin(async move {
                    let all = this.store.zones(tx).await?;
                    let exists = all.iter().any(|z| z.id == zone.id);
                    if *new && exists {
                        let message = format!("there is a zone `{}` already", zone.id);
                        return Err(PricingError::Conflict { code: "zone_taken", message });
                    }
                    if !*new && !exists {
                        return Err(PricingError::NotFound("shipping zone"));
                    }
                    let elsewhere =
                        |c: &&Country| all.iter().any(|z| z.id != zone.id && z.countries.contains(c));
                    if let Some(country) = zone.countries.iter().find(elsewhere) {
                        let message = format!("{country} lies in another zone; take it out there first");
                        return Err(PricingError::Conflict { code: "country_in_other_zone", message });
                    }
                    this.store.put_zone(tx, zone).await?;
                    this.saved(tx, true)?;
                    let entry = match all.iter().find(|old| old.id == zone.id) {
                        None => Entry::new("shipping_zone.made", "shipping_zone", &zone.id)
                            .became(written::zone(zone)),
                        Some(old) => Entry::new("shipping_zone.changed", "shipping_zone", &zone.id)
                            .changed(written::zone(old), written::zone(zone)),
                    };
                    this.record.note(tx, ctx, entry).await?;
                    Ok(zone.clone())
                })
            })
            .await
    }

    pub async fn methods(&self) -> Result<Vec<Method>, PricingError> {
        let read =
            self.db.read(self.store.clone(), |tx, store| Box::pin(async move { store.methods(tx).await }));
        read.await.map_err(PricingError::Db)
    }

    /// The method's id stays the same when the same request is tried again.
    pub async fn create_method(&self, ctx: &Ctx, method: Method) -> Result<Method, PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), method), |tx, (this, ctx, method)| {
                Box::pin(async move {
                    if let Some(made) = this.store.method(tx, method.id).await? {
                        return Ok(made);
                    }
                    this.check(tx, method).await?;
                    this.store.insert_method(tx, method).await?;
                    this.saved(tx, true)?;
                    let entry = Entry::new("shipping_method.made", "shipping_method", method.id);
                    this.record.note(tx, ctx, entry.became(written::method(method))).await?;
                    Ok(method.clone())
                })
            })
            .await
    }

    pub async fn change_method(
        &self,
        ctx: &Ctx,
        id: ShippingMethodId,
        version: Option<i64>,
        change: MethodChange,
    ) -> Result<Method, PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), id, version, change), |tx, (this, ctx, id, version, change)| {
                Box::pin(async move {
                    let old =
                        this.store.method(tx, *id).await?.ok_or(PricingError::NotFound("shipping method"))?;
                    let change = change.clone();
                    if change.currency.is_some_and(|c| c != old.currency) {
                        let message = format!("must be in {}, the method's currency", old.currency);
                        return Err(PricingError::invalid("brackets", "currency", message));
                    }
                    let new = Method {
                        title: change.title.unwrap_or_else(|| old.title.clone()),
                        estimate: change.estimate.unwrap_or_else(|| old.estimate.clone()),
                        zone: change.zone.unwrap_or_else(|| old.zone.clone()),
                        brackets: change.brackets.unwrap_or_else(|| old.brackets.clone()),
                        free_from: change.free_from.unwrap_or(old.free_from),
                        position: change.position.unwrap_or(old.position),
                        active: change.active.unwrap_or(old.active),
                        version: old.version + 1,
                        ..old.clone()
                    };
                    this.check(tx, &new).await?;
                    let saved = is_version(*version, old.version)
                        && this.store.update_method(tx, &new, old.version).await?;
                    this.saved(tx, saved)?;
                    let entry = Entry::new("shipping_method.changed", "shipping_method", new.id);
                    let entry = entry.changed(written::method(&old), written::method(&new));
                    this.record.note(tx, ctx, entry).await?;
                    Ok(new)
                })
            })
            .await
    }

    pub async fn rates(&self) -> Result<Vec<(Country, TaxClass, i64)>, PricingError> {
        let read =
            self.db.read(self.store.clone(), |tx, store| Box::pin(async move { store.rates(tx).await }));
        read.await.map_err(PricingError::Db)
    }

    pub async fn put_rate(
        &self,
        ctx: &Ctx,
        country: Country,
        class: TaxClass,
        bp: i64,
    ) -> Result<(), PricingError> {
        if !(0..=10_000).contains(&bp) || (class == TaxClass::Zero && bp != 0) {
            let message = "must be between 0 and 10,000 basis points, and 0 for the class zero";
            return Err(PricingError::invalid("rate_bp", "range", message));
        }
        self.db
            .tx((self.clone(), ctx.clone(), country, class, bp), |tx, (this, ctx, country, class, bp)| {
                Box::pin(async move {
                    let rates = this.store.rates(tx).await?;
                    let old =
                        rates.iter().find(|(to, of, _)| to == country && of == class).map(|rate| rate.2);
                    this.store.put_rate(tx, *country, *class, *bp).await?;
                    let subject = format!("{country}/{}", class.as_str());
                    let entry = Entry::new("tax_rate.set", "tax_rate", subject)
                        .changed(json!({"basis_points": old}), json!({"basis_points": bp}));
                    this.record.note(tx, ctx, entry).await?;
                    this.saved(tx, true)
                })
            })
            .await
    }

    async fn check(&self, tx: &mut Tx, method: &Method) -> Result<(), PricingError> {
        let invalid = |field: &str, message: &str| Err(PricingError::invalid(field, "invalid", message));
        let channel = self.store.channel(tx, &method.channel).await?;
        match channel {
            None => return invalid("channel", "there is no such channel"),
            Some(channel) if !channel.sells_in(method.currency) => {
                return invalid("brackets", "the channel does not sell in that currency");
            }
            Some(_) => {}
        }
        if !self.store.zones(tx).await?.iter().any(|z| z.id == method.zone) {
            return invalid("zone_id", "there is no such zone");
        }
        if method.title.0.values().all(|t| t.trim().is_empty()) {
            return invalid("title", "is needed in one language at least");
        }
        let wrong = |b: &Bracket| {
            !(0..=LARGEST).contains(&b.price) || b.min_items < 0 || b.max_weight_grams.is_some_and(|w| w < 0)
        };
        if method.brackets.is_empty() || method.brackets.len() > 50 || method.brackets.iter().any(wrong) {
            return invalid(
                "brackets",
                "must be 1 to 50, with nothing below zero and no price beyond reason",
            );
        }
        if method.free_from.is_some_and(|from| from < 0) {
            return invalid("free_from", "must not be below zero");
        }
        Ok(())
    }

    fn saved(&self, tx: &mut Tx, saved: bool) -> Result<(), PricingError> {
        if !saved {
            return Err(PricingError::Stale);
        }
        self.cache.changed(tx);
        Ok(())
    }
}

fn is_version(wanted: Option<i64>, present: i64) -> bool {
    wanted.is_none_or(|wanted| wanted == present)
}
