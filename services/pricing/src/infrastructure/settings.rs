//! Channels, tax rates, shipping zones and methods in SQL.

use super::{currency, json};
use crate::application::ports::SettingsStore;
use crate::domain::shipping::Localised;
use crate::domain::{Bracket, Channel, Country, Method, TaxClass, Zone};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, Locale, ShippingMethodId};
use std::collections::BTreeMap;

const CHANNEL: &str = "id, currency, currencies, tax_included, home_country, locales, version";
const METHOD: &str = "id, channel, zone_id, title, estimate, currency, free_from, position, active, version";

pub struct SqlSettings;

fn channel(row: &Row<'_>) -> Result<Channel, DbError> {
    let locales: Vec<String> = row.json(5)?;
    Ok(Channel {
        id: ChannelId::new(&row.get::<String>(0)?),
        currency: currency(row, 1)?,
        currencies: row.json::<Vec<Currency>>(2)?,
        tax_included: row.get(3)?,
        home: row.parse(4)?,
        locales: locales.iter().map(|l| Locale::new(l)).collect(),
        version: row.get(6)?,
    })
}

fn method(row: &Row<'_>) -> Result<Method, DbError> {
    Ok(Method {
        id: row.id(0)?,
        channel: ChannelId::new(&row.get::<String>(1)?),
        zone: row.get(2)?,
        title: Localised(row.json::<BTreeMap<Locale, String>>(3)?),
        estimate: Localised(row.json::<BTreeMap<Locale, String>>(4)?),
        currency: currency(row, 5)?,
        brackets: vec![],
        free_from: row.get(6)?,
        position: row.get(7)?,
        active: row.get(8)?,
        version: row.get(9)?,
    })
}

fn bracket(row: &Row<'_>) -> Result<(ShippingMethodId, Bracket), DbError> {
    let bracket = Bracket { max_weight_grams: row.get(1)?, min_items: row.get(2)?, price: row.get(3)? };
    Ok((row.id(0)?, bracket))
}

