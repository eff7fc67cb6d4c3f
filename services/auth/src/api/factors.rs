//! `/api/auth/factors` and `POST /api/auth/login/factor`: second factors.

use crate::api::login::{TokensBody, TransportName, origin, told};
use crate::api::passkeys::{AssertionBody, PasskeyBody};
use crate::api::{Api, body, logout};
use crate::application::factors::{Answer, Once, Shown};
use crate::domain::RecoveryCode;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Json, Problem, StatusCode};
use hanse_kernel::{Secret, Timestamp};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct FactorsBody {
    /// The authenticator app; null: none is enrolled.
    totp: Option<TotpBody>,
    /// How many are left.
    recovery_codes: i64,
    /// The oldest first.
    passkeys: Vec<PasskeyBody>,
    /// Whether the shop can have any: they need a name in its address.
    passkeys_available: bool,
}

#[derive(Serialize, ToSchema)]
pub struct TotpBody {
    enrolled_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginTotpBody {
    /// Of an account that has one.
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>, format = "password")]
    current_password: Option<Secret>,
}

/// What an authenticator app is to know: told this once.
#[derive(Serialize, ToSchema)]
pub struct TotpBegunBody {
    /// To be typed.
    #[serde(serialize_with = "body::reveal")]
    #[schema(value_type = String)]
    secret: Option<Secret>,
    /// To be shown as a QR code.
    #[serde(serialize_with = "body::reveal")]
    #[schema(value_type = String)]
    otpauth_uri: Option<Secret>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotpBody {
    /// That the app shows now.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    code: Secret,
}

/// Told this once, each good once. None: those of before are good as ever.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesBody {
    #[serde(serialize_with = "body::reveal_all")]
    #[schema(value_type = Vec<String>)]
    recovery_codes: Vec<Secret>,
}

impl From<Vec<RecoveryCode>> for RecoveryCodesBody {
    fn from(codes: Vec<RecoveryCode>) -> Self {
        Self { recovery_codes: codes.iter().map(RecoveryCode::text).collect() }
    }
}

/// The password, and one of `code`, `recovery_code` and `passkey`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAndFactorBody {
    /// Of an account that has one.
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>, format = "password")]
    current_password: Option<Secret>,
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    code: Option<Secret>,
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    recovery_code: Option<Secret>,
    /// In the place of a code.
    #[serde(default)]
    passkey: Option<AssertionBody>,
}

/// One of `code`, `recovery_code` and `passkey`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginFactorBody {
    /// As the login told it.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    challenge: Secret,
    /// As in the login.
    #[serde(default)]
    transport: TransportName,
    /// That the authenticator app shows now.
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    code: Option<Secret>,
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    recovery_code: Option<Secret>,
    /// In the place of a code.
    #[serde(default)]
    passkey: Option<AssertionBody>,
}

/// One of `code`, `recovery_code` and `passkey`; `current_password` of whoever has enrolled no second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpBody {
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>, format = "password")]
    current_password: Option<Secret>,
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    code: Option<Secret>,
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    recovery_code: Option<Secret>,
    /// In the place of a code.
    #[serde(default)]
    passkey: Option<AssertionBody>,
}

fn shown(
    code: Option<Secret>,
    recovery_code: Option<Secret>,
    passkey: Option<AssertionBody>,
) -> Result<Shown, Problem> {
    match (code, recovery_code, passkey) {
        (Some(code), None, None) => Ok(Shown::Totp(code)),
        (None, Some(typed), None) => Ok(Shown::Recovery(RecoveryCode::read(&typed))),
        (None, None, Some(passkey)) => Ok(Shown::Passkey(passkey.into())),
        _ => {
            let rule = "must be given, or recovery_code or passkey, and one alone";
            Err(Problem::validation(format!("code {rule}")).field("code", "required", rule))
        }
    }
}

/// Which second factors one has enrolled.
#[utoipa::path(get, path = "/api/auth/factors", responses((status = 200, body = FactorsBody)))]
pub async fn list_factors(State(api): State<Api>, Caller(ctx): Caller) -> Result<Json<FactorsBody>, Problem> {
    let factors = &api.use_cases.factors;
    let (enrolled, passkeys) = factors.own.run(&ctx).await?;
    Ok(Json(FactorsBody {
        totp: enrolled.totp_since.map(|enrolled_at| TotpBody { enrolled_at }),
        recovery_codes: enrolled.recovery_codes,
        passkeys: passkeys.into_iter().map(Into::into).collect(),
        passkeys_available: factors.passkeys.there_are(),
    }))
}

