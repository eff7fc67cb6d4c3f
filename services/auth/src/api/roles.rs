//! `/api/admin/roles`: what one can work here as.

use super::live::Live;
use crate::api::Api;
use crate::domain::{CustomRole, Role};
use axum::extract::State;
use hanse_http::{Json, Path, Problem, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct RolesBody {
    /// The built-in ones first; a shop has at most 100 of its own.
    items: Vec<RoleBody>,
}

#[derive(Serialize, ToSchema)]
pub struct RoleBody {
    role: String,
    permissions: Vec<&'static str>,
    /// It comes with the shop and stays as it is.
    built_in: bool,
}

impl From<Role> for RoleBody {
    fn from(role: Role) -> Self {
        Self {
            role: role.name().into(),
            permissions: role.permissions().into_iter().map(|p| p.as_str()).collect(),
            built_in: role.built_in().is_some(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoleBody {
    #[schema(pattern = "^[a-z][a-z0-9_]{1,39}$")]
    role: String,
    /// Some of those that the built-in roles have; none beyond one's own.
    permissions: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRoleBody {
    /// All that it permits from now on; neither before nor afterwards more than one's own.
    permissions: Vec<String>,
}

/// Lists the roles and what each permits.
#[utoipa::path(get, path = "/api/admin/roles", responses((status = 200, body = RolesBody)))]
pub async fn list_roles(State(api): State<Api>) -> Result<Json<RolesBody>, Problem> {
    let roles = api.use_cases.custom_roles.list().await?;
    Ok(Json(RolesBody { items: roles.into_iter().map(RoleBody::from).collect() }))
}

/// Makes a role of the shop's own.
#[utoipa::path(post, path = "/api/admin/roles", request_body = NewRoleBody,
    responses((status = 201, body = RoleBody)))]
pub async fn create_role(
    State(api): State<Api>,
    Live(ctx): Live,
    Json(body): Json<NewRoleBody>,
) -> Result<(StatusCode, Json<RoleBody>), Problem> {
    let role = api.use_cases.custom_roles.create(&ctx, &body.role, &body.permissions).await?;
    Ok((StatusCode::CREATED, told(role)))
}

/// Changes what a role of the shop's own permits. Whoever has it notices with their next access token, within five minutes.
#[utoipa::path(put, path = "/api/admin/roles/{role}", params(("role" = String, Path)),
    request_body = ChangeRoleBody, responses((status = 200, body = RoleBody)))]
pub async fn change_role(
    State(api): State<Api>,
    Live(ctx): Live,
    Path(role): Path<String>,
    Json(body): Json<ChangeRoleBody>,
) -> Result<Json<RoleBody>, Problem> {
    Ok(told(api.use_cases.custom_roles.change(&ctx, &role, &body.permissions).await?))
}

/// Removes a role of the shop's own that nobody has.
#[utoipa::path(delete, path = "/api/admin/roles/{role}", params(("role" = String, Path)),
    responses((status = 204, description = "There is no such role any more")))]
pub async fn remove_role(
    State(api): State<Api>,
    Live(ctx): Live,
    Path(role): Path<String>,
) -> Result<StatusCode, Problem> {
    api.use_cases.custom_roles.remove(&ctx, &role).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn told(role: CustomRole) -> Json<RoleBody> {
    Json(Role::Custom(role).into())
}
