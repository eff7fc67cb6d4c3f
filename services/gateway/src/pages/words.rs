//! The storefront's texts that stand in a shell, and amounts as the storefront writes them.

use hanse_kernel::{Currency, Money};
use serde_json::Value;

/// The texts of a shell in one language; the storefront's own texts (`web/storefront/src/locales`) word for word.
pub(crate) struct Words {
    german: bool,
    pub(crate) eyebrow: &'static str,
    pub(crate) headline: &'static str,
    pub(crate) lede: &'static str,
    pub(crate) shop_all: &'static str,
    pub(crate) arrivals: &'static str,
    pub(crate) categories: &'static str,
    pub(crate) fresh: &'static str,
    pub(crate) see_all: &'static str,
    pub(crate) all_goods: &'static str,
    pub(crate) every: &'static str,
    pub(crate) search: &'static str,
    pub(crate) search_hint: &'static str,
    pub(crate) load_more: &'static str,
    pub(crate) from_start: &'static str,
    pub(crate) breadcrumb: &'static str,
    pub(crate) included: &'static str,
    pub(crate) excluded: &'static str,
    pub(crate) sold_out: &'static str,
    pub(crate) reduced: &'static str,
    pub(crate) few_left: &'static str,
    pub(crate) no_image: &'static str,
    pub(crate) on_request: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) lost_text: &'static str,
    pub(crate) show_all: &'static str,
}

const ENGLISH: Words = Words {
    german: false,
    eyebrow: "Kontor for good wares",
    headline: "Goods worth the voyage.",
    lede: "Well-made things for the table, the home and the road. Chosen with care, shipped from our quay to your door.",
    shop_all: "Shop everything",
    arrivals: "New arrivals",
    categories: "Categories",
    fresh: "Fresh off the ship",
    see_all: "See all new goods",
    all_goods: "All goods",
    every: "All",
    search: "Search",
    search_hint: "Search the shop",
    load_more: "Load more",
    from_start: "Back to the start of the list",
    breadcrumb: "Breadcrumb",
    included: "incl. VAT, plus shipping",
    excluded: "plus VAT and shipping",
    sold_out: "Sold out",
    reduced: "Reduced",
    few_left: "Few left",
    no_image: "No picture yet",
    on_request: "Price on request",
    empty: "There is nothing on these shelves at the moment.",
    lost: "Lost at sea",
    lost_text: "There is no page at this address.",
    show_all: "Show all goods",
};

const GERMAN: Words = Words {
    german: true,
    eyebrow: "Kontor für gute Ware",
    headline: "Ware, die die Reise lohnt.",
    lede: "Gut gemachte Dinge für Tisch, Haus und Straße. Mit Sorgfalt gewählt, von unserem Kai bis an Ihre Tür.",
    shop_all: "Alle Waren ansehen",
    arrivals: "Neu eingetroffen",
    categories: "Kategorien",
    fresh: "Frisch vom Schiff",
    see_all: "Alle neuen Waren",
    all_goods: "Alle Waren",
    every: "Alle",
    search: "Suchen",
    search_hint: "Im Laden suchen",
    load_more: "Mehr laden",
    from_start: "Zum Anfang der Liste",
    breadcrumb: "Pfad",
    included: "inkl. MwSt., zzgl. Versand",
    excluded: "zzgl. MwSt. und Versand",
    sold_out: "Ausverkauft",
    reduced: "Reduziert",
    few_left: "Nur wenige",
    no_image: "Noch kein Bild",
    on_request: "Preis auf Anfrage",
    empty: "In diesen Regalen liegt zurzeit nichts.",
    lost: "Auf See verloren",
    lost_text: "Unter dieser Adresse gibt es keine Seite.",
    show_all: "Alle Waren zeigen",
};

/// The fewest pieces that are told by number, as the storefront has it.
const FEW: i64 = 5;

