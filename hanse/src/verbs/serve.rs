//! `hanse serve`: some of the services in this process, as one of many.

use crate::cli::Serve;
use crate::compose::{Atlas, Neighbours, State, observed};
use crate::config::Config;
use crate::league::{Admin, Dockers, Front, GATEWAY, Papers, names};
use crate::{listener, say};
use anyhow::{Context, Result};
use hanse_kernel::Effects;
use hanse_runtime::{Stop, Tasks, TokioTimers};
use serde_json::json;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How long requests that are under way have, once the process ends: longer than a checkout waits for its order.
const GRACE: Duration = Duration::from_secs(20);

/// What was asked for, running.
struct Started {
    dockers: Option<Dockers>,
    front: Option<Front>,
}

pub async fn run(options: Serve) -> Result<ExitCode> {
    let (services, with_gateway) = names(&options.services)?;
    let mut config = Config::load_from(&options.config.file)?;
    config.check_league()?;
    config.auth.settle(true);
    hanse_telemetry::logs(&config.log.filter, config.log.json, process_name(&services, with_gateway))?;
    let metrics = hanse_telemetry::metrics()?;
    let state = Arc::new(State::starting(metrics.clone(), "the process is starting"));
    let stop = Stop::new();
    super::signal::ends(stop.clone())?;
    // Probes last: they tell that the process is ending for as long as it does.
    let probes = Stop::new();
    let requests = Tasks::new();
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), requests.clone());
    // All that a person has to put right is told before a port is open.
    let (effects, traces) = observed(&config, effects)?;
    let papers = Papers::read(&config, &services, with_gateway, &effects)?;
    let tls = if with_gateway { listener::Tls::asked_for(&config.server)? } else { None };
    let drawn = Drawn::of(&config, with_gateway, &effects).await?;

    let admin = Admin::open(config.admin.listen, state.clone(), probes.clone()).await?;
    let listener = match with_gateway {
        true => Some(bind(config.server.listen)?),
        false => None,
    };
    if let Some(listener) = &listener {
        // Port 0 asks for any free one, and links name it.
        config.server.listen = listener.local_addr()?;
    }

    // Ends with the process, the last of all.
    let _upkeep = JoinSet::from_iter([metrics.keep(effects.timers.clone())]);
    let started = {
        let start = start(&config, &services, (papers, drawn), &state, (effects.clone(), requests));
        let (start, asked) = (std::pin::pin!(start), std::pin::pin!(stop.asked()));
        match futures::future::select(start, asked).await {
            futures::future::Either::Left((started, _)) => started?,
            futures::future::Either::Right(_) => return Ok(ExitCode::SUCCESS),
        }
    };
    let Started { dockers, front } = started;
    let at = format!("{}://{}", config.server.scheme(), config.server.listen);
    let storefront = listener.is_some().then_some(at);
    say::heard(announce(&options, &services, admin.address, storefront))?;

    let closing = Stop::new();
    let mut server = JoinSet::new();
    if let (Some(front), Some(listener)) = (&front, listener) {
        let bounds = listener::Bounds::of(listener::room_for(config.overload.connections));
        let (public, effects, closing) = (front.gateway.public.clone(), effects.clone(), closing.clone());
        if let Some(tls) = tls.clone() {
            let closing = closing.clone();
            server.spawn(async move { tls.watch(closing.asked()).await });
        }
        server.spawn(async move {
            listener::serve(listener, tls, public, effects, bounds, closing.asked()).await;
        });
    }
    stop.asked().await;
    tracing::info!("the process is ending");
    state.wait_for(Some("the process is ending".into()));
    // Whoever balances the load has to see that first; new requests are still answered meanwhile.
    effects.timers.sleep(Duration::from_millis(config.server.drain_ms)).await;
    closing.now();
    if effects.within(GRACE, server.join_all()).await.is_none() {
        tracing::info!("clients that were still sending or following have been cut off");
    }
    if let Some(front) = front {
        front.end().await;
    }
    if let Some(dockers) = dockers {
        dockers.end().await;
    }
    probes.now();
    effects.within(GRACE, admin.ended()).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Who logs what none of the services in the process does.
fn process_name(services: &BTreeSet<&'static str>, with_gateway: bool) -> &'static str {
    match (services.first(), services.len(), with_gateway) {
        (None, _, true) => GATEWAY,
        (Some(alone), 1, false) => alone,
        _ => "hanse",
    }
}

fn bind(listen: SocketAddr) -> Result<TcpListener> {
    listener::open(listen).with_context(|| {
        format!("server.listen: {listen} cannot be listened on; is something else running there?")
    })
}

/// What the process knows of all services: a gateway everything that it answers for.
enum Drawn {
    Whole(Atlas),
    Neighbours(Neighbours),
}

impl Drawn {
    async fn of(config: &Config, with_gateway: bool, effects: &Effects) -> Result<Self> {
        Ok(match with_gateway {
            true => Self::Whole(Atlas::draw(config, effects).await?),
            // Before its own services are made all others have been let go.
            false => Self::Neighbours(Neighbours::draw(config, effects).await?),
        })
    }
}

async fn start(
    config: &Config,
    services: &BTreeSet<&'static str>,
    (papers, drawn): (Papers, Drawn),
    state: &Arc<State>,
    (effects, requests): (Effects, Arc<Tasks>),
) -> Result<Started> {
    let dock = async |known| {
        Dockers::start(config, services, &papers, known, state, (effects.clone(), requests)).await
    };
    let atlas = match drawn {
        Drawn::Neighbours(known) => {
            return Ok(Started { dockers: Some(dock(known).await?), front: None });
        }
        Drawn::Whole(atlas) => atlas,
    };
    let dockers = match services.is_empty() {
        true => None,
        false => Some(dock(atlas.neighbours()).await?),
    };
    let front = Front::compose(config, papers.identity(GATEWAY)?.clone(), atlas, &effects)?;
    if dockers.is_none() {
        state.started(&[]);
    }
    Ok(Started { dockers, front: Some(front) })
}

fn announce(
    options: &Serve,
    services: &BTreeSet<&'static str>,
    admin: SocketAddr,
    storefront: Option<String>,
) -> Result<()> {
    if options.json {
        let line =
            json!({"services": services, "admin": format!("http://{admin}"), "storefront": storefront});
        return say!("{}", serde_json::to_string(&line)?);
    }
    let names: Vec<&str> = services.iter().copied().collect();
    if !names.is_empty() {
        say!("  Services        {}", names.join(", "))?;
    }
    if let Some(storefront) = storefront {
        say!("  Storefront      {storefront}/")?;
    }
    say!("  Probes          http://{admin}/readyz, /livez, /startupz, /metrics")
}
