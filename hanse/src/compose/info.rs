//! A service as `hanse services` lists it.

use super::atlas::Chart;
use super::services::uses_redis;
use super::stores::Place;
use crate::config::Rpc;
use hanse_http::BuiltRoutes;
use hanse_messaging::rabbit::Flow;
use hanse_rpc::Allow;
use hanse_runtime::Module;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct ServiceInfo {
    pub name: &'static str,
    /// Where it answers the others when it is a process of its own.
    pub port: Option<u16>,
    pub store: String,
    /// Whether it shares something with its like through Redis, where there is one.
    pub redis: bool,
    pub routes: usize,
    /// Messages in.
    pub takes: Vec<Taken>,
    /// Messages out: their types.
    pub sends: Vec<&'static str>,
    /// What other services may ask it over gRPC.
    pub answers: Vec<Answered>,
}

/// A question and the services that may ask it; nobody else is answered.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    pub method: &'static str,
    pub callers: Vec<&'static str>,
}

/// A type of messages and the consumer that takes it.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub consumer: &'static str,
}

impl ServiceInfo {
    pub fn new(place: &Place, rpc: &Rpc, module: &Module) -> Self {
        let name = module.host.service;
        let at = (place, rpc.port(name));
        Self::of(name, at, &module.routes, &flows(module), module.host.outbox.sends(), &module.allow)
    }

    pub fn charted(chart: &Chart, place: &Place, rpc: &Rpc) -> Self {
        let at = (place, rpc.port(chart.name));
        Self::of(chart.name, at, &chart.routes, &chart.flows, &chart.sends, &chart.allow)
    }

    fn of(
        name: &'static str,
        (place, port): (&Place, Option<u16>),
        routes: &BuiltRoutes,
        flows: &[Flow],
        sends: &[&'static str],
        allow: &Allow,
    ) -> Self {
        let answered = |(method, callers): (_, &[_])| Answered { method, callers: callers.to_vec() };
        Self {
            name,
            port,
            store: place.shown(name),
            redis: uses_redis(name),
            routes: routes.table.len(),
            takes: flows.iter().map(|f| Taken { kind: f.kind, consumer: f.consumer }).collect(),
            sends: sends.to_vec(),
            answers: allow.list().map(answered).collect(),
        }
    }
}

/// What a module takes.
pub fn flows(module: &Module) -> Vec<Flow> {
    module.consumers.iter().map(|c| Flow::new(module.host.service, c.name, c.kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Atlas;
    use crate::config::Config;
    use hanse_runtime::{Tasks, TokioTimers};
    use std::sync::Arc;

    /// The one source that deploy files are tested against: who changes it changes them.
    #[tokio::test]
    async fn the_services_their_ports_stores_and_messages_are_those_that_were_released() {
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        let atlas = Atlas::draw(&Config::default(), &effects).await.unwrap();
        let place = Place::Folder("data".into());
        let services: Vec<ServiceInfo> =
            atlas.0.iter().map(|chart| ServiceInfo::charted(chart, &place, &Rpc::default())).collect();
        insta::assert_json_snapshot!("services", services, { "[].routes" => "as many as there are" });
    }

    #[tokio::test]
    async fn a_port_of_ones_own_choice_is_listed() {
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        let rpc = Rpc { ports: [("order".to_string(), 9407)].into(), ..Rpc::default() };
        let atlas = Atlas::draw(&Config::default(), &effects).await.unwrap();
        let of = |name: &str| {
            let chart = atlas.0.iter().find(|chart| chart.name == name).unwrap();
            ServiceInfo::charted(chart, &Place::Nowhere, &rpc).port
        };
        assert_eq!((of("order"), of("cart")), (Some(9407), Rpc::default().port("cart")));
    }
}
