//! `GET /api/auth/providers`, `GET /api/auth/oauth/{provider}/{start,callback}`: logging in with who one is elsewhere. Browsers
//! come here by themselves, so that what goes wrong ends on a page and not in JSON.

use super::live::LiveOrNobody;
use crate::api::{Api, login};
use crate::application::providers::{Arrived, CameBack, TurnedAway};
use crate::application::{AuthError, LoggedIn};
use crate::domain::{Errand, Method, ReturnPath, Token, device};
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use hanse_http::{Json, Path, Problem, Query, StatusCode};
use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct ProvidersBody {
    items: Vec<ProviderBody>,
}

/// Whom one can log in with besides a password.
#[derive(Serialize, ToSchema)]
pub struct ProviderBody {
    id: String,
    /// What people know it by.
    label: String,
}

/// Lists the providers of logins that the merchant has set up.
#[utoipa::path(get, path = "/api/auth/providers", responses((status = 200, body = ProvidersBody)))]
pub async fn list_providers(State(api): State<Api>) -> Json<ProvidersBody> {
    let of = |id: &str, label: &str| ProviderBody { id: id.into(), label: label.into() };
    let all = api.use_cases.providers.all.0.iter();
    Json(ProvidersBody { items: all.map(|one| of(one.id().as_str(), one.label())).collect() })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// The page of this shop to go to afterwards; `/account` unless given.
    return_to: Option<String>,
}

/// Sends the browser to a provider, to log in there.
#[utoipa::path(get, path = "/api/auth/oauth/{provider}/start", params(("provider" = String, Path), StartQuery),
    responses((status = 303, description = "To the provider; or to the login page, which says what is wrong, or where whoever \
        another site has sent here sets out themselves")))]
pub async fn start(
    State(api): State<Api>,
    Path(provider): Path<String>,
    Query(query): Query<StartQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let return_to = query.return_to.as_deref();
    if sent_by_another_site(&headers) {
        // A provider may know its person and ask nothing: they would come back logged in without having wanted it.
        let to = api.use_cases.providers.set_out.on_their_own(&provider, return_to)?;
        return Ok(see_other(&login_page(&to))?.into_response());
    }
    match api.use_cases.providers.set_out.to_log_in(&provider, return_to).await {
        Ok(sent) => {
            let cookie = api.errand_cookie.set(sent.token.secret(), Errand::LIFETIME);
            Ok((AppendHeaders([cookie]), see_other(&sent.address)?).into_response())
        }
        Err(AuthError::Provider(error)) => {
            tracing::warn!(provider, %error, "nobody can be sent to a provider of logins");
            let to = return_to.and_then(|path| ReturnPath::parse(path).ok());
            Ok(see_other(&told(error.into(), &provider, false, to))?.into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Browsers say of themselves what led here; whoever types the address, or presses a button of this shop, is their own.
fn sent_by_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

/// What a provider puts into the address. Each adds things of its own, which nobody looks at.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    /// The issuer (RFC 9207).
    iss: Option<String>,
}

/// Takes in who comes back from a provider: with a session, as after a login with a password, they go on to where they wanted.
#[utoipa::path(get, path = "/api/auth/oauth/{provider}/callback", params(("provider" = String, Path), CallbackQuery),
    responses((status = 303, description = "To where they wanted; or to the login page, which says what is wrong")))]
pub async fn callback(
    State(api): State<Api>,
    LiveOrNobody(ctx): LiveOrNobody,
    Path(provider): Path<String>,
    Query(query): Query<CallbackQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let came = CameBack {
        provider: provider.clone(),
        cookie: api.errand_cookie.read(&headers),
        state: query.state,
        code: query.code.map(Secret::from),
        issuer: query.iss,
        origin: login::origin(&api, &headers),
    };
    let done = api.errand_cookie.clear();
    Ok(match api.use_cases.providers.come_back.run(&ctx, came).await {
        Ok(Arrived::In { logged_in, to }) => match *logged_in {
            LoggedIn::Cookie { token, lifetime, device } => {
                let session = api.session_cookie.set(token.secret(), lifetime);
                let device = api.device_cookie.set(device.secret(), device::KEPT);
                (AppendHeaders([done, session, device]), see_other(to.as_str())?).into_response()
            }
            LoggedIn::FactorRequired { challenge, methods, device } => {
                let page = asked(&challenge, &methods, &to);
                let device = device.map(|device| api.device_cookie.set(device.secret(), device::KEPT));
                let cookies: Vec<_> = [Some(done), device].into_iter().flatten().collect();
                (AppendHeaders(cookies), see_other(&page)?).into_response()
            }
            LoggedIn::Tokens { .. } => {
                tracing::error!(provider, "a browser was let in with what is for programs");
                let page = told(TurnedAway::Unavailable, &provider, false, None);
                (AppendHeaders([done]), see_other(&page)?).into_response()
            }
        },
        Ok(Arrived::Linked { to }) => (AppendHeaders([done]), see_other(to.as_str())?).into_response(),
        Ok(Arrived::Turned { why, linking, to }) => {
            (AppendHeaders([done]), see_other(&told(why, &provider, linking, to))?).into_response()
        }
        Err(error @ AuthError::UnknownProvider) => return Err(error.into()),
        Err(error) => {
            tracing::error!(provider, %error, "a login by a provider could not be finished");
            let page = told(TurnedAway::Unavailable, &provider, false, None);
            (AppendHeaders([done]), see_other(&page)?).into_response()
        }
    })
}

fn login_page(to: &ReturnPath) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("to", to.as_str());
    format!("{}?{}", ReturnPath::login(), query.finish())
}

/// The page that asks for a second factor. What it is answered with stands in the fragment, which no server gets to see.
fn asked(challenge: &Token, methods: &[Method], to: &ReturnPath) -> String {
    let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    let mut fragment = form_urlencoded::Serializer::new(String::new());
    fragment.append_pair("challenge", challenge.secret().expose_secret());
    fragment.append_pair("methods", &methods.join(" "));
    format!("{}#{}", login_page(to), fragment.finish())
}

/// The page that says why they are not let in, in words of its own.
fn told(why: TurnedAway, provider: &str, linking: bool, to: Option<ReturnPath>) -> String {
    let page = if linking { ReturnPath::security() } else { ReturnPath::login() };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("refused", why.as_str()).append_pair("provider", provider);
    if let Some(to) = to.filter(|_| !linking) {
        query.append_pair("to", to.as_str());
    }
    format!("{page}?{}", query.finish())
}

type SeeOther = (StatusCode, [(HeaderName, HeaderValue); 3]);

/// Codes and states in addresses are kept by no cache and told to no page.
fn see_other(address: &str) -> Result<SeeOther, Problem> {
    let location = HeaderValue::from_str(address).map_err(|e| Problem::internal(&e))?;
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Ok((StatusCode::SEE_OTHER, headers))
}
