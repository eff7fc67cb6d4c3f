//! What all use cases of the catalogue share: the store, the outbox, the ports, and the steps that several take.

use super::answers::Answers;
use super::config::{ProductConfig, Window};
use super::error::ProductError;
use super::ports::{
    Categories, Collections, FileReader, ImageFiles, ImageMaker, Imports, Intakes, MediaStore, Placing,
    Products, Shelves, ShopWindow, SlugKind, Slugs, Uploads,
};
use super::shown::Artist;
use crate::domain::category::{Category, line_of};
use crate::domain::product::{Product, Status, distinct_sku};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{CategoryId, ChannelId, Ctx, Currency, Effects, Locale, ProductId};
use hanse_messaging::Outbox;
use hanse_product_contract::{ProductChanged, ProductStatus, ProductVariant};
use hanse_record::Record;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// Handed to every use case, behind an `Arc`.
pub struct Catalogue {
    pub db: Db,
    pub outbox: Outbox,
    pub record: Record,
    pub effects: Effects,
    pub config: ProductConfig,
    pub answers: Arc<Answers>,
    /// Something waits for the import worker.
    pub wake_imports: Arc<Notify>,
    pub slugs: Arc<dyn Slugs>,
    pub products: Arc<dyn Products>,
    pub categories: Arc<dyn Categories>,
    pub collections: Arc<dyn Collections>,
    pub shelves: Arc<dyn Shelves>,
    pub window: Arc<dyn ShopWindow>,
    pub intakes: Arc<dyn Intakes>,
    pub imports: Arc<dyn Imports>,
    pub media: Arc<dyn MediaStore>,
    pub files: Arc<dyn FileReader>,
    /// Who uploads a picture takes one.
    pub upload_places: Arc<Semaphore>,
    pub uploads: Arc<dyn Uploads>,
    pub image_files: Arc<dyn ImageFiles>,
    pub image_maker: Arc<dyn ImageMaker>,
}

/// Whether a product is stored for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    First,
    Again,
}

impl Catalogue {
    pub fn own(&self) -> Locale {
        self.config.own()
    }

    /// The shop window that the caller looks into, in the currency asked for or the channel's own.
    pub fn window_of(&self, ctx: &Ctx, currency: Option<Currency>) -> Result<(Window, bool), ProductError> {
        let channel = self.config.channel(&ctx.channel).ok_or(ProductError::NotFound("channel"))?;
        let sells = |wanted: &Currency| channel.currencies.contains(wanted);
        let currency = match currency {
            None => channel.currencies[0],
            Some(wanted) if sells(&wanted) => wanted,
            Some(_) => {
                let known: Vec<&str> = channel.currencies.iter().map(|c| c.code()).collect();
                let message = format!("is not sold in here; one of {}", known.join(", "));
                return Err(ProductError::invalid("currency", "unknown", message));
            }
        };
        let window =
            Window { channel: channel.id.clone(), currency, locale: self.config.locale(&ctx.locale) };
        Ok((window, channel.tax_included))
    }

    /// Stores the product with one more event, tells it, and lets old answers go when the unit commits.
    pub async fn store(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        product: &mut Product,
        how: Stored,
    ) -> Result<(), ProductError> {
        product.events += 1;
        product.updated_at = self.effects.now();
        let stored = match how {
            Stored::First => self.products.insert(tx, product).await.map(|()| true)?,
            Stored::Again => self.products.save(tx, product).await?,
        };
        if !stored {
            return Err(ProductError::Busy);
        }
        product.version += 1;
        self.tell(tx, ctx, product).await?;
        Ok(())
    }

    /// As [`Catalogue::store`], for a change of state and channels alone.
    pub async fn store_state(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        product: &mut Product,
    ) -> Result<(), ProductError> {
        product.events += 1;
        product.updated_at = self.effects.now();
        if !self.products.save_state(tx, product).await? {
            return Err(ProductError::Busy);
        }
        product.version += 1;
        self.tell(tx, ctx, product).await?;
        Ok(())
    }

    async fn tell(&self, tx: &mut Tx, ctx: &Ctx, product: &Product) -> Result<(), DbError> {
        let event = ProductChanged {
            product_id: product.id,
            status: match product.status() {
                Status::Draft => ProductStatus::Draft,
                Status::Published => ProductStatus::Published,
                Status::Deleted => ProductStatus::Deleted,
            },
            variants: product
                .variants
                .iter()
                .map(|variant| ProductVariant { variant_id: variant.id, sku: variant.sku.clone() })
                .collect(),
        };
        self.outbox.event(tx, ctx, &product.id, product.events, &event).await?;
        self.page_changes(tx, product.id);
        Ok(())
    }

    /// Once the unit commits, the product's page is read anew.
    pub fn page_changes(&self, tx: &mut Tx, product: ProductId) {
        let answers = self.answers.clone();
        tx.after_commit(move || answers.page_changed(product));
    }

