//! The catalogue's part of the audit: its read models show what its tables say, and no intake waits for ever.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_kernel::TypedId;
use hanse_runtime::{Examine, Findings, Page};
use std::time::Duration;

pub struct ExamineCatalogue(pub Db);

/// An effect that should have been one and is none, or two.
const ONE_EFFECT: u32 = 10;
/// What was begun and never ended.
const ENDS: u32 = 13;
/// Longer than all tries together.
const LONGEST: Duration = Duration::from_secs(90 * 60);

const REWRITE: &str = "save the product again in the admin: its read models are written anew";

/// Breaches of one kind, each as a product's id.
struct Rule {
    invariant: u32,
    /// `$1` is the time of rest.
    sql: &'static str,
    detail: &'static str,
    remedy: &'static str,
    /// Where the product stands that is found.
    key: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        invariant: ONE_EFFECT,
        sql: "select distinct l.product_id from listing_place s join listing l on l.id = s.listing_id
              join product p on p.id = l.product_id
              left join product_channel c on c.product_id = l.product_id and c.channel = l.channel
              where p.updated_at < $1 and (c.product_id is null or p.status <> 'published')
              order by l.product_id limit 500",
        detail: "stands on a shelf but is not published",
        remedy: REWRITE,
        key: "listing.product_id",
    },
    Rule {
        invariant: ONE_EFFECT,
        sql: "select distinct l.product_id from listing l join product p on p.id = l.product_id
              join product_channel c on c.product_id = l.product_id and c.channel = l.channel
              left join listing_place s on s.listing_id = l.id
              where p.updated_at < $1 and l.price_min is not null and s.listing_id is null
              order by l.product_id limit 500",
        detail: "is published and has a price, but stands on no shelf",
        remedy: REWRITE,
        key: "listing.product_id",
    },
    Rule {
        invariant: ONE_EFFECT,
        sql: "select distinct s.product_id from
                (select l.product_id, l.price_min, l.price_max, min(k.amount) as low, max(k.amount) as high
                 from listing l join product p on p.id = l.product_id
                 left join variant v on v.product_id = l.product_id
                 left join known_price k on k.variant_id = v.id and k.channel = l.channel and k.currency = l.currency
                 where p.updated_at < $1
                 group by l.id, l.product_id, l.price_min, l.price_max) s
              where coalesce(s.price_min, -1) <> coalesce(s.low, -1) or coalesce(s.price_max, -1) <> coalesce(s.high, -1)
              order by s.product_id limit 500",
        detail: "is listed with another price than pricing has told",
        remedy: REWRITE,
        key: "listing.product_id",
    },
    Rule {
        invariant: ONE_EFFECT,
        sql: "select p.id from product p left join page g on g.product_id = p.id
              where p.updated_at < $1 and (p.status = 'deleted') = (g.product_id is not null)
              order by p.id limit 500",
        detail: "has no page although it lives, or one although it is deleted",
        remedy: REWRITE,
        key: "product.id",
    },
    Rule {
        invariant: ONE_EFFECT,
        sql: "select p.id from product p left join slug s on s.entity = p.id and s.is_current
              where p.updated_at < $1 and (p.status = 'deleted') = (s.entity is not null)
              group by p.id order by p.id limit 500",
        detail: "has no slug although it lives, or one although it is deleted",
        remedy: "give the product a slug in the admin",
        key: "product.id",
    },
    Rule {
        invariant: ENDS,
        sql: "select distinct product_id from intake where finished_at is null and created_at < $1
              order by product_id limit 500",
        detail: "waits for pricing or inventory for more than 90 minutes",
        remedy: "look for parked messages of pricing and inventory; the question is asked again by itself",
        key: "intake.product_id",
    },
];

#[async_trait]
impl Examine for ExamineCatalogue {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        let mut findings = Findings::default();
        for rule in &RULES {
            let since = page.at_rest_since;
            let since = if rule.invariant == ENDS { since.minus(LONGEST) } else { since };
            let found = self
                .0
                .scan((rule.sql, since), |tx, (sql, since)| {
                    Box::pin(async move {
                        tx.query(sql, &[since], |row| row.id::<hanse_kernel::ProductId>(0)).await
                    })
                })
                .await?;
            for product in found {
                findings.breach(
                    rule.invariant,
                    rule.key,
                    product,
                    format!("{} {}", product_name(product), rule.detail),
                    rule.remedy,
                );
            }
        }
        Ok(findings)
    }
}

fn product_name<T: TypedId + std::fmt::Display>(id: T) -> String {
    format!("product {id}")
}