async fn write_brackets(tx: &mut Tx, method: &Method) -> Result<(), DbError> {
    tx.execute("delete from shipping_brackets where method_id = $1", &[&method.id]).await?;
    let numbered: Vec<(i64, &Bracket)> = (1..).zip(&method.brackets).collect();
    let rows = numbered.iter().map(|(position, b)| {
        let row: Vec<&(dyn Bind + '_)> =
            vec![&method.id, position, &b.max_weight_grams, &b.min_items, &b.price];
        row
    });
    let sql = "insert into shipping_brackets (method_id, position, max_weight_grams, min_items, price)
               values ($1, $2, $3, $4, $5)";
    tx.execute_many(sql, rows.collect()).await.map(|_| ())
}

#[async_trait]
impl SettingsStore for SqlSettings {
    async fn channel(&self, tx: &mut Tx, id: &ChannelId) -> Result<Option<Channel>, DbError> {
        tx.query_opt(&format!("select {CHANNEL} from channels where id = $1"), &[&id.as_str()], channel).await
    }

    async fn channels(&self, tx: &mut Tx) -> Result<Vec<Channel>, DbError> {
        tx.query(&format!("select {CHANNEL} from channels order by id"), &[], channel).await
    }

    async fn save_channel(&self, tx: &mut Tx, c: &Channel, version: i64) -> Result<bool, DbError> {
        let currencies = json(&c.currencies)?;
        let saved = tx
            .execute(
                "update channels set currencies = $2, tax_included = $3, home_country = $4, version = $5
                 where id = $1 and version = $6",
                &[&c.id.as_str(), &currencies, &c.tax_included, &c.home.as_str(), &c.version, &version],
            )
            .await?;
        Ok(saved == 1)
    }

    async fn zones(&self, tx: &mut Tx) -> Result<Vec<Zone>, DbError> {
        let mut zones = tx
            .query("select id, name from shipping_zones order by position, id", &[], |r| {
                Ok(Zone { id: r.get(0)?, name: r.get(1)?, countries: vec![] })
            })
            .await?;
        let countries: Vec<(String, Country)> = tx
            .query(
                "select zone_id, country from shipping_zone_countries order by zone_id, country",
                &[],
                |r| Ok((r.get(0)?, r.parse(1)?)),
            )
            .await?;
        for zone in &mut zones {
            zone.countries = countries.iter().filter(|(id, _)| *id == zone.id).map(|(_, c)| *c).collect();
        }
        Ok(zones)
    }

    async fn put_zone(&self, tx: &mut Tx, zone: &Zone) -> Result<(), DbError> {
        tx.execute(
            "insert into shipping_zones (id, name, position)
             values ($1, $2, (select coalesce(max(position), 0) + 1 from shipping_zones))
             on conflict (id) do update set name = $2",
            &[&zone.id, &zone.name],
        )
        .await?;
        tx.execute("delete from shipping_zone_countries where zone_id = $1", &[&zone.id]).await?;
        let countries: Vec<&str> = zone.countries.iter().map(Country::as_str).collect();
        let rows = countries.iter().map(|c| vec![c as &(dyn Bind + '_), &zone.id]).collect();
        let sql = "insert into shipping_zone_countries (country, zone_id) values ($1, $2)";
        tx.execute_many(sql, rows).await.map(|_| ())
    }

    async fn methods(&self, tx: &mut Tx) -> Result<Vec<Method>, DbError> {
        let sql = format!("select {METHOD} from shipping_methods order by channel, zone_id, position, id");
        let mut methods = tx.query(&sql, &[], method).await?;
        let sql = "select method_id, max_weight_grams, min_items, price from shipping_brackets
                   order by method_id, position";
        let brackets = tx.query(sql, &[], bracket).await?;
        for method in &mut methods {
            let own = brackets.iter().filter(|(id, _)| *id == method.id);
            method.brackets = own.map(|(_, b)| b.clone()).collect();
        }
        Ok(methods)
    }

    async fn method(&self, tx: &mut Tx, id: ShippingMethodId) -> Result<Option<Method>, DbError> {
        let sql = format!("select {METHOD} from shipping_methods where id = $1");
        let Some(mut found) = tx.query_opt(&sql, &[&id], method).await? else { return Ok(None) };
        let sql = "select method_id, max_weight_grams, min_items, price from shipping_brackets
                   where method_id = $1 order by position";
        found.brackets = tx.query(sql, &[&id], bracket).await?.into_iter().map(|(_, b)| b).collect();
        Ok(Some(found))
    }

    async fn insert_method(&self, tx: &mut Tx, m: &Method) -> Result<(), DbError> {
        let (title, estimate) = (json(&m.title.0)?, json(&m.estimate.0)?);
        tx.execute(
            "insert into shipping_methods (id, channel, zone_id, title, estimate, currency, free_from, position,
               active, version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &m.id,
                &m.channel.as_str(),
                &m.zone,
                &title,
                &estimate,
                &m.currency.code(),
                &m.free_from,
                &m.position,
                &m.active,
                &m.version,
            ],
        )
        .await?;
        write_brackets(tx, m).await
    }

    async fn update_method(&self, tx: &mut Tx, m: &Method, version: i64) -> Result<bool, DbError> {
        let (title, estimate) = (json(&m.title.0)?, json(&m.estimate.0)?);
        let saved = tx
            .execute(
                "update shipping_methods set zone_id = $2, title = $3, estimate = $4, free_from = $5, position = $6,
                   active = $7, version = $8
                 where id = $1 and version = $9",
                &[&m.id, &m.zone, &title, &estimate, &m.free_from, &m.position, &m.active, &m.version, &version],
            )
            .await?;
        if saved == 1 {
            write_brackets(tx, m).await?;
        }
        Ok(saved == 1)
    }

    async fn rates(&self, tx: &mut Tx) -> Result<Vec<(Country, TaxClass, i64)>, DbError> {
        let sql = "select country, class, rate_bp from tax_rates order by country, class";
        tx.query(sql, &[], |r| Ok((r.parse(0)?, r.parse(1)?, r.get(2)?))).await
    }

    async fn put_rate(&self, tx: &mut Tx, country: Country, class: TaxClass, bp: i64) -> Result<(), DbError> {
        tx.execute(
            "insert into tax_rates (country, class, rate_bp) values ($1, $2, $3)
             on conflict (country, class) do update set rate_bp = $3",
            &[&country.as_str(), &class.as_str(), &bp],
        )
        .await
        .map(|_| ())
    }
}
