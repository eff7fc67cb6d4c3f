//! Where a peer's call goes: gRPC to the service's answers, the house's own questions (health, reflection) to theirs,
//! and everything else to REST, which is the gateway's.

use super::ServeError;
use super::connection::Phase;
use super::health;
use crate::allow::{Allow, OPERATOR};
use crate::answering::Answering;
use crate::call;
use hanse_kernel::Effects;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::util::ServiceExt;

/// Whether the service can do its work.
pub type Readiness = watch::Receiver<bool>;

/// Who alone may ask for REST, beside the operator's tools.
const GATEWAY: &str = "gateway";
const HEALTH: &str = "/grpc.health.v1.";
const REFLECTION: &str = "/grpc.reflection.v1.";

pub(super) struct Desk {
    service: &'static str,
    answering: Answering,
    house: Routes,
    rest: Option<axum::Router>,
    effects: Effects,
}

impl Desk {
    pub fn new(
        routes: Routes,
        allow: Allow,
        rest: Option<axum::Router>,
        effects: &Effects,
        (ready, phases): (Readiness, watch::Receiver<Phase>),
    ) -> Result<Self, ServeError> {
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        for contract in allow.contracts() {
            reflection = reflection.register_encoded_file_descriptor_set(contract);
        }
        let house = Routes::new(reflection.build_v1()?);
        let house = house.add_service(health::server(allow.service(), ready, phases, effects)).prepare();
        let service = allow.service();
        Ok(Self { service, answering: Answering::new(routes, allow), house, rest, effects: effects.clone() })
    }

    /// `peer` is whom the certificate names.
    pub async fn answer(&self, peer: &HeaderValue, mut request: Request<Body>) -> Response<Body> {
        // Whatever name came over the wire, this is the one that was proved.
        request.headers_mut().insert(call::CALLER, peer.clone());
        let caller = peer.to_str().unwrap_or("unknown");
        let kind = request.headers().get(CONTENT_TYPE);
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
            self.grpc(caller, request).await
        } else {
            self.rest(caller, request).await
        }
    }

    async fn grpc(&self, caller: &str, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        if path.starts_with(HEALTH) || (path.starts_with(REFLECTION) && caller == OPERATOR) {
            return match self.house.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
        }
        let limit = call::timeout_of(request.headers());
        let answer = self.answering.clone().answer(caller, request, &self.effects);
        // The caller has given up by then, though a broken connection may not have told so.
        let answered = match limit {
            Some(limit) => self.effects.within(limit, answer).await,
            None => Some(answer.await),
        };
        answered.unwrap_or_else(|| Status::deadline_exceeded("the caller's time was over").into_http())
    }

    async fn rest(&self, caller: &str, request: Request<Body>) -> Response<Body> {
        if caller != GATEWAY && caller != OPERATOR {
            let service = self.service;
            tracing::warn!(
                service,
                caller,
                path = request.uri().path(),
                "a caller that may not ask was refused"
            );
            metrics::counter!("rpc_refused_total",
                "service" => service, "caller" => caller.to_string(), "method" => "rest")
            .increment(1);
            return plain(StatusCode::FORBIDDEN);
        }
        let Some(rest) = self.rest.clone() else { return plain(StatusCode::NOT_FOUND) };
        match rest.oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
