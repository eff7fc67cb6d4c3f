//! Prices as people write them, read exactly or not at all.

use super::limits;
use super::numbers::{Decimal, DecimalFault};
use hanse_kernel::{Currency, Money, MoneyError};
use std::borrow::Cow;

/// Why a cell is no price, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PriceFault {
    pub code: &'static str,
    pub hint: String,
}

fn fault(code: &'static str, hint: impl Into<String>) -> PriceFault {
    PriceFault { code, hint: hint.into() }
}

/// Reads a price in `currency`. A sign or code of the currency may stand before or after the number; one of another
/// currency is a fault. `plain`: the text is a number of a format that knows only the decimal point.
pub(super) fn read(text: &str, plain: bool, currency: Currency) -> Result<Money, PriceFault> {
    let Some(Stripped { number, mark, negative }) = stripped(text) else { return Err(not_a_number()) };
    if !mark_fits(mark, currency) {
        return Err(fault(
            "price_in_other_currency",
            format!(
                "The price is marked {mark} but prices are read in {currency}. Add a column Currency, or choose the currency at the import."
            ),
        ));
    }
    let number = if plain || is_plain(number) {
        Cow::Borrowed(number)
    } else {
        Cow::Owned(without_separators(number, currency)?)
    };
    let money = Money::parse_decimal(&number, currency).map_err(|reason| match reason {
        MoneyError::TooPrecise(_, _, places) => fault(
            "price_too_precise",
            format!(
                "{currency} has {places} decimal places, so this price cannot be asked exactly. Round it."
            ),
        ),
        MoneyError::Overflow => too_large(),
        _ => not_a_number(),
    })?;
    if negative && !money.is_zero() {
        return Err(fault(
            "price_negative",
            "A price cannot be negative. Write the price that is asked, or 0.",
        ));
    }
    if money.minor() > limits::PRICE_MINOR { Err(too_large()) } else { Ok(money) }
}

/// Whether digits have no other reading than the plain one: `12` and `12.50`, not `1.299`.
fn is_plain(number: &str) -> bool {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    fraction.len() != 3 && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
}

/// `1299.00` of `1,299.00` and the like.
fn without_separators(number: &str, currency: Currency) -> Result<String, PriceFault> {
    match Decimal::read(number) {
        Ok(decimal) => Ok(decimal.text()),
        Err(DecimalFault::NotANumber) => Err(not_a_number()),
        // A currency without decimals leaves only thousands; one with three takes a decimal point at its word.
        Err(DecimalFault::Ambiguous { large, .. }) if currency.digits() == 0 => Ok(large),
        Err(DecimalFault::Ambiguous { small, .. }) if currency.digits() >= 3 && number.contains('.') => {
            Ok(small)
        }
        Err(DecimalFault::Ambiguous { small, large }) => Err(fault(
            "price_ambiguous",
            format!(
                "This can be read as {small} or as {large}. Write it with a decimal point and no other separator, such as {large}.00."
            ),
        )),
    }
}

fn not_a_number() -> PriceFault {
    fault(
        "price_not_a_number",
        "This is not a price. Write it in digits with a decimal point or comma, such as 12.50.",
    )
}

fn too_large() -> PriceFault {
    fault("price_too_large", "The price is larger than can be sold. Check the decimal separator.")
}

struct Stripped<'a> {
    number: &'a str,
    /// The sign or code of a currency, without spaces; may be empty.
    mark: &'a str,
    negative: bool,
}

/// Takes sign, parentheses and currency off a price. None: there is something else around the number.
fn stripped(text: &str) -> Option<Stripped<'_>> {
    let text = text.trim();
    let (text, in_parentheses) = match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, number, after) = (text[..start].trim(), &text[start..end], text[end..].trim());
    let (before, minus) = without_minus(before)?;
    // `12,-` and `12.–` mean twelve, even.
    let after = [",-", ",–", ".-", ".–", ",—", ".—"]
        .iter()
        .find_map(|even| after.strip_prefix(even))
        .unwrap_or(after);
    let after = after.trim();
    if !before.is_empty() && !after.is_empty() && before != after {
        return None;
    }
    let mark = if before.is_empty() { after } else { before };
    known_mark(mark).then_some(Stripped { number, mark, negative: minus || in_parentheses })
}

