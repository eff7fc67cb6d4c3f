//! The ways to product and order.

use crate::application::ports::{Away, Catalogue, Orders};
use async_trait::async_trait;
use hanse_kernel::{Clock, Ctx, OrderId, ProductId, VariantId};
use hanse_order_contract::rpc::ExistsRequest;
use hanse_order_contract::rpc::orders_client::OrdersClient;
use hanse_product_contract::rpc::GetVariantsRequest;
use hanse_product_contract::rpc::catalogue_client::CatalogueClient;
use hanse_rpc::{Link, Network, RpcError, request};
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::Status;

/// What product takes at once.
const MOST: usize = 500;

fn away(service: &'static str) -> impl Fn(Status) -> Away {
    move |status| Away(RpcError::from_status(service, status).to_string())
}

pub struct CatalogueLink {
    link: Link,
    clock: Arc<dyn Clock>,
}

impl CatalogueLink {
    pub fn new(network: &dyn Network, clock: Arc<dyn Clock>) -> Self {
        Self { link: network.link("product"), clock }
    }
}

#[async_trait]
impl Catalogue for CatalogueLink {
    async fn products_of(
        &self,
        ctx: &Ctx,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, ProductId>, Away> {
        let mut found = BTreeMap::new();
        for chunk in variants.chunks(MOST) {
            let question =
                GetVariantsRequest { variant_ids: chunk.iter().map(ToString::to_string).collect() };
            let mut client = CatalogueClient::new(self.link.clone());
            let reply = client.get_variants(request(ctx, &*self.clock, question)).await;
            for variant in reply.map_err(away("product"))?.into_inner().variants {
                let unreadable = |_| Away("product answered with an id that is none".into());
                let id: VariantId = variant.variant_id.parse().map_err(unreadable)?;
                found.insert(id, variant.product_id.parse().map_err(unreadable)?);
            }
        }
        Ok(found)
    }
}

pub struct OrdersLink {
    link: Link,
    clock: Arc<dyn Clock>,
}

impl OrdersLink {
    pub fn new(network: &dyn Network, clock: Arc<dyn Clock>) -> Self {
        Self { link: network.link("order"), clock }
    }
}

#[async_trait]
impl Orders for OrdersLink {
    async fn exists(&self, ctx: &Ctx, order: OrderId) -> Result<bool, Away> {
        let question = ExistsRequest { order_id: order.to_string() };
        let mut client = OrdersClient::new(self.link.clone());
        let reply = client.exists(request(ctx, &*self.clock, question)).await;
        Ok(reply.map_err(away("order"))?.into_inner().exists)
    }
}
