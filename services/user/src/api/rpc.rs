//! The question of other services, over gRPC.

use crate::application::{UseCases, UserError};
use hanse_kernel::Clock;
use hanse_user_contract::rpc::profiles_server::Profiles;
use hanse_user_contract::rpc::{GetProfileRequest, Profile};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub struct ProfilesServer {
    pub use_cases: Arc<UseCases>,
    pub clock: Arc<dyn Clock>,
}

#[tonic::async_trait]
impl Profiles for ProfilesServer {
    async fn get_profile(&self, request: Request<GetProfileRequest>) -> Result<Response<Profile>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.clock);
        let user = request.into_inner().user_id.parse();
        let user = user.map_err(|e| Status::invalid_argument(format!("user_id {e}")))?;
        let profile = self.use_cases.get_profile.run(&ctx, user).await.map_err(status)?;
        Ok(Response::new(Profile {
            user_id: profile.user.to_string(),
            name: profile.name.map(|name| name.reveal().as_str().to_string()).unwrap_or_default(),
            locale: profile.locale.as_str().into(),
        }))
    }
}

fn status(error: UserError) -> Status {
    match error {
        UserError::NoSuchPerson => Status::not_found("no such person"),
        other => Status::unavailable(other.to_string()),
    }
}
