//! Use cases: a merchant says what a product's pictures show, orders them, and takes them away.

use super::catalogue::{Catalogue, Stored};
use super::error::ProductError;
use super::written;
use crate::domain::content::{Fault, check_text};
use crate::domain::product::Product;
use crate::domain::texts::Field;
use hanse_database::Tx;
use hanse_kernel::{Ctx, ImageId, Locale, ProductId};
use hanse_record::Entry;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `None` leaves a field as it is; in `Option<Option<…>>` the inner `None` takes it away.
#[derive(Debug, Clone, Default)]
pub struct ImageChanges {
    /// In the shop's own language.
    pub alt: Option<Option<String>>,
    /// In its other languages.
    pub alts: BTreeMap<Locale, Option<String>>,
    /// Counted from 0.
    pub position: Option<usize>,
}

#[derive(Clone)]
pub struct ChangeImage(pub Arc<Catalogue>);

impl ChangeImage {
    pub async fn run(
        &self,
        ctx: &Ctx,
        product: ProductId,
        image: ImageId,
        version: Option<i64>,
        changes: ImageChanges,
    ) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let faults = faults_of(catalogue, &changes);
        if !faults.is_empty() {
            return Err(ProductError::Invalid(faults));
        }
        let input = (catalogue.clone(), ctx.clone(), (product, image, version, changes));
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, (product, image, version, changes))| {
            Box::pin(async move {
                let mut product = catalogue.living(tx, *product, *version).await?;
                let own = catalogue.own();
                let place = product.images.iter().position(|one| one.id == *image);
                let at = place.ok_or(ProductError::NotFound("image"))?;
                let before = written::image(&product.images[at], &own);
                let texts = &mut product.images[at].texts;
                if let Some(alt) = &changes.alt {
                    texts.set(&own, Field::Alt, alt.as_deref());
                }
                for (locale, alt) in &changes.alts {
                    texts.set(locale, Field::Alt, alt.as_deref());
                }
                let after = written::image(&product.images[at], &own);
                if let Some(to) = changes.position {
                    product.move_image(*image, to);
                }
                // A place behind the last one is the last one.
                let now = product.images.iter().position(|one| one.id == *image).unwrap_or(at);
                let entry = Entry::new("product.image_changed", "product", product.id).changed(
                    json!({"image": before, "position": at}),
                    json!({"image": after, "position": now}),
                );
                rewrite(tx, catalogue, ctx, &mut product, entry).await
            })
        });
        unit.await
    }
}

fn faults_of(catalogue: &Catalogue, changes: &ImageChanges) -> Vec<Fault> {
    let mut faults = vec![];
    if let Some(Some(alt)) = &changes.alt {
        check_text("alt", alt, &mut faults);
    }
    for (locale, alt) in &changes.alts {
        let field = format!("alt_translations.{}", locale.as_str());
        if *locale == catalogue.own() || !catalogue.config.locales.contains(locale) {
            faults.push(Fault::new(&field, "unknown", "must be one of the shop's other languages"));
        }
        if let Some(alt) = alt {
            check_text(&field, alt, &mut faults);
        }
    }
    faults
}

#[derive(Clone)]
pub struct OrderImages(pub Arc<Catalogue>);

impl OrderImages {
    pub async fn run(
        &self,
        ctx: &Ctx,
        product: ProductId,
        version: Option<i64>,
        order: Vec<ImageId>,
    ) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let input = (catalogue.clone(), ctx.clone(), (product, version, order));
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, (product, version, order))| {
            Box::pin(async move {
                let mut product = catalogue.living(tx, *product, *version).await?;
                let before: Vec<ImageId> = product.images.iter().map(|image| image.id).collect();
                if !product.order_images(order) {
                    let message = "must name each of the product's images once; read the product again";
                    return Err(ProductError::invalid("order", "unknown", message));
                }
                let entry = Entry::new("product.images_ordered", "product", product.id)
                    .changed(json!({"images": before}), json!({"images": order}));
                rewrite(tx, catalogue, ctx, &mut product, entry).await
            })
        });
        unit.await
    }
}

#[derive(Clone)]
pub struct RemoveImage(pub Arc<Catalogue>);

impl RemoveImage {
    /// The files of an upload go later, when nobody can be looking at them any more.
    pub async fn run(
        &self,
        ctx: &Ctx,
        product: ProductId,
        image: ImageId,
        version: Option<i64>,
    ) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let input = (catalogue.clone(), ctx.clone(), (product, image, version));
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, (product, image, version))| {
            Box::pin(async move {
                let mut product = catalogue.living(tx, *product, *version).await?;
                let gone = product.remove_image(*image).ok_or(ProductError::NotFound("image"))?;
                let was = written::image(&gone, &catalogue.own());
                let entry = Entry::new("product.image_removed", "product", product.id).was(was);
                rewrite(tx, catalogue, ctx, &mut product, entry).await
            })
        });
        unit.await
    }
}

/// Stores the product, writes anew what shoppers see of it, and writes down what was done.
async fn rewrite(
    tx: &mut Tx,
    catalogue: &Catalogue,
    ctx: &Ctx,
    product: &mut Product,
    entry: Entry,
) -> Result<(), ProductError> {
    catalogue.store(tx, ctx, product, Stored::Again).await?;
    let line = catalogue.line(tx, product.category).await?;
    catalogue.relist(tx, product, &line, Stored::Again).await?;
    catalogue.record.note(tx, ctx, entry).await?;
    Ok(())
}
