//! Gathers rows into products: Shopify's continuation rows, tables with one row per product or per variant.

use super::cells;
use super::describe::{describe, note_other_title};
use super::draft::{Draft, DraftImage, DraftVariant};
use super::fields::{Dialect, Field};
use super::problems::{Problems, error};
use super::row::Row;
use super::{images, options};
use crate::domain::import::{Problem, Topic};
use hanse_kernel::Currency;
use std::collections::HashMap;

/// Takes the rows of a file one by one, in their order.
pub(super) struct Grouper<'a> {
    dialect: Dialect,
    currency: Currency,
    problems: &'a mut Problems,
    drafts: Vec<Draft>,
    by_handle: HashMap<String, usize>,
    /// Products that have no handle.
    by_title: HashMap<String, usize>,
    /// The product that a continuation row would continue.
    current: Option<usize>,
}

impl<'a> Grouper<'a> {
    pub fn new(dialect: Dialect, currency: Currency, problems: &'a mut Problems) -> Self {
        Self {
            dialect,
            currency,
            problems,
            drafts: vec![],
            by_handle: HashMap::new(),
            by_title: HashMap::new(),
            current: None,
        }
    }

    pub fn row(&mut self, row: &dyn Row) {
        match self.dialect {
            Dialect::Shopify => self.shopify_row(row),
            Dialect::Named => {
                let mut faults = vec![];
                let images = images::read(row, &mut faults);
                self.item(row, Item { images, faults, ..Item::default() });
            }
        }
    }

    /// The file could not be read to its end: the last product may lack rows.
    pub fn cut(&mut self, problem: Problem) {
        match self.current.and_then(|i| self.drafts.get_mut(i)) {
            Some(draft) => draft.faults.push(problem),
            None => self.problems.add(problem),
        }
    }

    /// Something that should be a product and is none.
    pub fn unreadable(&mut self, line: u64, problem: Problem) {
        let mut draft = Draft::at(line);
        draft.count_row(line);
        draft.faults.push(problem);
        self.drafts.push(draft);
    }

    /// A problem of the file that touches no product.
    pub fn tell(&mut self, problem: Problem) {
        self.problems.add(problem);
    }

    pub fn into_drafts(self) -> Vec<Draft> {
        self.drafts
    }

    fn shopify_row(&mut self, row: &dyn Row) {
        let known = self.known(row);
        let nameless = !row.has(Field::Handle) && !row.has(Field::Title);
        let i = match known.or(if nameless { self.current } else { None }) {
            Some(i) => {
                self.note_distance(i, row);
                i
            }
            None if nameless => {
                let problem = row.fault().cloned().unwrap_or_else(|| {
                    error(row.line(), "row_without_product", "This row has no handle and no title, and no product stands above it. Give it the handle of its product.")
                });
                self.problems.add(problem);
                return;
            }
            None => self.start(row),
        };
        self.current = Some(i);
        let Some(draft) = self.drafts.get_mut(i) else { return };
        draft.count_row(row.line());
        if let Some(fault) = row.fault() {
            draft.faults.push(fault.clone());
            return;
        }
        let first = draft.rows == 1;
        if !first && draft.title.is_empty() && row.has(Field::Title) {
            describe(draft, row);
        } else if !first {
            note_other_title(draft, row);
        }
        for ((name, _), known) in Field::OPTIONS.into_iter().zip(draft.option_names.iter_mut()) {
            options::name(row, name, known, &mut draft.faults);
        }
        if first || cells::is_variant(row) {
            let variant = cells::variant(row, self.currency, &mut draft.faults);
            draft.variants.push(variant);
        }
        let images = images::read(row, &mut draft.faults);
        draft.images.extend(images);
    }

