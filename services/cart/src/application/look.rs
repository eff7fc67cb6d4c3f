//! What the neighbours say about a cart at one moment: the catalogue first, then stock and pricing together.

use super::ports::{AskLine, Catalogue, Level, Pricing, QuoteAsk, Quoted, Stock, Totals, Variants};
use crate::domain::Cart;
use hanse_kernel::{Ctx, VariantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Clone)]
pub struct Neighbours {
    pub catalogue: Arc<dyn Catalogue>,
    pub stock: Arc<dyn Stock>,
    pub pricing: Arc<dyn Pricing>,
}

/// None: that neighbour is away.
#[derive(Debug, Clone)]
pub struct Look {
    pub variants: Variants,
    pub levels: Option<BTreeMap<VariantId, Level>>,
    pub quote: Option<Quoted>,
}

impl Neighbours {
    pub async fn look(&self, ctx: &Ctx, cart: &Cart) -> Look {
        if cart.lines.is_empty() && cart.codes.is_empty() {
            return self.look_at_nothing(ctx, cart).await;
        }
        let variants = self.variants(ctx, cart).await;
        let (levels, quote) = futures::join!(self.levels(ctx, cart), self.quote(ctx, cart, &variants));
        Look { variants, levels, quote }
    }

    /// An empty cart costs nothing: only how the channel shows that must be known.
    async fn look_at_nothing(&self, ctx: &Ctx, cart: &Cart) -> Look {
        let channel = self.pricing.channel(ctx, &cart.channel).await.ok().flatten();
        let quote = channel.map(|channel| Quoted {
            lines: vec![],
            totals: Totals::nothing(cart.currency, channel.tax_included),
            problems: vec![],
        });
        let variants = Variants { known: BTreeMap::new(), complete: true };
        Look { variants, levels: Some(BTreeMap::new()), quote }
    }

    pub async fn variants(&self, ctx: &Ctx, cart: &Cart) -> Variants {
        if cart.lines.is_empty() {
            return Variants { known: BTreeMap::new(), complete: true };
        }
        self.catalogue.variants(ctx, &wanted(cart)).await
    }

    async fn levels(&self, ctx: &Ctx, cart: &Cart) -> Option<BTreeMap<VariantId, Level>> {
        if cart.lines.is_empty() {
            return Some(BTreeMap::new());
        }
        let asked = self.stock.levels(ctx, &wanted(cart)).await;
        asked.inspect_err(|error| tracing::warn!(%error, "a cart is shown without stock")).ok()
    }

    async fn quote(&self, ctx: &Ctx, cart: &Cart, variants: &Variants) -> Option<Quoted> {
        let ask = ask(cart, variants)?;
        let asked = self.pricing.quote(ctx, ask).await;
        asked.inspect_err(|error| tracing::warn!(%error, "a cart is shown without prices")).ok()
    }
}

fn wanted(cart: &Cart) -> Vec<VariantId> {
    let wanted: BTreeSet<VariantId> = cart.lines.iter().map(|l| l.variant).collect();
    wanted.into_iter().collect()
}

/// The question to pricing. Variants that do not exist any more are left out; while the catalogue is away and some
/// are not remembered, there is no question, because weights and tax classes are not known.
pub fn ask(cart: &Cart, variants: &Variants) -> Option<QuoteAsk> {
    let mut lines = Vec::with_capacity(cart.lines.len());
    for line in &cart.lines {
        match variants.known.get(&line.variant) {
            Some(facts) => lines.push(AskLine {
                item: line.id,
                variant: line.variant,
                quantity: line.quantity,
                facts: facts.clone(),
            }),
            None if variants.complete => {}
            None => return None,
        }
    }
    Some(QuoteAsk {
        channel: cart.channel.clone(),
        currency: cart.currency,
        lines,
        country: cart.destination().map(|a| a.country.clone()).unwrap_or_default(),
        region: cart.destination().and_then(|a| a.region.clone()).unwrap_or_default(),
        method: cart.shipping_method,
        codes: cart.codes.iter().map(|c| c.as_str().to_string()).collect(),
    })
}
