//! The read models of the catalogue: pages, labels and cards that do not move, what pricing and inventory have told,
//! and the shelves on which shoppers find it.

use super::places;
use super::rows::{self, PART, Values, column};
use crate::application::config::Window;
use crate::application::ports::{Placing, Rendered, Shelves};
use crate::domain::offer::Known;
use crate::domain::search::Terms;
use crate::domain::stock::{Level, StockPolicy, ToldLevel};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, Money, ProductId, Timestamp, VariantId};
use std::collections::BTreeMap;

pub struct SqlShelves;

fn json<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Other(e.to_string()))
}

async fn write_pages(tx: &mut Tx, product: ProductId, rendered: &[Rendered]) -> Result<(), DbError> {
    for one in rendered {
        let terms: Vec<(&str, i64)> = one.terms.iter().collect();
        tx.execute(
            "insert into page (product_id, locale, slug, title, head, tail, terms) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (product_id, locale) do update set slug = excluded.slug, title = excluded.title,
               head = excluded.head, tail = excluded.tail, terms = excluded.terms",
            &[&product, &one.locale.as_str(), &one.slug, &one.title, &one.head, &one.tail, &json(&terms)?],
        )
        .await?;
    }
    Ok(())
}

async fn write_labels(tx: &mut Tx, product: ProductId, rendered: &[Rendered]) -> Result<(), DbError> {
    for one in rendered {
        let locale = one.locale.as_str();
        let labels: Vec<_> = (0i64..).zip(&one.labels).collect();
        let rows: Vec<Values<'_>> = labels
            .iter()
            .map(|(position, label)| {
                vec![
                    &label.variant as _,
                    &locale as _,
                    &product as _,
                    position as _,
                    &label.title as _,
                    &label.image_url as _,
                    &label.json as _,
                ]
            })
            .collect();
        let head =
            "insert into variant_label (variant_id, locale, product_id, position, title, image_url, part)";
        rows::insert(tx, head, "", &rows).await?;
    }
    Ok(())
}

/// Writes the terms that differ from `before`.
async fn write_terms(
    tx: &mut Tx,
    product: ProductId,
    locale: &str,
    before: &Terms,
    now: &Terms,
) -> Result<(), DbError> {
    for (term, _) in before.iter().filter(|(term, _)| now.weight(term).is_none()) {
        tx.execute(
            "delete from search_term where locale = $1 and term = $2 and product_id = $3",
            &[&locale, &term, &product],
        )
        .await?;
    }
    let new: Vec<(&str, i64)> =
        now.iter().filter(|(term, weight)| before.weight(term) != Some(*weight)).collect();
    let rows: Vec<Values<'_>> =
        new.iter().map(|(term, weight)| vec![&locale as _, term as _, &product as _, weight as _]).collect();
    rows::insert(
        tx,
        "insert into search_term (locale, term, product_id, weight)",
        "on conflict (locale, term, product_id) do update set weight = excluded.weight",
        &rows,
    )
    .await
}

async fn terms_before(tx: &mut Tx, product: ProductId) -> Result<BTreeMap<String, Terms>, DbError> {
    let rows = tx
        .query("select locale, terms from page where product_id = $1 order by locale", &[&product], |row| {
            Ok((row.get::<String>(0)?, Terms::from_pairs(row.json::<Vec<(String, i64)>>(1)?)))
        })
        .await?;
    Ok(rows.into_iter().collect())
}

#[async_trait]
impl Shelves for SqlShelves {
    async fn render(
        &self,
        tx: &mut Tx,
        product: ProductId,
        windows: &[Window],
        scopes: &[String],
        rendered: &[Rendered],
        fresh: bool,
    ) -> Result<(), DbError> {
        let before = if fresh { BTreeMap::new() } else { terms_before(tx, product).await? };
        let none = Terms::default();
        if !fresh {
            tx.execute("delete from variant_label where product_id = $1", &[&product]).await?;
            places::drop_windows_but(tx, product, windows).await?;
        }
        write_pages(tx, product, rendered).await?;
        write_labels(tx, product, rendered).await?;
        for one in rendered {
            let locale = one.locale.as_str();
            write_terms(tx, product, locale, before.get(locale).unwrap_or(&none), &one.terms).await?;
        }
        places::write_cards(tx, product, windows, &json(&scopes)?, rendered).await
    }

