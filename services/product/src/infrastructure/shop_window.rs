//! What shoppers and other services ask: one indexed question each over the read models.

use super::rows::{PART, Values};
use super::shelves::level;
use crate::application::config::Window;
use crate::application::list_products::{ListQuestion, Listed, Sort, SortKey};
use crate::application::ports::{FoundPage, FoundVariant, ShopWindow, VariantDescription};
use crate::domain::search::Question;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Limit, Locale, ProductId, VariantId};
use std::collections::BTreeMap;

pub struct SqlShopWindow;

/// The column that a list is sorted by, and whether downwards.
fn order(sort: Sort) -> (&'static str, bool) {
    match sort {
        Sort::Newest => ("newest", true),
        Sort::Price => ("price", false),
        Sort::PriceDown => ("price", true),
        Sort::Title => ("title", false),
        Sort::Relevance => ("score", true),
    }
}

/// A total that nobody asked for.
const UNTOLD: &str = "cast(null as bigint)";

/// One page from `source`, which has `listing_id` and the column that is sorted by; the last three parameters are
/// key, listing and limit, from `$first` on. `total` is what the last column says.
fn page_of(source: &str, sort: Sort, condition: &str, total: &str, first: usize) -> String {
    let (key, down) = order(sort);
    let (than, way) = if down { ("<", "desc") } else { (">", "asc") };
    format!(
        "select f.listing_id, f.{key}, l.card, l.price_min, l.price_max, l.compare_at, l.availability, {total}
         from {source} f join listing l on l.id = f.listing_id
         where {condition} (f.{key}, f.listing_id) {than} (${first}, ${})
         order by f.{key} {way}, f.listing_id {way} limit ${}",
        first + 1,
        first + 2
    )
}

/// Everything that answers the search on a shelf: `$1` language, `$2` and `$3` bounds of the last word, `$4` shelf,
/// from `$5` on the other words.
fn found(words: usize) -> String {
    let (mut joins, mut score) = (String::new(), String::from("b.score"));
    for n in 0..words {
        let place = 5 + n;
        joins.push_str(&format!(
            " join search_term w{n} on w{n}.locale = $1 and w{n}.term = ${place} and w{n}.product_id = b.product_id"
        ));
        score.push_str(&format!(" + 2 * w{n}.weight"));
    }
    format!(
        "with beginning as (
           select product_id, max(case when term = $2 then 2 * weight else weight end) as score
           from search_term where locale = $1 and term >= $2 and term < $3 group by product_id
         ), found as (
           select p.listing_id, p.newest, p.price, p.title, {score} as score
           from beginning b{joins}
           join listing_place p on p.shelf = $4 and p.product_id = b.product_id
         ) "
    )
}

fn listed(row: &Row<'_>, sort: Sort) -> Result<Listed, DbError> {
    Ok(Listed {
        listing: row.get(0)?,
        key: if sort == Sort::Title { SortKey::Text(row.get(1)?) } else { SortKey::Number(row.get(1)?) },
        card: row.get(2)?,
        price_min: row.get(3)?,
        price_max: row.get(4)?,
        compare_at: row.get(5)?,
        availability: row.get(6)?,
    })
}

/// The parameters of [`found`].
struct Search<'a> {
    question: &'a Question,
    locale: &'a str,
    beginning: &'a str,
    end: String,
    shelf: &'a str,
}

impl<'a> Search<'a> {
    fn new(search: &'a Question, question: &'a ListQuestion) -> Self {
        Self {
            locale: question.window.locale.as_str(),
            beginning: search.beginning(),
            end: search.beginning_end(),
            shelf: &question.shelf,
            question: search,
        }
    }
    fn params(&self) -> Values<'_> {
        let mut params: Values<'_> = vec![&self.locale, &self.beginning, &self.end, &self.shelf];
        params.extend(self.question.whole().iter().map(|word| word as &dyn Bind));
        params
    }
}

