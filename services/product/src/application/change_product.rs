//! Use cases: a merchant changes, publishes, takes back or deletes a product.

use super::catalogue::{Catalogue, Stored};
use super::create_product::{Asked, Translation, foreign_uploads, request_of, unknown_pictures};
use super::error::ProductError;
use super::ports::Picture;
use super::written;
use crate::domain::content::{Content, ImageContent, check_slug};
use crate::domain::product::{Filled, Product};
use crate::domain::texts::Field;
use crate::domain::variant_patch::{VariantPatch, patched};
use hanse_database::Tx;
use hanse_kernel::{Ctx, Locale, ProductId};
use hanse_record::Entry;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be changed; `None` leaves a field as it is. In `Option<Option<…>>` the inner `None` takes it away.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub title: Option<String>,
    pub subtitle: Option<Option<String>>,
    pub description_html: Option<String>,
    pub slug: Option<String>,
    pub vendor: Option<Option<String>>,
    pub kind: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
    pub category: Option<Option<String>>,
    pub options: Option<Vec<String>>,
    /// All variants: one that is left out is removed. What is left out of one stays as it is.
    pub variants: Option<Vec<(VariantPatch, Asked)>>,
    pub images: Option<Vec<ImageContent>>,
    pub metadata: Option<String>,
    pub translations: BTreeMap<Locale, Translation>,
    pub publish: Option<bool>,
}

impl Changes {
    fn apply(&self, product: &Product, own: &Locale, content: &mut Content) {
        fn set<T: Clone>(slot: &mut T, new: Option<&T>) {
            if let Some(new) = new {
                slot.clone_from(new);
            }
        }
        set(&mut content.title, self.title.as_ref());
        set(&mut content.subtitle, self.subtitle.as_ref());
        set(&mut content.description_html, self.description_html.as_ref());
        set(&mut content.vendor, self.vendor.as_ref());
        set(&mut content.kind, self.kind.as_ref());
        set(&mut content.tags, self.tags.as_ref());
        set(&mut content.options, self.options.as_ref());
        set(&mut content.images, self.images.as_ref());
        // A picture that is gone is no variant's any more.
        let kept: BTreeSet<&String> = content.images.iter().map(|image| &image.src).collect();
        if let Some(variants) = &self.variants {
            let patches: Vec<VariantPatch> = variants.iter().map(|(patch, _)| patch.clone()).collect();
            content.variants = patched(product, &patches, &content.options, own, |src| kept.contains(src));
        } else if self.images.is_some() {
            for variant in &mut content.variants {
                variant.image = variant.image.take().filter(|src| kept.contains(src));
            }
        }
    }
}

#[derive(Clone)]
pub struct ChangeProduct(pub Arc<Catalogue>);

struct Change {
    id: ProductId,
    version: Option<i64>,
    changes: Changes,
    pictures: Vec<Picture>,
}

impl ChangeProduct {
    /// `version` is the one that the caller means to change, when it says so.
    pub async fn run(
        &self,
        ctx: &Ctx,
        id: ProductId,
        version: Option<i64>,
        mut changes: Changes,
    ) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let mut faults = vec![];
        if let Some(slug) = &changes.slug {
            check_slug("slug", slug, &mut faults);
        }
        if let Some(variants) = &changes.variants {
            let asked: Vec<Asked> = variants.iter().map(|(_, asked)| asked.clone()).collect();
            catalogue.check_asked(ctx, &asked, &mut faults);
        }
        catalogue.check_translations(&changes.translations, &mut faults);
        let mut pictures = vec![];
        if let Some(images) = &mut changes.images {
            let (drawn, unknown) = catalogue.draw(images);
            pictures = drawn;
            if let Some(src) = unknown.first() {
                let message = format!("{src} names no sample picture");
                faults.push(crate::domain::content::Fault::new("images", "unknown", message));
            }
        }
        if !faults.is_empty() {
            return Err(ProductError::Invalid(faults));
        }
        let change = Change { id, version, changes, pictures };
        let input = (catalogue.clone(), ctx.clone(), change);
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, change)| {
            Box::pin(async move { apply(tx, catalogue, ctx, change).await })
        });
        unit.await
    }
}

