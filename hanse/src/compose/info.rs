//! A service as `hanse services` lists it.

use super::names::usual_port;
use super::stores::Place;
use hanse_http::BuiltRoutes;
use hanse_messaging::rabbit::Flow;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct ServiceInfo {
    pub name: &'static str,
    /// Where it answers the others when it is a process of its own.
    pub port: Option<u16>,
    pub store: String,
    pub routes: usize,
    /// Message types it takes, with the consumer's name.
    pub takes: Vec<(String, String)>,
}

impl ServiceInfo {
    pub fn new(name: &'static str, place: &Place, routes: &BuiltRoutes, flows: &[Flow]) -> Self {
        Self {
            name,
            port: usual_port(name),
            store: place.shown(name),
            routes: routes.table.len(),
            takes: flows.iter().map(|f| (f.kind.to_string(), f.consumer.to_string())).collect(),
        }
    }
}