#[async_trait]
impl ShopWindow for SqlShopWindow {
    async fn list(
        &self,
        tx: &mut Tx,
        question: &ListQuestion,
    ) -> Result<(Vec<Listed>, Option<i64>), DbError> {
        let sort = question.sort;
        let key: &dyn Bind = match &question.after.key {
            SortKey::Number(number) => number,
            SortKey::Text(text) => text,
        };
        let (listing, limit) = (question.after.listing, question.limit.with_peek());
        let Some(search) = &question.search else {
            let sql = page_of("listing_place", sort, "f.shelf = $1 and", UNTOLD, 2);
            let params: Values<'_> = vec![&question.shelf, key, &listing, &limit];
            return Ok((tx.query(&sql, &params, |row| listed(row, sort)).await?, None));
        };
        let asked = Search::new(search, question);
        let mut params = asked.params();
        // Everything that is found has to be ranked anyway: it is counted in the same go.
        let total = if question.count { "(select count(*) from found)" } else { UNTOLD };
        let page = page_of("found", sort, "", total, params.len() + 1);
        let sql = format!("{}{page}", found(search.whole().len()));
        params.extend([key, &listing as &dyn Bind, &limit as &dyn Bind]);
        let rows: Vec<(Listed, Option<i64>)> =
            tx.query(&sql, &params, |row| Ok((listed(row, sort)?, row.get(7)?))).await?;
        let total = rows.first().and_then(|(_, total)| *total);
        Ok((rows.into_iter().map(|(row, _)| row).collect(), total))
    }

    async fn total(&self, tx: &mut Tx, question: &ListQuestion) -> Result<i64, DbError> {
        let total = match &question.search {
            None => {
                let sql = "select count(*) from listing_place where shelf = $1";
                tx.query_opt(sql, &[&question.shelf], |row| row.get(0)).await?
            }
            Some(search) => {
                let asked = Search::new(search, question);
                let sql = format!("{}select count(*) from found", found(search.whole().len()));
                tx.query_opt(&sql, &asked.params(), |row| row.get(0)).await?
            }
        };
        Ok(total.unwrap_or(0))
    }

    async fn totals(&self, tx: &mut Tx, shelves: &[String]) -> Result<BTreeMap<String, i64>, DbError> {
        let mut all = BTreeMap::new();
        for part in shelves.chunks(PART) {
            let sql = format!(
                "select shelf, count(*) from listing_place where shelf in {} group by shelf order by shelf",
                list(1, part.len())
            );
            let params: Values<'_> = part.iter().map(|shelf| shelf as &dyn Bind).collect();
            all.extend(tx.query(&sql, &params, |row| Ok((row.get::<String>(0)?, row.get(1)?))).await?);
        }
        Ok(all)
    }

    async fn page(
        &self,
        tx: &mut Tx,
        window: &Window,
        own: &Locale,
        slug: &str,
    ) -> Result<Option<FoundPage>, DbError> {
        let mut found = page_by_slug(tx, window, &window.locale, slug).await?;
        if found.is_none() && window.locale != *own {
            found = page_by_slug(tx, window, own, slug).await?;
        }
        let Some(mut page) = found else { return Ok(None) };
        page.variants = tx
            .query(
                "select v.part, p.amount, p.compare_at, l.available, l.policy from variant_label v
                 left join known_price p on p.variant_id = v.variant_id and p.channel = $3 and p.currency = $4
                 left join known_level l on l.variant_id = v.variant_id
                 where v.product_id = $1 and v.locale = $2 order by v.position",
                &[&page.product, &window.locale.as_str(), &window.channel.as_str(), &window.currency.code()],
                |row| {
                    Ok(FoundVariant {
                        part: row.get(0)?,
                        amount: row.get(1)?,
                        compare_at: row.get(2)?,
                        level: level(row.get(3)?, row.get(4)?, 4)?,
                    })
                },
            )
            .await?;
        Ok(Some(page))
    }