async fn apply(tx: &mut Tx, catalogue: &Catalogue, ctx: &Ctx, change: &Change) -> Result<(), ProductError> {
    let mut product = catalogue.living(tx, change.id, change.version).await?;
    let (own, changes) = (catalogue.own(), &change.changes);
    catalogue.keep_pictures(tx, &change.pictures).await?;
    let before = written::product(&product, &own);
    let mut content = product.content(&own);
    let skus_before: BTreeSet<String> = product.variants.iter().map(|v| v.sku.clone()).collect();
    changes.apply(&product, &own, &mut content);
    if let Some(category) = &changes.category {
        content.category = catalogue.category_by_slug(tx, category.as_deref()).await?;
    }
    let mut faults = content.faults();
    let known: BTreeSet<_> = product.variants.iter().map(|variant| variant.id).collect();
    for (i, variant) in content.variants.iter().enumerate() {
        if variant.id.is_some_and(|id| !known.contains(&id)) {
            let message = "must be the id of one of the product's variants";
            faults.push(crate::domain::content::Fault::new(format!("variants[{i}].id"), "unknown", message));
        }
    }
    faults.extend(unknown_pictures(&content, &[]));
    faults.extend(foreign_uploads(&content, &product));
    if !faults.is_empty() {
        return Err(ProductError::Invalid(faults));
    }
    if let Some(slug) = &changes.slug
        && product.texts.get(&own, Field::Slug) != Some(slug)
    {
        let slug = catalogue.claim_slug(tx, &own, slug, product.id, true).await?;
        product.texts.set(&own, Field::Slug, Some(&slug));
    }
    let filled = product.fill(&content, &own, &mut || catalogue.effects.ids.uuid());
    catalogue.translate(tx, &mut product, &changes.translations).await?;
    if let Some(metadata) = &changes.metadata {
        product.metadata.clone_from(metadata);
    }
    let given: BTreeSet<String> = content.variants.iter().filter_map(|v| v.sku.clone()).collect();
    let theirs = |sku: &str| given.contains(sku) && !skus_before.contains(sku);
    catalogue.settle_skus(tx, &mut product, theirs).await?;
    if changes.publish == Some(false) {
        product.withdraw();
        catalogue.intakes.keep_draft(tx, product.id).await?;
    }
    catalogue.store(tx, ctx, &mut product, Stored::Again).await?;
    let line = catalogue.line(tx, product.category).await?;
    catalogue.relist(tx, &product, &line, Stored::Again).await?;
    let mut after = written::product(&product, &own);
    if let Some(publish) = changes.publish {
        after["publish"] = json!(publish);
    }
    let entry = Entry::new("product.changed", "product", product.id).changed(before, after);
    catalogue.record.note(tx, ctx, entry).await?;
    ask(tx, catalogue, ctx, &product, &filled, changes).await
}

async fn ask(
    tx: &mut Tx,
    catalogue: &Catalogue,
    ctx: &Ctx,
    product: &Product,
    filled: &Filled,
    changes: &Changes,
) -> Result<(), ProductError> {
    let mut asked: Vec<Asked> = match &changes.variants {
        Some(variants) => variants.iter().map(|(_, asked)| asked.clone()).collect(),
        None => vec![Asked::default(); product.variants.len()],
    };
    // A count changes, its policy stays what inventory told.
    let known = catalogue.shelves.known_levels(tx, &filled.variants).await?;
    for (id, asked) in filled.variants.iter().zip(&mut asked).filter(|(_, a)| a.stock.is_some()) {
        asked.policy = asked.policy.or_else(|| known.get(id).map(|level| level.policy));
    }
    let publish_in = (changes.publish == Some(true)).then(|| ctx.channel.clone());
    let mut request = request_of(product, filled, &asked, publish_in);
    request.key = format!("{}/{}", product.id, product.version);
    let nothing = request.prices.is_empty() && request.stock.is_empty() && request.publish_in.is_none();
    if !nothing {
        catalogue.take_in(tx, ctx, request).await?;
    }
    Ok(())
}

impl Catalogue {
    /// A product that is not deleted, at the version that the caller means.
    pub async fn living(
        &self,
        tx: &mut Tx,
        id: ProductId,
        version: Option<i64>,
    ) -> Result<Product, ProductError> {
        let product = self.products.find(tx, id).await?.filter(|product| !product.deleted);
        let product = product.ok_or(ProductError::NotFound("product"))?;
        match version {
            Some(wanted) if wanted != product.version => Err(ProductError::Changed),
            _ => Ok(product),
        }
    }
}

#[derive(Clone)]
pub struct DeleteProduct(pub Arc<Catalogue>);

impl DeleteProduct {
    pub async fn run(&self, ctx: &Ctx, id: ProductId, version: Option<i64>) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let input = (catalogue.clone(), ctx.clone(), id, version);
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, id, version)| {
            Box::pin(async move {
                let mut product = catalogue.living(tx, *id, *version).await?;
                let variants: Vec<_> = product.variants.iter().map(|variant| variant.id).collect();
                let was = written::product(&product, &catalogue.own());
                product.delete();
                catalogue.store(tx, ctx, &mut product, Stored::Again).await?;
                let entry = Entry::new("product.deleted", "product", product.id).was(was);
                catalogue.record.note(tx, ctx, entry).await?;
                catalogue.slugs.release(tx, product.id.uuid()).await?;
                catalogue.shelves.clear(tx, product.id, &variants).await?;
                catalogue.intakes.keep_draft(tx, product.id).await?;
                catalogue.imports.forget_origin(tx, product.id).await?;
                catalogue.lists_change(tx);
                Ok(())
            })
        });
        unit.await
    }
}
