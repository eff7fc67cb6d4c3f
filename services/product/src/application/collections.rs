//! Use cases: hand-picked lists of products.

use super::catalogue::{Catalogue, slug_of};
use super::error::ProductError;
use super::ports::SlugKind;
use super::written;
use crate::domain::category::Collection;
use crate::domain::content::{Fault, check_slug, check_text};
use crate::domain::texts::{Field, Texts};
use hanse_database::Tx;
use hanse_kernel::{CollectionId, Ctx, ProductId};
use hanse_record::Entry;
use std::collections::BTreeSet;
use std::sync::Arc;

/// `None` leaves a field as it is; for a new collection a title is needed.
#[derive(Debug, Clone, Default)]
pub struct CollectionInput {
    pub title: Option<String>,
    pub slug: Option<String>,
    /// All of them, in their order.
    pub products: Option<Vec<ProductId>>,
}

/// Products of one collection.
const MOST: usize = 1_000;

#[derive(Clone)]
pub struct ManageCollections(pub Arc<Catalogue>);

impl ManageCollections {
    pub async fn list(&self) -> Result<Vec<Collection>, ProductError> {
        let read = self.0.db.read(self.0.clone(), |tx, catalogue| {
            Box::pin(async move { catalogue.collections.all(tx).await })
        });
        Ok(read.await?)
    }

    pub async fn create(
        &self,
        ctx: &Ctx,
        id: CollectionId,
        input: CollectionInput,
    ) -> Result<Collection, ProductError> {
        check(&input, true)?;
        let unit =
            self.0.db.tx((self.0.clone(), ctx.clone(), id, input), |tx, (catalogue, ctx, id, input)| {
                Box::pin(async move {
                    if let Some(made) = catalogue.collections.find(tx, *id).await? {
                        return Ok(made);
                    }
                    let mut collection = Collection {
                        id: *id,
                        version: 0,
                        texts: Texts::default(),
                        products: vec![],
                        created_at: catalogue.effects.now(),
                    };
                    let touched = fill(tx, catalogue, &mut collection, input).await?;
                    catalogue.collections.insert(tx, &collection).await?;
                    catalogue.shelves.mark_due(tx, &touched, catalogue.effects.now()).await?;
                    collection.version = 1;
                    let entry = Entry::new("collection.made", "collection", id);
                    let entry = entry.became(written::collection(&collection, &catalogue.own()));
                    catalogue.record.note(tx, ctx, entry).await?;
                    Ok(collection)
                })
            });
        unit.await
    }

    pub async fn change(
        &self,
        ctx: &Ctx,
        id: CollectionId,
        version: Option<i64>,
        input: CollectionInput,
    ) -> Result<Collection, ProductError> {
        check(&input, false)?;
        let input = (self.0.clone(), ctx.clone(), id, version, input);
        let unit = self.0.db.tx(input, |tx, (catalogue, ctx, id, version, input)| {
            Box::pin(async move {
                let found = catalogue.collections.find(tx, *id).await?;
                let mut collection = found.ok_or(ProductError::NotFound("collection"))?;
                if version.is_some_and(|wanted| wanted != collection.version) {
                    return Err(ProductError::Changed);
                }
                let before = written::collection(&collection, &catalogue.own());
                let touched = fill(tx, catalogue, &mut collection, input).await?;
                if !catalogue.collections.save(tx, &collection).await? {
                    return Err(ProductError::Busy);
                }
                catalogue.shelves.mark_due(tx, &touched, catalogue.effects.now()).await?;
                collection.version += 1;
                let after = written::collection(&collection, &catalogue.own());
                let entry = Entry::new("collection.changed", "collection", id).changed(before, after);
                catalogue.record.note(tx, ctx, entry).await?;
                Ok(collection)
            })
        });
        unit.await
    }

    pub async fn delete(&self, ctx: &Ctx, id: CollectionId) -> Result<(), ProductError> {
        let unit = self.0.db.tx((self.0.clone(), ctx.clone(), id), |tx, (catalogue, ctx, id)| {
            Box::pin(async move {
                let found = catalogue.collections.find(tx, *id).await?;
                let collection = found.ok_or(ProductError::NotFound("collection"))?;
                catalogue.slugs.release(tx, id.uuid()).await?;
                catalogue.collections.delete(tx, *id).await?;
                let was = written::collection(&collection, &catalogue.own());
                catalogue
                    .record
                    .note(tx, ctx, Entry::new("collection.deleted", "collection", id).was(was))
                    .await?;
                catalogue.shelves.mark_due(tx, &collection.products, catalogue.effects.now()).await?;
                Ok(())
            })
        });
        unit.await
    }
}

fn check(input: &CollectionInput, new: bool) -> Result<(), ProductError> {
    let mut faults = vec![];
    match &input.title {
        Some(title) => check_text("title", title, &mut faults),
        None if new => faults.push(Fault::new("title", "required", "is required")),
        None => {}
    }
    if let Some(slug) = &input.slug {
        check_slug("slug", slug, &mut faults);
    }
    if input.products.as_ref().is_some_and(|products| products.len() > MOST) {
        faults.push(Fault::new("products", "length", format!("at most {MOST} are allowed")));
    }
    if faults.is_empty() { Ok(()) } else { Err(ProductError::Invalid(faults)) }
}

/// The products whose shelves change.
async fn fill(
    tx: &mut Tx,
    catalogue: &Catalogue,
    collection: &mut Collection,
    input: &CollectionInput,
) -> Result<Vec<ProductId>, ProductError> {
    let own = catalogue.own();
    if let Some(title) = &input.title {
        collection.texts.set(&own, Field::Title, Some(title.trim()));
    }
    let title = collection.texts.get(&own, Field::Title).unwrap_or_default().to_string();
    let wanted = match (&input.slug, collection.texts.get(&own, Field::Slug)) {
        (Some(slug), _) => Some(slug.clone()),
        (None, None) => Some(slug_of(&title, ProductId::new(collection.id.uuid()))),
        (None, Some(_)) => None,
    };
    if let Some(slug) = wanted {
        if !catalogue.slugs.claim(tx, SlugKind::Collection, &own, &slug, collection.id.uuid()).await? {
            return Err(ProductError::SlugTaken(slug));
        }
        collection.texts.set(&own, Field::Slug, Some(&slug));
    }
    let Some(products) = &input.products else { return Ok(vec![]) };
    let mut seen = BTreeSet::new();
    let mut kept = vec![];
    for (i, id) in products.iter().enumerate().filter(|(_, id)| seen.insert(**id)) {
        if catalogue.products.find(tx, *id).await?.is_none_or(|product| product.deleted) {
            return Err(ProductError::invalid(&format!("products[{i}]"), "unknown", "names no product"));
        }
        kept.push(*id);
    }
    let before: BTreeSet<ProductId> = collection.products.iter().copied().collect();
    let touched = before.symmetric_difference(&seen).copied().collect();
    collection.products = kept;
    Ok(touched)
}