    /// One row, or one item of JSON, that stands for itself.
    pub fn item(&mut self, row: &dyn Row, mut item: Item) {
        if row.fault().is_none() && !row.has(Field::Title) {
            let hint = "Every product needs a title. This one was left out: give it one.";
            return self.unreadable(row.line(), row.error(Field::Title, "title_missing", hint));
        }
        let (colours, sizes) = (row.list(Field::Colours), row.list(Field::Sizes));
        let spread = colours.len() > 1 || sizes.len() > 1 || item.variants.is_some();
        let known = self.known(row);
        let base = match item.variants.take() {
            Some(variants) => variants,
            None => {
                let base = cells::variant(row, self.currency, &mut item.faults);
                options::spread(base, &colours, &sizes, row, &mut item)
            }
        };
        if let Some(i) = known.filter(|_| !spread)
            && let Some(draft) = self.drafts.get_mut(i)
            && options::continues(draft, &item.option_names, &base)
        {
            draft.count_row(row.line());
            draft.faults.append(&mut item.faults);
            draft.variants.extend(base);
            draft.images.append(&mut item.images);
            self.current = Some(i);
            return;
        }
        let repeated = known.is_some_and(|i| self.is_repeated(i, row, &mut item.faults));
        let i = self.start(row);
        self.current = Some(i);
        let Some(draft) = self.drafts.get_mut(i) else { return };
        draft.count_row(row.line());
        draft.faults.append(&mut item.faults);
        draft.faults.extend(row.fault().cloned());
        draft.repeated = repeated;
        // What stands in lists beside the row is said, too.
        if item.option_names[0].is_some() || base.len() > 1 {
            draft.silent.remove(&Topic::Options);
        }
        if !item.images.is_empty() {
            draft.silent.remove(&Topic::Images);
        }
        draft.option_names = item.option_names;
        draft.variants = base;
        draft.images = item.images;
    }

    /// The product that a row names.
    fn known(&self, row: &dyn Row) -> Option<usize> {
        if row.has(Field::Handle) {
            let handle = row.get(Field::Handle);
            let current = self.current.filter(|i| self.drafts.get(*i).is_some_and(|d| d.handle == handle));
            return current.or_else(|| self.by_handle.get(&key(handle)).copied());
        }
        let title = row.get(Field::Title);
        let current = self.current.filter(|i| {
            self.dialect == Dialect::Shopify
                && self.drafts.get(*i).is_some_and(|d| !title.is_empty() && d.title == title)
        });
        current.or_else(|| self.by_title.get(&key(title)).copied())
    }

    fn start(&mut self, row: &dyn Row) -> usize {
        let i = self.drafts.len();
        let mut draft = Draft::at(row.line());
        draft.handle = row.get(Field::Handle).to_string();
        draft.sku = row.optional(Field::Sku).map(str::to_string);
        draft.silent = cells::silent(row, &cells::OF_PRODUCTS);
        if row.fault().is_none() {
            describe(&mut draft, row);
        }
        if row.has(Field::Handle) {
            self.by_handle.entry(key(row.get(Field::Handle))).or_insert(i);
        } else {
            self.by_title.entry(key(row.get(Field::Title))).or_insert(i);
        }
        self.drafts.push(draft);
        i
    }

    /// Rows of one product belong together; when they do not stand together a row may be missing or misplaced.
    fn note_distance(&mut self, i: usize, row: &dyn Row) {
        if self.current == Some(i) {
            return;
        }
        let Some(draft) = self.drafts.get_mut(i) else { return };
        let field = if row.has(Field::Handle) { Field::Handle } else { Field::Title };
        let hint = format!(
            "Rows of this product stand apart: others end on line {}. They were read as one product; if two are meant, give each its own {}.",
            draft.lines.last,
            row.label(field)
        );
        draft.faults.push(row.warning(field, "product_rows_apart", &hint));
    }

    /// A second product of the same name: the same one twice, or two that share a title.
    fn is_repeated(&self, i: usize, row: &dyn Row, faults: &mut Vec<Problem>) -> bool {
        let Some(other) = self.drafts.get(i) else { return false };
        let line = other.lines.first;
        let same_sku = other.sku.as_deref() == row.optional(Field::Sku);
        if row.has(Field::Handle) {
            let hint = format!(
                "Line {line} has the same handle, so this row was left out. Remove one of the two, or give this one its own handle."
            );
            faults.push(row.error(Field::Handle, "product_repeated", &hint));
        } else if same_sku {
            let hint = format!(
                "Line {line} has the same title and SKU, so this row was left out. Remove one of the two, or give this one its own title and SKU."
            );
            faults.push(row.error(Field::Title, "product_repeated", &hint));
        } else {
            let hint = format!(
                "Line {line} has the same title. Both were read as products of their own; if they are one, remove one of the two."
            );
            faults.push(row.warning(Field::Title, "title_repeated", &hint));
            return false;
        }
        true
    }
}

/// What stands beside the row of an item: its images, its variants where the file lists them, what is wrong with it.
#[derive(Default)]
pub(super) struct Item {
    pub option_names: [Option<String>; 3],
    /// None: the row itself is the variant.
    pub variants: Option<Vec<DraftVariant>>,
    pub images: Vec<DraftImage>,
    pub faults: Vec<Problem>,
}

/// Handles and titles are compared without regard to case.
fn key(name: &str) -> String {
    name.to_lowercase()
}