    /// Once the unit commits, lists are read anew.
    pub fn lists_change(&self, tx: &mut Tx) {
        let answers = self.answers.clone();
        tx.after_commit(move || answers.lists_changed());
    }

    /// Writes the product's read models: what does not move, what does, and its places. `line` is its category and
    /// those above it.
    pub async fn relist(
        &self,
        tx: &mut Tx,
        product: &Product,
        line: &[Category],
        how: Stored,
    ) -> Result<(), DbError> {
        let artist = Artist { product, line, config: &self.config };
        let collections = match how {
            Stored::First => vec![],
            Stored::Again => self.collections.of_product(tx, product.id).await?,
        };
        let windows: Vec<Window> = self.config.windows().collect();
        let fresh = how == Stored::First;
        let (scopes, rendered) = (artist.scopes(&collections), artist.render());
        self.shelves.render(tx, product.id, &windows, &scopes, &rendered, fresh).await?;
        if !fresh {
            self.shelves.refresh(tx, product.id, self.config.low_stock, Placing::Anew).await?;
            self.lists_change(tx);
        }
        self.page_changes(tx, product.id);
        Ok(())
    }

    /// The category and those above it, by the store.
    pub async fn line(&self, tx: &mut Tx, category: Option<CategoryId>) -> Result<Vec<Category>, DbError> {
        let Some(category) = category else { return Ok(vec![]) };
        let all = self.categories.all(tx).await?;
        Ok(line_of(category, &all).into_iter().cloned().collect())
    }

    /// Publishes the product in `channel`, if it still lives and is not there yet.
    pub async fn publish(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        product: ProductId,
        channel: &ChannelId,
    ) -> Result<(), ProductError> {
        let Some(mut product) = self.products.find(tx, product).await?.filter(|p| !p.deleted) else {
            return Ok(());
        };
        if product.publish(channel, self.effects.now()) {
            self.store_state(tx, ctx, &mut product).await?;
            self.shelves.refresh(tx, product.id, self.config.low_stock, Placing::Anew).await?;
            self.lists_change(tx);
        }
        Ok(())
    }

    /// Makes `wanted` the product's slug, or one like it with a number, or refuses when it was asked for as it is.
    pub async fn claim_slug(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        wanted: &str,
        product: ProductId,
        exactly: bool,
    ) -> Result<String, ProductError> {
        let mut slug = wanted.to_string();
        for n in 2..100 {
            if self.slugs.claim(tx, SlugKind::Product, locale, &slug, product.uuid()).await? {
                return Ok(slug);
            }
            if exactly {
                return Err(ProductError::SlugTaken(slug));
            }
            slug = format!("{wanted}-{n}");
        }
        // A hundred of the same name: the product's own id ends the search.
        let tail = product.uuid().simple().to_string();
        let slug = format!("{wanted}-{}", &tail[tail.len() - 8..]);
        if self.slugs.claim(tx, SlugKind::Product, locale, &slug, product.uuid()).await? {
            Ok(slug)
        } else {
            Err(ProductError::SlugTaken(slug))
        }
    }

    /// Refuses an SKU that was given and belongs to another product; one that was made for a variant gets a tail.
    pub async fn settle_skus(
        &self,
        tx: &mut Tx,
        product: &mut Product,
        given: impl Fn(&str) -> bool + Send + Sync,
    ) -> Result<(), ProductError> {
        let skus: Vec<String> = product.variants.iter().map(|variant| variant.sku.clone()).collect();
        let owners = self.products.sku_owners(tx, &self.own(), &skus).await?;
        for owner in owners.into_iter().filter(|owner| owner.product != product.id) {
            if given(&owner.sku) {
                let (sku, product, title) = (owner.sku, owner.product, owner.title);
                return Err(ProductError::SkuTaken { sku, product, title });
            }
            for variant in product.variants.iter_mut().filter(|variant| variant.sku == owner.sku) {
                variant.sku = distinct_sku(&owner.sku, variant.id);
            }
        }
        // Among themselves: two made ones may be equal once their values have been folded, and some are empty.
        let mut seen = std::collections::BTreeSet::new();
        for variant in &mut product.variants {
            if variant.sku.is_empty() || !seen.insert(variant.sku.clone()) {
                variant.sku = distinct_sku(&variant.sku, variant.id);
                seen.insert(variant.sku.clone());
            }
        }
        Ok(())
    }
}

/// The slug of a title; one of the id when the title has no letter that a slug can carry.
pub fn slug_of(title: &str, id: ProductId) -> String {
    let slug = hanse_kernel::text::slug(title);
    if slug.is_empty() {
        let tail = id.uuid().simple().to_string();
        return format!("p-{}", &tail[tail.len() - 10..]);
    }
    slug
}
