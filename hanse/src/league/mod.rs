//! `hanse serve`: some of the services in this process, the others elsewhere. They keep their data on a PostgreSQL server,
//! send messages through RabbitMQ and ask each other over mutual TLS.

mod admin;
mod doors;
mod front;
mod operator;
mod papers;

pub use admin::Admin;
pub use front::{Front, GATEWAY};
pub use operator::Operator;
pub use papers::Papers;

use crate::compose::{
    Berth, Carrier, Crew, HOME, Means, NAMES, Neighbours, Place, State, Watch, judge, module, redis,
};
use crate::config::Config;
use anyhow::{Context, Result, bail};
use hanse_auth_contract::EndedSessions;
use hanse_kernel::{Effects, Timers};
use hanse_rpc::{Identity, Nearest, Network, Remote, Switchboard};
use hanse_runtime::{Module, Tasks};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the door's own health answer follows the process's readiness.
const HEALTH: Duration = Duration::from_millis(500);

/// How long the others' calls may go on at least once the doors are closed: longer than any of them waits for its answer, but
/// for a checkout.
const LAST_CALLS: Duration = Duration::from_secs(6);
/// How long requests may go on after the last of their askers was answered or cut off.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// The services that run in this process, at work.
pub struct Dockers {
    crew: Crew,
    doors: Watch,
    requests: Arc<Tasks>,
    last_calls: Duration,
    effects: Effects,
}

/// The names of services (and the gateway) as they were asked for, or what is wrong with them.
pub fn names(asked: &[String]) -> Result<(BTreeSet<&'static str>, bool)> {
    let all = || NAMES.iter().copied().chain([GATEWAY]).collect::<Vec<_>>().join(", ");
    let (mut services, mut gateway) = (BTreeSet::new(), false);
    for name in asked {
        match NAMES.iter().copied().find(|n| *n == name) {
            Some(found) => _ = services.insert(found),
            None if name == GATEWAY => gateway = true,
            None if name == "all" => {
                services.extend(NAMES.iter().copied());
                gateway = true;
            }
            None => bail!("there is no service {name}; there are {} (and `all`)", all()),
        }
    }
    Ok((services, gateway))
}

/// Who this process is under one name.
fn identity(config: &Config, name: &'static str, effects: &Effects) -> Result<Identity> {
    let folder = config.rpc.certificates.join(name);
    let identity = Identity::load(&folder, name, effects.clone());
    identity.with_context(|| {
        format!("rpc.certificates: {name} has no usable certificate; `hanse certs` makes them")
    })
}

/// The others as this identity reaches them.
fn remote(config: &Config, identity: &Identity, known: &Neighbours, effects: &Effects) -> Remote {
    // Connections to the others live as long as the process: nobody waits for their tasks to end.
    let effects = Effects { spawn: Tasks::new(), ..effects.clone() };
    Remote::new(identity.clone(), config.rpc.addresses(), known.methods.clone(), effects)
}

