//! Options: their names, lists of colours and sizes spread into variants, one value per variant and option.

use super::draft::{Draft, DraftVariant};
use super::fields::Field;
use super::group::Item;
use super::limits;
use super::problems::{At, shortened, warning};
use super::row::{Labels, Row};
use crate::domain::import::Problem;
use hanse_kernel::text::slug;
use std::collections::HashMap;

/// Notes the name that a row gives to an option; the first one given stays.
pub(super) fn name(row: &dyn Row, field: Field, known: &mut Option<String>, faults: &mut Vec<Problem>) {
    let Some(cell) = row.optional(field) else { return };
    let name = super::cells::text(cell);
    match known {
        None if name.len() > limits::TEXT => {
            faults.push(row.error(
                field,
                "text_too_long",
                "The name of an option may have at most 500 letters.",
            ));
        }
        None => *known = Some(name),
        Some(known) if !known.eq_ignore_ascii_case(&name) => {
            let hint = format!(
                "Above, this option is called {}; that name was kept. An option has one name for all variants.",
                shortened(known)
            );
            faults.push(row.warning(field, "option_name_differs", &hint));
        }
        Some(_) => {}
    }
}

/// Spreads a row over its lists of colours and sizes: every colour in every size.
pub(super) fn spread(
    base: DraftVariant,
    colours: &[&str],
    sizes: &[&str],
    row: &dyn Row,
    item: &mut Item,
) -> Vec<DraftVariant> {
    let lists: Vec<(&str, &[&str])> =
        [("Colour", colours), ("Size", sizes)].into_iter().filter(|(_, list)| !list.is_empty()).collect();
    for (slot, (name, _)) in item.option_names.iter_mut().zip(&lists) {
        *slot = Some((*name).to_string());
    }
    let count: usize = lists.iter().map(|(_, list)| list.len()).product();
    if count > limits::VARIANTS {
        let hint = format!(
            "The lists make {count} variants; a product may have {}. Shorten the lists.",
            limits::VARIANTS
        );
        let field = if colours.is_empty() { Field::Sizes } else { Field::Colours };
        item.faults.push(row.error(field, "too_many_variants", &hint));
        return vec![base];
    }
    let mut variants = vec![DraftVariant { placeholder: false, ..base }];
    for (slot, (_, list)) in lists.iter().enumerate() {
        variants = variants
            .iter()
            .flat_map(|variant| {
                list.iter().map(|value| {
                    let mut variant = variant.clone();
                    variant.values[slot] = super::cells::text(value);
                    if list.len() > 1 {
                        variant.sku = variant.sku.map(|sku| format!("{sku}-{}", slug(value).to_uppercase()));
                    }
                    variant
                })
            })
            .collect();
    }
    share_stock(&mut variants, row, &mut item.faults);
    variants
}

/// A quantity for a row with several variants is their sum; it is shared out so that the sum stays.
fn share_stock(variants: &mut [DraftVariant], row: &dyn Row, faults: &mut Vec<Problem>) {
    let count = i64::try_from(variants.len()).unwrap_or(i64::MAX);
    let Some(units) = variants.first().and_then(|v| v.stock.units).filter(|units| *units > 0 && count > 1)
    else {
        return;
    };
    for (i, variant) in (0..).zip(variants.iter_mut()) {
        variant.stock.units = Some(units / count + i64::from(i < units % count));
    }
    let field = if row.has(Field::Quantity) { Field::Quantity } else { Field::InStock };
    let hint = format!(
        "One quantity for {count} variants: it was shared out evenly. Correct the stock by hand, or write one row per variant."
    );
    faults.push(row.warning(field, "stock_shared_out", &hint));
}

/// Whether a row is one more variant of a product rather than a product of the same name: its options are the same
/// and its values are new.
pub(super) fn continues(draft: &Draft, names: &[Option<String>; 3], variants: &[DraftVariant]) -> bool {
    let full = draft.variants.len() > limits::VARIANTS;
    draft.option_names == *names && names[0].is_some() && (full || are_new(draft, variants))
}

