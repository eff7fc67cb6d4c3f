//! Reads the cells of one variant: SKU, price, stock, weight and the rest. A detail that cannot be read becomes a
//! warning and is left out; a price that cannot be read is an error, for a product must not be sold at a wrong price.

use super::draft::{DraftVariant, Price, Stock, StockGap, Weight};
use super::fields::Field;
use super::numbers::{self, CountFault, WeightFault};
use super::row::Row;
use super::{images, limits, price};
use crate::domain::import::{Problem, Silent, StockPolicy, Topic};
use hanse_kernel::{Currency, Money};

/// Whether a row says anything about a variant; rows that do not add images only.
pub(super) fn is_variant(row: &dyn Row) -> bool {
    const SIGNS: [Field; 8] = [
        Field::Option1Value,
        Field::Option2Value,
        Field::Option3Value,
        Field::Sku,
        Field::Price,
        Field::CompareAt,
        Field::Quantity,
        Field::Barcode,
    ];
    SIGNS.into_iter().any(|field| row.has(field))
}

pub(super) fn variant(row: &dyn Row, default_currency: Currency, faults: &mut Vec<Problem>) -> DraftVariant {
    let (price, compare_at) = prices(row, default_currency, faults);
    DraftVariant {
        line: row.line(),
        values: Field::OPTIONS.map(|(_, value)| option_value(row, value, faults)),
        sku: code(row, Field::Sku, "sku_damaged", faults),
        price,
        compare_at,
        stock: stock(row, faults),
        weight: weight(row, faults),
        barcode: code(row, Field::Barcode, "barcode_damaged", faults),
        image: images::address(row, Field::VariantImage, faults),
        taxable: flag(row, Field::Taxable, true, faults),
        requires_shipping: flag(row, Field::RequiresShipping, true, faults),
        silent: silent(row, &OF_VARIANTS),
        placeholder: !is_variant(row),
    }
}