impl Dockers {
    /// Starts the services; returns when they answer.
    pub async fn start(
        config: &Config,
        names: &BTreeSet<&'static str>,
        papers: &Papers,
        known: Neighbours,
        state: &Arc<State>,
        effects: (Effects, Arc<Tasks>),
    ) -> Result<Self> {
        let (effects, requests) = effects;
        let keys = papers.keys.as_ref().context("services do not run without the shop's keys")?;
        let mut listeners = vec![];
        for name in names {
            listeners.push(doors::bind(config, name).await?);
        }
        let board = Switchboard::new(effects.clone());
        let mut remotes = BTreeMap::new();
        for name in names {
            remotes.insert(*name, remote(config, papers.identity(name)?, &known, &effects));
        }
        let ways = |service: &'static str| -> Arc<dyn Network> {
            let here = board.network_of(service);
            match remotes.get(service) {
                Some(elsewhere) => {
                    let elsewhere = Arc::new(elsewhere.clone());
                    Arc::new(Nearest { here, services: names.clone(), elsewhere })
                }
                None => here,
            }
        };
        state.wait_for(Some("the shop's keys have not come".into()));
        let secrets = keys.keys(&effects).await?;
        state.wait_for(Some("the stores are being opened".into()));
        let berth = Berth::new(Place::of(config, Path::new("")), &effects, &ways, secrets.keyring());
        let redis = redis(config, &effects)?;
        let unjudged = match redis.clone().filter(|_| names.contains("cart")) {
            Some(redis) if !judge(&redis).await? => Some(redis),
            _ => None,
        };
        let means = Means { config, secrets: &secrets, redis, ended_sessions: EndedSessions::default() };
        let mut modules = vec![];
        for name in names {
            modules.push(module(name, &berth, &means).await?);
        }
        let crew = Crew::new(berth.into_stores());
        let carrier = Carrier::new(config, &effects)?;
        carrier.know(known.flows);
        for module in &modules {
            board.plug(module.host.service, module.rpc.clone(), module.allow.clone());
        }
        state.wait_for(Some("the message broker has not been reached".into()));
        crew.connect(&carrier).await;
        let doors = Watch::default();
        let ready = ready(state, &effects, &doors);
        for (module, listener) in modules.into_iter().zip(listeners) {
            let identity = papers.identity(module.host.service)?.clone();
            doors::open(listener, &module, identity, ready.clone(), &effects, &doors);
            let Module { host, consumers, workers, .. } = module;
            crew.take_on(&carrier, &host, consumers, workers);
        }
        crew.audit(ways(HOME), &effects, &config.audit);
        if let Some(redis) = unjudged {
            crew.judge(redis, state, &effects);
        }
        state.started(crew.stores());
        let last_calls = LAST_CALLS.max(config.checkout.answered_within());
        Ok(Self { crew, doors, requests, last_calls, effects })
    }

    /// Ends in good order: no new calls, those under way, loops, stores.
    pub async fn end(self) {
        // A neighbour that ends too may keep its connection, though it asks nothing any more.
        if self.effects.within(self.last_calls, self.doors.end()).await.is_none() {
            tracing::info!("neighbours that kept their connections were cut off");
        }
        if self.effects.within(LAST_REQUESTS, self.requests.ended()).await.is_none() {
            tracing::info!("requests that never came whole were given up");
        }
        tracing::info!("no calls and requests are under way any more; messages and stores are next");
        self.crew.end().await;
        tracing::info!("messages and stores are at rest");
    }
}

/// What the gRPC health service of every door tells.
fn ready(state: &Arc<State>, effects: &Effects, watch: &Watch) -> watch::Receiver<bool> {
    use hanse_gateway::{Health, Readiness};
    let (tell, told) = watch::channel(false);
    let (state, timers, stop) = (state.clone(), effects.timers.clone(), watch.stop.clone());
    watch.run("health", async move {
        while !stop.is_set() {
            tell.send_replace(state.ready().await == Readiness::Ready);
            pause(&*timers, &stop).await;
        }
    });
    told
}

async fn pause(timers: &dyn Timers, stop: &hanse_runtime::Stop) {
    futures::future::select(timers.sleep(HEALTH), std::pin::pin!(stop.asked())).await;
}

#[cfg(test)]
mod tests {
    use super::names;

    fn asked(asked: &[&str]) -> anyhow::Result<(Vec<&'static str>, bool)> {
        let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
        names(&asked).map(|(services, gateway)| (services.into_iter().collect(), gateway))
    }

    #[test]
    fn services_are_asked_for_by_name_and_a_wrong_one_is_told_the_right_ones() {
        assert_eq!(asked(&["payment", "order", "order"]).unwrap(), (vec!["order", "payment"], false));
        assert_eq!(asked(&["gateway"]).unwrap(), (vec![], true));
        let (services, gateway) = asked(&["all"]).unwrap();
        assert_eq!((services.len(), gateway), (super::NAMES.len(), true));
        let told = asked(&["oder"]).unwrap_err().to_string();
        assert!(told.contains("oder") && told.contains("order") && told.contains("gateway"), "{told}");
    }
}
