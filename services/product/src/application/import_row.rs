//! Use case: one product of a merchant's file becomes, or changes, one product of the catalogue, in one unit.

use super::catalogue::{Catalogue, Stored};
use super::error::ProductError;
use super::import_report::ReportedProblem;
use super::intakes::{AskedPrice, AskedStock, Request};
use super::ports::{Picture, SlugKind};
use crate::domain::category::Category;
use crate::domain::content::{Content, Fault, ImageContent, TaxClass, VariantContent, limits};
use crate::domain::import::{ImportedProduct, ImportedVariant, Topic};
use crate::domain::intake::{Intake, Outcome, Tally};
use crate::domain::origin::{Origin, OriginVariant};
use crate::domain::product::{Filled, Meant, Product};
use crate::domain::texts::Field;
use crate::domain::upload::SCHEME;
use hanse_database::{DbError, Tx};
use hanse_kernel::{CategoryId, Ctx, Currency, ImportId, Locale, ProductId, TypedId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One product of the file, with all that was prepared for its unit.
pub struct Row {
    pub import: ImportId,
    pub said: ImportedProduct,
    /// The file's own leaf, or None when it names no category.
    pub category: Option<CategoryId>,
    /// The category and those above it.
    pub line: Vec<Category>,
    pub images: Vec<ImageContent>,
    pub pictures: Vec<Picture>,
}

/// What a row did, or in a dry run would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    pub outcome: Outcome,
    pub variants: Tally,
}

/// The key of the commands of an import's row.
pub fn key_of(import: ImportId, row_key: &str) -> String {
    format!("{import}/{row_key}")
}

/// What must hold before a row may touch the catalogue.
pub fn check(said: &ImportedProduct, sold: &[Currency]) -> Result<(), ReportedProblem> {
    let foreign =
        |variant: &&ImportedVariant| variant.price.is_some_and(|price| !sold.contains(&price.currency()));
    let Some(variant) = said.variants.iter().find(foreign) else { return Ok(()) };
    let currency = variant.price.map(|price| price.currency().code()).unwrap_or_default();
    let known: Vec<&str> = sold.iter().map(|currency| currency.code()).collect();
    let hint = format!(
        "The price is in {currency}, but the shop sells in {}. The product was left out: convert its prices.",
        known.join(", ")
    );
    Err(ReportedProblem::error(variant.line, "currency_not_sold", hint).at(None, currency))
}

/// A row that could not be taken in, as a problem of the report; other errors are ours and not the merchant's.
pub fn problem_of(said: &ImportedProduct, error: ProductError) -> Result<ReportedProblem, ProductError> {
    match error {
        ProductError::SkuTaken { sku, title, .. } => {
            let line = said
                .variants
                .iter()
                .find(|v| v.sku.as_ref() == Some(&sku))
                .map_or(said.lines.first, |v| v.line);
            let hint = format!(
                "The SKU belongs to another product, “{title}”. This product was left out: give it an SKU of its own."
            );
            Ok(ReportedProblem::error(line, "sku_taken", hint).at(None, &sku))
        }
        ProductError::SlugTaken(slug) => {
            let hint = "The handle belongs to another product. This product was left out: give it a handle of its own.";
            Ok(ReportedProblem::error(said.lines.first, "handle_taken", hint).at(None, &slug))
        }
        ProductError::Invalid(faults) => {
            let told: Vec<String> =
                faults.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect();
            let hint = format!("The product was left out: {}.", told.join("; "));
            Ok(ReportedProblem::error(said.lines.first, "not_valid", hint))
        }
        other => Err(other),
    }
}

#[derive(Clone)]
pub struct ImportRow(pub Arc<Catalogue>);

impl ImportRow {
    /// Takes the row in. Tried again under the same import, it answers what it did.
    pub async fn run(&self, ctx: &Ctx, row: Arc<Row>) -> Result<Done, ProductError> {
        let input = (self.0.clone(), ctx.clone(), row);
        let unit = self.0.db.tx(input, |tx, (catalogue, ctx, row)| {
            Box::pin(async move {
                let key = key_of(row.import, &row.said.row_key);
                if let Some(done) = catalogue.intakes.find(tx, &key).await? {
                    return Ok(done_of(&done));
                }
                let plan = plan(tx, catalogue, row).await?;
                carry_out(tx, catalogue, ctx, row, plan).await
            })
        });
        unit.await
    }