impl Words {
    /// The language of a locale such as `de` or `de-AT`; English where the storefront does not speak it.
    pub(crate) fn of(locale: &str) -> &'static Self {
        match locale.split(['-', '_']).next() {
            Some(language) if language.eq_ignore_ascii_case("de") => &GERMAN,
            _ => &ENGLISH,
        }
    }

    pub(crate) fn goods(&self, count: i64) -> String {
        match (self.german, count) {
            (true, _) => format!("{count} Artikel"),
            (false, 1) => "1 item".into(),
            (false, _) => format!("{count} items"),
        }
    }

    pub(crate) fn results(&self, searched: &str) -> String {
        if self.german {
            format!("Treffer für „{searched}“")
        } else {
            format!("Results for “{searched}”")
        }
    }

    pub(crate) fn gallery(&self, title: &str) -> String {
        if self.german { format!("Bilder von {title}") } else { format!("Pictures of {title}") }
    }

    pub(crate) fn from(&self, price: &str) -> String {
        if self.german { format!("ab {price}") } else { format!("from {price}") }
    }

    /// What stands below a variant's price: how much of it there is.
    pub(crate) fn stock(&self, availability: &str, left: Option<i64>) -> String {
        if let ("in_stock" | "low_stock", Some(left @ 1..=FEW)) = (availability, left) {
            return if self.german { format!("Nur noch {left} Stück") } else { format!("Only {left} left") };
        }
        let text = match (availability, self.german) {
            ("in_stock", false) => "In stock",
            ("in_stock", true) => "Auf Lager",
            ("low_stock", false) => "Only a few left",
            ("low_stock", true) => "Nur noch wenige",
            ("out_of_stock", _) => self.sold_out,
            ("backorder", false) => "Available to order",
            ("backorder", true) => "Bestellbar",
            (_, false) => "Availability on request",
            (_, true) => "Verfügbarkeit auf Anfrage",
        };
        text.into()
    }

    /// An amount as `Intl.NumberFormat` writes it in this language; nothing where there is no amount.
    pub(crate) fn money(&self, value: &Value) -> Option<String> {
        let currency = Currency::parse(value["currency"].as_str()?).ok()?;
        let decimal = Money::new(value["amount"].as_i64()?, currency).decimal();
        let (sign, decimal) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |rest| ("-", rest));
        let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
        let (thousands, point) = if self.german { ('.', ",") } else { (',', ".") };
        let mut number = String::with_capacity(decimal.len() + 4);
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                number.push(thousands);
            }
            number.push(digit);
        }
        if !fraction.is_empty() {
            number.push_str(point);
            number.push_str(fraction);
        }
        let symbol = match currency.code() {
            "EUR" => Some("€"),
            "USD" => Some("$"),
            "GBP" => Some("£"),
            _ => None,
        };
        Some(match (self.german, symbol) {
            (true, symbol) => format!("{sign}{number}\u{a0}{}", symbol.unwrap_or(currency.code())),
            (false, Some(symbol)) => format!("{sign}{symbol}{number}"),
            (false, None) => format!("{sign}{}\u{a0}{number}", currency.code()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn money(locale: &str, amount: i64, currency: &str) -> Option<String> {
        Words::of(locale).money(&json!({"amount": amount, "currency": currency}))
    }

    #[test]
    fn amounts_are_written_as_the_storefront_writes_them() {
        assert_eq!(money("en", 1200, "EUR").as_deref(), Some("€12.00"));
        assert_eq!(money("en", 123_456_789, "USD").as_deref(), Some("$1,234,567.89"));
        assert_eq!(money("en-GB", 5, "GBP").as_deref(), Some("£0.05"));
        assert_eq!(money("en", 1200, "CHF").as_deref(), Some("CHF\u{a0}12.00"));
        assert_eq!(money("de-AT", 123_400, "EUR").as_deref(), Some("1.234,00\u{a0}€"));
        assert_eq!(money("de", 1200, "JPY").as_deref(), Some("1.200\u{a0}JPY"));
        assert_eq!(money("en", -1200, "EUR").as_deref(), Some("-€12.00"));
        assert_eq!(Words::of("en").money(&Value::Null), None);
    }

    #[test]
    fn few_are_counted_and_many_are_not() {
        let words = Words::of("en");
        assert_eq!(words.stock("low_stock", Some(3)), "Only 3 left");
        assert_eq!(words.stock("in_stock", Some(40)), "In stock");
        assert_eq!(words.stock("backorder", Some(0)), "Available to order");
        assert_eq!(Words::of("de").stock("out_of_stock", Some(0)), "Ausverkauft");
        assert_eq!(words.goods(1), "1 item");
    }
}
