//! What the problems of a cart say to people, in the shop's languages.

use hanse_kernel::Locale;

/// For a code of a line's or a cart's problem; `available` where it matters.
pub fn problem(code: &str, available: i64, locale: &Locale) -> String {
    let de = locale.as_str() == "de";
    match code {
        "out_of_stock" if de => "ist ausverkauft".into(),
        "out_of_stock" => "is sold out".into(),
        "insufficient_stock" if de => format!("davon sind nur noch {available} da"),
        "insufficient_stock" => format!("only {available} are left"),
        "not_published" if de => "wird nicht mehr verkauft".into(),
        "not_published" => "is not sold any more".into(),
        "no_price" if de => "hat gerade keinen Preis".into(),
        "no_price" => "has no price at the moment".into(),
        "catalogue_unavailable" if de => "Die Artikel lassen sich gerade nicht anzeigen".into(),
        "catalogue_unavailable" => "the articles cannot be shown right now".into(),
        "prices_unavailable" if de => "Die Preise lassen sich gerade nicht berechnen".into(),
        "prices_unavailable" => "prices cannot be worked out right now".into(),
        "stock_unavailable" if de => "Der Lagerbestand ist gerade nicht bekannt".into(),
        "stock_unavailable" => "what is in stock is not known right now".into(),
        other => other.replace('_', " "),
    }
}
