//! The operator's and the audit's questions about erasures, over gRPC.

use crate::application::ports::{self, ErasuresAsked};
use crate::application::{MOST_ERASURES, Past, Repeated, UseCases, UserError};
use hanse_database::DbError;
use hanse_kernel::{Clock, Timestamp, UserId};
use hanse_user_contract::rpc::erasures_server::Erasures;
use hanse_user_contract::rpc::{
    Erasure, ListErasuresReply, ListErasuresRequest, RepeatErasuresReply, RepeatErasuresRequest,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub struct ErasuresServer {
    pub use_cases: Arc<UseCases>,
    pub clock: Arc<dyn Clock>,
}

#[tonic::async_trait]
impl Erasures for ErasuresServer {
    async fn list(
        &self,
        request: Request<ListErasuresRequest>,
    ) -> Result<Response<ListErasuresReply>, Status> {
        let request = request.into_inner();
        let asked = ErasuresAsked {
            told_after: Timestamp::from_micros(request.told_after),
            told_until: Timestamp::from_micros(request.told_until),
            after: match request.after.as_str() {
                "" => UserId::new(uuid::Uuid::nil()),
                id => user(id, "after")?,
            },
            limit: MOST_ERASURES as i64,
        };
        let page = self.use_cases.repeat_erasures.list(asked).await.map_err(status)?;
        let last = page.last().filter(|_| page.len() == MOST_ERASURES);
        Ok(Response::new(ListErasuresReply {
            next: last.map(|erasure| erasure.user.to_string()).unwrap_or_default(),
            erasures: page.iter().map(told).collect(),
        }))
    }

    async fn repeat(
        &self,
        request: Request<RepeatErasuresRequest>,
    ) -> Result<Response<RepeatErasuresReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.clock);
        let request = request.into_inner();
        if request.erasures.len() > MOST_ERASURES {
            return Err(Status::invalid_argument(format!("erasures: at most {MOST_ERASURES} at once")));
        }
        let past = |erasure: &Erasure| {
            let erased_at = Timestamp::from_micros(erasure.erased_at);
            Ok(Past { user: user(&erasure.user_id, "erasures.user_id")?, erased_at })
        };
        let people = request.erasures.iter().map(past).collect::<Result<Vec<_>, Status>>()?;
        let repeated = self.use_cases.repeat_erasures.run(&ctx, &people, request.look_only).await;
        let Repeated { unheard_of, known_again, of_staff } = repeated.map_err(status)?;
        let of_staff = of_staff.iter().map(ToString::to_string).collect();
        Ok(Response::new(RepeatErasuresReply { unheard_of, known_again, of_staff }))
    }
}

fn told(erasure: &ports::Erasure) -> Erasure {
    Erasure {
        user_id: erasure.user.to_string(),
        erased_at: erasure.erased_at.micros(),
        told_at: erasure.told_at.micros(),
    }
}

fn user(id: &str, field: &str) -> Result<UserId, Status> {
    id.parse().map_err(|e| Status::invalid_argument(format!("{field} {e}")))
}

fn status(error: UserError) -> Status {
    match error {
        // It passes, so it may be asked again.
        UserError::Store(DbError::Unavailable(_) | DbError::Conflict { .. }) => {
            Status::unavailable(error.to_string())
        }
        other => Status::internal(other.to_string()),
    }
}
