//! Somebody who knocks at the services' own doors with a certificate, whoever it is of.

use crate::layout::Layout;
use crate::league::League;
use anyhow::Result;
use hanse_kernel::Effects;
use hanse_kernel::system::{SystemClock, effects};
use hanse_rpc::{Authority, Identity, Methods, Network, Remote};
use hanse_runtime::{Tasks, TokioTimers};
use std::path::Path;
use std::sync::Arc;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::http::{self, StatusCode};
use tonic::{Code, Request};
use tonic_prost::ProstCodec;
use tower::ServiceExt;

pub struct Stranger {
    remote: Remote,
}

impl Stranger {
    /// With a certificate in this name, of the authority in the folder, which is made where there is none.
    pub fn with_papers_of(folder: &Path, name: &'static str, league: &League) -> Result<Self> {
        let effects: Effects = effects(Arc::new(TokioTimers), Tasks::new());
        let papers = Authority::open(folder, &SystemClock)?.issue(name, 1)?;
        let identity = Identity::load(&papers, name, effects.clone())?;
        let of = |service: &'static str| {
            let berth = league.layout.berths.iter().find(|berth| berth.service == service);
            (service, berth.map(|berth| format!("127.0.0.1:{}", berth.rpc)).into_iter().collect())
        };
        let peers = Layout::services().map(of).collect();
        Ok(Self { remote: Remote::new(identity, peers, Methods::default(), effects) })
    }

    /// What an empty question is answered.
    pub async fn asks(&self, service: &'static str, method: &str) -> Result<Code> {
        let path: PathAndQuery = method.parse()?;
        let mut client = Grpc::new(self.remote.link(service));
        client.ready().await?;
        let answer = client.unary::<(), (), _>(Request::new(()), path, ProstCodec::default()).await;
        Ok(answer.map_or_else(|status| status.code(), |_| Code::Ok))
    }

    /// What a visit of a route is answered, past the gateway.
    pub async fn visits(&self, service: &'static str, method: &str, route: &str) -> Result<StatusCode> {
        let request = http::Request::builder().method(method).uri(route.replace(['{', '}'], "x"));
        let visit = self.remote.requests(service).oneshot(request.body(Body::empty())?).await;
        Ok(visit?.status())
    }
}
