//! What the explain trace and problems say to people, in the shop's languages.

use super::Country;
use super::discount::Refusal;
use hanse_kernel::{Locale, Money};

fn german(locale: &Locale) -> bool {
    locale.as_str() == "de"
}

/// `12.5 %` of 1,250 basis points; German has a comma.
pub fn percent(bp: i64, locale: &Locale) -> String {
    let (whole, rest) = (bp / 100, bp % 100);
    let point = if german(locale) { ',' } else { '.' };
    match rest {
        0 => format!("{whole} %"),
        _ if rest % 10 == 0 => format!("{whole}{point}{} %", rest / 10),
        _ => format!("{whole}{point}{rest:02} %"),
    }
}

fn amount(money: Money, locale: &Locale) -> String {
    let text = money.to_string();
    if german(locale) { text.replace('.', ",") } else { text }
}

pub fn pieces(quantity: i64, unit: Money, locale: &Locale) -> String {
    format!("{quantity} × {}", amount(unit, locale))
}
pub fn percentage_off(bp: i64, locale: &Locale) -> String {
    let percent = percent(bp, locale);
    if german(locale) { format!("{percent} auf die Artikel") } else { format!("{percent} off items") }
}
pub fn amount_off(money: Money, locale: &Locale) -> String {
    let money = amount(money, locale);
    if german(locale) { format!("{money} auf die Artikel") } else { format!("{money} off items") }
}
pub fn shipping(title: &str, free: bool, locale: &Locale) -> String {
    match (free, german(locale)) {
        (false, _) => title.to_string(),
        (true, false) => format!("{title}, free of charge"),
        (true, true) => format!("{title}, kostenfrei"),
    }
}
pub fn tax(country: Country, rate: i64, included: bool, locale: &Locale) -> String {
    let percent = percent(rate, locale);
    match (included, german(locale)) {
        (true, false) => format!("includes {percent} VAT ({country})"),
        (false, false) => format!("plus {percent} VAT ({country})"),
        (true, true) => format!("enthält {percent} MwSt. ({country})"),
        (false, true) => format!("zzgl. {percent} MwSt. ({country})"),
    }
}

pub fn no_price(locale: &Locale) -> String {
    if german(locale) { "hat gerade keinen Preis" } else { "has no price at the moment" }.into()
}

pub fn refusal(refusal: Refusal, code: &str, minimum: Option<Money>, locale: &Locale) -> String {
    let de = german(locale);
    let rest = match refusal {
        Refusal::Unknown if de => "gibt es nicht",
        Refusal::Unknown => "is not known",
        Refusal::NotStarted if de => "gilt noch nicht",
        Refusal::NotStarted => "is not valid yet",
        Refusal::Expired if de => "ist abgelaufen",
        Refusal::Expired => "has expired",
        Refusal::UsedUp if de => "ist aufgebraucht",
        Refusal::UsedUp => "has been used up",
        Refusal::NeedsLogin if de => "gilt nur nach der Anmeldung",
        Refusal::NeedsLogin => "can be used after logging in only",
        Refusal::UsedByCustomer if de => "haben Sie schon eingelöst",
        Refusal::UsedByCustomer => "has been used by you already",
        Refusal::OtherCurrency if de => "gilt in einer anderen Währung",
        Refusal::OtherCurrency => "is for another currency",
        Refusal::MinimumNotMet => {
            let minimum = minimum.map(|m| amount(m, locale)).unwrap_or_default();
            return if de {
                format!("{code} gilt ab {minimum}")
            } else {
                format!("{code} is valid from {minimum} on")
            };
        }
    };
    format!("{code} {rest}")
}

pub fn shipping_problem(code: &str, locale: &Locale) -> String {
    let de = german(locale);
    match code {
        "country_not_served" if de => "Dorthin liefern wir nicht",
        "country_not_served" => "we do not ship to that country",
        "unknown_shipping_method" if de => "Diese Versandart gibt es nicht",
        "unknown_shipping_method" => "there is no such shipping method",
        "shipping_method_not_available" if de => "Diese Versandart ist für diesen Warenkorb nicht möglich",
        "shipping_method_not_available" => "this shipping method cannot be used for this cart",
        _ if de => "Bitte eine Versandart wählen",
        _ => "choose a shipping method",
    }
    .into()
}
