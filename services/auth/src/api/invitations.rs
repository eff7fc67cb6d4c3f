//! `/api/admin/staff/invitations` and `/api/auth/invitations`: somebody is asked to work here, and agrees.

use super::live::Live;
use crate::api::{Api, body};
use crate::application::Invited;
use crate::domain::Invitation;
use axum::extract::State;
use axum::response::IntoResponse;
use hanse_http::{Caller, Json, Path, Problem, StatusCode};
use hanse_kernel::{LinkId, Personal, Secret, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct InvitationBody {
    id: LinkId,
    email: String,
    name: String,
    role: String,
    invited_by: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl From<Invitation> for InvitationBody {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email.reveal().as_str().into(),
            name: invitation.name.reveal().as_str().into(),
            role: invitation.role.name().into(),
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct InvitationsBody {
    /// Those that are open, the newest first; a shop has at most 200.
    items: Vec<InvitationBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitationBody {
    #[schema(format = "email", max_length = 254)]
    email: String,
    #[schema(max_length = 200)]
    name: String,
    /// As listed by `GET /api/admin/roles`.
    role: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowInvitationBody {
    /// As it stands in the mailed link, after `#token=`.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    token: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptBody {
    /// As it stands in the mailed link, after `#token=`.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    token: Secret,
    /// The new account's; of an address that has an account, that account's.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    password: Secret,
}

#[derive(Serialize, ToSchema)]
pub struct ShownInvitationBody {
    email: String,
    name: String,
    role: String,
    /// The address is a shopper's, who goes on with the password that they have.
    has_account: bool,
}

/// Lists the open invitations.
#[utoipa::path(get, path = "/api/admin/staff/invitations", responses((status = 200, body = InvitationsBody)))]
pub async fn list_invitations(State(api): State<Api>) -> Result<Json<InvitationsBody>, Problem> {
    let open = api.use_cases.open_invitations.list().await?;
    Ok(Json(InvitationsBody { items: open.into_iter().map(InvitationBody::from).collect() }))
}

/// Asks somebody to work here, with no more permissions than one's own: a link is mailed that is good for a week. What the
/// address was invited by before is void.
#[utoipa::path(post, path = "/api/admin/staff/invitations", request_body = NewInvitationBody,
    responses((status = 201, body = InvitationBody)))]
pub async fn invite(
    State(api): State<Api>,
    Live(ctx): Live,
    Json(body): Json<NewInvitationBody>,
) -> Result<impl IntoResponse, Problem> {
    let invited =
        Invited { email: Personal::guest(body.email), name: Personal::guest(body.name), role: body.role };
    let made = api.use_cases.invite.run(&ctx, invited).await?;
    Ok((StatusCode::CREATED, body::NOT_STORED, Json(InvitationBody::from(made))))
}

/// Withdraws an invitation: its link opens nothing any more.
#[utoipa::path(delete, path = "/api/admin/staff/invitations/{id}", params(("id" = LinkId, Path)),
    responses((status = 204, description = "It is withdrawn")))]
pub async fn withdraw_invitation(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<LinkId>,
) -> Result<StatusCode, Problem> {
    api.use_cases.open_invitations.withdraw(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells whoever has followed the link of an invitation what it is to.
#[utoipa::path(post, path = "/api/auth/invitations/show", request_body = ShowInvitationBody,
    responses((status = 200, body = ShownInvitationBody)))]
pub async fn show_invitation(
    State(api): State<Api>,
    Json(body): Json<ShowInvitationBody>,
) -> Result<impl IntoResponse, Problem> {
    let shown = api.use_cases.accept.show(body.token).await?;
    let told = ShownInvitationBody {
        email: shown.invitation.email.reveal().as_str().into(),
        name: shown.invitation.name.reveal().as_str().into(),
        role: shown.invitation.role.name().into(),
        has_account: shown.has_account,
    };
    Ok((body::NOT_STORED, Json(told)))
}

/// Accepts an invitation, once: with a new password, or with that of the account that the address has. They log in afterwards.
#[utoipa::path(post, path = "/api/auth/invitations/accept", request_body = AcceptBody,
    responses((status = 204, description = "They work here now")))]
pub async fn accept_invitation(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<AcceptBody>,
) -> Result<StatusCode, Problem> {
    api.use_cases.accept.run(&ctx, body.token, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
