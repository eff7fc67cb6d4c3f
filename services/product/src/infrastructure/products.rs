//! The products in their tables.

use super::rows::{self, PART, Values, column};
use crate::application::ports::{Products, SkuOwner};
use crate::domain::content::TaxClass;
use crate::domain::product::{Image, Product, Variant};
use crate::domain::texts::{Field, Texts};
use crate::domain::upload::Upload;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CategoryId, ChannelId, Limit, Locale, ProductId, Timestamp, VariantId};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub struct SqlProducts;

/// A text on its way into the table.
struct TextRow<'a> {
    entity: Uuid,
    locale: &'a str,
    field: &'static str,
    value: &'a str,
}

/// All texts of one owner, by entity.
pub(super) async fn texts_of(tx: &mut Tx, owner: Uuid) -> Result<BTreeMap<Uuid, Texts>, DbError> {
    let rows = tx
        .query(
            "select entity, locale, field, value from catalogue_text where owner = $1 order by entity, locale, field",
            &[&owner],
            text_row,
        )
        .await?;
    Ok(gather(rows))
}

pub(super) fn text_row(row: &Row<'_>) -> Result<(Uuid, Locale, Field, String), DbError> {
    let field: String = row.get(2)?;
    let field = Field::parse(&field).ok_or_else(|| column(2, format!("{field} is no field")))?;
    Ok((row.get(0)?, Locale::new(&row.get::<String>(1)?), field, row.get(3)?))
}

pub(super) fn gather(rows: Vec<(Uuid, Locale, Field, String)>) -> BTreeMap<Uuid, Texts> {
    let mut all: BTreeMap<Uuid, Texts> = BTreeMap::new();
    for (entity, locale, field, value) in rows {
        all.entry(entity).or_default().set(&locale, field, Some(&value));
    }
    all
}

/// Writes the texts of one owner, those of its parts too; nothing of it may be there.
pub(super) async fn insert_texts(tx: &mut Tx, owner: Uuid, texts: &[(Uuid, &Texts)]) -> Result<(), DbError> {
    let all: Vec<TextRow<'_>> = texts
        .iter()
        .flat_map(|(entity, texts)| {
            texts.iter().map(|(locale, field, value)| TextRow {
                entity: *entity,
                locale: locale.as_str(),
                field: field.name(),
                value,
            })
        })
        .collect();
    let rows: Vec<Values<'_>> = all
        .iter()
        .map(|t| vec![&owner as _, &t.entity as _, &t.locale as _, &t.field as _, &t.value as _])
        .collect();
    rows::insert(tx, "insert into catalogue_text (owner, entity, locale, field, value)", "", &rows).await
}

pub(super) async fn delete_texts(tx: &mut Tx, owner: Uuid) -> Result<(), DbError> {
    tx.execute("delete from catalogue_text where owner = $1", &[&owner]).await.map(|_| ())
}

fn texts_of_product(product: &Product) -> Vec<(Uuid, &Texts)> {
    std::iter::once((product.id.uuid(), &product.texts))
        .chain(product.variants.iter().map(|variant| (variant.id.uuid(), &variant.texts)))
        .chain(product.images.iter().map(|image| (image.id.uuid(), &image.texts)))
        .collect()
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Other(e.to_string()))
}

