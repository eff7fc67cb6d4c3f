//! Turns drafts into products, or into the problems that keep them out.

use super::draft::{Draft, DraftVariant, Price, StockGap, Weight};
use super::html::Sanitiser;
use super::problems::{At, Problems, error, shortened, warning};
use super::report::Gaps;
use super::row::Labels;
use super::{images, limits, options};
use crate::domain::import::{Fingerprint, ImportedProduct, ImportedVariant, Skipped};
use hanse_kernel::text::slug;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

pub(super) struct Finished {
    pub products: Vec<ImportedProduct>,
    pub skipped: Skipped,
}

pub(super) fn finish(drafts: Vec<Draft>, labels: &Labels, problems: &mut Problems) -> Finished {
    let mut finisher = Finisher {
        labels,
        sanitiser: Sanitiser::new(),
        given: HashSet::new(),
        taken: HashSet::new(),
        titles: vec![],
        skus: HashMap::new(),
        numbers: HashMap::new(),
        gaps: Gaps::default(),
        skipped: Skipped::default(),
    };
    let mut products = Vec::with_capacity(drafts.len());
    // Handles that the file gives are set apart before any is made of a title.
    for draft in drafts.iter().filter(|draft| !draft.handle.is_empty()) {
        finisher.given.insert(handle_of(&draft.handle));
    }
    for mut draft in drafts {
        let product = finisher.product(&mut draft);
        if product.is_none() {
            finisher.skipped.products += 1;
            finisher.skipped.variants += draft.variants.len() as u64;
        }
        draft.faults.into_iter().for_each(|fault| problems.add(fault));
        products.extend(product);
    }
    finisher.gaps.tell(labels, problems);
    Finished { products, skipped: finisher.skipped }
}

struct Finisher<'a> {
    labels: &'a Labels,
    sanitiser: Sanitiser,
    given: HashSet<String>,
    taken: HashSet<String>,
    /// Titles of the products so far.
    titles: Vec<String>,
    /// Where each SKU stands first: line and number of the product.
    skus: HashMap<String, (u64, usize)>,
    /// By handle: the number that the next product of the same handle may have.
    numbers: HashMap<String, u32>,
    gaps: Gaps,
    skipped: Skipped,
}