    async fn refresh(
        &self,
        tx: &mut Tx,
        product: ProductId,
        low_stock: i64,
        placing: Placing,
    ) -> Result<bool, DbError> {
        let known = known_of_product(tx, product).await?;
        places::refresh(tx, product, &crate::domain::offer::offers(&known, low_stock), placing).await
    }

    async fn tell_prices(
        &self,
        tx: &mut Tx,
        product: ProductId,
        channel: &ChannelId,
        version: i64,
        prices: &[(VariantId, Money, Option<Money>)],
    ) -> Result<bool, DbError> {
        let channel = channel.as_str();
        let newer = tx
            .execute(
                "insert into told_price (product_id, channel, price_version) values ($1, $2, $3)
                 on conflict (product_id, channel) do update set price_version = excluded.price_version
                 where told_price.price_version < excluded.price_version",
                &[&product, &channel, &version],
            )
            .await?;
        if newer == 0 {
            return Ok(false);
        }
        let before = told_before(tx, product, channel).await?;
        let now: Told = prices
            .iter()
            .map(|(id, price, was)| ((*id, price.currency().code()), (price.minor(), was.map(Money::minor))))
            .collect();
        let gone: Vec<_> = before.keys().filter(|key| !now.contains_key(key)).collect();
        for (variant, currency) in &gone {
            tx.execute(
                "delete from known_price where variant_id = $1 and channel = $2 and currency = $3",
                &[variant, &channel, currency],
            )
            .await?;
        }
        let new: Vec<_> = now.iter().filter(|(key, said)| before.get(key) != Some(said)).collect();
        let rows: Vec<Values<'_>> = new
            .iter()
            .map(|((variant, currency), (amount, compare_at))| {
                vec![variant as _, &channel as _, currency as _, amount as _, compare_at as _, &version as _]
            })
            .collect();
        rows::insert(
            tx,
            "insert into known_price (variant_id, channel, currency, amount, compare_at, price_version)",
            "on conflict (variant_id, channel, currency) do update set amount = excluded.amount,
               compare_at = excluded.compare_at, price_version = excluded.price_version",
            &rows,
        )
        .await?;
        Ok(!gone.is_empty() || !new.is_empty())
    }

    async fn tell_levels(&self, tx: &mut Tx, levels: &[ToldLevel]) -> Result<Vec<VariantId>, DbError> {
        let mut changed = vec![];
        for told in levels {
            let newer = tx
                .execute(
                    "insert into known_level (variant_id, available, policy, level_version) values ($1, $2, $3, $4)
                     on conflict (variant_id) do update set available = excluded.available, policy = excluded.policy,
                       level_version = excluded.level_version
                     where known_level.level_version < excluded.level_version",
                    &[&told.variant, &told.level.available, &told.level.policy.name(), &told.version],
                )
                .await?;
            if newer > 0 {
                changed.push(told.variant);
            }
        }
        Ok(changed)
    }