async fn insert_parts(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    let id = product.id;
    insert_texts(tx, id.uuid(), &texts_of_product(product)).await?;
    let upload = |image: &Image| image.upload.as_ref().map(|upload| upload.digest.clone());
    let images: Vec<(i64, Option<String>, &Image)> =
        (0..).zip(&product.images).map(|(position, image)| (position, upload(image), image)).collect();
    let rows: Vec<Values<'_>> = images
        .iter()
        .map(|(position, upload, image)| {
            vec![
                &image.id as _,
                &id as _,
                position as _,
                &image.src as _,
                &image.media as _,
                &image.width as _,
                &image.height as _,
                upload as _,
            ]
        })
        .collect();
    let head = "insert into image (id, product_id, position, src, media, width, height, upload)";
    rows::insert(tx, head, "", &rows).await?;
    let variants: Vec<(i64, &str, Option<Uuid>, &Variant)> = (0..)
        .zip(&product.variants)
        .map(|(position, variant)| {
            (position, variant.tax_class.name(), variant.image.map(|i| i.uuid()), variant)
        })
        .collect();
    let rows: Vec<Values<'_>> = variants
        .iter()
        .map(|(position, tax_class, image, variant)| {
            vec![
                &variant.id as _,
                &id as _,
                position as _,
                &variant.sku as _,
                &variant.barcode as _,
                &variant.weight_grams as _,
                tax_class as _,
                &variant.requires_shipping as _,
                image as _,
                &variant.metadata as _,
            ]
        })
        .collect();
    let head = "insert into variant (id, product_id, position, sku, barcode, weight_grams, tax_class, requires_shipping, image_id, metadata)";
    rows::insert(tx, head, "", &rows).await?;
    insert_channels(tx, product).await
}

async fn insert_channels(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    for channel in &product.channels {
        tx.execute(
            "insert into product_channel (product_id, channel) values ($1, $2) on conflict do nothing",
            &[&product.id, &channel.as_str()],
        )
        .await?;
    }
    Ok(())
}

#[async_trait]
impl Products for SqlProducts {
    async fn find(&self, tx: &mut Tx, id: ProductId) -> Result<Option<Product>, DbError> {
        let head = tx
            .query_opt(
                "select version, events, status, vendor, kind, tags, category_id, option_count, metadata, created_at,
                   updated_at, published_at
                 from product where id = $1",
                &[&id],
                |row| {
                    let mut product = Product::draft(id, row.get(9)?);
                    product.version = row.get(0)?;
                    product.events = row.get(1)?;
                    product.deleted = row.get::<String>(2)? == "deleted";
                    product.vendor = row.get(3)?;
                    product.kind = row.get(4)?;
                    product.tags = row.json(5)?;
                    product.category = row.id_opt(6)?;
                    product.option_count =
                        u8::try_from(row.get::<i64>(7)?).map_err(|e| column(7, e.to_string()))?;
                    product.metadata = row.get(8)?;
                    product.updated_at = row.get(10)?;
                    product.published_at = row.get(11)?;
                    Ok(product)
                },
            )
            .await?;
        let Some(mut product) = head else { return Ok(None) };
        let channels = tx
            .query(
                "select channel from product_channel where product_id = $1 order by channel",
                &[&id],
                |row| Ok(ChannelId::new(&row.get::<String>(0)?)),
            )
            .await?;
        product.channels = channels.into_iter().collect();
        let mut texts = texts_of(tx, id.uuid()).await?;
        product.texts = texts.remove(&id.uuid()).unwrap_or_default();
        product.variants = variants_of(tx, id).await?;
        product.images = images_of(tx, id).await?;
        for variant in &mut product.variants {
            variant.texts = texts.remove(&variant.id.uuid()).unwrap_or_default();
        }
        for image in &mut product.images {
            image.texts = texts.remove(&image.id.uuid()).unwrap_or_default();
        }
        Ok(Some(product))
    }

    async fn insert(&self, tx: &mut Tx, product: &Product) -> Result<(), DbError> {
        let category: Option<Uuid> = product.category.map(|id| id.uuid());
        tx.execute(
            "insert into product (id, version, events, status, vendor, kind, tags, category_id, option_count, metadata,
               created_at, updated_at, published_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            &[
                &product.id,
                &1i64,
                &product.events,
                &product.status().name(),
                &product.vendor,
                &product.kind,
                &json(&product.tags)?,
                &category,
                &i64::from(product.option_count),
                &product.metadata,
                &product.created_at,
                &product.updated_at,
                &product.published_at,
            ],
        )
        .await?;
        insert_parts(tx, product).await
    }

