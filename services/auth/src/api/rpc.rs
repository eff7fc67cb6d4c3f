//! The questions of other services, over gRPC.

use crate::application::{AuthError, FindPeople, NewStaff, StaffCreated, UseCases};
use crate::domain::Account;
use hanse_auth_contract::rpc::accounts_server::Accounts;
use hanse_auth_contract::rpc::{
    Contact, Contacts, CreateStaffReply, CreateStaffRequest, ExchangeReply, ExchangeRequest, FindUserRequest,
    FoundUser, GetContactRequest, GetContactsRequest, GetKeysRequest, GetLinkRequest, Key, Keys, MailLink,
    ProvePasswordReply, ProvePasswordRequest,
};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Clock, Personal, UserId};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub struct AccountsServer {
    pub use_cases: Arc<UseCases>,
    pub clock: Arc<dyn Clock>,
}

#[tonic::async_trait]
impl Accounts for AccountsServer {
    async fn get_contact(&self, request: Request<GetContactRequest>) -> Result<Response<Contact>, Status> {
        let id = user_id(&request.get_ref().user_id)?;
        let found = self.use_cases.find_people.by_ids(vec![id]).await.map_err(status)?;
        let account = found.first().ok_or_else(|| Status::not_found("no such account"))?;
        Ok(Response::new(contact(account)))
    }

    async fn get_link(&self, request: Request<GetLinkRequest>) -> Result<Response<MailLink>, Status> {
        let id = request.get_ref().link_id.parse();
        let id = id.map_err(|e| Status::invalid_argument(format!("link_id {e}")))?;
        let made = self.use_cases.links.hand_out.run(id).await.map_err(status)?;
        let letter = made.ok_or_else(|| Status::not_found("nobody is to be written to"))?;
        let token = letter.token.secret().expose_secret().into();
        let to = Contact {
            email: letter.to.reveal().as_str().into(),
            name: letter.name.reveal().as_str().into(),
            locale: letter.locale.as_str().into(),
            user_id: letter.user.to_string(),
            email_verified: letter.verified,
        };
        Ok(Response::new(MailLink { to: Some(to), token }))
    }

    async fn get_contacts(&self, request: Request<GetContactsRequest>) -> Result<Response<Contacts>, Status> {
        let ids = &request.get_ref().user_ids;
        if ids.len() > FindPeople::MOST {
            return Err(Status::invalid_argument(format!("at most {} at once", FindPeople::MOST)));
        }
        let ids = ids.iter().map(|id| user_id(id)).collect::<Result<_, _>>()?;
        let found = self.use_cases.find_people.by_ids(ids).await.map_err(status)?;
        Ok(Response::new(Contacts { contacts: found.iter().map(contact).collect() }))
    }

    async fn find_user(&self, request: Request<FindUserRequest>) -> Result<Response<FoundUser>, Status> {
        let found = self.use_cases.find_people.by_email(&request.get_ref().email).await.map_err(status)?;
        let account = found.ok_or_else(|| Status::not_found("nobody has this address"))?;
        Ok(Response::new(FoundUser { user_id: account.id.to_string() }))
    }

    async fn get_keys(&self, _: Request<GetKeysRequest>) -> Result<Response<Keys>, Status> {
        let published = self.use_cases.keep_keys.published().into_iter();
        let keys = published.map(|key| Key { kid: key.kid, public_key: key.key.to_vec() }).collect();
        Ok(Response::new(Keys { keys }))
    }

