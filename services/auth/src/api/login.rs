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

impl From<TransportName> for Transport {
    fn from(name: TransportName) -> Self {
        match name {
            TransportName::Token => Self::Token,
            TransportName::Cookie => Self::Cookie,
        }
    }
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
    /// The password was right, and a second factor is asked for: nothing but `challenge` and `methods` is told.
    mfa_required: bool,
    /// For `POST /api/auth/login/factor`, from the same device, once, within five minutes.
    #[serde(serialize_with = "body::reveal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    challenge: Option<Secret>,
    /// What can be shown: `totp`, `passkey`, `recovery_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
}

impl TokensBody {
    pub const COOKIE: Self = Self {
        access_token: None,
        token_type: None,
        expires_in: None,
        refresh_token: None,
        mfa_required: false,
        challenge: None,
        methods: None,
    };

    pub fn of(access: AccessToken, refresh: &Token) -> Self {
        Self { refresh_token: Some(refresh.secret().clone()), ..Self::access(access) }
    }

    pub fn access(access: AccessToken) -> Self {
        Self {
            access_token: Some(access.secret),
            token_type: Some("Bearer"),
            expires_in: Some(access.expires_in.as_secs()),
            ..Self::COOKIE
        }
    }
}

/// Logs in with a password. Who has enrolled a second factor is told `mfa_required` and a challenge instead of being let in. After ten wrong ones in a quarter of an hour it answers 429 `too_many_tries`, but not to a browser
/// that has logged in to the account before.
#[utoipa::path(post, path = "/api/auth/login", request_body = LoginBody,
    responses((status = 200, body = TokensBody)))]
pub async fn login(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<LoginBody>,
) -> Result<Response, Problem> {
    let (transport, origin) = (body.transport.into(), origin(&api, &headers));
    let email = Personal::guest(body.email);
    let credentials = Credentials { email, password: body.password, transport, origin };
    Ok(told(&api, api.use_cases.log_in.run(&ctx, credentials).await?))
}

/// Of the device that a request comes from.
pub fn origin(api: &Api, headers: &HeaderMap) -> Origin {
    Origin {
        cookie: api.device_cookie.read(headers),
        user_agent: headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(Into::into),
    }
}

/// What a login answers, whichever way it went.
pub fn told(api: &Api, logged_in: LoggedIn) -> Response {
    let device_cookie = |device: &Token| api.device_cookie.set(device.secret(), device::KEPT);
    match logged_in {
        LoggedIn::Tokens { access, refresh } => {
            (body::NOT_STORED, Json(TokensBody::of(access, &refresh))).into_response()
        }
        LoggedIn::Cookie { token, lifetime, device } => {
            let session = api.session_cookie.set(token.secret(), lifetime);
            let cookies = AppendHeaders([session, device_cookie(&device)]);
            (body::NOT_STORED, cookies, Json(TokensBody::COOKIE)).into_response()
        }
        LoggedIn::FactorRequired { challenge, methods, device } => {
            let told = TokensBody {
                mfa_required: true,
                challenge: Some(challenge.secret().clone()),
                methods: Some(methods.into_iter().map(|method| method.as_str()).collect()),
                ..TokensBody::COOKIE
            };
            match device {
                // The challenge is bound to it, so that a browser has one from here on.
                Some(device) => {
                    (body::NOT_STORED, AppendHeaders([device_cookie(&device)]), Json(told)).into_response()
                }
                None => (body::NOT_STORED, Json(told)).into_response(),
            }
        }
    }
}
