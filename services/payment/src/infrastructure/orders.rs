//! The way to order.

use crate::application::PaymentError;
use crate::application::ports::Orders;
use async_trait::async_trait;
use hanse_kernel::{Clock, Ctx, OrderId};
use hanse_order_contract::rpc::ExistsRequest;
use hanse_order_contract::rpc::orders_client::OrdersClient;
use hanse_rpc::{Link, Network, request};
use std::sync::Arc;

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
    async fn exists(&self, ctx: &Ctx, order: OrderId) -> Result<bool, PaymentError> {
        let question = ExistsRequest { order_id: order.to_string() };
        let reply = OrdersClient::new(self.link.clone()).exists(request(ctx, &*self.clock, question)).await;
        reply.map(|reply| reply.into_inner().exists).map_err(|status| {
            tracing::warn!(%order, %status, "order could not be asked");
            PaymentError::Away("order")
        })
    }
}
