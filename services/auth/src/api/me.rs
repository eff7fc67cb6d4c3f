//! `GET /api/auth/me`

use crate::api::Api;
use crate::domain::Account;
use axum::extract::State;
use hanse_http::{Caller, Json, Problem};
use hanse_kernel::UserId;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct MeBody {
    user_id: UserId,
    email: String,
    /// The address is known to be theirs: they have followed a link that was mailed to it.
    email_verified: bool,
    /// Without one they come in through a provider of logins.
    has_password: bool,
    name: String,
    /// `customer` or `staff`.
    kind: &'static str,
    /// Of staff.
    role: Option<String>,
    permissions: Vec<&'static str>,
}

impl From<Account> for MeBody {
    fn from(account: Account) -> Self {
        let role = account.standing.role().map(|role| role.name().to_string());
        let kind = if role.is_some() { "staff" } else { "customer" };
        Self {
            user_id: account.id,
            email: account.email.reveal().as_str().into(),
            email_verified: account.email_verified_at.is_some(),
            has_password: account.password.is_some(),
            name: account.name.reveal().as_str().into(),
            kind,
            role,
            permissions: account.standing.permissions().into_iter().map(|p| p.as_str()).collect(),
        }
    }
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/auth/me", responses((status = 200, body = MeBody)))]
pub async fn me(State(api): State<Api>, Caller(ctx): Caller) -> Result<Json<MeBody>, Problem> {
    Ok(Json(api.use_cases.who_am_i.run(&ctx).await?.into()))
}
