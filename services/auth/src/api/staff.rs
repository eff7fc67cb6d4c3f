//! `/api/admin/staff`: who works for the merchant, and as what.

use super::live::Live;
use crate::api::{Api, body};
use crate::application::{NewStaff, StaffCreated};
use crate::domain::{Account, Role};
use axum::extract::State;
use axum::response::IntoResponse;
use hanse_http::{Json, Path, Problem, Query, StatusCode};
use hanse_kernel::{Cursor, Limit, Personal, Secret, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct StaffBody {
    user_id: UserId,
    email: String,
    name: String,
    role: String,
    created_at: Timestamp,
    /// The password that was made up: told this once, stored nowhere.
    #[serde(serialize_with = "body::reveal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

impl StaffBody {
    fn of(account: &Account, password: Option<Secret>) -> Self {
        Self {
            user_id: account.id,
            email: account.email.reveal().as_str().into(),
            name: account.name.reveal().as_str().into(),
            role: account.standing.role().map(Role::name).unwrap_or_default().into(),
            created_at: account.created_at,
            password,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct StaffPage {
    items: Vec<StaffBody>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StaffQuery {
    /// 1 to 100, 20 unless given.
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl StaffQuery {
    fn read(&self) -> Result<(Option<UserId>, Limit), Problem> {
        let limit = self.limit.map_or(Some(Limit::DEFAULT), Limit::new).ok_or_else(|| {
            let rule = "must be between 1 and 100";
            Problem::validation(format!("limit {rule}")).field("limit", "range", rule)
        })?;
        let after = self.cursor.as_deref().map(Cursor::decode).transpose().map_err(|e| {
            Problem::validation(format!("cursor {e}")).field("cursor", "cursor", e.to_string())
        })?;
        Ok((after, limit))
    }
}

/// Lists staff.
#[utoipa::path(get, path = "/api/admin/staff", params(StaffQuery), responses((status = 200, body = StaffPage)))]
pub async fn list_staff(
    State(api): State<Api>,
    Query(query): Query<StaffQuery>,
) -> Result<Json<StaffPage>, Problem> {
    let (after, limit) = query.read()?;
    let page = api.use_cases.list_staff.run(after, limit).await?;
    let items = page.items.iter().map(|account| StaffBody::of(account, None)).collect();
    Ok(Json(StaffPage { items, next_cursor: page.next.map(|cursor| cursor.to_string()) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaffBody {
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// One is made up when there is none.
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>, format = "password", min_length = 10, max_length = 128)]
    password: Option<Secret>,
    /// As listed by `GET /api/admin/roles`.
    role: String,
    #[schema(max_length = 200)]
    name: Option<String>,
}

/// Lets somebody in, with no more permissions than one's own.
#[utoipa::path(post, path = "/api/admin/staff", request_body = NewStaffBody,
    responses((status = 201, body = StaffBody)))]
pub async fn create_staff(
    State(api): State<Api>,
    Live(ctx): Live,
    Json(body): Json<NewStaffBody>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewStaff {
        email: Personal::guest(body.email),
        password: body.password,
        name: body.name.map(Personal::guest),
        role: body.role,
        only_first: false,
    };
    match api.use_cases.create_staff.run(&ctx, new).await? {
        StaffCreated::Yes { account, generated } => {
            Ok((StatusCode::CREATED, body::NOT_STORED, Json(StaffBody::of(&account, generated))))
        }
        // Only asked for by the command line.
        StaffCreated::ThereIsStaff => Err(Problem::conflict("staff_exists", "The shop has staff already")),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeStaffBody {
    /// As listed by `GET /api/admin/roles`.
    role: String,
}

/// Gives somebody who works here another role. Neither the old nor the new one may permit more than one's own; somebody always
/// owns the shop.
#[utoipa::path(patch, path = "/api/admin/staff/{id}", params(("id" = UserId, Path)),
    request_body = ChangeStaffBody, responses((status = 200, body = StaffBody)))]
pub async fn change_staff(
    State(api): State<Api>,
    Live(ctx): Live,
    Path(id): Path<UserId>,
    Json(body): Json<ChangeStaffBody>,
) -> Result<Json<StaffBody>, Problem> {
    let account = api.use_cases.change_staff.role(&ctx, id, &body.role).await?;
    Ok(Json(StaffBody::of(&account, None)))
}

/// Somebody works here no longer: they are a shopper from now on. Their sessions end, and the keys that they made are withdrawn.
#[utoipa::path(delete, path = "/api/admin/staff/{id}", params(("id" = UserId, Path)),
    responses((status = 204, description = "They are staff no longer")))]
pub async fn dismiss_staff(
    State(api): State<Api>,
    Live(ctx): Live,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    api.use_cases.change_staff.dismiss(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
