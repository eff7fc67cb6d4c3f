//! One product of a JSON list: its members by their meaning, its list of variants, options and images.

use super::cells;
use super::columns::{Field, key_meaning, normalised};
use super::draft::{DraftImage, DraftVariant};
use super::group::{Grouper, Item};
use super::json::{Places, elements, members, scalar};
use super::row::Row;
use super::{images, lists};
use crate::domain::import::Problem;
use hanse_kernel::Currency;
use serde_json::value::RawValue;
use std::borrow::Cow;

type Members<'a> = [(Cow<'a, str>, &'a RawValue)];

/// Fields that a variant takes over from its product unless it has its own.
const INHERITED: [Field; 7] = [
    Field::Price,
    Field::SalePrice,
    Field::CompareAt,
    Field::Currency,
    Field::WeightUnit,
    Field::Policy,
    Field::Taxable,
];

pub(super) struct Product<'a> {
    row: JsonRow<'a>,
    variants: Vec<&'a RawValue>,
    option_names: Vec<String>,
    images: Vec<&'a RawValue>,
    unused: Vec<String>,
}

impl<'a> Product<'a> {
    pub fn new(members: &'a Members<'a>, line: u64, places: &'a Places<'a>) -> Self {
        let mut product = Self {
            row: JsonRow::new(line, places),
            variants: vec![],
            option_names: vec![],
            images: vec![],
            unused: vec![],
        };
        for (key, value) in members {
            match (normalised(key).as_str(), elements(value)) {
                ("variants", Some(list)) => product.variants = list,
                ("options", Some(list)) => {
                    product.option_names = list.iter().map(|name| named(name)).collect()
                }
                ("images" | "image" | "media", Some(list))
                    if list.iter().any(|e| e.get().starts_with('{')) =>
                {
                    product.images = list;
                }
                ("image", None) if value.get().starts_with('{') => product.images = vec![value],
                (_, list) => {
                    if !product.row.take(key, value, list) {
                        product.unused.push(key.to_string());
                    }
                }
            }
        }
        product
    }

    pub fn is_recognised(&self) -> bool {
        self.row.has(Field::Title) && (self.row.has(Field::Price) || !self.variants.is_empty())
    }

    /// Adds keys that nobody reads, each once.
    pub fn note_unused(&self, unused: &mut Vec<String>) {
        for key in &self.unused {
            if unused.len() < 100 && !unused.contains(key) {
                unused.push(key.clone());
            }
        }
    }

    pub fn group(self, grouper: &mut Grouper, currency: Currency) {
        let mut faults = vec![];
        let mut item = Item { images: self.images(&mut faults), ..Item::default() };
        if !self.variants.is_empty() {
            let mut names = self.option_names.clone();
            let mut variants = vec![];
            for (i, value) in self.variants.iter().enumerate() {
                variants.extend(self.variant(i, value, &mut names, currency, &mut faults));
            }
            if names.len() > 3 {
                let hint = format!(
                    "A product has at most three options: {} were read, the others left out.",
                    names[..3].join(", ")
                );
                faults.push(super::problems::warning(self.row.line, "too_many_options", hint));
            }
            for (slot, name) in item.option_names.iter_mut().zip(names) {
                *slot = Some(name);
            }
            item.variants = Some(variants);
        }
        item.faults = faults;
        grouper.item(&self.row, item);
    }

    fn images(&self, faults: &mut Vec<Problem>) -> Vec<DraftImage> {
        if self.images.is_empty() {
            return images::read(&self.row, faults);
        }
        let mut read = vec![];
        for value in &self.images {
            let mut image = JsonRow::new(self.row.places.line(value.get()), self.row.places);
            for (key, value) in members(value).unwrap_or_default() {
                let field = match normalised(&key).as_str() {
                    "src" | "url" | "href" => Field::ImageSrc,
                    "alt" | "alt text" => Field::ImageAlt,
                    "position" => Field::ImagePosition,
                    _ => continue,
                };
                image.set(field, 0, &key, value, None);
            }
            if value.get().starts_with('"') {
                image.set(Field::ImageSrc, 0, "images", value, None);
            }
            read.extend(images::read(&image, faults));
        }
        read
    }

    fn variant(
        &self,
        number: usize,
        value: &'a RawValue,
        names: &mut Vec<String>,
        currency: Currency,
        faults: &mut Vec<Problem>,
    ) -> Option<DraftVariant> {
        let line = self.row.places.line(value.get());
        let Some(members) = members(value) else {
            faults.push(super::problems::error(
                line,
                "not_a_variant",
                "Each variant must be an object with a price and, where there are options, their values.",
            ));
            return None;
        };
        let mut row = JsonRow::new(line, self.row.places);
        row.within = Some(number);
        for field in INHERITED {
            row.cells[field as usize] = self.row.cells[field as usize].clone();
        }
        let mut values: Vec<(String, String)> = vec![];
        let mut own_price = false;
        for (key, value) in &members {
            let name = normalised(key);
            match name.as_str() {
                "option1" | "option2" | "option3" => {
                    let slot = usize::from(name.as_bytes()[6] - b'1');
                    row.set(Field::OPTIONS[slot].1, 0, key, value, None);
                }
                "options" | "selected options" => values.extend(chosen(value)),
                "featured image" | "image" => row.set_image(key, value),
                _ => {
                    let _ = row.take(key, value, None);
                    own_price |= key_meaning(key).is_some_and(|(field, _)| field == Field::Price);
                }
            }
        }
        if own_price {
            row.drop_inherited(&[Field::SalePrice, Field::CompareAt], &members);
        }
        for (field, name) in [(Field::Colours, "Colour"), (Field::Sizes, "Size")] {
            if row.has(field) {
                values.push((name.to_string(), row.get(field).to_string()));
            }
        }
        let mut variant = cells::variant(&row, currency, faults);
        variant.placeholder = false;
        for (name, value) in values {
            let slot =
                names.iter().position(|known| known.eq_ignore_ascii_case(&name)).unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                });
            if let Some(slot) = variant.values.get_mut(slot) {
                *slot = cells::text(value.trim());
            }
        }
        Some(variant)
    }
}

