//! `/api/auth/identities`: whom somebody's account is linked with.

use super::live::Live;
use crate::api::{Api, body};
use crate::application::providers::Linked;
use crate::domain::Errand;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use hanse_http::{Caller, Json, Path, Problem, StatusCode};
use hanse_kernel::{IdentityId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct IdentitiesBody {
    /// The oldest first, at most 20.
    items: Vec<IdentityBody>,
}

#[derive(Serialize, ToSchema)]
pub struct IdentityBody {
    id: IdentityId,
    provider: String,
    /// What people know the provider by; null where the shop does not ask it any more.
    label: Option<String>,
    linked_at: Timestamp,
    last_login_at: Option<Timestamp>,
}

impl From<Linked> for IdentityBody {
    fn from(Linked { identity, label }: Linked) -> Self {
        Self {
            id: identity.id,
            provider: identity.provider.to_string(),
            label,
            linked_at: identity.linked_at,
            last_login_at: identity.last_login_at,
        }
    }
}

/// With whom one can log in to one's account.
#[utoipa::path(get, path = "/api/auth/identities", responses((status = 200, body = IdentitiesBody)))]
pub async fn list_identities(
    State(api): State<Api>,
    Caller(ctx): Caller,
) -> Result<Json<IdentitiesBody>, Problem> {
    let items = api.use_cases.providers.own.list(&ctx).await?;
    Ok(Json(IdentitiesBody { items: items.into_iter().map(Into::into).collect() }))
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct LinkBody {
    /// The page of this shop to go to afterwards; `/account/security` unless given.
    #[serde(default)]
    return_to: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct LinkingBody {
    /// Where the browser has to go, with the cookie that came along.
    url: String,
}

/// Begins to link a provider with one's account, within ten minutes of having shown who one is. It is linked when the browser comes back from there.
#[utoipa::path(post, path = "/api/auth/identities/{provider}/link", params(("provider" = String, Path)),
    request_body = Option<LinkBody>, responses((status = 200, body = LinkingBody)))]
pub async fn link(
    State(api): State<Api>,
    Live(ctx): Live,
    Path(provider): Path<String>,
    body: Option<Json<LinkBody>>,
) -> Result<Response, Problem> {
    let Json(asked) = body.unwrap_or_default();
    let sent = api.use_cases.providers.set_out.to_link(&ctx, &provider, asked.return_to.as_deref()).await?;
    let cookie = api.errand_cookie.set(sent.token.secret(), Errand::LIFETIME);
    Ok((body::NOT_STORED, AppendHeaders([cookie]), Json(LinkingBody { url: sent.address })).into_response())
}

/// Ends that a provider lets one in, within ten minutes of having shown who one is. The last way into an account stays.
#[utoipa::path(delete, path = "/api/auth/identities/{id}", params(("id" = IdentityId, Path)),
    responses((status = 204, description = "It lets nobody in any more")))]
pub async fn unlink(
    State(api): State<Api>,
    Live(ctx): Live,
    Path(id): Path<IdentityId>,
) -> Result<StatusCode, Problem> {
    api.use_cases.providers.own.unlink(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