fn are_new(draft: &Draft, variants: &[DraftVariant]) -> bool {
    variants.iter().all(|new| draft.variants.iter().all(|old| old.values != new.values))
}

/// The options of a product and, in every variant, one value for each.
pub(super) struct Settled {
    pub names: Vec<String>,
    pub values: Vec<Vec<String>>,
    /// An option had values but no name.
    pub unnamed: bool,
}

/// Decides which of the three option columns a product really uses.
pub(super) fn settle(draft: &mut Draft, labels: &Labels) -> Settled {
    let only_default = draft.variants.len() == 1 && is_default(&draft.variants[0].values[0]);
    let used: Vec<usize> =
        (0..3).filter(|i| !only_default && draft.variants.iter().any(|v| !v.values[*i].is_empty())).collect();
    let mut settled = Settled { names: vec![], values: vec![vec![]; draft.variants.len()], unnamed: false };
    for i in used {
        settled.unnamed |= draft.option_names[i].is_none();
        let name = draft.option_names[i].clone().unwrap_or_else(|| format!("Option {}", i + 1));
        let name = distinct(name, &settled.names);
        for (variant, values) in draft.variants.iter().zip(&mut settled.values) {
            let mut value = variant.values[i].clone();
            if value.is_empty() {
                let hint = format!(
                    "This variant has no value for {name}, others of the product have. It was read as Standard: enter the value."
                );
                draft
                    .faults
                    .push(warning(variant.line, "option_value_missing", hint).at(&labels.values[i], ""));
                value = "Standard".to_string();
            }
            values.push(value);
        }
        settled.names.push(name);
    }
    settled
}

/// What Shopify writes for a product without options.
fn is_default(value: &str) -> bool {
    value.is_empty() || value.eq_ignore_ascii_case("default title")
}

fn distinct(name: String, taken: &[String]) -> String {
    if !taken.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
        return name;
    }
    (2..).map(|n| format!("{name} {n}")).find(|name| !taken.contains(name)).unwrap_or(name)
}

/// Names a variant within its product, whatever stands in its values and in which case.
pub(super) fn values_key(values: &[String]) -> String {
    let mut key = String::with_capacity(values.iter().map(|value| value.len() + 1).sum());
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            key.push('/');
        }
        for c in value.chars().flat_map(char::to_lowercase) {
            if matches!(c, '/' | '\\') {
                key.push('\\');
            }
            key.push(c);
        }
    }
    key
}

/// Leaves out variants whose values stand at another variant of the product already; says how many were.
pub(super) fn drop_repeated(draft: &mut Draft, settled: &mut Settled, labels: &Labels) -> u64 {
    if draft.variants.len() < 2 {
        return 0;
    }
    let mut first_of: HashMap<String, usize> = HashMap::new();
    let mut keep = Vec::with_capacity(draft.variants.len());
    for (i, values) in settled.values.iter().enumerate() {
        let first = *first_of.entry(values_key(values)).or_insert(i);
        keep.push(first == i);
        if first == i {
            continue;
        }
        let (kept, left) = (&draft.variants[first], &draft.variants[i]);
        let what =
            if values.is_empty() { "a variant without options".to_string() } else { values.join(" / ") };
        let differs = if kept.price == left.price { String::new() } else { price_differs(kept, left) };
        let hint = format!(
            "Line {} has {what} of this product already; that one was kept{differs}. Remove this row, or give it another option value.",
            kept.line
        );
        let column = labels.values.first().map_or("", String::as_str);
        draft.faults.push(warning(left.line, "variant_repeated", hint).at(column, &values.join(" / ")));
    }
    let mut kept = keep.iter();
    draft.variants.retain(|_| *kept.next().unwrap_or(&true));
    let mut kept = keep.iter();
    settled.values.retain(|_| *kept.next().unwrap_or(&true));
    keep.iter().filter(|kept| !**kept).count() as u64
}

fn price_differs(kept: &DraftVariant, left: &DraftVariant) -> String {
    match (kept.price.asked(), left.price.asked()) {
        (Some(kept), Some(left)) => format!(", at {} and not at {}", kept.decimal(), left.decimal()),
        _ => String::new(),
    }
}
