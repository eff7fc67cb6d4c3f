//! JSON: finds the list of products in a file and reads it item by item, so that a file that breaks off still gives
//! the items before the break. Numbers stay text: no price passes through a float.

use super::columns::{EXPECTED, tell_unused};
use super::fields::Dialect;
use super::group::Grouper;
use super::json_product;
use super::problems::{At, Problems, error};
use super::row::Labels;
use super::{Drafts, Settings};
use crate::domain::import::{Format, Problem};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Names under which files keep their list of products.
const LISTS: [&str; 6] = ["products", "items", "data", "results", "catalog", "catalogue"];

pub(super) fn read(text: &str, settings: Settings, problems: &mut Problems) -> Result<Drafts, Problem> {
    let mut items: Vec<&RawValue> = vec![];
    let mut json = serde_json::Deserializer::from_str(text);
    let broken = TopLevel { items: &mut items }.deserialize(&mut json).and_then(|()| json.end()).err();
    if items.is_empty() {
        return Err(match broken {
            Some(fault) if fault.is_data() => {
                error(1, "columns_not_recognised", format!("No list of products was found. {EXPECTED}"))
            }
            Some(fault) => broken_at(&fault, "The file is no valid JSON"),
            None => error(
                1,
                "no_rows",
                "The list of products is empty. Export the products again and import the new file.",
            ),
        });
    }
    let places = Places::new(text);
    let mut grouper = Grouper::new(Dialect::Named, settings.currency, problems);
    let mut unused: Vec<String> = vec![];
    let mut recognised = false;
    let (mut rows, mut line) = (0, 1);
    for item in items.iter().take(usize::try_from(settings.max_rows).unwrap_or(usize::MAX)) {
        rows += 1;
        line = places.line(item.get());
        match members(item) {
            Some(members) => {
                let product = json_product::Product::new(&members, line, &places);
                recognised |= product.is_recognised();
                product.note_unused(&mut unused);
                product.group(&mut grouper, settings.currency);
            }
            None => grouper.unreadable(
                line,
                error(
                    line,
                    "not_a_product",
                    "Each item of the list must be an object with a title and a price.",
                )
                .at("item", item.get()),
            ),
        }
    }
    if let Some(fault) = broken {
        grouper.tell(broken_at(
            &fault,
            "The file breaks off or is damaged here; the products before it were read",
        ));
    } else if items.len() > rows {
        grouper.tell(error(line, "too_many_rows", format!("The file has more than {rows} items; what follows this line was not read. Split the file and import the parts.")));
    }
    let drafts = grouper.into_drafts();
    if !recognised {
        return Err(error(
            1,
            "columns_not_recognised",
            format!("No item has both a title and a price. {EXPECTED}"),
        )
        .at("keys", &unused.join(", ")));
    }
    let names: Vec<&str> = unused.iter().map(String::as_str).collect();
    tell_unused(1, &names, problems);
    let labels = Labels::of(|field| field.usual_key().to_string());
    Ok(Drafts { format: Format::Json, rows: rows as u64, drafts, labels })
}

fn broken_at(fault: &serde_json::Error, what: &str) -> Problem {
    let line = fault.line().max(1) as u64;
    let hint = format!("{what}: {fault}. The upload may have broken off: send the file again.");
    error(line, "json_broken", hint)
}

/// Finds the lines of values from where they stand in the text.
pub(super) struct Places<'a> {
    text: &'a str,
    line_ends: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            line_ends: text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i).collect(),
        }
    }

    /// The line where a part of the text begins.
    pub fn line(&self, part: &str) -> u64 {
        let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        1 + self.line_ends.partition_point(|end| *end < offset) as u64
    }
}

/// The members of an object in their order. None: the value is no object.
pub(super) fn members(value: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = vec![];
            while let Some(key) = map.next_key::<Key<'de>>()? {
                members.push((key.0, map.next_value::<&'de RawValue>()?));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(value.get()).deserialize_map(Members).ok()
}

/// The items of a list. None: the value is no list.
pub(super) fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// A key, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Fills `items` as far as the text is whole: with the items of the top-level list, or of a list inside the top-level
/// object.
struct TopLevel<'a, 'de> {
    items: &'a mut Vec<&'de RawValue>,
}

impl<'de> DeserializeSeed<'de> for TopLevel<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TopLevel<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of products, or an object that holds one")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element()? {
            self.items.push(item);
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if !found && LISTS.contains(&key.0.to_ascii_lowercase().as_str()) {
                map.next_value_seed(TopLevel { items: &mut *self.items })?;
                found = true;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(serde::de::Error::custom("no list of products")) }
    }
}

/// The text of a scalar: strings without quotes and escapes, everything else as written, blank for null.
pub(super) fn scalar(value: &RawValue) -> Cow<'_, str> {
    match value.get() {
        "null" => Cow::Borrowed(""),
        text if text.starts_with('"') => {
            serde_json::from_str::<Key<'_>>(text).map_or(Cow::Borrowed(text), |key| key.0)
        }
        text => Cow::Borrowed(text),
    }
}

/// The name of something that is written as a text or as an object with a name.
pub(super) fn named(value: &RawValue) -> String {
    let Some(members) = members(value) else { return scalar(value).trim().to_string() };
    let name = ["name", "title"].iter().find_map(|wanted| members.iter().find(|(key, _)| key == wanted));
    name.map(|(_, value)| scalar(value).trim().to_string()).unwrap_or_default()
}
