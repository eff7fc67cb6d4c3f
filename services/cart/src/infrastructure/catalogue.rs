//! The way to product, with a small memory of what variants are.
//!
//! What is remembered is dropped when its product changes and is used for half a minute at most, because another
//! process may have heard of the change. While product is away, what is remembered is used however old it is.

use crate::application::ports::{Catalogue, VariantFacts, Variants};
use async_trait::async_trait;
use hanse_kernel::{Clock, Ctx, Locale, ProductId, Timestamp, VariantId};
use hanse_product_contract::rpc::catalogue_client::CatalogueClient;
use hanse_product_contract::rpc::{GetVariantsRequest, Variant};
use hanse_rpc::{Link, Network, RpcError, request};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

const MAX_AGE: Duration = Duration::from_secs(30);
/// Beyond so many, everything is forgotten and begun anew.
const MOST: usize = 20_000;

#[derive(Default)]
struct Memory {
    /// Counts the changes heard of.
    tick: u64,
    texts: BTreeMap<Locale, BTreeMap<VariantId, Remembered>>,
    /// The tick of each product's last change: what was asked for before it is out of date.
    changed: BTreeMap<ProductId, u64>,
    size: usize,
}

#[derive(Clone)]
struct Remembered {
    product: ProductId,
    asked_at: Timestamp,
    tick: u64,
    facts: Arc<VariantFacts>,
}

impl Memory {
    fn fresh(&self, r: &Remembered, now: Timestamp) -> bool {
        now.since(r.asked_at) < MAX_AGE
            && self.changed.get(&r.product).is_none_or(|changed| *changed <= r.tick)
    }
}

#[derive(Clone)]
pub struct CatalogueLink {
    link: Link,
    clock: Arc<dyn Clock>,
    memory: Arc<RwLock<Memory>>,
}

impl CatalogueLink {
    pub fn new(network: &dyn Network, clock: Arc<dyn Clock>) -> Self {
        Self { link: network.link("product"), clock, memory: Arc::default() }
    }

    /// Forgets what it knows of a product.
    pub fn changed(&self, product: ProductId) {
        let mut memory = self.memory.write().unwrap_or_else(|e| e.into_inner());
        memory.tick += 1;
        let tick = memory.tick;
        if memory.changed.len() >= MOST {
            *memory = Memory { tick, ..Memory::default() };
        }
        memory.changed.insert(product, tick);
    }

    async fn ask(&self, ctx: &Ctx, wanted: &[VariantId]) -> Result<Vec<Variant>, RpcError> {
        let question = GetVariantsRequest { variant_ids: wanted.iter().map(ToString::to_string).collect() };
        let mut client = CatalogueClient::new(self.link.clone());
        let reply = client.get_variants(request(ctx, &*self.clock, question)).await;
        Ok(reply.map_err(|status| RpcError::from_status("product", status))?.into_inner().variants)
    }

    fn remember(&self, locale: &Locale, found: &BTreeMap<VariantId, Remembered>) {
        let mut memory = self.memory.write().unwrap_or_else(|e| e.into_inner());
        if memory.size + found.len() > MOST {
            // The changes stay: an answer may be on its way that is older than one of them.
            memory.texts.clear();
            memory.size = 0;
        }
        let texts = memory.texts.entry(locale.clone()).or_default();
        let before = texts.len();
        texts.extend(found.iter().map(|(id, r)| (*id, r.clone())));
        memory.size += memory.texts.get(locale).map_or(0, BTreeMap::len) - before;
    }
}

fn facts(variant: Variant) -> VariantFacts {
    let given = |text: String| Some(text).filter(|t| !t.is_empty());
    VariantFacts {
        product_slug: variant.product_slug,
        title: variant.title,
        variant_title: given(variant.variant_title),
        sku: variant.sku,
        image_url: given(variant.image_url),
        published: variant.published,
        weight_grams: variant.weight_grams,
        tax_class: variant.tax_class,
        requires_shipping: variant.requires_shipping,
    }
}

#[async_trait]
impl Catalogue for CatalogueLink {
    async fn variants(&self, ctx: &Ctx, wanted: &[VariantId]) -> Variants {
        let now = self.clock.now();
        let mut known = BTreeMap::new();
        let mut old = BTreeMap::new();
        let tick = {
            let memory = self.memory.read().unwrap_or_else(|e| e.into_inner());
            let texts = memory.texts.get(&ctx.locale);
            for id in wanted {
                let Some(r) = texts.and_then(|t| t.get(id)) else { continue };
                let place = if memory.fresh(r, now) { &mut known } else { &mut old };
                place.insert(*id, r.facts.clone());
            }
            memory.tick
        };
        let missing: Vec<VariantId> = wanted.iter().filter(|id| !known.contains_key(id)).copied().collect();
        if missing.is_empty() {
            return Variants { known, complete: true };
        }
        let answer = match self.ask(ctx, &missing).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "variants are shown as they are remembered");
                known.append(&mut old);
                let complete = wanted.iter().all(|id| known.contains_key(id));
                return Variants { known, complete };
            }
        };
        let mut found = BTreeMap::new();
        for variant in answer {
            let (Ok(id), Ok(product)) = (variant.variant_id.parse(), variant.product_id.parse()) else {
                tracing::error!(id = variant.variant_id, "product answered with an id that is none");
                continue;
            };
            found.insert(id, Remembered { product, asked_at: now, tick, facts: Arc::new(facts(variant)) });
        }
        self.remember(&ctx.locale, &found);
        known.extend(found.into_iter().map(|(id, r)| (id, r.facts)));
        Variants { known, complete: true }
    }
}
