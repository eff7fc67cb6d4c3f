//! The way to inventory.

use crate::application::ports::{Away, Level, Policy, Stock};
use async_trait::async_trait;
use hanse_inventory_contract::rpc::GetLevelsRequest;
use hanse_inventory_contract::rpc::stock_client::StockClient;
use hanse_kernel::{Clock, Ctx, VariantId};
use hanse_rpc::{Link, Network, RpcError, request};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct StockLink {
    link: Link,
    clock: Arc<dyn Clock>,
}

impl StockLink {
    pub fn new(network: &dyn Network, clock: Arc<dyn Clock>) -> Self {
        Self { link: network.link("inventory"), clock }
    }
}

#[async_trait]
impl Stock for StockLink {
    async fn levels(&self, ctx: &Ctx, wanted: &[VariantId]) -> Result<BTreeMap<VariantId, Level>, Away> {
        let question = GetLevelsRequest { variant_ids: wanted.iter().map(ToString::to_string).collect() };
        let mut client = StockClient::new(self.link.clone());
        let reply = client.get_levels(request(ctx, &*self.clock, question)).await;
        let reply = reply.map_err(|s| Away(RpcError::from_status("inventory", s).to_string()))?.into_inner();
        let level = |l: hanse_inventory_contract::rpc::Level| {
            let id = l
                .variant_id
                .parse()
                .map_err(|_| Away("inventory answered with an id that is none".into()))?;
            let policy = if l.policy == "deny" { Policy::Deny } else { Policy::Sells };
            Ok((id, Level { available: l.available, policy }))
        };
        reply.levels.into_iter().map(level).collect()
    }
}
