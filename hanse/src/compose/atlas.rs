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
use hanse_rpc::{Allow, Methods, Switchboard};

pub struct Chart {
    pub name: &'static str,
    pub routes: BuiltRoutes,
    pub allow: Allow,
    pub flows: Vec<Flow>,
    /// The types that it sends.
    pub sends: Vec<&'static str>,
}

pub struct Atlas(pub Vec<Chart>);

/// What processes that run services have to know of all of them: little, beside what the services themselves are.
pub struct Neighbours {
    pub flows: Vec<Flow>,
    /// Which of their methods may be asked twice.
    pub methods: Methods,
}

impl Atlas {
    pub async fn draw(config: &Config, effects: &Effects) -> Result<Self> {
        let mut charts = vec![];
        each(config, effects, |chart| charts.push(chart)).await?;
        Ok(Self(charts))
    }

    pub fn neighbours(&self) -> Neighbours {
        let flows = self.0.iter().flat_map(|chart| chart.flows.clone()).collect();
        let contracts: Vec<_> = self.0.iter().flat_map(|chart| chart.allow.contracts()).copied().collect();
        Neighbours { flows, methods: Methods::of(&contracts) }
    }
}

impl Neighbours {
    /// As an atlas tells it, without one: each service is made, asked and let go, so that nothing of it stays with who
    /// never runs it.
    pub async fn draw(config: &Config, effects: &Effects) -> Result<Self> {
        let (mut flows, mut contracts) = (vec![], vec![]);
        each(config, effects, |chart| {
            flows.extend(chart.flows);
            contracts.extend_from_slice(chart.allow.contracts());
        })
        .await?;
        Ok(Self { flows, methods: Methods::of(&contracts) })
    }
}

async fn each(config: &Config, effects: &Effects, mut drawn: impl FnMut(Chart)) -> Result<()> {
    let board = Switchboard::new(effects.clone());
    let ways = |service| board.network_of(service);
    let secrets = Secrets::none();
    let berth = Berth::new(Place::Nowhere, effects, &ways, secrets.keyring());
    let means =
        services::Means { config, secrets: &secrets, redis: None, ended_sessions: Default::default() };
    for name in super::NAMES.iter().copied() {
        let module = services::module(name, &berth, &means).await?;
        let (flows, sends) = (flows(&module), module.host.outbox.sends().to_vec());
        drawn(Chart { name, routes: module.routes, allow: module.allow, flows, sends });
    }
    Ok(())
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

    #[tokio::test]
    async fn who_knows_its_neighbours_holds_none_of_them() {
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        let before = Arc::strong_count(&effects.clock);
        let known = Neighbours::draw(&Config::default(), &effects).await.unwrap();
        assert_eq!(Arc::strong_count(&effects.clock), before, "every service holds the clock");
        let atlas = Atlas::draw(&Config::default(), &effects).await.unwrap();
        assert!(Arc::strong_count(&effects.clock) > before, "as those of an atlas do");
        let drawn = atlas.neighbours();
        assert_eq!(known.flows, drawn.flows);
        assert!(known.methods.paths().eq(drawn.methods.paths()) && known.methods.paths().count() > 20);
    }

    #[test]
    fn a_route_without_a_class_is_noticed() {
        let planted = Routes::<()>::new("planted").route(Access::Public, routes!(forgotten)).build();
        assert_eq!(planted.unclassed(), ["GET /api/forgotten counts as nothing: say .class(…)"]);
        let table = Routes::<()>::new("planted").class(Class::Browse);
        assert_eq!(table.route(Access::Public, routes!(forgotten)).build().unclassed(), [""; 0]);
    }
}
