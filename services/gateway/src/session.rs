//! Who asks: access tokens verified with auth's public keys, and session cookies exchanged for one at auth.

use crate::config::GatewayConfig;
use async_trait::async_trait;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, Either};
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_auth_contract::rpc::{ExchangeRequest, GetKeysRequest};
use hanse_http::{Authenticated, Authenticator, JwtVerifier, KeySource, Problem};
use hanse_kernel::{Actor, Ctx, Effects, Timestamp};
use hanse_rpc::Network;
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};

/// Keys are asked for again when an unknown one turns up, but not more often than this.
const REFRESH: Duration = Duration::from_secs(1);
/// A session that ended elsewhere (another gateway, a reused refresh token) ends here at the latest after so long.
const SESSION_CACHE: Duration = Duration::from_secs(20);
/// How long a logout is remembered: longer than an exchange that was under way when it came can take, and than what
/// such a one put into the cache stays there.
const ENDED: Duration = Duration::from_secs(120);

const LOGOUT: &str = "/api/auth/logout";

/// The public keys of auth, remembered.
pub(crate) struct AuthKeys {
    network: Arc<dyn Network>,
    effects: Effects,
    known: RwLock<(Timestamp, BTreeMap<String, [u8; 32]>)>,
}

impl AuthKeys {
    pub(crate) fn new(network: Arc<dyn Network>, effects: Effects) -> Arc<Self> {
        Arc::new(Self { network, effects, known: RwLock::default() })
    }

    fn known(&self, kid: &str) -> (Timestamp, Option<[u8; 32]>) {
        let known = self.known.read().unwrap_or_else(|e| e.into_inner());
        (known.0, known.1.get(kid).copied())
    }
}

#[async_trait]
impl KeySource for AuthKeys {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]> {
        let (asked_at, key) = self.known(kid);
        let now = self.effects.now();
        if key.is_some() || now.since(asked_at) < REFRESH {
            return key;
        }
        let ctx = Ctx::background("gateway", self.effects.ids.uuid());
        let request = hanse_rpc::request(&ctx, &*self.effects.clock, GetKeysRequest {});
        match AccountsClient::new(self.network.link("auth")).get_keys(request).await {
            Ok(reply) => {
                let keys = reply.into_inner().keys.into_iter();
                let keys =
                    keys.filter_map(|k| Some((k.kid, <[u8; 32]>::try_from(k.public_key).ok()?))).collect();
                *self.known.write().unwrap_or_else(|e| e.into_inner()) = (now, keys);
            }
            Err(status) => tracing::warn!(error = %status, "auth's keys cannot be asked for"),
        }
        self.known(kid).1
    }
}

pub(crate) fn verifier(config: &GatewayConfig, keys: Arc<AuthKeys>, effects: &Effects) -> JwtVerifier {
    JwtVerifier::new(&config.token_issuer, &config.token_audience, keys, effects.clock.clone())
}

/// Session cookies, exchanged for actors.
#[derive(Clone)]
pub(crate) struct Sessions(Arc<Inner>);

struct Inner {
    network: Arc<dyn Network>,
    effects: Effects,
    verifier: Arc<JwtVerifier>,
    cookie: &'static str,
    known: Cache<[u8; 32], Actor>,
    /// Sessions that ended here. It is asked before `known`, so that an exchange which was answered before the logout
    /// and is noted after it gives nobody in.
    ended: Cache<[u8; 32], ()>,
}

impl Sessions {
    pub(crate) fn new(
        network: Arc<dyn Network>,
        effects: Effects,
        verifier: Arc<JwtVerifier>,
        secure: bool,
    ) -> Self {
        // `__Host-` demands Secure, which a browser only sends back over HTTPS; plain HTTP is for loopback alone.
        let cookie = if secure { "__Host-hanse_session" } else { "hanse_session" };
        let known = Cache::builder().max_capacity(10_000).time_to_live(SESSION_CACHE).build();
        // The newest always stay: an end must not give way to sessions that are asked for more often.
        let newest = EvictionPolicy::lru();
        let ended =
            Cache::builder().max_capacity(100_000).eviction_policy(newest).time_to_live(ENDED).build();
        Self(Arc::new(Inner { network, effects, verifier, cookie, known, ended }))
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
        let mut pairs =
            cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.0.cookie).map(|(_, value)| value).filter(|v| v.len() <= 256)
    }

    async fn actor(&self, token: &str) -> Option<Actor> {
        let inner = &self.0;
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if inner.ended.contains_key(&digest) {
            return None;
        }
        if let Some(actor) = inner.known.get(&digest).await {
            return Some(actor);
        }
        let ctx = Ctx::background("gateway", inner.effects.ids.uuid());
        let ask = ExchangeRequest { session_token: token.to_string() };
        let request = hanse_rpc::request(&ctx, &*inner.effects.clock, ask);
        let reply =
            AccountsClient::new(inner.network.link("auth")).exchange(request).await.ok()?.into_inner();
        let actor = inner.verifier.authenticate(&reply.access_token).await.ok()?;
        inner.known.insert(digest, actor.clone()).await;
        Some(actor)
    }

    /// From now on this session is nobody's, whatever is still under way.
    async fn end(&self, token: &str) {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.0.ended.insert(digest, ()).await;
        self.0.known.invalidate(&digest).await;
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
        let by_token = request.headers().contains_key(header::AUTHORIZATION);
        // A logout ends the cookie's session too, whatever else proves who asks.
        if by_token && !logs_out {
            return Either::Left(self.inner.call(request));
        }
        let Some(token) = self.sessions.token(request.headers()).map(str::to_string) else {
            return Either::Left(self.inner.call(request));
        };
        let (sessions, inner) = (self.sessions.clone(), self.inner.clone());
        Either::Right(Box::pin(async move {
            if !by_token && let Some(problem) = sessions.known_by(&token, &mut request).await {
                return Ok(problem.into_response());
            }
            let response = inner.oneshot(request).await?;
            if logs_out && response.status().is_success() {
                sessions.end(&token).await;
            }
            Ok(response)
        }))
    }
}

impl Sessions {
    /// Puts the cookie's actor into the request; the problem when it may not be used for it.
    async fn known_by(&self, token: &str, request: &mut Request) -> Option<Problem> {
        let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if !safe && !same_origin(request.headers(), request.uri()) {
            let problem =
                Problem::new(StatusCode::FORBIDDEN, "cross_site", "The request comes from another site");
            return Some(problem.detail("send it from the shop's own pages, or with an access token"));
        }
        if let Some(actor) = self.actor(token).await {
            request.extensions_mut().insert(Authenticated(actor));
        }
        None
    }
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
}
