//! Use case: a merchant changes one variant: its price, its stock, or what it is.

use super::catalogue::{Catalogue, Stored};
use super::create_product::{Asked, request_of};
use super::error::ProductError;
use super::written;
use crate::domain::content::{Fault, TaxClass};
use crate::domain::product::Filled;
use hanse_database::Tx;
use hanse_kernel::{Ctx, ProductId, VariantId};
use hanse_record::Entry;
use std::sync::Arc;

/// What is to be changed; `None` leaves a field as it is, the inner `None` takes it away.
#[derive(Debug, Clone, Default)]
pub struct VariantChanges {
    pub sku: Option<String>,
    pub barcode: Option<Option<String>>,
    pub weight_grams: Option<Option<i64>>,
    pub tax_class: Option<TaxClass>,
    pub requires_shipping: Option<bool>,
    pub metadata: Option<String>,
    pub asked: Asked,
}

impl VariantChanges {
    /// Whether anything of the variant itself changes, not only its price or stock.
    fn touches_product(&self) -> bool {
        self.sku.is_some()
            || self.barcode.is_some()
            || self.weight_grams.is_some()
            || self.tax_class.is_some()
            || self.requires_shipping.is_some()
            || self.metadata.is_some()
    }
    /// Whether pricing or inventory are asked, so that the change shows a moment later.
    pub fn asks(&self) -> bool {
        self.asked != Asked::default()
    }
}

#[derive(Clone)]
pub struct ChangeVariant(pub Arc<Catalogue>);

struct Change {
    id: VariantId,
    version: Option<i64>,
    changes: VariantChanges,
}

impl ChangeVariant {
    /// The variant's product.
    pub async fn run(
        &self,
        ctx: &Ctx,
        id: VariantId,
        version: Option<i64>,
        changes: VariantChanges,
    ) -> Result<ProductId, ProductError> {
        let catalogue = &self.0;
        let mut faults = vec![];
        catalogue.check_one(ctx, "", &changes.asked, &mut faults);
        if !faults.is_empty() {
            return Err(ProductError::Invalid(faults));
        }
        let input = (catalogue.clone(), ctx.clone(), Change { id, version, changes });
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, change)| {
            Box::pin(async move { apply(tx, catalogue, ctx, change).await })
        });
        unit.await
    }
}

async fn apply(
    tx: &mut Tx,
    catalogue: &Catalogue,
    ctx: &Ctx,
    change: &Change,
) -> Result<ProductId, ProductError> {
    let (id, changes) = (change.id, &change.changes);
    let owners = catalogue.products.of_variants(tx, &[id]).await?;
    let product = *owners.get(&id).ok_or(ProductError::NotFound("variant"))?;
    let mut product = catalogue.living(tx, product, change.version).await?;
    let own = catalogue.own();
    let before = written::variant(&product, id);
    if changes.touches_product() {
        let mut content = product.content(&own);
        let at = content.variants.iter().position(|variant| variant.id == Some(id));
        let at = at.ok_or(ProductError::NotFound("variant"))?;
        let variant = &mut content.variants[at];
        variant.sku = changes.sku.clone().or(variant.sku.take());
        variant.barcode = changes.barcode.clone().unwrap_or(variant.barcode.take());
        variant.weight_grams = changes.weight_grams.unwrap_or(variant.weight_grams);
        variant.tax_class = changes.tax_class.unwrap_or(variant.tax_class);
        variant.requires_shipping = changes.requires_shipping.unwrap_or(variant.requires_shipping);
        if let Some(metadata) = &changes.metadata {
            variant.metadata.clone_from(metadata);
        }
        let prefix = format!("variants[{at}].");
        let own_name = |fault: Fault| Fault {
            field: fault.field.strip_prefix(&prefix).unwrap_or(&fault.field).to_string(),
            ..fault
        };
        let faults: Vec<Fault> = content.faults().into_iter().map(own_name).collect();
        if !faults.is_empty() {
            return Err(ProductError::Invalid(faults));
        }
        product.fill(&content, &own, &mut || catalogue.effects.ids.uuid());
        catalogue.settle_skus(tx, &mut product, |sku| changes.sku.as_deref() == Some(sku)).await?;
        catalogue.store(tx, ctx, &mut product, Stored::Again).await?;
        let line = catalogue.line(tx, product.category).await?;
        catalogue.relist(tx, &product, &line, Stored::Again).await?;
    }
    let mut after = written::variant(&product, id);
    if changes.asks() {
        after["asked"] = written::asked(&changes.asked);
    }
    let entry = Entry::new("variant.changed", "variant", id).changed(before, after);
    catalogue.record.note(tx, ctx, entry).await?;
    if changes.asks() {
        let filled = Filled { variants: vec![id], ..Filled::default() };
        let mut asked = changes.asked.clone();
        if asked.stock.is_some() && asked.policy.is_none() {
            // The count changes, the policy stays what inventory told.
            let known = catalogue.shelves.known_levels(tx, &[id]).await?;
            asked.policy = known.get(&id).map(|level| level.policy);
        }
        let mut request = request_of(&product, &filled, &[asked], None);
        request.key = format!("{id}/{}", catalogue.effects.ids.uuid().simple());
        catalogue.take_in(tx, ctx, request).await?;
    }
    Ok(product.id)
}