    /// What the row would do; nothing is written.
    pub async fn preview(&self, row: Arc<Row>) -> Result<Done, ProductError> {
        let read = self.0.db.read((self.0.clone(), row), |tx, (catalogue, row)| {
            Box::pin(async move {
                let plan = plan(tx, catalogue, row).await?;
                Ok(Done { outcome: plan.outcome(), variants: plan.tally() })
            })
        });
        read.await
    }
}

fn done_of(intake: &Intake) -> Done {
    Done { outcome: intake.outcome, variants: intake.variants }
}

/// The product as it will be, and what it was.
struct Plan {
    product: Product,
    stored: Stored,
    filled: Filled,
    before: Option<Origin>,
    /// What the file says of each variant, by its id.
    now: Vec<OriginVariant>,
}

impl Plan {
    fn outcome(&self) -> Outcome {
        if self.stored == Stored::First { Outcome::Created } else { Outcome::Updated }
    }
    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for now in &self.now {
            let was = self.before.as_ref().and_then(|origin| origin.variant(now.id));
            if self.filled.created.contains(&now.id) {
                tally.created += 1;
            } else if was.is_some_and(|was| was.digest == now.digest) {
                tally.unchanged += 1;
            } else {
                tally.updated += 1;
            }
        }
        tally
    }
}

async fn existing(
    tx: &mut Tx,
    catalogue: &Catalogue,
    said: &ImportedProduct,
) -> Result<(Option<Product>, Option<Origin>), DbError> {
    let origin = catalogue.imports.origins(tx, std::slice::from_ref(&said.row_key)).await?.pop();
    if let Some(origin) = origin
        && let Some(product) = catalogue.products.find(tx, origin.product).await?.filter(|p| !p.deleted)
    {
        return Ok((Some(product), Some(origin)));
    }
    // A product made by hand under the file's handle is the one that the file means.
    let own = catalogue.own();
    let named = catalogue.slugs.current(tx, SlugKind::Product, &own, &said.handle).await?;
    let product = match named {
        Some(id) => catalogue.products.find(tx, ProductId::from_uuid(id)).await?.filter(|p| !p.deleted),
        None => None,
    };
    Ok((product, None))
}

async fn plan(tx: &mut Tx, catalogue: &Catalogue, row: &Row) -> Result<Plan, ProductError> {
    let own = catalogue.own();
    let (found, before) = existing(tx, catalogue, &row.said).await?;
    let stored = if found.is_some() { Stored::Again } else { Stored::First };
    let mut product =
        found.unwrap_or_else(|| Product::draft(catalogue.effects.id(), catalogue.effects.now()));
    if stored == Stored::First {
        product.texts.set(&own, Field::Slug, Some(&row.said.handle));
    }
    let content = content_of(row, &product, &own);
    let mut faults = content.faults();
    if row.said.silent.contains(&Topic::Options) && product.option_count > 0 {
        let message = "are not in the file, but the product in the shop has them, and its variants cannot be told apart without: add the columns Option1 Name and Option1 Value";
        faults.insert(0, Fault::new("options", "required", message));
    }
    if !faults.is_empty() {
        return Err(ProductError::Invalid(faults));
    }
    let filled = product.fill(&content, &own, &mut || catalogue.effects.ids.uuid());
    let given: BTreeSet<&str> = row.said.variants.iter().filter_map(|v| v.sku.as_deref()).collect();
    catalogue.settle_skus(tx, &mut product, |sku| given.contains(sku)).await?;
    let now = filled
        .variants
        .iter()
        .zip(&row.said.variants)
        .map(|(id, said)| {
            let was = before.as_ref().and_then(|origin| origin.variant(*id));
            OriginVariant::of(*id, said).after(was, said)
        })
        .collect();
    Ok(Plan { product, stored, filled, before, now })
}