    async fn known_prices(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Vec<Known>, DbError> {
        let mut all = vec![];
        for part in variants.chunks(PART) {
            let sql = format!(
                "select p.variant_id, p.channel, p.currency, p.amount, p.compare_at, l.available, l.policy
                 from known_price p left join known_level l on l.variant_id = p.variant_id
                 where p.variant_id in {} order by p.variant_id, p.channel, p.currency",
                list(1, part.len())
            );
            let params: Values<'_> = part.iter().map(|id| id as &dyn Bind).collect();
            all.extend(tx.query(&sql, &params, known).await?);
        }
        Ok(all)
    }

    async fn known_levels(
        &self,
        tx: &mut Tx,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, Level>, DbError> {
        let mut all = BTreeMap::new();
        for part in variants.chunks(PART) {
            let sql = format!(
                "select variant_id, available, policy from known_level where variant_id in {} order by variant_id",
                list(1, part.len())
            );
            let params: Values<'_> = part.iter().map(|id| id as &dyn Bind).collect();
            let rows = tx
                .query(&sql, &params, |row| {
                    let level = level(row.get(1)?, row.get(2)?, 2)?;
                    Ok((row.id(0)?, level))
                })
                .await?;
            all.extend(rows.into_iter().filter_map(|(id, level)| Some((id, level?))));
        }
        Ok(all)
    }

    async fn clear(&self, tx: &mut Tx, product: ProductId, variants: &[VariantId]) -> Result<(), DbError> {
        for (locale, terms) in terms_before(tx, product).await? {
            write_terms(tx, product, &locale, &terms, &Terms::default()).await?;
        }
        places::drop_windows_but(tx, product, &[]).await?;
        for sql in [
            "delete from page where product_id = $1",
            "delete from variant_label where product_id = $1",
            "delete from collection_product where product_id = $1",
            "delete from relist_due where product_id = $1",
        ] {
            tx.execute(sql, &[&product]).await?;
        }
        for variant in variants {
            tx.execute("delete from known_price where variant_id = $1", &[variant]).await?;
            tx.execute("delete from known_level where variant_id = $1", &[variant]).await?;
        }
        Ok(())
    }

    async fn mark_due(&self, tx: &mut Tx, products: &[ProductId], now: Timestamp) -> Result<(), DbError> {
        let rows: Vec<Values<'_>> = products.iter().map(|product| vec![product as _, &now as _]).collect();
        rows::insert(tx, "insert into relist_due (product_id, since)", "on conflict do nothing", &rows).await
    }

    async fn take_due(&self, tx: &mut Tx, limit: i64) -> Result<Vec<ProductId>, DbError> {
        let sql = "select product_id from relist_due order by since, product_id limit $1";
        let due: Vec<ProductId> = tx.query(sql, &[&limit], |row| row.id(0)).await?;
        for product in &due {
            tx.execute("delete from relist_due where product_id = $1", &[product]).await?;
        }
        Ok(due)
    }

    async fn state(&self, tx: &mut Tx, name: &str) -> Result<Option<String>, DbError> {
        tx.query_opt("select value from catalogue_state where name = $1", &[&name], |row| row.get(0)).await
    }

    async fn set_state(&self, tx: &mut Tx, name: &str, value: &str) -> Result<(), DbError> {
        tx.execute(
            "insert into catalogue_state (name, value) values ($1, $2)
             on conflict (name) do update set value = excluded.value",
            &[&name, &value],
        )
        .await
        .map(|_| ())
    }
}

pub(super) fn level(
    available: Option<i64>,
    policy: Option<String>,
    index: usize,
) -> Result<Option<Level>, DbError> {
    let (Some(available), Some(policy)) = (available, policy) else { return Ok(None) };
    let policy =
        StockPolicy::parse(&policy).ok_or_else(|| column(index, format!("{policy} is no policy")))?;
    Ok(Some(Level { available, policy }))
}

fn known(row: &hanse_database::sql::Row<'_>) -> Result<Known, DbError> {
    Ok(Known {
        variant: row.id(0)?,
        channel: ChannelId::new(&row.get::<String>(1)?),
        currency: Currency::parse(&row.get::<String>(2)?).map_err(|e| column(2, e.to_string()))?,
        amount: row.get(3)?,
        compare_at: row.get(4)?,
        level: level(row.get(5)?, row.get(6)?, 6)?,
    })
}

/// Amount and comparison of each variant in each currency.
type Told = BTreeMap<(VariantId, &'static str), (i64, Option<i64>)>;

async fn told_before(tx: &mut Tx, product: ProductId, channel: &str) -> Result<Told, DbError> {
    let rows = tx
        .query(
            "select p.variant_id, p.currency, p.amount, p.compare_at
             from variant v join known_price p on p.variant_id = v.id
             where v.product_id = $1 and p.channel = $2 order by p.variant_id, p.currency",
            &[&product, &channel],
            |row| {
                let currency =
                    Currency::parse(&row.get::<String>(1)?).map_err(|e| column(1, e.to_string()))?;
                Ok(((row.id(0)?, currency.code()), (row.get(2)?, row.get(3)?)))
            },
        )
        .await?;
    Ok(rows.into_iter().collect())
}

async fn known_of_product(tx: &mut Tx, product: ProductId) -> Result<Vec<Known>, DbError> {
    tx.query(
        "select v.id, p.channel, p.currency, p.amount, p.compare_at, l.available, l.policy
         from variant v join known_price p on p.variant_id = v.id left join known_level l on l.variant_id = v.id
         where v.product_id = $1 order by v.position, v.id, p.channel, p.currency",
        &[&product],
        known,
    )
    .await
}