    async fn exchange(&self, request: Request<ExchangeRequest>) -> Result<Response<ExchangeReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.clock);
        let ExchangeRequest { session_token, api_key } = request.into_inner();
        let exchange = &self.use_cases.exchange;
        let access = match api_key.is_empty() {
            true => exchange.session(&ctx, session_token.into()).await,
            false => exchange.key(&ctx, api_key.into()).await,
        };
        let access = access.map_err(status)?;
        let reply = access.map_or_else(ExchangeReply::default, |access| ExchangeReply {
            access_token: access.secret.expose_secret().into(),
            expires_in: u32::try_from(access.expires_in.as_secs()).unwrap_or(u32::MAX),
        });
        Ok(Response::new(reply))
    }

    async fn create_staff(
        &self,
        request: Request<CreateStaffRequest>,
    ) -> Result<Response<CreateStaffReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.clock);
        let asked = request.into_inner();
        let given = |text: String| (!text.is_empty()).then_some(text);
        let new = NewStaff {
            email: Personal::guest(asked.email),
            password: given(asked.password).map(Into::into),
            name: given(asked.name).map(Personal::guest),
            role: asked.role,
            only_first: asked.only_first,
        };
        let reply = match self.use_cases.create_staff.run(&ctx, new).await.map_err(status)? {
            StaffCreated::Yes { account, generated } => CreateStaffReply {
                user_id: account.id.to_string(),
                generated_password: generated.map(|p| p.expose_secret().into()).unwrap_or_default(),
            },
            StaffCreated::ThereIsStaff => CreateStaffReply::default(),
        };
        Ok(Response::new(reply))
    }

    async fn prove_password(
        &self,
        request: Request<ProvePasswordRequest>,
    ) -> Result<Response<ProvePasswordReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.clock);
        let ProvePasswordRequest { user_id: id, password } = request.into_inner();
        let proven =
            self.use_cases.prove_password.before_the_last(&ctx, user_id(&id)?, &password.into()).await;
        let reply = match proven {
            Ok(factor_wanted) => ProvePasswordReply { proven: true, wait_seconds: 0, factor_wanted },
            Err(AuthError::WrongCredentials) => ProvePasswordReply::default(),
            Err(AuthError::TooManyTries(wait)) => {
                let wait_seconds = u32::try_from(wait.as_secs().max(1)).unwrap_or(u32::MAX);
                ProvePasswordReply { wait_seconds, ..ProvePasswordReply::default() }
            }
            Err(other) => return Err(status(other)),
        };
        Ok(Response::new(reply))
    }
}

fn user_id(text: &str) -> Result<UserId, Status> {
    text.parse().map_err(|e| Status::invalid_argument(format!("user_id {e}")))
}

fn contact(account: &Account) -> Contact {
    Contact {
        email: account.email.reveal().as_str().into(),
        name: account.name.reveal().as_str().into(),
        locale: account.locale.as_str().into(),
        user_id: account.id.to_string(),
        email_verified: account.email_verified_at.is_some(),
    }
}

fn status(error: AuthError) -> Status {
    let text = error.to_string();
    match error {
        AuthError::Invalid(faults) => {
            let told: Vec<String> =
                faults.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect();
            Status::invalid_argument(told.join("; "))
        }
        AuthError::AddressTaken => Status::already_exists(text),
        AuthError::RoleBeyondOwn | AuthError::PermissionsBeyondOwn => Status::permission_denied(text),
        AuthError::UnknownAccount
        | AuthError::UnknownSession
        | AuthError::UnknownKey
        | AuthError::UnknownPasskey
        | AuthError::UnknownProvider
        | AuthError::UnknownIdentity
        | AuthError::UnknownRole
        | AuthError::UnknownStaff
        | AuthError::UnknownInvitation => Status::not_found(text),
        AuthError::RoleExists
        | AuthError::RoleBuiltIn
        | AuthError::RoleInUse
        | AuthError::LastOwner
        | AuthError::TotpEnrolled
        | AuthError::TotpNotBegun
        | AuthError::NoFactor
        | AuthError::NoPasskeys
        | AuthError::TooManyPasskeys
        | AuthError::StepUp => Status::failed_precondition(text),
        AuthError::TooManyTries(_)
        | AuthError::TooManyKeys
        | AuthError::TooManyRoles
        | AuthError::TooManyInvitations
        | AuthError::InvitedOften => Status::resource_exhausted(text),
        AuthError::WrongCredentials
        | AuthError::RefreshRefused
        | AuthError::LinkRefused
        | AuthError::WrongCode
        | AuthError::PasskeyRefused
        | AuthError::ChallengeRefused => Status::unauthenticated(text),
        AuthError::NoPassword | AuthError::LastWayIn => Status::failed_precondition(text),
        AuthError::Provider(_) => Status::unavailable(text),
        AuthError::Busy => Status::resource_exhausted(text),
        AuthError::Store(_) => Status::unavailable(text),
        AuthError::Crypto(_) => Status::internal(text),
    }
}
