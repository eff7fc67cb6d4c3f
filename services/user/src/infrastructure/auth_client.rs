//! Asks auth how to reach people.

use crate::application::ports::{Away, Contact, People, Proof};
use async_trait::async_trait;
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_auth_contract::rpc::{
    FindUserRequest, GetContactsRequest, ProvePasswordReply, ProvePasswordRequest,
};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Ctx, Effects, Secret, UserId};
use hanse_rpc::{Network, RpcError};
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;

pub struct AuthClient {
    pub network: Arc<dyn Network>,
    pub effects: Effects,
}

fn away(status: Status) -> Away {
    Away(RpcError::from_status("auth", status).to_string())
}

#[async_trait]
impl People for AuthClient {
    async fn contacts(&self, ctx: &Ctx, users: &[UserId]) -> Result<Vec<Contact>, Away> {
        let ask = GetContactsRequest { user_ids: users.iter().map(ToString::to_string).collect() };
        let request = hanse_rpc::request(ctx, &*self.effects.clock, ask);
        let reply =
            AccountsClient::new(self.network.link("auth")).get_contacts(request).await.map_err(away)?;
        let known = reply.into_inner().contacts.into_iter().filter_map(|contact| {
            let user = contact.user_id.parse().ok()?;
            Some(Contact { user, email: contact.email, name: contact.name, locale: contact.locale })
        });
        Ok(known.collect())
    }

    async fn by_email(&self, ctx: &Ctx, email: &str) -> Result<Option<UserId>, Away> {
        let ask = FindUserRequest { email: email.to_string() };
        let request = hanse_rpc::request(ctx, &*self.effects.clock, ask);
        match AccountsClient::new(self.network.link("auth")).find_user(request).await {
            Ok(reply) => Ok(reply.into_inner().user_id.parse().ok()),
            Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
            Err(status) => Err(away(status)),
        }
    }

    async fn prove(&self, ctx: &Ctx, user: UserId, password: &Secret) -> Result<Proof, Away> {
        let (user_id, password) = (user.to_string(), password.expose_secret().to_string());
        let request =
            hanse_rpc::request(ctx, &*self.effects.clock, ProvePasswordRequest { user_id, password });
        match AccountsClient::new(self.network.link("auth")).prove_password(request).await {
            Ok(reply) => Ok(match reply.into_inner() {
                ProvePasswordReply { proven: true, factor_wanted: true, .. } => Proof::TheirsNotAlone,
                ProvePasswordReply { proven: true, .. } => Proof::Theirs,
                ProvePasswordReply { wait_seconds: 0, .. } => Proof::Wrong,
                ProvePasswordReply { wait_seconds, .. } => {
                    Proof::Wait(Duration::from_secs(wait_seconds.into()))
                }
            }),
            Err(status) if status.code() == tonic::Code::NotFound => Ok(Proof::NoAccount),
            Err(status) if status.code() == tonic::Code::FailedPrecondition => Ok(Proof::NoPassword),
            Err(status) => Err(away(status)),
        }
    }
}
