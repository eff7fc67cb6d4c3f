//! Passkeys: `/api/auth/factors/passkeys`, `/api/auth/login/passkey`, and what a browser is asked for.

use crate::api::factors::RecoveryCodesBody;
use crate::api::login::{TokensBody, TransportName, origin, told};
use crate::api::{Api, body, logout};
use crate::application::factors::{Ask, Assertion};
use crate::domain::Passkey;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use hanse_http::{Caller, Json, Path, Problem, StatusCode};
use hanse_kernel::{Secret, Timestamp};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PasskeyBody {
    id: String,
    /// In its owner's words.
    name: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl From<Passkey> for PasskeyBody {
    fn from(passkey: Passkey) -> Self {
        let Passkey { id, name, created_at, last_used_at, .. } = passkey;
        Self { id, name, created_at, last_used_at }
    }
}

/// What a browser is asked for.
#[derive(Serialize, ToSchema)]
pub struct AskBody {
    /// Comes along with the answer, once, within five minutes.
    #[serde(serialize_with = "body::reveal")]
    #[schema(value_type = String)]
    ceremony: Option<Secret>,
    /// For `navigator.credentials` (W3C Web Authentication; bytes are base64url).
    #[schema(value_type = Object)]
    options: Value,
}

/// What a browser answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssertionBody {
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    ceremony: Secret,
    /// As `PublicKeyCredential.toJSON()` tells it.
    #[schema(value_type = Object)]
    credential: Value,
}

impl From<AssertionBody> for Assertion {
    fn from(body: AssertionBody) -> Self {
        Self { ceremony: body.ceremony, answer: body.credential }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginPasskeyBody {
    /// Of an account that has one.
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>, format = "password")]
    current_password: Option<Secret>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskeyBody {
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    ceremony: Secret,
    /// As `PublicKeyCredential.toJSON()` tells it.
    #[schema(value_type = Object)]
    credential: Value,
    #[schema(max_length = 60)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyNameBody {
    #[schema(max_length = 60)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginPasskeyBody {
    #[serde(default)]
    transport: TransportName,
    passkey: AssertionBody,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskLoginPasskeyBody {
    #[serde(default)]
    transport: TransportName,
    /// Of a login that asked for a second factor; none: to log in with a passkey alone.
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    challenge: Option<Secret>,
}

fn asked(api: &Api, ask: Ask) -> Response {
    let told = AskBody { ceremony: Some(ask.ceremony.secret().clone()), options: ask.options };
    match ask.device {
        Some(device) => {
            let cookie = api.device_cookie.set(device.secret(), crate::domain::device::KEPT);
            (body::NOT_STORED, AppendHeaders([cookie]), Json(told)).into_response()
        }
        None => (body::NOT_STORED, Json(told)).into_response(),
    }
}

/// Begins to make a passkey, by the password; without one, within ten minutes of having logged in. Whoever has a second factor has
/// shown one within ten minutes.
#[utoipa::path(post, path = "/api/auth/factors/passkeys", request_body = BeginPasskeyBody,
    responses((status = 200, body = AskBody)))]
pub async fn begin_passkey(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<BeginPasskeyBody>,
) -> Result<Response, Problem> {
    let proofs = logout::proofs(&api, &headers);
    Ok(asked(&api, api.use_cases.factors.passkeys.ask_to_make(&ctx, proofs, body.current_password).await?))
}

/// Keeps the passkey that a browser made. Recovery codes are told, this once, where there were none.
#[utoipa::path(post, path = "/api/auth/factors/passkeys/confirm", request_body = NewPasskeyBody,
    responses((status = 200, body = RecoveryCodesBody)))]
pub async fn confirm_passkey(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<NewPasskeyBody>,
) -> Result<impl IntoResponse, Problem> {
    let given = Assertion { ceremony: body.ceremony, answer: body.credential };
    let proofs = logout::proofs(&api, &headers);
    let codes = api.use_cases.factors.passkeys.made(&ctx, proofs, &body.name, given).await?;
    Ok((body::NOT_STORED, Json(RecoveryCodesBody::from(codes.unwrap_or_default()))))
}

/// Calls a passkey something else.
#[utoipa::path(patch, path = "/api/auth/factors/passkeys/{id}", params(("id" = String, Path)),
    request_body = PasskeyNameBody, responses((status = 204, description = "It is called that")))]
pub async fn rename_passkey(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    Json(body): Json<PasskeyNameBody>,
) -> Result<StatusCode, Problem> {
    api.use_cases.factors.passkeys.rename(&ctx, id, &body.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a passkey, by the password and within ten minutes of having shown a second factor. Recovery codes go with the last factor.
#[utoipa::path(post, path = "/api/auth/factors/passkeys/{id}/remove", params(("id" = String, Path)),
    request_body = BeginPasskeyBody, responses((status = 204, description = "It is removed")))]
pub async fn remove_passkey(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<BeginPasskeyBody>,
) -> Result<StatusCode, Problem> {
    let proofs = logout::proofs(&api, &headers);
    api.use_cases.factors.passkeys.remove(&ctx, proofs, id, body.current_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a passkey at the login: alone, or as the second factor of a challenge.
#[utoipa::path(post, path = "/api/auth/login/passkey/ask", request_body = AskLoginPasskeyBody,
    responses((status = 200, body = AskBody)))]
pub async fn ask_login_passkey(
    State(api): State<Api>,
    headers: HeaderMap,
    Json(body): Json<AskLoginPasskeyBody>,
) -> Result<Response, Problem> {
    let (passkeys, origin) = (&api.use_cases.factors.passkeys, origin(&api, &headers));
    let ask = match body.challenge {
        Some(challenge) => passkeys.ask_at_the_door(challenge, origin, body.transport.into()).await?,
        None => passkeys.ask_anybody(origin, body.transport.into()).await?,
    };
    Ok(asked(&api, ask))
}

/// Logs in with a passkey alone.
#[utoipa::path(post, path = "/api/auth/login/passkey", request_body = LoginPasskeyBody,
    responses((status = 200, body = TokensBody)))]
pub async fn login_passkey(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<LoginPasskeyBody>,
) -> Result<Response, Problem> {
    let (passkeys, origin) = (&api.use_cases.factors.passkeys, origin(&api, &headers));
    let entered = passkeys.log_in(&ctx, origin, body.transport.into(), body.passkey.into()).await?;
    Ok(told(&api, entered))
}

/// Asks whoever is logged in for one of their passkeys, for `POST /api/auth/step-up` and the like.
#[utoipa::path(post, path = "/api/auth/factors/passkeys/ask", responses((status = 200, body = AskBody)))]
pub async fn ask_passkey(State(api): State<Api>, Caller(ctx): Caller) -> Result<Response, Problem> {
    Ok(asked(&api, api.use_cases.factors.passkeys.ask_once_more(&ctx).await?))
}