/// `-€`, `€-` and `-` lose their minus.
fn without_minus(before: &str) -> Option<(&str, bool)> {
    for minus in ["-", "−", "–"] {
        if let Some(rest) = before.strip_prefix(minus).or_else(|| before.strip_suffix(minus)) {
            return Some((rest.trim(), true));
        }
    }
    Some((before, false))
}

/// Signs and the currencies that they stand for.
const SIGNS: [(&str, &[&str]); 16] = [
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("$", &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "BRL", "ARS", "CLP", "COP", "TWD"]),
    ("US$", &["USD"]),
    ("CA$", &["CAD"]),
    ("A$", &["AUD"]),
    ("R$", &["BRL"]),
    ("¥", &["JPY", "CNY"]),
    ("₹", &["INR"]),
    ("₩", &["KRW"]),
    ("₺", &["TRY"]),
    ("zł", &["PLN"]),
    ("Kč", &["CZK"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("kr.", &["SEK", "NOK", "DKK", "ISK"]),
    ("Fr.", &["CHF"]),
];

fn known_mark(mark: &str) -> bool {
    mark.is_empty() || SIGNS.iter().any(|(sign, _)| *sign == mark) || currency_code(mark).is_some()
}

fn currency_code(mark: &str) -> Option<Currency> {
    (mark.len() == 3).then(|| Currency::parse(&mark.to_ascii_uppercase()).ok()).flatten()
}

fn mark_fits(mark: &str, currency: Currency) -> bool {
    mark.is_empty()
        || currency_code(mark) == Some(currency)
        || SIGNS.iter().any(|(sign, codes)| *sign == mark && codes.contains(&currency.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(text: &str) -> Result<i64, &'static str> {
        read(text, false, Currency::EUR).map(Money::minor).map_err(|fault| fault.code)
    }

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (text, minor) in [
            ("12", 1_200),
            ("12.5", 1_250),
            ("12,50", 1_250),
            ("2200.0", 220_000),
            ("12.5000", 1_250),
            ("1,299.00", 129_900),
            ("1.299,00", 129_900),
            ("1 299,00", 129_900),
            ("1\u{a0}299,00", 129_900),
            ("1'299.00", 129_900),
            ("1’299.00", 129_900),
            ("1,299,000", 129_900_000),
            ("12,345,678.90", 1_234_567_890),
            ("€ 12.50", 1_250),
            ("€12,50", 1_250),
            ("12.50 €", 1_250),
            ("12.50 EUR", 1_250),
            ("eur 12.50", 1_250),
            ("12,-", 1_200),
            ("12.– €", 1_200),
            ("0", 0),
            ("-0.00", 0),
            ("0.99", 99),
        ] {
            assert_eq!(eur(text), Ok(minor), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_told_apart() {
        for (text, code) in [
            ("12,oo", "price_not_a_number"),
            ("free", "price_not_a_number"),
            ("12.50.1", "price_not_a_number"),
            ("1,29,900.00", "price_not_a_number"),
            ("12 50", "price_not_a_number"),
            ("10-12", "price_not_a_number"),
            ("1e3", "price_not_a_number"),
            ("€ 12 $", "price_not_a_number"),
            ("1,299", "price_ambiguous"),
            ("1.299", "price_ambiguous"),
            ("0,999", "price_too_precise"),
            ("12.345,678", "price_too_precise"),
            ("-5", "price_negative"),
            ("€ -5.00", "price_negative"),
            ("(5.00)", "price_negative"),
            ("$12.00", "price_in_other_currency"),
            ("12 SEK", "price_in_other_currency"),
            ("99999999999999", "price_too_large"),
            ("99999999999999999999999", "price_too_large"),
        ] {
            assert_eq!(eur(text), Err(code), "{text}");
        }
    }

    #[test]
    fn decimals_follow_the_currency() {
        assert_eq!(read("¥1,299,000", false, Currency::JPY).map(Money::minor), Ok(1_299_000));
        assert_eq!(read("12.5", false, Currency::JPY).map_err(|f| f.code), Err("price_too_precise"));
        assert_eq!(read("199 kr", false, Currency::SEK).map(Money::minor), Ok(19_900));
        assert_eq!(read("1,299", false, Currency::JPY).map(Money::minor), Ok(1_299));
        assert_eq!(read("1.299", true, Currency::EUR).map_err(|f| f.code), Err("price_too_precise"));
    }
}
