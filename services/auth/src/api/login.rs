//! `POST /api/auth/login`

use crate::api::{Api, body};
use crate::application::ports::AccessToken;
use crate::application::{Credentials, LoggedIn, Origin};
use crate::domain::{Token, Transport, device};
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use hanse_http::{Caller, Json, Problem};
use hanse_kernel::{Personal, Secret};
use http::HeaderMap;
use http::header::USER_AGENT;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    #[schema(format = "email")]
    email: String,
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password")]
    password: Secret,
    #[serde(default)]
    transport: TransportName,
}

/// `token` for programs; `cookie` for browsers, whose answer sets an HttpOnly cookie and holds no token.
#[derive(Deserialize, ToSchema, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum TransportName {
    #[default]
    Token,
    Cookie,
}

/// What a login gives. With the cookie transport the tokens are left out.
#[derive(Serialize, ToSchema)]
pub struct TokensBody {
    #[serde(serialize_with = "body::reveal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    access_token: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Seconds that the access token is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    /// Good for one `POST /api/auth/refresh`.
    #[serde(serialize_with = "body::reveal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
    mfa_required: bool,
}

impl TokensBody {
    const COOKIE: Self = Self {
        access_token: None,
        token_type: None,
        expires_in: None,
        refresh_token: None,
        mfa_required: false,
    };

    pub fn of(access: AccessToken, refresh: &Token) -> Self {
        Self {
            access_token: Some(access.secret),
            token_type: Some("Bearer"),
            expires_in: Some(access.expires_in.as_secs()),
            refresh_token: Some(refresh.secret().clone()),
            mfa_required: false,
        }
    }
}

/// What a request's head tells of the device that it comes from.
pub fn origin(api: &Api, headers: &HeaderMap) -> Origin {
    Origin {
        cookie: api.device_cookie.read(headers),
        user_agent: headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(Into::into),
    }
}

/// Logs in with a password. After ten wrong ones in a quarter of an hour it answers 429 `too_many_tries`, but not to a browser
/// that has logged in to the account before.
#[utoipa::path(post, path = "/api/auth/login", request_body = LoginBody,
    responses((status = 200, body = TokensBody)))]
pub async fn login(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<LoginBody>,
) -> Result<Response, Problem> {
    let transport = match body.transport {
        TransportName::Token => Transport::Token,
        TransportName::Cookie => Transport::Cookie,
    };
    let origin = origin(&api, &headers);
    let email = Personal::guest(body.email);
    let credentials = Credentials { email, password: body.password, transport, origin };
    Ok(match api.use_cases.log_in.run(&ctx, credentials).await? {
        LoggedIn::Tokens { access, refresh } => {
            (body::NOT_STORED, Json(TokensBody::of(access, &refresh))).into_response()
        }
        LoggedIn::Cookie { token, lifetime, device } => {
            let session = api.session_cookie.set(token.secret(), lifetime);
            let device = api.device_cookie.set(device.secret(), device::KEPT);
            (body::NOT_STORED, AppendHeaders([session, device]), Json(TokensBody::COOKIE)).into_response()
        }
    })
}
