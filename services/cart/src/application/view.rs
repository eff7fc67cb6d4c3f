//! The whole cart as every call answers it: what is in it, what that is and costs, and what stands in the way.

use super::look::Look;
use super::ports::{Level, Policy, QuotedLine, Totals, VariantFacts};
use crate::domain::{Cart, Line, wording};
use hanse_kernel::{Locale, Money};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct CartView {
    pub cart: Cart,
    /// In the order of the cart's lines.
    pub lines: Vec<LineView>,
    /// None: prices cannot be worked out now.
    pub totals: Option<Totals>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone)]
pub struct LineView {
    pub line: Line,
    pub facts: Option<Arc<VariantFacts>>,
    /// None: it has no price, or prices are not known now.
    pub unit: Option<Money>,
    pub total: Option<Money>,
    pub compare_at: Option<Money>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: String,
    pub message: String,
    /// With insufficient_stock.
    pub available: Option<i64>,
}

impl Problem {
    fn new(code: &str, available: Option<i64>, locale: &Locale) -> Self {
        let message = wording::problem(code, available.unwrap_or(0), locale);
        Self { code: code.into(), message, available }
    }
}

/// Something is asked for but not chosen yet: the next step of every cart, not a problem of this one.
const NOT_YET: &str = "shipping_method_missing";

impl CartView {
    pub fn new(cart: Cart, look: Look, locale: &Locale) -> Self {
        let lines = cart.lines.iter().map(|line| LineView::new(line, &look, locale)).collect();
        let mut problems: Vec<Problem> = [
            (!look.variants.complete, "catalogue_unavailable"),
            (look.quote.is_none(), "prices_unavailable"),
            (look.levels.is_none(), "stock_unavailable"),
        ]
        .into_iter()
        .filter(|(away, _)| *away)
        .map(|(_, code)| Problem::new(code, None, locale))
        .collect();
        if let Some(quote) = &look.quote {
            let of_a_line = |reference: &str| quote_line(reference, &cart);
            let own = quote.problems.iter().filter(|p| p.code != NOT_YET && !of_a_line(&p.reference));
            problems.extend(own.map(|p| Problem {
                code: p.code.clone(),
                message: p.message.clone(),
                available: None,
            }));
        }
        Self { lines, totals: look.quote.map(|q| q.totals), problems, cart }
    }
}

fn quote_line(reference: &str, cart: &Cart) -> bool {
    reference.parse().is_ok_and(|item| cart.lines.iter().any(|l| l.id == item))
}

impl LineView {
    fn new(line: &Line, look: &Look, locale: &Locale) -> Self {
        let facts = look.variants.known.get(&line.variant).cloned();
        let quoted = look.quote.as_ref().and_then(|q| q.lines.iter().find(|l| l.item == line.id));
        let unpriced = look.quote.as_ref().is_some_and(|q| {
            let own = |reference: &str| reference.parse() == Ok(line.id);
            q.problems.iter().any(|p| p.code == "no_price" && own(&p.reference))
        });
        let priced: Option<&QuotedLine> = quoted.filter(|_| !unpriced);
        let sold = match &facts {
            Some(facts) => facts.published,
            None => !look.variants.complete,
        };
        let mut problems = vec![];
        if !sold {
            problems.push(Problem::new("not_published", None, locale));
        } else if unpriced {
            problems.push(Problem::new("no_price", None, locale));
        }
        if let (true, Some(levels)) = (sold, &look.levels) {
            problems.extend(stock_problem(levels.get(&line.variant), line.quantity, locale));
        }
        Self {
            line: line.clone(),
            facts,
            unit: priced.map(|q| q.unit),
            total: priced.map(|q| q.total),
            compare_at: priced.and_then(|q| q.compare_at),
            problems,
        }
    }
}

/// Nothing is known to be there: nothing can be promised.
pub fn sold_out(level: Option<&Level>) -> bool {
    match level {
        None => true,
        Some(level) => level.policy == Policy::Deny && level.available <= 0,
    }
}

fn stock_problem(level: Option<&Level>, quantity: i64, locale: &Locale) -> Option<Problem> {
    if sold_out(level) {
        return Some(Problem::new("out_of_stock", Some(0), locale));
    }
    let level = level.filter(|l| l.policy == Policy::Deny && l.available < quantity)?;
    Some(Problem::new("insufficient_stock", Some(level.available), locale))
}
