//! `POST /api/auth/register`

use crate::api::{Api, body};
use crate::application::NewCustomer;
use axum::extract::State;
use hanse_http::{Caller, Json, Problem, StatusCode};
use hanse_kernel::{Personal, Secret, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    #[schema(format = "email", max_length = 254)]
    email: String,
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    password: Secret,
    #[schema(max_length = 200)]
    name: String,
}

#[derive(Serialize, ToSchema)]
pub struct RegisteredBody {
    user_id: UserId,
}

/// Opens an account. The answer is the same when the address has one already.
#[utoipa::path(post, path = "/api/auth/register", request_body = RegisterBody,
    responses((status = 201, body = RegisteredBody)))]
pub async fn register(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<RegisterBody>,
) -> Result<(StatusCode, Json<RegisteredBody>), Problem> {
    let new = NewCustomer {
        email: Personal::guest(body.email),
        password: body.password,
        name: Personal::guest(body.name),
    };
    let user_id = api.use_cases.register.run(&ctx, new).await?;
    Ok((StatusCode::CREATED, Json(RegisteredBody { user_id })))
}
