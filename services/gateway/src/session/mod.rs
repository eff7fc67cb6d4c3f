//! Who asks: session cookies and API keys exchanged for access tokens at auth, and what is remembered of that.

mod board;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod fuzz;
mod keys;
mod shared;

pub(crate) use board::{Board, OwnBoard};
pub(crate) use keys::{AuthKeys, verifier};
pub(crate) use shared::SharedBoard;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use board::{Digest, Exchanged, Seen};
use futures::future::{BoxFuture, Either};
use hanse_auth_contract::rpc::ExchangeRequest;
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_http::{AuthError, Authenticated, JwtVerifier, Known, Problem};
use hanse_kernel::{Ctx, Effects, Whence};
use hanse_rpc::Network;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service, ServiceExt};

const LOGOUT: &str = "/api/auth/logout";
/// What changes what auth tells of a session that goes on: how its person has shown who they are.
const STEP_UP: &str = "/api/auth/step-up";
/// Enrolling the first or losing the last does so, too.
const FACTORS: &str = "/api/auth/factors/";
/// No token is longer.
const LONGEST: usize = 256;
/// What the token of a session begins with. Nothing else is taken out of a cookie: a key there would pass for its owner, at
/// doors that are shut to keys.
const SESSION: &str = "hst_";
/// What an API key begins with.
const KEY: &str = "hak_";
/// So much of a key is its id, which auth shows it by.
const KEY_SHOWN: usize = KEY.len() + 12;
/// Accounts, passwords and sessions are for people: a key that leaks must not get at its owner's.
const FOR_PEOPLE: &str = "/api/auth/";

/// Session cookies, exchanged for actors.
#[derive(Clone)]
pub(crate) struct Sessions(Arc<Inner>);

struct Inner {
    network: Arc<dyn Network>,
    effects: Effects,
    verifier: Arc<JwtVerifier>,
    cookie: &'static str,
    /// The shop is reached over https.
    secure: bool,
    board: Arc<dyn Board>,
}

/// Auth does not answer, or not well.
struct AuthAway;

/// Why a request with a cookie goes on as nobody's, or does not go on.
enum Unknown {
    AuthAway,
    Refused(Box<Problem>),
}

fn digest(token: &str) -> Digest {
    Sha256::digest(token.as_bytes()).into()
}

impl Sessions {
    pub(crate) fn new(
        network: Arc<dyn Network>,
        effects: Effects,
        verifier: Arc<JwtVerifier>,
        board: Arc<dyn Board>,
        secure: bool,
    ) -> Self {
        // `__Host-` demands Secure, which a browser only sends back over HTTPS; plain HTTP is for loopback alone.
        let cookie = if secure { "__Host-hanse_session" } else { "hanse_session" };
        Self(Arc::new(Inner { network, effects, verifier, cookie, secure, board }))
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        cookie(headers, self.0.cookie)
    }

    /// Whose token this is: nobody's, or it cannot be told because auth does not answer.
    async fn holder(&self, token: &str) -> Result<Option<Known>, AuthAway> {
        let inner = &self.0;
        let digest = digest(token);
        match inner.board.look(&digest).await {
            Seen::Known(holder) => return Ok(Some(holder)),
            Seen::Ended => return Ok(None),
            Seen::Nothing => {}
        }
        let ctx = Ctx::background("gateway", inner.effects.ids.uuid());
        let ask = match token.starts_with(KEY) {
            true => ExchangeRequest { api_key: token.to_string(), ..Default::default() },
            false => ExchangeRequest { session_token: token.to_string(), ..Default::default() },
        };
        let request = hanse_rpc::request(&ctx, &*inner.effects.clock, ask);
        let reply = AccountsClient::new(inner.network.link("auth")).exchange(request).await;
        let away = |status: tonic::Status| {
            tracing::debug!(error = %status, "auth does not tell whose session it is");
            AuthAway
        };
        let reply = reply.map_err(away)?.into_inner();
        let claims = match inner.verifier.verify(&reply.access_token).await {
            Ok(claims) => claims,
            Err(AuthError::Invalid(_)) => return Ok(None),
            Err(AuthError::Unavailable(_)) => return Err(AuthAway),
        };
        let Some(holder) = claims.known() else { return Ok(None) };
        let exchanged = Exchanged { holder, session: claims.sid, access_token: reply.access_token };
        inner.board.note(&digest, &exchanged).await;
        Ok(Some(exchanged.holder))
    }

    /// As the request goes on with.
    fn authenticated(&self, known: Known) -> Authenticated {
        let proof = known.shown.proof(self.0.effects.now());
        Authenticated(known.actor, proof)
    }

    /// From now on this session is nobody's, whatever is still under way.
    async fn end(&self, token: &str) {
        self.0.board.end(&digest(token)).await;
    }
}

