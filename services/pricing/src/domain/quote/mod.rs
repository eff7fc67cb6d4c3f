//! The quote: named pure rules over a cart, one after the other, each leaving its line in the explain trace.
//!
//! Rounding: a line's tax is computed on the line's own amount after its share of the discounts and rounded
//! commercially (halves away from zero); the shipping's tax likewise per tax class; the quote's tax is the sum of the
//! rounded ones, so that what stands on an invoice adds up. Discounts are split over lines by largest remainder.

mod discounts;
mod prices;
mod shipping;
mod taxes;

use super::discount::Use;
use super::{Channel, Code, Country, Discount, Method, Price, TaxClass, TaxTable, Zone};
use hanse_kernel::{Currency, Locale, Money, MoneyError, ShippingMethodId, Timestamp, VariantId};

pub use shipping::methods;

/// A line as the cart has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The cart line's id, handed back.
    pub reference: String,
    pub variant: VariantId,
    pub quantity: i64,
    pub tax_class: TaxClass,
    pub weight_grams: i64,
    pub requires_shipping: bool,
}

/// A code as it was asked for, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCode {
    /// As typed, for messages.
    pub typed: String,
    pub code: Option<Code>,
    /// None: there is no such code.
    pub discount: Option<Discount>,
    pub usage: Use,
}

/// What the shopper chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedMethod {
    NotYet,
    Id(ShippingMethodId),
    /// Something that is no id.
    Unreadable,
}

/// The tables a shop is set up with; they change rarely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub channel: Channel,
    pub zones: Vec<Zone>,
    /// Of this channel, in their order.
    pub methods: Vec<Method>,
    pub taxes: TaxTable,
}

/// Everything the rules look at. They look at nothing else, so the same facts always give the same quote.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub settings: &'a Settings,
    pub currency: Currency,
    pub locale: Locale,
    /// None while the shopper has not told.
    pub country: Option<Country>,
    pub group: String,
    pub items: Vec<Item>,
    /// Candidates of the channel and currency.
    pub prices: Vec<Price>,
    pub codes: Vec<AskedCode>,
    pub method: AskedMethod,
    pub now: Timestamp,
}

impl Facts<'_> {
    /// Whose taxes apply.
    pub fn tax_country(&self) -> Country {
        self.country.unwrap_or(self.settings.channel.home)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedLine {
    pub reference: String,
    /// None: it has no price, counts nothing and stands among the problems.
    pub unit: Option<Money>,
    pub compare_at: Option<Money>,
    /// `unit × quantity`, before discounts.
    pub total: Money,
    pub discount: Money,
    pub tax: Money,
    /// Basis points.
    pub tax_rate: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explain {
    /// `price:<ref>`, `discount:<CODE>`, `shipping:<id>`, `tax:<country>:<class>`
    pub rule: String,
    pub text: String,
    pub amount: Money,
}

/// What stands in the way of ordering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    pub message: String,
    /// A cart line's id, or the code as typed.
    pub reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    pub items: Money,
    /// What is taken off; never negative, never more than `items`.
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
    pub tax_included: bool,
    pub shipping_title: String,
    pub explain: Vec<Explain>,
    pub problems: Vec<Problem>,
}

impl Quote {
    fn new(facts: &Facts<'_>) -> Self {
        let zero = Money::zero(facts.currency);
        Self {
            lines: vec![],
            items: zero,
            discount: zero,
            shipping: zero,
            tax: zero,
            total: zero,
            tax_included: facts.settings.channel.tax_included,
            shipping_title: String::new(),
            explain: vec![],
            problems: vec![],
        }
    }

    fn explain(&mut self, rule: String, text: String, amount: Money) {
        self.explain.push(Explain { rule, text, amount });
    }

    fn problem(&mut self, code: &'static str, message: String, reference: Option<String>) {
        self.problems.push(Problem { code, message, reference });
    }

    /// What the goods cost after discounts.
    fn net_items(&self) -> Result<Money, MoneyError> {
        self.items.minus(self.discount)
    }
}

/// One step from facts to quote. A rule sees what the rules before it have found.
pub struct Rule {
    pub name: &'static str,
    apply: fn(&Facts<'_>, &mut Quote) -> Result<(), MoneyError>,
}

/// All rules in their order.
pub const RULES: [Rule; 5] = [
    Rule { name: "prices", apply: prices::apply },
    Rule { name: "discounts", apply: discounts::apply },
    Rule { name: "shipping", apply: shipping::apply },
    Rule { name: "taxes", apply: taxes::apply },
    Rule { name: "total", apply: total },
];

/// # Errors
/// Only when the amounts are too large to count.
pub fn quote(facts: &Facts<'_>) -> Result<Quote, MoneyError> {
    run(facts, &RULES)
}

fn run(facts: &Facts<'_>, rules: &[Rule]) -> Result<Quote, MoneyError> {
    let mut quote = Quote::new(facts);
    for rule in rules {
        (rule.apply)(facts, &mut quote)?;
    }
    Ok(quote)
}

fn total(_: &Facts<'_>, quote: &mut Quote) -> Result<(), MoneyError> {
    let before_tax = quote.net_items()?.plus(quote.shipping)?;
    quote.total = if quote.tax_included { before_tax } else { before_tax.plus(quote.tax)? };
    Ok(())
}