    async fn search_all(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        question: &Question,
        skip: i64,
        limit: Limit,
    ) -> Result<Vec<ProductId>, DbError> {
        let (locale, beginning, end) = (locale.as_str(), question.beginning(), question.beginning_end());
        let limit = limit.with_peek();
        let mut params: Values<'_> = vec![&locale, &beginning, &end, &skip, &limit];
        let (mut joins, mut score) = (String::new(), String::from("b.score"));
        for (n, word) in question.whole().iter().enumerate() {
            params.push(word);
            joins.push_str(&format!(
                " join search_term w{n} on w{n}.locale = $1 and w{n}.term = ${} and w{n}.product_id = b.product_id",
                params.len()
            ));
            score.push_str(&format!(" + 2 * w{n}.weight"));
        }
        let sql = format!(
            "with beginning as (
               select product_id, max(case when term = $2 then 2 * weight else weight end) as score
               from search_term where locale = $1 and term >= $2 and term < $3 group by product_id
             )
             select b.product_id from beginning b{joins}
             order by {score} desc, b.product_id desc limit $5 offset $4"
        );
        tx.query(&sql, &params, |row| row.id(0)).await
    }

    async fn describe(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        channel: &ChannelId,
        variants: &[VariantId],
    ) -> Result<Vec<VariantDescription>, DbError> {
        let (locale, channel) = (locale.as_str(), channel.as_str());
        let mut all = vec![];
        for part in variants.chunks(PART) {
            let sql = format!(
                "select v.id, v.product_id, g.slug, g.title, l.title, v.sku, l.image_url, c.product_id is not null,
                   coalesce(v.weight_grams, 0), v.tax_class, v.requires_shipping
                 from variant v
                 join page g on g.product_id = v.product_id and g.locale = $1
                 join variant_label l on l.variant_id = v.id and l.locale = $1
                 left join product_channel c on c.product_id = v.product_id and c.channel = $2
                 where v.id in {} order by v.id",
                list(3, part.len())
            );
            let mut params: Values<'_> = vec![&locale, &channel];
            params.extend(part.iter().map(|id| id as &dyn Bind));
            all.extend(tx.query(&sql, &params, description).await?);
        }
        Ok(all)
    }

    async fn variants_by_sku(
        &self,
        tx: &mut Tx,
        sku: Option<&str>,
        after: Option<&str>,
        limit: Limit,
    ) -> Result<Vec<(String, VariantId, ProductId)>, DbError> {
        let line = |row: &Row<'_>| Ok((row.get::<String>(0)?, row.id(1)?, row.id(2)?));
        match sku {
            Some(sku) => {
                let sql = "select sku, id, product_id from variant where sku = $1 order by sku";
                tx.query(sql, &[&sku], line).await
            }
            None => {
                let after = after.unwrap_or_default();
                let sql = "select sku, id, product_id from variant where sku > $1 order by sku limit $2";
                tx.query(sql, &[&after, &limit.with_peek()], line).await
            }
        }
    }
}

async fn page_by_slug(
    tx: &mut Tx,
    window: &Window,
    slug_locale: &Locale,
    slug: &str,
) -> Result<Option<FoundPage>, DbError> {
    tx.query_opt(
        "select g.product_id, g.slug, g.head, g.tail from slug s
         join page g on g.product_id = s.entity and g.locale = $3
         join product_channel c on c.product_id = s.entity and c.channel = $4
         where s.kind = 'product' and s.locale = $1 and s.slug = $2",
        &[&slug_locale.as_str(), &slug, &window.locale.as_str(), &window.channel.as_str()],
        |row| {
            let (slug, head, tail) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(FoundPage { product: row.id(0)?, slug, head, tail, variants: vec![] })
        },
    )
    .await
}

fn description(row: &Row<'_>) -> Result<VariantDescription, DbError> {
    Ok(VariantDescription {
        variant: row.id(0)?,
        product: row.id(1)?,
        slug: row.get(2)?,
        title: row.get(3)?,
        variant_title: row.get(4)?,
        sku: row.get(5)?,
        image_url: row.get(6)?,
        published: row.get(7)?,
        weight_grams: row.get(8)?,
        tax_class: row.get(9)?,
        requires_shipping: row.get(10)?,
    })
}
