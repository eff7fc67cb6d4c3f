//! `Stock`: the questions other services ask.

use crate::application::get_levels::GetLevels;
use crate::application::{Desk, StockError};
use async_trait::async_trait;
use hanse_inventory_contract::rpc::stock_server::{Stock, StockServer};
use hanse_inventory_contract::rpc::{GetLevelsReply, GetLevelsRequest, Level};
use hanse_kernel::VariantId;
use tonic::{Request, Response, Status};

/// More variants in one question are refused.
const MOST: usize = 500;

pub fn stock_server(desk: Desk) -> StockServer<impl Stock> {
    StockServer::new(Server(desk))
}

struct Server(Desk);

#[async_trait]
impl Stock for Server {
    async fn get_levels(
        &self,
        request: Request<GetLevelsRequest>,
    ) -> Result<Response<GetLevelsReply>, Status> {
        let ids = request.into_inner().variant_ids;
        if ids.len() > MOST {
            return Err(Status::invalid_argument(format!("at most {MOST} variants at once")));
        }
        let variants = ids
            .iter()
            .map(|id| id.parse::<VariantId>())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| Status::invalid_argument(format!("variant_ids: {e}")))?;
        let levels = GetLevels(self.0.clone()).run(variants).await.map_err(|e| status(&e))?;
        let levels = levels
            .into_iter()
            .map(|l| Level {
                variant_id: l.variant.to_string(),
                available: l.available,
                policy: l.policy.as_str().to_string(),
                level_version: l.version,
            })
            .collect();
        Ok(Response::new(GetLevelsReply { levels }))
    }
}

fn status(error: &StockError) -> Status {
    tracing::warn!(error = %error, "a question about stock could not be answered");
    Status::unavailable("the stock cannot be read now")
}
