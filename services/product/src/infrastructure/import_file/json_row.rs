//! The members of one JSON object as a row.

use super::fields::{Field, key_meaning};
use super::json::{Places, members, named, scalar};
use super::lists;
use super::row::Row;
use serde_json::value::RawValue;
use std::borrow::Cow;

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

/// The members of one object by their meaning.
pub(super) struct JsonRow<'a> {
    line: u64,
    pub places: &'a Places<'a>,
    /// The number of the variant that this row is, for the names of its keys.
    pub within: Option<usize>,
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
    pub fn new(line: u64, places: &'a Places<'a>) -> Self {
        Self { line, places, within: None, cells: [const { None }; Field::COUNT] }
    }

    /// Takes a member whose key means something. False: nobody reads it.
    pub fn take(&mut self, key: &str, value: &'a RawValue, list: Option<Vec<&'a RawValue>>) -> bool {
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

    pub fn set(
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
    pub fn set_image(&mut self, key: &str, value: &'a RawValue) {
        let inner = members(value).unwrap_or_default();
        let src = inner.iter().find(|(key, _)| key == "src" || key == "url").map_or(value, |(_, src)| *src);
        self.set(Field::VariantImage, 0, key, src, None);
    }

    /// Forgets what was taken over from the product where the variant itself says nothing.
    pub fn drop_inherited(&mut self, fields: &[Field], own: &[(Cow<'_, str>, &RawValue)]) {
        for field in fields {
            if !own.iter().any(|(key, _)| key_meaning(key).is_some_and(|(meaning, _)| meaning == *field)) {
                self.cells[*field as usize] = None;
            }
        }
    }

    fn cell(&self, field: Field) -> Option<&Cell<'a>> {
        self.cells[field as usize].as_ref()
    }

    /// Takes over from the product what the variant may leave out.
    pub fn inherit(&mut self, from: &Self) {
        for field in INHERITED {
            // Behind every rank, so that whatever the variant says itself takes its place.
            self.cells[field as usize] =
                from.cell(field).cloned().map(|cell| Cell { rank: usize::MAX, ..cell });
        }
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
