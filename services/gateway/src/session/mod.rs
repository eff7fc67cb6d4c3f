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
const STEPS_UP: [&str; 2] = ["/api/auth/step-up", "/api/auth/factors/totp/confirm"];
/// No token is longer.
const LONGEST: usize = 256;
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
        Self(Arc::new(Inner { network, effects, verifier, cookie, board }))
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
        let ask = ExchangeRequest { session_token: token.to_string() };
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
/// wherever it authenticates a change, the request must come from this origin.
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
        let steps_up = STEPS_UP.contains(&request.uri().path());
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
            let mut away = false;
            if !by_token {
                match sessions.known_by(&token, &mut request).await {
                    Ok(()) => {}
                    Err(Unknown::AuthAway) => away = true,
                    Err(Unknown::Refused(problem)) => return Ok(problem.into_response()),
                }
            }
            let response = inner.oneshot(request).await?;
            if away && response.status() == StatusCode::UNAUTHORIZED {
                // They may well be logged in: told that they are not, a browser would forget what is theirs.
                return Ok(Problem::unavailable("the login").into_response());
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

    /// Puts the cookie's actor, if it is anybody's, into the request.
    async fn known_by(&self, token: &str, request: &mut Request) -> Result<(), Unknown> {
        let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if !safe && !same_origin(request.headers(), request.uri()) {
            let problem =
                Problem::new(StatusCode::FORBIDDEN, "cross_site", "The request comes from another site");
            let problem = problem.detail("send it from the shop's own pages, or with an access token");
            return Err(Unknown::Refused(Box::new(problem)));
        }
        if let Some(known) = self.holder(token).await.map_err(|AuthAway| Unknown::AuthAway)? {
            request.extensions_mut().insert(self.authenticated(known));
        }
        Ok(())
    }
}

/// The first cookie of this name.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value).filter(|v| v.len() <= LONGEST)
}

fn api_key(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_key = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(KEY) && token.len() <= LONGEST;
    is_key.then_some(token)
}

fn same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let host = text("host").or_else(|| uri.authority().map(|a| a.as_str()));
    match (text("origin"), host) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        // No browser leaves both out of a change.
        (None, _) => headers.contains_key("x-requested-with"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers =
            pairs.iter().map(|(n, v)| ((*n).parse().expect("name"), v.parse().expect("value"))).collect();
        same_origin(&headers, &Uri::from_static("/api/auth/logout"))
    }

    #[test]
    fn a_change_by_cookie_must_come_from_this_origin() {
        assert!(judged(&[("sec-fetch-site", "same-origin")]));
        assert!(judged(&[("origin", "http://shop.example"), ("host", "shop.example")]));
        assert!(!judged(&[("sec-fetch-site", "cross-site")]));
        assert!(!judged(&[("sec-fetch-site", "same-site")]));
        assert!(!judged(&[("origin", "http://evil.example"), ("host", "shop.example")]));
        assert!(!judged(&[("host", "shop.example")]));
    }

    /// Sessions of a gateway whose auth has not been plugged in.
    fn without_auth() -> Sessions {
        let effects = hanse_testkit::effects();
        let network = hanse_rpc::Switchboard::new(effects.clone()).network_of("gateway");
        let keys = AuthKeys::new(network.clone(), effects.clone());
        let verifier = Arc::new(verifier(&crate::GatewayConfig::default(), keys, &effects));
        Sessions::new(network, effects, verifier, Arc::new(OwnBoard::new()), false)
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
        assert_eq!(asked(header::AUTHORIZATION, "Bearer hak_1", StatusCode::OK).await, 503);
        assert_eq!(
            asked(header::AUTHORIZATION, "Bearer ey.x.y", StatusCode::OK).await,
            200,
            "judged elsewhere"
        );
    }
}
