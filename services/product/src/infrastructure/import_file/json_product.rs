//! One product of a JSON list: its members by their meaning, its list of variants, options and images.

use super::cells;
use super::draft::{DraftImage, DraftVariant};
use super::fields::{Field, key_meaning, normalised};
use super::group::{Grouper, Item};
use super::images;
use super::json::{Places, elements, members, named, scalar};
use super::json_row::JsonRow;
use super::problems::{self, At};
use super::row::Row;
use crate::domain::import::Problem;
use hanse_kernel::Currency;
use serde_json::value::RawValue;
use std::borrow::Cow;

type Members<'a> = [(Cow<'a, str>, &'a RawValue)];

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
                faults.push(problems::warning(self.row.line(), "too_many_options", hint));
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
            let hint =
                "Each variant must be an object with a price and, where there are options, their values.";
            let place = format!("variants[{number}]");
            faults.push(problems::error(line, "not_a_variant", hint).at(&place, value.get()));
            return None;
        };
        let mut row = JsonRow::new(line, self.row.places);
        row.within = Some(number);
        row.inherit(&self.row);
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