/// As a layer: turns a session cookie into an actor. A cookie goes along with requests that other sites cause, so
/// wherever it authenticates a change, a script of this origin must have sent the request.
impl<S> Layer<S> for Sessions {
    type Service = WithSession<S>;
    fn layer(&self, inner: S) -> WithSession<S> {
        WithSession { inner, sessions: self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct WithSession<S> {
    inner: S,
    sessions: Sessions,
}

impl<S> Service<Request> for WithSession<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let logs_out = request.uri().path() == LOGOUT;
        let steps_up = !is_safe(&request)
            && (request.uri().path() == STEP_UP || request.uri().path().starts_with(FACTORS));
        let by_token = request.headers().contains_key(header::AUTHORIZATION);
        if let Some(key) = api_key(request.headers()).map(str::to_string) {
            let (sessions, inner) = (self.sessions.clone(), self.inner.clone());
            return Either::Right(Box::pin(async move {
                if let Some(problem) = sessions.known_by_key(&key, &mut request).await {
                    return Ok(problem.into_response());
                }
                inner.oneshot(request).await
            }));
        }
        // A logout ends the cookie's session too, whatever else proves who asks.
        if by_token && !logs_out {
            return Either::Left(self.inner.call(request));
        }
        let Some(token) = self.sessions.token(request.headers()).map(str::to_string) else {
            return Either::Left(self.inner.call(request));
        };
        let (sessions, inner) = (self.sessions.clone(), self.inner.clone());
        Either::Right(Box::pin(async move {
            let (mut away, mut counted) = (false, true);
            if !by_token {
                match sessions.known_by(&token, &mut request).await {
                    Ok(as_theirs) => counted = as_theirs,
                    Err(Unknown::AuthAway) => away = true,
                    Err(Unknown::Refused(problem)) => return Ok(problem.into_response()),
                }
            }
            let response = inner.oneshot(request).await?;
            if away && response.status() == StatusCode::UNAUTHORIZED {
                // They may well be logged in: told that they are not, a browser would forget what is theirs.
                return Ok(Problem::unavailable("the login").into_response());
            }
            if !counted && response.status() == StatusCode::UNAUTHORIZED {
                return Ok(cross_site().into_response());
            }
            if logs_out && response.status().is_success() {
                sessions.end(&token).await;
            }
            if steps_up && response.status().is_success() {
                sessions.0.board.forget(&digest(&token)).await;
            }
            Ok(response)
        }))
    }
}

impl Sessions {
    /// Puts the key's owner, with what the key may do, into the request; the problem when it is no key or not for this.
    async fn known_by_key(&self, key: &str, request: &mut Request) -> Option<Problem> {
        if request.uri().path().starts_with(FOR_PEOPLE) {
            return Some(
                Problem::key_not_allowed().detail("log in: accounts, passwords and sessions are for people"),
            );
        }
        let known = match self.holder(key).await {
            Ok(Some(known)) => known,
            Ok(None) => return Some(Problem::invalid_token()),
            Err(AuthAway) => return Some(Problem::unavailable("the login")),
        };
        request.headers_mut().remove(header::AUTHORIZATION);
        // For the audit log: the owner has not done it with their own hands.
        let whence = request.extensions_mut().get_or_insert_default::<Whence>();
        whence.api_key = key.get(..KEY_SHOWN).map(Into::into);
        request.extensions_mut().insert(self.authenticated(known));
        None
    }

    /// Puts the cookie's actor, if it is anybody's, into the request. False: it goes on as nobody's, because a form sent it.
    async fn known_by(&self, token: &str, request: &mut Request) -> Result<bool, Unknown> {
        if !is_safe(request) {
            match who_asks(request.headers(), request.uri(), self.0.secure) {
                Asks::Script => {}
                Asks::Form => return Ok(false),
                Asks::Foreign => return Err(Unknown::Refused(Box::new(cross_site()))),
            }
        }
        if let Some(known) = self.holder(token).await.map_err(|AuthAway| Unknown::AuthAway)? {
            request.extensions_mut().insert(self.authenticated(known));
        }
        Ok(true)
    }
}

/// The token of a session in the first cookie of this name.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let token = pairs.find(|(found, _)| *found == name).map(|(_, value)| value)?;
    (token.len() <= LONGEST && token.starts_with(SESSION)).then_some(token)
}

fn api_key(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_key = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(KEY) && token.len() <= LONGEST;
    is_key.then_some(token)
}

fn is_safe(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
}

/// By whose doing a change comes along with a cookie.
#[derive(Debug, PartialEq, Eq)]
enum Asks {
    /// A script of the shop's own pages: no form and no link can send the header, and another site's script may not.
    Script,
    /// A form of the shop's own pages: what is open to everybody.
    Form,
    /// Another site, or it cannot be told.
    Foreign,
}