/// The name of something that is written as a text or as an object with a name.
fn named(value: &RawValue) -> String {
    let Some(members) = members(value) else { return scalar(value).trim().to_string() };
    let name = ["name", "title"].iter().find_map(|wanted| members.iter().find(|(key, _)| key == wanted));
    name.map(|(_, value)| scalar(value).trim().to_string()).unwrap_or_default()
}

/// `{"Colour": "Green"}` or `[{"name": "Colour", "value": "Green"}]`.
fn chosen(value: &RawValue) -> Vec<(String, String)> {
    if let Some(list) = elements(value) {
        return list
            .into_iter()
            .filter_map(|pair| {
                let members = members(pair)?;
                let value = members.iter().find(|(key, _)| key == "value")?.1;
                Some((named(pair), scalar(value).into_owned()))
            })
            .collect();
    }
    let pairs = members(value).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name.into_owned(), scalar(value).into_owned())).collect()
}

/// The members of one object by their meaning.
struct JsonRow<'a> {
    line: u64,
    places: &'a Places<'a>,
    /// The number of the variant that this row is, for the names of its keys.
    within: Option<usize>,
    cells: [Option<Cell<'a>>; Field::COUNT],
}

#[derive(Clone)]
struct Cell<'a> {
    key: String,
    rank: usize,
    text: Cow<'a, str>,
    list: Option<Vec<String>>,
    is_number: bool,
    raw: &'a str,
}

impl<'a> JsonRow<'a> {
    fn new(line: u64, places: &'a Places<'a>) -> Self {
        Self { line, places, within: None, cells: [const { None }; Field::COUNT] }
    }

    /// Takes a member whose key means something. False: nobody reads it.
    fn take(&mut self, key: &str, value: &'a RawValue, list: Option<Vec<&'a RawValue>>) -> bool {
        let Some((field, rank)) = key_meaning(key) else { return false };
        if let Some(known) = &self.cells[field as usize]
            && known.rank <= rank
            && !known.text.is_empty()
        {
            return known.rank == rank;
        }
        self.set(field, rank, key, value, list);
        true
    }

    fn set(
        &mut self,
        field: Field,
        rank: usize,
        key: &str,
        value: &'a RawValue,
        list: Option<Vec<&'a RawValue>>,
    ) {
        let list: Option<Vec<String>> = list.map(|list| list.iter().map(|item| named(item)).collect());
        let text = match &list {
            // A product has one category; the first of several.
            Some(list) if field == Field::Category => Cow::Owned(list.first().cloned().unwrap_or_default()),
            Some(list) => Cow::Owned(list.join(", ")),
            None if value.get().starts_with('{') && !named(value).is_empty() => Cow::Owned(named(value)),
            None => match scalar(value) {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_string()),
            },
        };
        let is_number = value.get().starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let key = self.within.map_or_else(|| key.to_string(), |i| format!("variants[{i}].{key}"));
        self.cells[field as usize] = Some(Cell { key, rank, text, list, is_number, raw: value.get() });
    }

    /// An image that is an address or an object with one.
    fn set_image(&mut self, key: &str, value: &'a RawValue) {
        let inner = members(value).unwrap_or_default();
        let src = inner.iter().find(|(key, _)| key == "src" || key == "url").map_or(value, |(_, src)| *src);
        self.set(Field::VariantImage, 0, key, src, None);
    }

    /// Forgets what was taken over from the product where the variant itself says nothing.
    fn drop_inherited(&mut self, fields: &[Field], own: &Members<'_>) {
        for field in fields {
            if !own.iter().any(|(key, _)| key_meaning(key).is_some_and(|(meaning, _)| meaning == *field)) {
                self.cells[*field as usize] = None;
            }
        }
    }

    fn cell(&self, field: Field) -> Option<&Cell<'a>> {
        self.cells[field as usize].as_ref()
    }
}

impl Row for JsonRow<'_> {
    fn line(&self) -> u64 {
        self.line
    }
    fn get(&self, field: Field) -> &str {
        self.cell(field).map_or("", |cell| &cell.text)
    }
    fn label(&self, field: Field) -> &str {
        self.cell(field).map_or_else(|| field.usual_key(), |cell| &cell.key)
    }
    fn knows(&self, field: Field) -> bool {
        self.cell(field).is_some()
    }
    fn is_number(&self, field: Field) -> bool {
        self.cell(field).is_some_and(|cell| cell.is_number)
    }
    fn line_of(&self, field: Field) -> u64 {
        self.cell(field).map_or(self.line, |cell| self.places.line(cell.raw))
    }
    fn list(&self, field: Field) -> Vec<&str> {
        match self.cell(field).and_then(|cell| cell.list.as_ref()) {
            Some(list) => list.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect(),
            None => lists::split(self.get(field)),
        }
    }
}