impl Finisher<'_> {
    fn product(&mut self, draft: &mut Draft) -> Option<ImportedProduct> {
        // Also of a product that is left out: mended, it must find its handle free.
        let handle = if draft.repeated { String::new() } else { self.handle(draft) };
        if draft.title.is_empty() && !draft.has_errors() {
            let hint = "The first row of a product needs a title. The product was left out: give it one.";
            draft.faults.push(error(draft.lines.first, "title_missing", hint).at(&self.labels.title, ""));
        }
        if draft.variants.len() > 1 {
            draft.variants.retain(|variant| !variant.placeholder);
        }
        if draft.variants.len() > limits::VARIANTS {
            let hint = format!(
                "The product has {} variants and may have {}. Split it.",
                draft.variants.len(),
                limits::VARIANTS
            );
            draft.faults.push(error(draft.lines.first, "too_many_variants", hint));
        }
        if draft.has_errors() {
            return None;
        }
        let mut settled = options::settle(draft, self.labels);
        self.skipped.variants += options::drop_repeated(draft, &mut settled, self.labels);
        if settled.unnamed {
            self.gaps.option_names.note(draft.lines.first);
        }
        let images = images::ordered(draft);
        let shown: HashSet<&str> = images.iter().map(|image| image.src.as_str()).collect();
        let mut variants = Vec::with_capacity(draft.variants.len());
        for (variant, values) in std::mem::take(&mut draft.variants).into_iter().zip(settled.values) {
            self.note_gaps(&variant, draft);
            let sku = variant.sku.and_then(|sku| self.own_sku(sku, variant.line, draft));
            variants.push(ImportedVariant {
                row_key: format!("{handle}#{}", options::values_key(&values)),
                values,
                sku,
                price: variant.price.asked(),
                compare_at: variant.compare_at,
                stock: variant.stock.units,
                stock_policy: variant.stock.policy,
                weight_grams: match variant.weight {
                    Weight::Grams(grams) => Some(grams),
                    Weight::Unknown | Weight::WithoutUnit => None,
                },
                barcode: variant.barcode,
                image: variant.image.filter(|src| shown.contains(src.as_str())),
                taxable: variant.taxable,
                requires_shipping: variant.requires_shipping,
                silent: variant.silent,
                line: variant.line,
            });
        }
        let mut product = ImportedProduct {
            row_key: handle.clone(),
            handle,
            title: std::mem::take(&mut draft.title),
            description_html: self.sanitiser.clean(&draft.body),
            vendor: draft.vendor.take(),
            kind: draft.kind.take(),
            category: std::mem::take(&mut draft.category),
            tags: std::mem::take(&mut draft.tags),
            published: draft.published,
            options: settled.names,
            variants,
            images,
            silent: std::mem::take(&mut draft.silent),
            lines: draft.lines,
            rows: draft.rows,
            fingerprint: Fingerprint::unset(),
        };
        product.fingerprint = Fingerprint::of(&product);
        self.titles.push(product.title.clone());
        Some(product)
    }

    fn note_gaps(&mut self, variant: &DraftVariant, draft: &mut Draft) {
        match variant.price {
            Price::Blank => {
                let hint = "No price is given: the variant cannot be sold until it has one. Enter a price, 0 if it is given away.";
                draft.faults.push(warning(variant.line, "price_missing", hint).at(&self.labels.price, ""));
            }
            Price::NoColumn => self.gaps.prices.note(variant.line),
            Price::Asked(_) | Price::Faulty => {}
        }
        match variant.stock.gap {
            Some(StockGap::NoColumn) => self.gaps.stock.note(variant.line),
            Some(StockGap::NoQuantity) => self.gaps.counts.note(variant.line),
            Some(StockGap::NotTracked) => self.gaps.trackers.note(variant.line),
            Some(StockGap::NoQuantityColumn) => self.gaps.quantities.note(variant.line),
            None => {}
        }
        if variant.weight == Weight::WithoutUnit {
            self.gaps.weight_units.note(variant.line);
        }
    }

    /// An SKU names one variant: who comes second has none.
    fn own_sku(&mut self, sku: String, line: u64, draft: &mut Draft) -> Option<String> {
        if let Some((first, product)) = self.skus.get(&sku) {
            let of = match self.titles.get(*product) {
                Some(title) => format!("of {}", shortened(title)),
                None => "of this product".to_string(),
            };
            let hint = format!(
                "Line {first} has the same SKU, for a variant {of}. This variant was read without one: give each variant its own SKU."
            );
            draft.faults.push(warning(line, "sku_repeated", hint).at(&self.labels.sku, &sku));
            return None;
        }
        self.skus.insert(sku.clone(), (line, self.titles.len()));
        Some(sku)
    }

    /// The file's handle, else one of the title; numbered where another product has it.
    fn handle(&mut self, draft: &Draft) -> String {
        let own = !draft.handle.is_empty();
        let base = handle_of(if own { &draft.handle } else { &draft.title });
        let mut handle = base.clone();
        let mut free = own || !self.given.contains(&handle);
        while !free || self.taken.contains(&handle) {
            let number = self.numbers.entry(base.clone()).or_insert(1);
            *number += 1;
            handle = format!("{base}-{number}");
            free = !self.given.contains(&handle);
        }
        self.taken.insert(handle.clone());
        handle
    }
}

/// A URL-safe handle; a name without any Latin letter or digit gets one of its hash.
fn handle_of(name: &str) -> String {
    match slug(name) {
        empty if empty.is_empty() => format!("p-{}", hex::encode(&Sha256::digest(name)[..6])),
        handle => handle,
    }
}