    async fn save(&self, tx: &mut Tx, product: &Product) -> Result<bool, DbError> {
        let category: Option<Uuid> = product.category.map(|id| id.uuid());
        let saved = tx
            .execute(
                "update product set version = version + 1, events = $3, status = $4, vendor = $5, kind = $6, tags = $7,
                   category_id = $8, option_count = $9, metadata = $10, updated_at = $11, published_at = $12
                 where id = $1 and version = $2",
                &[
                    &product.id,
                    &product.version,
                    &product.events,
                    &product.status().name(),
                    &product.vendor,
                    &product.kind,
                    &json(&product.tags)?,
                    &category,
                    &i64::from(product.option_count),
                    &product.metadata,
                    &product.updated_at,
                    &product.published_at,
                ],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        delete_texts(tx, product.id.uuid()).await?;
        for sql in [
            "delete from variant where product_id = $1",
            "delete from image where product_id = $1",
            "delete from product_channel where product_id = $1",
        ] {
            tx.execute(sql, &[&product.id]).await?;
        }
        insert_parts(tx, product).await?;
        Ok(true)
    }

    async fn save_state(&self, tx: &mut Tx, product: &Product) -> Result<bool, DbError> {
        let saved = tx
            .execute(
                "update product set version = version + 1, events = $3, status = $4, updated_at = $5, published_at = $6
                 where id = $1 and version = $2",
                &[
                    &product.id,
                    &product.version,
                    &product.events,
                    &product.status().name(),
                    &product.updated_at,
                    &product.published_at,
                ],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        if product.channels.is_empty() {
            tx.execute("delete from product_channel where product_id = $1", &[&product.id]).await?;
        }
        insert_channels(tx, product).await?;
        Ok(true)
    }

    async fn next_ask(&self, tx: &mut Tx, id: ProductId) -> Result<i64, DbError> {
        let sql = "update product set asks = asks + 1 where id = $1 returning asks";
        let asks = tx.query_opt(sql, &[&id], |row| row.get(0)).await?;
        asks.ok_or_else(|| DbError::Other(format!("there is no product {id} to ask prices for")))
    }

    async fn sku_owners(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        skus: &[String],
    ) -> Result<Vec<SkuOwner>, DbError> {
        let locale = locale.as_str();
        let mut owners = vec![];
        for part in skus.chunks(PART) {
            let sql = format!(
                "select v.sku, v.id, v.product_id, coalesce(p.title, '') from variant v
                 left join page p on p.product_id = v.product_id and p.locale = $1
                 where v.sku in {} order by v.sku",
                list(2, part.len())
            );
            let mut params: Values<'_> = vec![&locale];
            params.extend(part.iter().map(|sku| sku as &dyn Bind));
            owners.extend(
                tx.query(&sql, &params, |row| {
                    Ok(SkuOwner {
                        sku: row.get(0)?,
                        variant: row.id(1)?,
                        product: row.id(2)?,
                        title: row.get(3)?,
                    })
                })
                .await?,
            );
        }
        Ok(owners)
    }

    async fn of_variants(
        &self,
        tx: &mut Tx,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, ProductId>, DbError> {
        let mut all = BTreeMap::new();
        for part in variants.chunks(PART) {
            let sql =
                format!("select id, product_id from variant where id in {} order by id", list(1, part.len()));
            let params: Values<'_> = part.iter().map(|id| id as &dyn Bind).collect();
            all.extend(
                tx.query(&sql, &params, |row| Ok((row.id::<VariantId>(0)?, row.id::<ProductId>(1)?))).await?,
            );
        }
        Ok(all)
    }

    async fn newest(
        &self,
        tx: &mut Tx,
        after: Option<(Timestamp, ProductId)>,
        limit: Limit,
    ) -> Result<Vec<ProductId>, DbError> {
        match after {
            None => {
                let sql = "select id from product where status <> 'deleted' order by created_at desc, id desc limit $1";
                tx.query(sql, &[&limit.with_peek()], |row| row.id(0)).await
            }
            Some((at, id)) => {
                let sql = "select id from product where status <> 'deleted' and (created_at, id) < ($1, $2)
                           order by created_at desc, id desc limit $3";
                tx.query(sql, &[&at, &id, &limit.with_peek()], |row| row.id(0)).await
            }
        }
    }

    async fn in_categories(&self, tx: &mut Tx, categories: &[CategoryId]) -> Result<Vec<ProductId>, DbError> {
        let mut all = BTreeSet::new();
        for part in categories.chunks(PART) {
            let sql =
                format!("select id from product where category_id in {} order by id", list(1, part.len()));
            let params: Values<'_> = part.iter().map(|id| id as &dyn Bind).collect();
            all.extend(tx.query(&sql, &params, |row| row.id::<ProductId>(0)).await?);
        }
        Ok(all.into_iter().collect())
    }

    async fn count(&self, tx: &mut Tx) -> Result<i64, DbError> {
        let sql = "select count(*) from product where status <> 'deleted'";
        Ok(tx.query_opt(sql, &[], |row| row.get(0)).await?.unwrap_or(0))
    }

    async fn all_after(
        &self,
        tx: &mut Tx,
        after: Option<ProductId>,
        limit: i64,
    ) -> Result<Vec<ProductId>, DbError> {
        let after = after.map_or(Uuid::nil(), |id| id.uuid());
        let sql = "select id from product where id > $1 and status <> 'deleted' order by id limit $2";
        tx.query(sql, &[&after, &limit], |row| row.id(0)).await
    }
}

async fn variants_of(tx: &mut Tx, id: ProductId) -> Result<Vec<Variant>, DbError> {
    tx.query(
        "select id, sku, barcode, weight_grams, tax_class, requires_shipping, image_id, metadata from variant
         where product_id = $1 order by position, id",
        &[&id],
        |row| {
            let class: String = row.get(4)?;
            Ok(Variant {
                id: row.id(0)?,
                sku: row.get(1)?,
                texts: Texts::default(),
                barcode: row.get(2)?,
                weight_grams: row.get(3)?,
                tax_class: TaxClass::parse(&class).ok_or_else(|| column(4, class))?,
                requires_shipping: row.get(5)?,
                image: row.id_opt(6)?,
                metadata: row.get(7)?,
            })
        },
    )
    .await
}

async fn images_of(tx: &mut Tx, id: ProductId) -> Result<Vec<Image>, DbError> {
    tx.query(
        "select i.id, i.src, i.media, i.width, i.height, u.digest, u.ending, u.width, u.height, u.widths
         from image i left join upload u on u.digest = i.upload where i.product_id = $1 order by i.position, i.id",
        &[&id],
        |row| {
            let digest: Option<String> = row.get(5)?;
            Ok(Image {
                id: row.id(0)?,
                src: row.get(1)?,
                media: row.get(2)?,
                upload: digest.map(|digest| upload_of(row, 6, digest)).transpose()?,
                width: row.get(3)?,
                height: row.get(4)?,
                texts: Texts::default(),
            })
        },
    )
    .await
}

/// The upload whose other columns begin at this one.
pub(super) fn upload_of(row: &Row<'_>, at: usize, digest: String) -> Result<Upload, DbError> {
    let widths: String = row.get(at + 3)?;
    let all: Option<Vec<i64>> = widths.split(' ').map(|width| width.parse().ok()).collect();
    Ok(Upload {
        digest,
        ending: row.get(at)?,
        width: row.get(at + 1)?,
        height: row.get(at + 2)?,
        widths: all.ok_or_else(|| column(at + 3, format!("{widths} are no widths")))?,
    })
}
