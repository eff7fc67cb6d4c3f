//! What all services are, whoever runs them: their routes and documents, whom they answer, which messages they take. It is
//! drawn from the services themselves, made over stores that are nowhere, so it cannot differ from them.

use super::berth::Berth;
use super::info::flows;
use super::services;
use super::stores::Place;
use crate::config::Config;
use crate::secrets::Secrets;
use anyhow::Result;
use hanse_http::BuiltRoutes;
use hanse_kernel::Effects;
use hanse_messaging::rabbit::Flow;
use hanse_rpc::{Allow, Switchboard};

pub struct Chart {
    pub name: &'static str,
    pub routes: BuiltRoutes,
    pub allow: Allow,
    pub flows: Vec<Flow>,
    /// The types that it sends.
    pub sends: Vec<&'static str>,
}

pub struct Atlas(pub Vec<Chart>);

impl Atlas {
    pub async fn draw(config: &Config, effects: &Effects) -> Result<Self> {
        let board = Switchboard::new(effects.clone());
        let ways = |service| board.network_of(service);
        let berth = Berth::new(Place::Nowhere, effects, &ways);
        let means = services::Means { config, secrets: &Secrets::none(), redis: None };
        let mut charts = vec![];
        for name in super::NAMES.iter().copied() {
            let module = services::module(name, &berth, &means).await?;
            let (flows, sends) = (flows(&module), module.host.outbox.sends().to_vec());
            charts.push(Chart { name, routes: module.routes, allow: module.allow, flows, sends });
        }
        Ok(Self(charts))
    }

    pub fn flows(&self) -> Vec<Flow> {
        self.0.iter().flat_map(|chart| chart.flows.clone()).collect()
    }
}
