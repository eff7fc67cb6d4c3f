//! What a service holds about a person, told over gRPC to `user`, for whoever wants to have all of it.

use async_trait::async_trait;
use hanse_database::DbError;
use hanse_kernel::{OrderId, UserId};
use hanse_rpc::personal::personal_data_server::{PersonalData, PersonalDataServer};
use hanse_rpc::personal::{Entry, TellReply, TellRequest};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Orders that are asked about at once.
pub const MOST_ORDERS: usize = 100;

/// Whose data is asked for.
#[derive(Debug, Clone)]
pub struct Whose {
    pub user: UserId,
    /// Orders of theirs, for services that know no people.
    pub orders: Vec<OrderId>,
    /// Where the portion before ended, as its [`Portion::next`]; empty: at the beginning.
    pub after: String,
}

/// Some of what is held.
#[derive(Default)]
pub struct Portion {
    entries: Vec<Entry>,
    /// Where the next portion begins; None at the end.
    pub next: Option<String>,
}

impl Portion {
    pub fn tell(&mut self, kind: &str, json: &serde_json::Value) {
        self.entries.push(Entry { kind: kind.into(), order_id: String::new(), json: json.to_string() });
    }
    pub fn tell_order(&mut self, order: OrderId, json: &serde_json::Value) {
        let (kind, order_id) = ("order".into(), order.to_string());
        self.entries.push(Entry { kind, order_id, json: json.to_string() });
    }
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Tells what the service's own store holds about a person, secrets left out, one bounded portion at a time.
#[async_trait]
pub trait Holds: Send + Sync + 'static {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError>;
}

/// The gRPC server of it. Who mounts it lets `user` ask, with `Allow::tells_personal_data`.
pub fn personal_data_server(holds: Arc<dyn Holds>) -> PersonalDataServer<impl PersonalData> {
    PersonalDataServer::new(Server(holds))
}

struct Server(Arc<dyn Holds>);

#[async_trait]
impl PersonalData for Server {
    async fn tell(&self, request: Request<TellRequest>) -> Result<Response<TellReply>, Status> {
        let TellRequest { user_id, after, order_ids } = request.into_inner();
        if order_ids.len() > MOST_ORDERS {
            return Err(Status::invalid_argument(format!("at most {MOST_ORDERS} orders at once")));
        }
        let user = user_id.parse().map_err(|e| Status::invalid_argument(format!("user_id {e}")))?;
        let orders = order_ids.iter().map(|id| id.parse()).collect::<Result<_, _>>();
        let orders = orders.map_err(|e| Status::invalid_argument(format!("order_ids {e}")))?;
        let told = self.0.about(&Whose { user, orders, after }).await;
        let Portion { entries, next } = told.map_err(|e| {
            tracing::warn!(error = %e, "what is held about a person could not be told");
            Status::unavailable("the store")
        })?;
        Ok(Response::new(TellReply { entries, next: next.unwrap_or_default() }))
    }
}
