//! Texts in the languages of the shop: what a product, a variant, a picture or a category is called.

use hanse_kernel::Locale;
use std::collections::BTreeMap;

/// What a text says about its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Title,
    Subtitle,
    /// Safe HTML.
    Description,
    Slug,
    /// Name of a product's option, counted from 0.
    Option(u8),
    /// A variant's value of that option.
    Value(u8),
    /// What a picture shows.
    Alt,
}

const NAMES: [(Field, &str); 11] = [
    (Field::Title, "title"),
    (Field::Subtitle, "subtitle"),
    (Field::Description, "description_html"),
    (Field::Slug, "slug"),
    (Field::Option(0), "option_1"),
    (Field::Option(1), "option_2"),
    (Field::Option(2), "option_3"),
    (Field::Value(0), "value_1"),
    (Field::Value(1), "value_2"),
    (Field::Value(2), "value_3"),
    (Field::Alt, "alt"),
];

impl Field {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(field, _)| *field == self).map_or("", |(_, name)| name)
    }
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(field, _)| *field)
    }
}

/// All texts of one entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<(Locale, Field), String>);

impl Texts {
    pub fn get(&self, locale: &Locale, field: Field) -> Option<&str> {
        self.0.get(&(locale.clone(), field)).map(String::as_str)
    }

    /// In `locale`, else in the shop's own language, else in any.
    pub fn best(&self, locale: &Locale, own: &Locale, field: Field) -> Option<&str> {
        self.get(locale, field)
            .or_else(|| self.get(own, field))
            .or_else(|| self.0.iter().find(|((_, f), _)| *f == field).map(|(_, text)| text.as_str()))
    }

    /// `None` or an empty text takes it away.
    pub fn set(&mut self, locale: &Locale, field: Field, text: Option<&str>) {
        match text.filter(|t| !t.is_empty()) {
            Some(text) => self.0.insert((locale.clone(), field), text.to_string()),
            None => self.0.remove(&(locale.clone(), field)),
        };
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Locale, Field, &str)> {
        self.0.iter().map(|((locale, field), text)| (locale, *field, text.as_str()))
    }

    /// The languages that something is said in.
    pub fn locales(&self) -> Vec<Locale> {
        let mut all: Vec<Locale> = self.0.keys().map(|(locale, _)| locale.clone()).collect();
        all.dedup();
        all
    }

    /// Whether anything but the slug is said in `locale`.
    pub fn speaks(&self, locale: &Locale) -> bool {
        self.0.keys().any(|(l, field)| l == locale && *field != Field::Slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reads_back_from_its_name() {
        for (field, name) in NAMES {
            assert_eq!((field.name(), Field::parse(name)), (name, Some(field)));
        }
        assert_eq!(Field::parse("price"), None);
    }

    #[test]
    fn a_missing_language_falls_back_to_the_shops_own() {
        let (en, de) = (Locale::new("en"), Locale::new("de"));
        let mut texts = Texts::default();
        texts.set(&en, Field::Title, Some("Mug"));
        assert_eq!(texts.best(&de, &en, Field::Title), Some("Mug"));
        texts.set(&de, Field::Title, Some("Becher"));
        assert_eq!(texts.best(&de, &en, Field::Title), Some("Becher"));
        assert_eq!(texts.locales(), [de.clone(), en.clone()]);
        texts.set(&de, Field::Title, None);
        assert!(!texts.speaks(&de) && texts.speaks(&en));
    }
}