/// A topic and the columns of which one at least speaks of it.
type Spoken = (Topic, &'static [Field]);

const OF_VARIANTS: [Spoken; 6] = [
    (Topic::Stock, &[Field::Quantity, Field::Tracker, Field::Policy, Field::InStock]),
    (Topic::Weight, &[Field::Grams, Field::Weight]),
    (Topic::Barcode, &[Field::Barcode]),
    (Topic::VariantImage, &[Field::VariantImage]),
    (Topic::Taxable, &[Field::Taxable]),
    (Topic::RequiresShipping, &[Field::RequiresShipping]),
];

pub(super) const OF_PRODUCTS: [Spoken; 6] = [
    (Topic::Description, &[Field::Body]),
    (Topic::Vendor, &[Field::Vendor]),
    (Topic::Kind, &[Field::Kind]),
    (Topic::Tags, &[Field::Tags]),
    (Topic::Images, &[Field::ImageSrc, Field::Thumbnail]),
    (Topic::Options, &[Field::Option1Name, Field::Option1Value, Field::Colours, Field::Sizes]),
];

pub(super) fn silent(row: &dyn Row, topics: &[Spoken]) -> Silent {
    let none = |fields: &[Field]| !fields.iter().any(|field| row.knows(*field));
    topics.iter().filter(|(_, fields)| none(fields)).map(|(topic, _)| *topic).collect()
}

fn option_value(row: &dyn Row, field: Field, faults: &mut Vec<Problem>) -> String {
    let value = text(row.get(field));
    if value.len() > limits::TEXT {
        faults.push(row.error(
            field,
            "text_too_long",
            "An option value may have at most 500 letters. A missing closing quote above often causes this.",
        ));
    }
    value
}

/// On one line, without control characters.
pub(super) fn text(cell: &str) -> String {
    if cell.bytes().any(|b| b.is_ascii_control()) || cell.contains("  ") {
        cell.split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        cell.to_string()
    }
}

pub(super) fn flag(row: &dyn Row, field: Field, default: bool, faults: &mut Vec<Problem>) -> bool {
    let cell = row.get(field);
    if cell.is_empty() {
        return default;
    }
    numbers::yes_or_no(cell).unwrap_or_else(|| {
        let hint = format!("Write true or false. It was read as {default}.");
        faults.push(row.warning(field, "not_true_or_false", &hint));
        default
    })
}

/// An SKU or a barcode. Spreadsheets mark such texts with an apostrophe, and turn long numbers into powers of ten.
fn code(row: &dyn Row, field: Field, damaged: &'static str, faults: &mut Vec<Problem>) -> Option<String> {
    let cell = row.get(field);
    let code = cell.strip_prefix('\'').unwrap_or(cell).trim();
    if code.is_empty() {
        return None;
    }
    if is_power_of_ten(code) {
        faults.push(row.warning(field, damaged, "A spreadsheet has turned this long number into a power of ten, and digits are lost. It was left out. Format the column as text, enter it again and export."));
        return None;
    }
    if code.len() > limits::TEXT {
        faults.push(row.warning(
            field,
            "text_too_long",
            "This is too long and was left out. A missing closing quote above often causes this.",
        ));
        return None;
    }
    Some(text(code))
}

/// `4.00638E+12`.
fn is_power_of_ten(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    exponent.strip_prefix('+').is_some_and(digits)
        && mantissa.split_once(['.', ',']).map_or_else(|| digits(mantissa), |(a, b)| digits(a) && digits(b))
}

fn prices(row: &dyn Row, default_currency: Currency, faults: &mut Vec<Problem>) -> (Price, Option<Money>) {
    let currency = match row.optional(Field::Currency) {
        None => default_currency,
        Some(code) => match Currency::parse(&code.to_ascii_uppercase()) {
            Ok(currency) => currency,
            Err(_) => {
                faults.push(row.error(
                    Field::Currency,
                    "currency_unknown",
                    "Write the three letters of the currency, such as EUR.",
                ));
                return (Price::Faulty, None);
            }
        },
    };
    let asked = match amount(row, Field::Price, currency) {
        Err(fault) => {
            faults.push(fault);
            Price::Faulty
        }
        Ok(Some(money)) => Price::Asked(money),
        Ok(None) if row.knows(Field::Price) => Price::Blank,
        Ok(None) => Price::NoColumn,
    };
    let sale = detail(amount(row, Field::SalePrice, currency), faults);
    let compare_at = detail(amount(row, Field::CompareAt, currency), faults).filter(|money| !money.is_zero());
    let Some(regular) = asked.asked() else { return (asked, None) };
    if regular.is_zero() && sale.is_none() {
        faults.push(row.warning(
            Field::Price,
            "price_zero",
            "The price is 0, so this is given away. Enter a price if that is not meant.",
        ));
    }
    match sale.filter(|sale| !sale.is_zero()) {
        Some(sale) if sale.minor() < regular.minor() => return (Price::Asked(sale), Some(regular)),
        Some(sale) if sale.minor() > regular.minor() => {
            let hint = format!(
                "The sale price is above the price of {} and was left out. Swap them if they were mixed up.",
                regular.decimal()
            );
            faults.push(row.warning(Field::SalePrice, "sale_price_not_lower", &hint));
        }
        _ => {}
    }
    match compare_at {
        Some(before) if before.minor() > regular.minor() => (asked, Some(before)),
        Some(before) if before.minor() < regular.minor() => {
            let hint = format!(
                "The price to compare with is below the price of {} and was left out. Swap them if they were mixed up.",
                regular.decimal()
            );
            faults.push(row.warning(Field::CompareAt, "compare_at_not_higher", &hint));
            (asked, None)
        }
        _ => (asked, None),
    }
}

fn amount(row: &dyn Row, field: Field, currency: Currency) -> Result<Option<Money>, Problem> {
    row.optional(field)
        .map(|cell| {
            price::read(cell, row.is_number(field), currency)
                .map_err(|fault| row.error(field, fault.code, &fault.hint))
        })
        .transpose()
}

/// An amount that the product can do without: its problem is a warning.
fn detail(amount: Result<Option<Money>, Problem>, faults: &mut Vec<Problem>) -> Option<Money> {
    amount.unwrap_or_else(|mut fault| {
        fault.severity = crate::domain::import::Severity::Warning;
        fault.hint.push_str(" The product is sold without it.");
        faults.push(fault);
        None
    })
}

fn stock(row: &dyn Row, faults: &mut Vec<Problem>) -> Stock {
    let tracker = row.knows(Field::Tracker).then(|| row.get(Field::Tracker));
    let says_no =
        |cell: &str| ["", "none", "false", "not tracked"].iter().any(|no| cell.eq_ignore_ascii_case(no));
    if tracker.is_some_and(says_no) {
        let counted = numbers::count(row.get(Field::Quantity)).is_ok_and(|units| units != 0);
        return Stock {
            units: None,
            policy: StockPolicy::Untracked,
            gap: counted.then_some(StockGap::NotTracked),
        };
    }
    let policy = policy(row, faults);
    if row.has(Field::Quantity) {
        return Stock { units: quantity(row, Field::Quantity, faults), policy, gap: None };
    }
    if row.has(Field::InStock) {
        return in_stock(row, policy, faults);
    }
    if row.knows(Field::Quantity) {
        if is_variant(row) {
            faults.push(row.warning(Field::Quantity, "stock_missing", "No quantity is given, so the stock stays as it is (none, for a new product). Enter a quantity, 0 if there is none."));
        }
        return Stock { units: None, policy, gap: None };
    }
    match tracker {
        Some(_) => Stock { units: None, policy, gap: Some(StockGap::NoQuantityColumn) },
        None => Stock { units: None, policy: StockPolicy::Untracked, gap: Some(StockGap::NoColumn) },
    }
}

fn policy(row: &dyn Row, faults: &mut Vec<Problem>) -> StockPolicy {
    let cell = row.get(Field::Policy);
    if cell.is_empty() || cell.eq_ignore_ascii_case("deny") {
        return StockPolicy::Deny;
    }
    if cell.eq_ignore_ascii_case("continue") {
        return StockPolicy::Continue;
    }
    match numbers::yes_or_no(cell) {
        Some(false) => StockPolicy::Deny,
        Some(true) => StockPolicy::Continue,
        None => {
            faults.push(row.warning(
                Field::Policy,
                "stock_policy_unknown",
                "Write deny or continue. It was read as deny: nothing is sold beyond the stock.",
            ));
            StockPolicy::Deny
        }
    }
}

fn quantity(row: &dyn Row, field: Field, faults: &mut Vec<Problem>) -> Option<i64> {
    match numbers::count(row.get(field)) {
        Ok(units) => Some(units),
        Err(CountFault::Negative) => {
            faults.push(row.warning(
                field,
                "stock_negative",
                "Stock cannot be negative and was read as 0. Enter what is on the shelf.",
            ));
            Some(0)
        }
        Err(CountFault::NotANumber) => {
            faults.push(row.warning(field, "stock_not_a_number", "This is not a quantity, so the stock stays as it is (none, for a new product). Write a whole number, such as 12."));
            None
        }
        Err(CountFault::TooLarge) => {
            faults.push(row.warning(field, "stock_too_large", "No shelf is that long, so the stock stays as it is (none, for a new product). Enter at most 1000000000."));
            None
        }
    }
}

/// A column that says whether there is stock, not how much.
fn in_stock(row: &dyn Row, policy: StockPolicy, faults: &mut Vec<Problem>) -> Stock {
    let cell = row.get(Field::InStock).to_ascii_lowercase();
    let there_is = match cell.as_str() {
        "in stock" | "instock" | "available" | "low stock" => Some(true),
        "out of stock" | "outofstock" | "sold out" | "unavailable" => Some(false),
        _ => numbers::yes_or_no(&cell).filter(|_| !cell.bytes().all(|b| b.is_ascii_digit())),
    };
    match there_is {
        Some(true) => Stock { units: None, policy: StockPolicy::Untracked, gap: Some(StockGap::NoQuantity) },
        Some(false) => Stock { units: Some(0), policy, gap: None },
        None => Stock { units: quantity(row, Field::InStock, faults), policy, gap: None },
    }
}

fn weight(row: &dyn Row, faults: &mut Vec<Problem>) -> Weight {
    let (field, unit) = match (row.has(Field::Grams), row.has(Field::Weight)) {
        (true, _) => (Field::Grams, Some("g")),
        (_, true) => (Field::Weight, row.optional(Field::WeightUnit)),
        _ => return Weight::Unknown,
    };
    let (code, hint) = match numbers::grams(row.get(field), unit) {
        Ok(0) => return Weight::Unknown,
        Ok(grams) => return Weight::Grams(grams),
        Err(WeightFault::NoUnit) => return Weight::WithoutUnit,
        Err(WeightFault::UnknownUnit) => {
            ("weight_unit_unknown", "The unit is not known, so the weight was left out. Use g, kg, lb or oz.")
        }
        Err(WeightFault::TooLarge) => {
            ("weight_too_large", "The weight is beyond 100 tonnes and was left out. Check number and unit.")
        }
        Err(WeightFault::NotANumber) => {
            ("weight_not_a_number", "This is not a weight and was left out. Write a number, such as 250.")
        }
    };
    faults.push(row.warning(field, code, hint));
    Weight::Unknown
}