fn who_asks(headers: &HeaderMap, uri: &Uri, secure: bool) -> Asks {
    match (same_origin(headers, uri, secure), headers.contains_key("x-requested-with")) {
        // No browser tells nothing of a change: a program that has the header means it.
        (Some(true) | None, true) => Asks::Script,
        (Some(true), false) => Asks::Form,
        (None, false) | (Some(false), _) => Asks::Foreign,
    }
}

fn cross_site() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "cross_site", "The request comes from another site").detail(
        "send it from the shop's own pages, with X-Requested-With; or with an access token and without the cookie",
    )
}

/// None: nothing is told of where it comes from.
fn same_origin(headers: &HeaderMap, uri: &Uri, secure: bool) -> Option<bool> {
    let text = |name| headers.get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return Some(site == "same-origin" || site == "none");
    }
    let origin = headers.get("origin")?.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = text("host").or_else(|| uri.authority().map(|a| a.as_str()));
    // Whoever can answer for the shop over http is not the shop that speaks https.
    Some(origin.is_some_and(|(scheme, rest)| Some(rest) == host && (scheme == "https" || !secure)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(&'static str, &'static str)], secure: bool) -> Asks {
        let headers =
            pairs.iter().map(|(n, v)| ((*n).parse().expect("name"), v.parse().expect("value"))).collect();
        who_asks(&headers, &Uri::from_static("/api/auth/logout"), secure)
    }

    #[test]
    fn a_change_by_cookie_must_come_from_a_script_of_this_origin() {
        const HOST: (&str, &str) = ("host", "shop.example");
        let own = [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "https://shop.example"),
        ];
        let foreign = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "http://shop.example"),
            ("origin", "null"),
        ];
        let script = ("x-requested-with", "hanse");
        for from in own {
            assert_eq!(judged(&[HOST, from], true), Asks::Form, "{from:?}");
            assert_eq!(judged(&[HOST, from, script], true), Asks::Script, "{from:?}");
        }
        for from in foreign {
            assert_eq!(judged(&[HOST, from], true), Asks::Foreign, "{from:?}");
            assert_eq!(judged(&[HOST, from, script], true), Asks::Foreign, "{from:?}");
        }
        assert_eq!(judged(&[HOST], true), Asks::Foreign);
        assert_eq!(judged(&[HOST, script], true), Asks::Script);
        // Plain http is for this machine alone.
        assert_eq!(judged(&[HOST, ("origin", "http://shop.example"), script], false), Asks::Script);
    }

    /// Sessions of a gateway whose auth has not been plugged in.
    fn without_auth() -> Sessions {
        let effects = hanse_testkit::effects();
        let network = hanse_rpc::Switchboard::new(effects.clone()).network_of("gateway");
        let keys = AuthKeys::new(network.clone(), effects.clone());
        let verifier = Arc::new(verifier(&crate::GatewayConfig::default(), keys, &effects));
        Sessions::new(network, effects, verifier, Arc::new(OwnBoard::new(Default::default())), false)
    }

    async fn asked(name: header::HeaderName, value: &'static str, answer: StatusCode) -> u16 {
        let inner = tower::service_fn(move |_: Request| async move {
            Ok::<_, std::convert::Infallible>(answer.into_response())
        });
        let request = Request::builder().header(name, value).body(axum::body::Body::empty());
        let response = without_auth().layer(inner).oneshot(request.expect("a request")).await;
        response.expect("an answer").status().as_u16()
    }

    #[tokio::test]
    async fn whoever_may_be_logged_in_is_not_told_that_they_are_not() {
        let cookie = "hanse_session=hst_1";
        assert_eq!(asked(header::COOKIE, cookie, StatusCode::UNAUTHORIZED).await, 503);
        assert_eq!(
            asked(header::COOKIE, cookie, StatusCode::OK).await,
            200,
            "what everybody may see goes on"
        );
        assert_eq!(asked(header::COOKIE, "other=1", StatusCode::UNAUTHORIZED).await, 401);
        // What is no session's is not even asked about.
        for other in ["hanse_session=hak_1", "hanse_session=hrt_1", "hanse_session=1"] {
            assert_eq!(asked(header::COOKIE, other, StatusCode::UNAUTHORIZED).await, 401, "{other}");
        }
        assert_eq!(asked(header::AUTHORIZATION, "Bearer hak_1", StatusCode::OK).await, 503);
        assert_eq!(
            asked(header::AUTHORIZATION, "Bearer ey.x.y", StatusCode::OK).await,
            200,
            "judged elsewhere"
        );
    }
}
