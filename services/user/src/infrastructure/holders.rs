//! Asks the services that hold something about people what it is.

use crate::application::ports::{Away, Held, Holders, Question};
use async_trait::async_trait;
use hanse_kernel::{Ctx, Effects, Personal};
use hanse_rpc::personal::TellRequest;
use hanse_rpc::personal::personal_data_client::PersonalDataClient;
use hanse_rpc::{Network, RpcError};
use std::sync::Arc;

pub struct LiveHolders {
    pub network: Arc<dyn Network>,
    pub effects: Effects,
}

#[async_trait]
impl Holders for LiveHolders {
    async fn ask(&self, ctx: &Ctx, question: Question<'_>) -> Result<(Vec<Held>, Option<String>), Away> {
        let Question { service, user, orders, after } = question;
        let ask = TellRequest {
            user_id: user.to_string(),
            after,
            order_ids: orders.iter().map(ToString::to_string).collect(),
        };
        let request = hanse_rpc::request(ctx, &*self.effects.clock, ask);
        let away = |status| Away(RpcError::from_status(service, status).to_string());
        let told = PersonalDataClient::new(self.network.link(service)).tell(request).await.map_err(away)?;
        let told = told.into_inner();
        let held = |entry: hanse_rpc::personal::Entry| Held {
            kind: entry.kind,
            order: entry.order_id.parse().ok(),
            json: Personal::of(user, entry.json),
        };
        Ok((told.entries.into_iter().map(held).collect(), Some(told.next).filter(|next| !next.is_empty())))
    }
}