/// Begins to enrol an authenticator app, by the password; without one, within ten minutes of having logged in. Whoever has a second
/// factor has shown one within ten minutes. It counts from its first code on.
#[utoipa::path(post, path = "/api/auth/factors/totp", request_body = BeginTotpBody,
    responses((status = 200, body = TotpBegunBody)))]
pub async fn begin_totp(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<BeginTotpBody>,
) -> Result<impl IntoResponse, Problem> {
    let proofs = logout::proofs(&api, &headers);
    let begun = api.use_cases.factors.enrol_totp.run(&ctx, proofs, body.current_password).await?;
    let told = TotpBegunBody { secret: Some(begun.secret), otpauth_uri: Some(begun.uri) };
    Ok((body::NOT_STORED, Json(told)))
}

/// Shows the app's first code. From now on a login asks for one, or for a recovery code; this answers them where there were none.
#[utoipa::path(post, path = "/api/auth/factors/totp/confirm", request_body = ConfirmTotpBody,
    responses((status = 200, body = RecoveryCodesBody)))]
pub async fn confirm_totp(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<ConfirmTotpBody>,
) -> Result<impl IntoResponse, Problem> {
    let proofs = logout::proofs(&api, &headers);
    let codes = api.use_cases.factors.confirm_totp.run(&ctx, proofs, body.code).await?;
    Ok((body::NOT_STORED, Json(RecoveryCodesBody::from(codes.unwrap_or_default()))))
}

/// Removes the authenticator app, by password and code together. Recovery codes go with the last factor.
#[utoipa::path(post, path = "/api/auth/factors/totp/remove", request_body = PasswordAndFactorBody,
    responses((status = 204, description = "It is removed")))]
pub async fn remove_totp(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<PasswordAndFactorBody>,
) -> Result<StatusCode, Problem> {
    let shown = shown(body.code, body.recovery_code, body.passkey)?;
    api.use_cases.factors.remove_totp.run(&ctx, body.current_password, shown).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives ten new recovery codes, by password and code together. Those of before are good for nothing.
#[utoipa::path(post, path = "/api/auth/factors/recovery-codes", request_body = PasswordAndFactorBody,
    responses((status = 200, body = RecoveryCodesBody)))]
pub async fn new_recovery_codes(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<PasswordAndFactorBody>,
) -> Result<impl IntoResponse, Problem> {
    let shown = shown(body.code, body.recovery_code, body.passkey)?;
    let codes = api.use_cases.factors.new_recovery_codes.run(&ctx, body.current_password, shown).await?;
    Ok((body::NOT_STORED, Json(RecoveryCodesBody::from(codes))))
}

/// Ends a login that asked for a second factor. After ten wrong ones in a quarter of an hour it answers 429 `too_many_tries`, but
/// not to a browser that has logged in to the account before.
#[utoipa::path(post, path = "/api/auth/login/factor", request_body = LoginFactorBody,
    responses((status = 200, body = TokensBody)))]
pub async fn login_factor(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<LoginFactorBody>,
) -> Result<Response, Problem> {
    let shown = shown(body.code, body.recovery_code, body.passkey)?;
    let (transport, origin) = (body.transport.into(), origin(&api, &headers));
    let answer = Answer { challenge: body.challenge, transport, origin, shown };
    Ok(told(&api, api.use_cases.factors.log_in.run(&ctx, answer).await?))
}

/// Shows once more who one is, for what is asked for only within ten minutes of that: refunds, letting staff in, making API keys. A
/// program gets another access token; a browser's session is as good as new.
#[utoipa::path(post, path = "/api/auth/step-up", request_body = StepUpBody,
    responses((status = 200, body = TokensBody)))]
pub async fn step_up(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<StepUpBody>,
) -> Result<impl IntoResponse, Problem> {
    let once = match body {
        StepUpBody { current_password: Some(password), code: None, recovery_code: None, passkey: None } => {
            Once::Password(password)
        }
        StepUpBody { current_password: None, code, recovery_code, passkey } => {
            Once::Factor(shown(code, recovery_code, passkey)?)
        }
        _ => {
            let rule = "must not be given beside another";
            let problem = Problem::validation(format!("current_password {rule}"));
            return Err(problem.field("current_password", "required", rule));
        }
    };
    let access = api.use_cases.factors.step_up.run(&ctx, logout::proofs(&api, &headers), once).await?;
    Ok((body::NOT_STORED, Json(access.map_or(TokensBody::COOKIE, TokensBody::access))))
}
