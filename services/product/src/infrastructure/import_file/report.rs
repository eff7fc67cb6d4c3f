//! What a file as a whole leaves open: told once, at the first place, with how often.

use super::problems::{At, Problems, warning};
use super::row::Labels;

/// Where a gap was met first, and how often.
#[derive(Debug, Default)]
pub(super) struct Gap(Option<(u64, u64)>);

impl Gap {
    pub fn note(&mut self, line: u64) {
        let (first, count) = self.0.unwrap_or((line, 0));
        self.0 = Some((first.min(line), count + 1));
    }
}

/// The gaps of one file.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    pub prices: Gap,
    pub stock: Gap,
    pub counts: Gap,
    pub trackers: Gap,
    pub quantities: Gap,
    pub option_names: Gap,
    pub weight_units: Gap,
}

impl Gaps {
    pub fn tell(&self, labels: &Labels, problems: &mut Problems) {
        if let Some((line, n)) = self.prices.0 {
            let hint = format!(
                "The file has no price for {}: they cannot be sold until they have one. Add a column {}, or enter the prices by hand.",
                many(n, "variant"),
                labels.price
            );
            problems.add(warning(line, "price_column_missing", hint));
        }
        if let Some((line, n)) = self.stock.0 {
            let hint = format!(
                "The file says nothing about the stock of {}: they are sold without counting. Add a column Variant Inventory Qty if stock is to be counted.",
                many(n, "variant")
            );
            problems.add(warning(line, "stock_column_missing", hint));
        }
        if let Some((line, n)) = self.counts.0 {
            let hint = format!(
                "The file says of {} that there is stock, but not how much: they are sold without counting. Add a column Stock with quantities if stock is to be counted.",
                many(n, "variant")
            );
            problems.add(warning(line, "quantity_not_given", hint));
        }
        if let Some((line, n)) = self.trackers.0 {
            let hint = format!(
                "A quantity is given for {} whose {} is blank: they are sold without counting, as in Shopify. Write shopify there if stock is to be counted.",
                many(n, "variant"),
                labels.tracker
            );
            problems.add(warning(line, "quantity_not_tracked", hint));
        }
        if let Some((line, n)) = self.quantities.0 {
            let hint = format!(
                "Stock is tracked for {}, but the file has no column Variant Inventory Qty: their stock stays as it is (none, for new ones). Export the inventory too, or enter the stock by hand.",
                many(n, "variant")
            );
            problems.add(warning(line, "quantity_column_missing", hint));
        }
        if let Some((line, n)) = self.option_names.0 {
            let hint = format!(
                "The options of {} have no names and are called Option 1, Option 2, Option 3. Add columns Option1 Name, Option2 Name with words such as Colour and Size.",
                many(n, "product")
            );
            problems.add(warning(line, "option_name_missing", hint));
        }
        if let Some((line, n)) = self.weight_units.0 {
            let hint = format!(
                "The weights of {} have no unit and were left out. Add a column Weight Unit with g, kg, lb or oz.",
                many(n, "variant")
            );
            problems.add(warning(line, "weight_unit_missing", hint).at(&labels.weight, ""));
        }
    }
}

fn many(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
