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
        let secrets = Secrets::none();
        let berth = Berth::new(Place::Nowhere, effects, &ways, secrets.keyring());
        let means = services::Means { config, secrets: &secrets, redis: None };
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

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_http::{Access, Class, Routes, routes};
    use hanse_runtime::{Tasks, TokioTimers};
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    #[utoipa::path(get, path = "/api/forgotten", responses((status = 200)))]
    async fn forgotten() {}

    /// What may wait longest before it is refused: whoever adds to it takes the place of those who pay.
    const OF_CHECKOUT: [&str; 14] = [
        "GET /api/admin/payments",
        "GET /api/store/orders",
        "GET /api/store/orders/{id}",
        "GET /api/store/orders/{id}/events",
        "GET /api/store/payments/{id}/test-action",
        "POST /api/admin/inventory/adjustments",
        "POST /api/admin/orders/{id}/cancel",
        "POST /api/admin/orders/{id}/fulfil",
        "POST /api/admin/orders/{id}/refund",
        "POST /api/store/checkout",
        "POST /api/store/orders/{id}/cancel",
        "POST /api/store/orders/{id}/payments",
        "POST /api/store/payments/webhooks/{provider}",
        "POST /api/store/payments/{id}/test-action",
    ];
    /// What is refused before that of anybody who is in the middle of something.
    const LOOKED_AT: [&str; 4] = [
        "GET /api/store/categories",
        "GET /api/store/products",
        "GET /api/store/products/{slug}",
        "GET /media/{file}",
    ];

    #[tokio::test]
    async fn every_route_says_what_it_counts_as_when_too_much_is_asked() {
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        let atlas = Atlas::draw(&Config::default(), &effects).await.unwrap();
        let unclassed: Vec<String> = atlas.0.iter().flat_map(|chart| chart.routes.unclassed()).collect();
        assert_eq!(unclassed, [""; 0]);
        let mut by_class: BTreeMap<Option<Class>, BTreeSet<String>> = BTreeMap::new();
        for rule in atlas.0.iter().flat_map(|chart| &chart.routes.table) {
            by_class.entry(rule.class).or_default().insert(format!("{} {}", rule.method, rule.path));
        }
        let of = |routes: &[&str]| routes.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(by_class[&Some(Class::Checkout)], of(&OF_CHECKOUT));
        assert_eq!(by_class[&Some(Class::Browse)], of(&LOOKED_AT));
        assert!(!by_class.contains_key(&Some(Class::Health)), "probes are no service's");
    }

    #[test]
    fn a_route_without_a_class_is_noticed() {
        let planted = Routes::<()>::new("planted").route(Access::Public, routes!(forgotten)).build();
        assert_eq!(planted.unclassed(), ["GET /api/forgotten counts as nothing: say .class(…)"]);
        let table = Routes::<()>::new("planted").class(Class::Browse);
        assert_eq!(table.route(Access::Public, routes!(forgotten)).build().unclassed(), [""; 0]);
    }
}
