//! The network between processes: gRPC and plain HTTP/2 over mTLS to the replicas of each service.

mod connect;
mod pool;
mod replica;

use crate::body::{self, Read};
use crate::call::Answered;
use crate::identity::{Identity, dns_name};
use crate::link::{Link, Network};
use crate::methods::Methods;
use crate::policy::{Dependency, Unanswered};
use hanse_kernel::Effects;
use http::header::CONTENT_LENGTH;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use pool::Pool;
use replica::Failed;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::util::BoxCloneSyncService;

/// How many replicas are tried with a call that none of them has touched.
const REPLICAS: usize = 4;

/// A plain request of that many bytes is kept until it was answered, so that it can be sent to another replica.
const SHORT: usize = 64 * 1024;

/// Where each service is: `host:port`, several of them, and each host with as many addresses as its name has.
pub type Peers = BTreeMap<&'static str, Vec<String>>;

/// A plain HTTP/2 request to a service, over the same connections: how the gateway reaches REST.
pub type Requests = BoxCloneSyncService<Request<Body>, Response<Body>, Unreachable>;

/// No replica answered.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{service} cannot be reached: {why}")]
pub struct Unreachable {
    pub service: &'static str,
    pub why: String,
    /// No replica has done anything about it: it is safe to ask again.
    pub untouched: bool,
    /// The service has nothing to do with that: the body of the request broke off.
    pub by_asker: bool,
}

/// The network as the identity's service sees it. Connections are made when a service is first linked to, and kept.
#[derive(Clone)]
pub struct Remote(Arc<Inner>);

struct Inner {
    identity: Identity,
    peers: Peers,
    methods: Methods,
    effects: Effects,
    ways: Mutex<BTreeMap<&'static str, Arc<Way>>>,
}

/// One service as this one reaches it.
struct Way {
    pool: Arc<Pool>,
    authority: Option<Authority>,
    dependency: Dependency,
}

impl Remote {
    /// `methods`: of the contracts of all that may be asked.
    pub fn new(identity: Identity, peers: Peers, methods: Methods, effects: Effects) -> Self {
        Self(Arc::new(Inner { identity, peers, methods, effects, ways: Mutex::default() }))
    }

    pub fn requests(&self, to: &'static str) -> Requests {
        let way = self.way(to);
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let way = way.clone();
            async move {
                let passed = way.dependency.pass_on(request, |request| way.pass_on(request)).await;
                let response = passed.map_err(|Unanswered { why, untouched, by_asker }| Unreachable {
                    service: to,
                    why,
                    untouched,
                    by_asker,
                })?;
                Ok(response.map(Body::new))
            }
        }))
    }

    fn way(&self, to: &'static str) -> Arc<Way> {
        let inner = &self.0;
        let mut ways = inner.ways.lock().unwrap_or_else(|e| e.into_inner());
        let new = || {
            let names = inner.peers.get(to).cloned().unwrap_or_default();
            Arc::new(Way {
                pool: Pool::open(to, names, inner.identity.clone(), inner.effects.clone()),
                authority: dns_name(to).parse().ok(),
                dependency: Dependency::new(inner.identity.service(), to, inner.effects.clone()),
            })
        };
        ways.entry(to).or_insert_with(new).clone()
    }
}

impl Network for Remote {
    fn link(&self, to: &'static str) -> Link {
        let (way, remote) = (self.way(to), self.clone());
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let (way, remote) = (way.clone(), remote.clone());
            async move {
                let path = request.uri().path();
                let methods = &remote.0.methods;
                let (repeatable, single) = (methods.may_be_repeated(path), methods.single(path));
                let ask = |request| way.ask(request, single);
                Ok::<_, Infallible>(way.dependency.ask(request, repeatable, ask).await)
            }
        }))
    }
}

impl Way {
    /// One gRPC call. `single`: one message there, one back, so that both are kept whole: an untouched question goes to
    /// another replica, and an answer that breaks off is no answer.
    async fn ask(&self, request: Request<Body>, single: bool) -> Response<Body> {
        let service = self.pool.service;
        let away =
            |why: String| Status::unavailable(format!("{service} cannot be reached: {why}")).into_http();
        let sent = if single { self.send_kept(request).await } else { self.send(request).await };
        let response = match sent {
            Ok(response) => response,
            Err(failed) => return away(failed.why),
        };
        if response.status() != StatusCode::OK {
            return away(format!("it answered {}", response.status()));
        }
        let response = response.map(Body::new);
        if !single || response.headers().contains_key(Status::GRPC_STATUS) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        match body::read(body).await {
            Ok(Read::Whole { data, trailers }) => {
                let code = trailers.as_ref().and_then(|t| t.get(Status::GRPC_STATUS));
                let Some(code) = code.map(|code| Code::from_bytes(code.as_bytes())) else {
                    return away("its answer broke off".into());
                };
                parts.extensions.insert(Answered(code));
                Response::from_parts(parts, body::replay(data, trailers))
            }
            Ok(Read::Long(body)) => Response::from_parts(parts, body),
            Err(status) => away(format!("its answer broke off: {}", status.message())),
        }
    }

    /// One plain request.
    async fn pass_on(&self, request: Request<Body>) -> Result<Response<Incoming>, Unanswered> {
        let sent = if is_short(&request) { self.send_kept(request).await } else { self.send(request).await };
        sent.map_err(|Failed { why, untouched, by_asker, .. }| Unanswered { why, untouched, by_asker })
    }

    /// As [`Way::send`], for a body that may be kept: what a replica took and then did not touch is sent again, too.
    async fn send_kept(&self, request: Request<Body>) -> Result<Response<Incoming>, Failed> {
        let (parts, body) = request.into_parts();
        let data = match body::read(body).await {
            Ok(Read::Whole { data, .. }) => data,
            Ok(Read::Long(body)) => return self.send(Request::from_parts(parts, body)).await,
            Err(status) => {
                let why = format!("the request broke off: {}", status.message());
                return Err(Failed { why, untouched: true, by_asker: true, request: None });
            }
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let request = Request::from_parts(parts.clone(), body::replay(data.clone(), None));
            match self.send(request).await {
                Err(failed) if failed.untouched && failed.request.is_none() && tries < REPLICAS => {}
                done => return done,
            }
        }
    }

    /// Sends to one replica after the other until one has taken the request.
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Incoming>, Failed> {
        self.address(&mut request);
        let mut why = String::new();
        for _ in 0..REPLICAS {
            let picked = match self.pool.pick().await {
                Ok(picked) => picked,
                Err(why) => return Err(Failed::before(why, request)),
            };
            let under_way = picked.under_way;
            match picked.replica.send(picked.line, request).await {
                Ok(response) => {
                    drop(under_way);
                    return Ok(response);
                }
                Err(Failed { request: Some(back), why: reason, .. }) => (request, why) = (back, reason),
                Err(failed) => return Err(failed),
            }
        }
        Err(Failed::before(why, request))
    }

    /// HTTP/2 wants to know whom it speaks to.
    fn address(&self, request: &mut Request<Body>) {
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(Scheme::HTTPS);
        uri.authority.clone_from(&self.authority);
        uri.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(uri) {
            *request.uri_mut() = uri;
        }
    }
}

/// Nothing is lost by waiting for its body.
fn is_short(request: &Request<Body>) -> bool {
    let length =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    request.body().is_end_stream() || length.is_some_and(|length| length <= SHORT)
}