async fn carry_out(
    tx: &mut Tx,
    catalogue: &Catalogue,
    ctx: &Ctx,
    row: &Row,
    plan: Plan,
) -> Result<Done, ProductError> {
    let done = Done { outcome: plan.outcome(), variants: plan.tally() };
    let Plan { mut product, stored, filled, before, now } = plan;
    let own = catalogue.own();
    catalogue.keep_pictures(tx, &row.pictures).await?;
    if stored == Stored::First {
        catalogue.claim_slug(tx, &own, &row.said.handle, product.id, true).await?;
    }
    catalogue.store(tx, ctx, &mut product, stored).await?;
    if product.category == row.category {
        catalogue.relist(tx, &product, &row.line, stored).await?;
    } else {
        let line = catalogue.line(tx, product.category).await?;
        catalogue.relist(tx, &product, &line, stored).await?;
    }
    let mut request = Request {
        key: key_of(row.import, &row.said.row_key),
        product: product.id,
        import: Some(row.import),
        line: i64::try_from(row.said.lines.first).ok(),
        rows: i64::try_from(row.said.rows).unwrap_or(i64::MAX),
        outcome: done.outcome,
        variants: done.variants,
        publish_in: row.said.published.then(|| ctx.channel.clone()),
        prices: vec![],
        stock: vec![],
    };
    for ((id, said), now) in filled.variants.iter().zip(&row.said.variants).zip(&now) {
        if let Some(price) = said.price {
            request.prices.push(AskedPrice { variant: *id, price, compare_at: said.compare_at });
        }
        let silent = said.silent.contains(&Topic::Stock) && !filled.created.contains(id);
        if !silent && Origin::stock_differs(before.as_ref(), now) {
            request.stock.push(AskedStock {
                variant: *id,
                sku: product.variant(*id).map(|variant| variant.sku.clone()).unwrap_or_default(),
                on_hand: said.stock,
                policy: said.stock_policy,
            });
        }
    }
    catalogue.take_in(tx, ctx, request).await?;
    let origin = Origin {
        row_key: row.said.row_key.clone(),
        product: product.id,
        fingerprint: row.said.fingerprint.to_string(),
        variants: now,
    };
    catalogue.imports.save_origin(tx, &origin).await?;
    Ok(done)
}

/// The product as the file means it; what the file does not speak of stays as it is.
fn content_of(row: &Row, present: &Product, own: &Locale) -> Content {
    let said = &row.said;
    let before = present.content(own);
    let silent = |topic| said.silent.contains(&topic) && present.version > 0;
    let meant: Vec<Meant> = said
        .variants
        .iter()
        .map(|v| Meant { id: None, sku: v.sku.clone(), values: Some(v.values.clone()) })
        .collect();
    let variants = present.recognise(&meant, own).into_iter().zip(&said.variants).map(|(found, said)| {
        let found = found.and_then(|variant| before.variants.iter().find(|v| v.id == Some(variant.id)));
        variant_of(said, found)
    });
    // A file knows nothing of what was uploaded besides, and what it brings gives way to that.
    let uploads: Vec<_> =
        before.images.iter().filter(|image| image.src.starts_with(SCHEME)).cloned().collect();
    let images = if silent(Topic::Images) {
        before.images
    } else {
        let room = limits::IMAGES.saturating_sub(uploads.len());
        row.images.iter().take(room).cloned().chain(uploads).collect()
    };
    let mut variants: Vec<VariantContent> = variants.collect();
    for variant in &mut variants {
        variant.image = variant.image.take().filter(|src| images.iter().any(|image| image.src == *src));
    }
    Content {
        title: said.title.clone(),
        subtitle: before.subtitle,
        description_html: if silent(Topic::Description) {
            before.description_html
        } else {
            said.description_html.clone()
        },
        vendor: if silent(Topic::Vendor) { before.vendor } else { said.vendor.clone() },
        kind: if silent(Topic::Kind) { before.kind } else { said.kind.clone() },
        tags: if silent(Topic::Tags) { before.tags } else { said.tags.clone() },
        category: row.category.or(present.category),
        options: said.options.clone(),
        variants,
        images,
    }
}

fn variant_of(said: &ImportedVariant, present: Option<&VariantContent>) -> VariantContent {
    let kept = |topic| present.filter(|_| said.silent.contains(&topic));
    let class = present.map(|v| v.tax_class);
    VariantContent {
        id: None,
        values: said.values.clone(),
        sku: said.sku.clone(),
        barcode: kept(Topic::Barcode).map_or_else(|| said.barcode.clone(), |v| v.barcode.clone()),
        weight_grams: kept(Topic::Weight).map_or(said.weight_grams, |v| v.weight_grams),
        tax_class: match kept(Topic::Taxable) {
            Some(present) => present.tax_class,
            None if said.taxable => class.filter(|c| *c != TaxClass::Zero).unwrap_or_default(),
            None => TaxClass::Zero,
        },
        requires_shipping: kept(Topic::RequiresShipping)
            .map_or(said.requires_shipping, |v| v.requires_shipping),
        image: kept(Topic::VariantImage).map_or_else(|| said.image.clone(), |v| v.image.clone()),
        // No file has it.
        metadata: present.map_or_else(|| "{}".into(), |v| v.metadata.clone()),
    }
}
