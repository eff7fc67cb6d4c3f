//! `hanse up`: the whole shop in this process.

use crate::cli::Up;
use crate::compose::App;
use crate::config::Config;
use crate::folder::{self, Folder};
use crate::{control, listener, sample, say};
use anyhow::{Context, Result};
use hanse_runtime::{Stop, TokioTimers};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long requests that are under way have at least, once the shop closes; a checkout may wait longer for its order.
const GRACE: Duration = Duration::from_secs(10);

pub async fn run(options: Up) -> Result<ExitCode> {
    let folder = Folder::own(&options.data)?;
    let mut config = Config::load(&options.data)?;
    if let Some(listen) = options.listen {
        config.server.listen = listen;
    }
    config.server.insecure_http |= options.insecure_http;
    config.shop.sample &= !options.no_sample;
    config.auth.settle(config.server.is_reachable());
    config.check()?;
    hanse_telemetry::logs(&config.log.filter, config.log.json, "hanse")?;
    let metrics = hanse_telemetry::metrics()?;

    let tls = listener::Tls::asked_for(&config.server)?;
    let listen = config.server.listen;
    let listener = listener::open(listen).with_context(|| {
        format!(
            "{listen} cannot be listened on; is something else running there? Choose another with --listen"
        )
    })?;
    // Port 0 asks for any free one.
    config.server.listen = listener.local_addr()?;

    // Ends with the process, the last of all.
    let _upkeep = JoinSet::from_iter([metrics.clone().keep(Arc::new(TokioTimers))]);
    let stop = Stop::new();
    super::signal::ends(stop.clone())?;
    // Servers that are not there yet are waited for; the operator may not want to.
    let started = {
        let (start, asked) = (App::start(folder, &config, metrics), stop.asked());
        match futures::future::select(std::pin::pin!(start), std::pin::pin!(asked)).await {
            futures::future::Either::Left((started, _)) => started?,
            futures::future::Either::Right(_) => return Ok(ExitCode::SUCCESS),
        }
    };
    let app = Arc::new(started);
    if config.shop.sample {
        app.state.wait_for(Some("the sample shop is being created".into()));
    }
    let asked = stop.clone();
    let socket = folder::socket(&options.data);
    let control = control::serve(&app, &socket, async move { asked.asked().await }).await?;
    let control = JoinSet::from_iter([control]);

    let bounds = listener::Bounds::of(listener::room_for(config.overload.connections));
    let (public, effects, asked) = (app.gateway.public.clone(), app.effects.clone(), stop.clone());
    let mut server = JoinSet::new();
    if let Some(tls) = tls.clone() {
        let asked = stop.clone();
        server.spawn(async move { tls.watch(asked.asked()).await });
    }
    server.spawn(async move {
        listener::serve(listener, tls, public, effects, bounds, asked.asked()).await;
    });

    let opened = async {
        let login = sample::first_admin(&app, &options.data).await?;
        say::heard(announce(&config, &options, login.as_ref()))?;
        if config.shop.sample {
            sample::ensure(&app, &options.data).await?;
            app.state.wait_for(None);
            if !options.json {
                say::heard(say!("The shop is open. Ctrl-C closes it."))?;
            }
        }
        Ok::<_, anyhow::Error>(())
    };
    let outcome = {
        let (opened, asked) = (std::pin::pin!(opened), std::pin::pin!(stop.asked()));
        match futures::future::select(opened, asked).await {
            futures::future::Either::Left((outcome, _)) => outcome,
            futures::future::Either::Right(_) => Ok(()),
        }
    };
    if outcome.is_ok() {
        stop.asked().await;
    }
    stop.now();
    app.state.wait_for(Some("the shop is closing".into()));
    // Whoever sends half a request, or follows an order, would otherwise hold the shop open for as long as they like.
    let grace = GRACE.max(config.checkout.answered_within());
    if app.effects.within(grace, server.join_all()).await.is_none() {
        tracing::info!("clients that were still sending or following have been cut off");
    }
    app.effects.within(GRACE, control.join_all()).await;
    match Arc::try_unwrap(app) {
        Ok(app) => app.stop().await,
        Err(_) => tracing::warn!("something still holds the app; its stores close with the process"),
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

fn announce(config: &Config, options: &Up, login: Option<&sample::Login>) -> Result<()> {
    let url = format!("{}://{}", config.server.scheme(), config.server.listen);
    if options.json {
        let login = login.map(|l| json!({"email": l.email, "password": l.password}));
        let line = json!({"storefront": url, "reference": format!("{url}/api/reference"), "mail": format!("{url}/mail"), "admin": login});
        return say!("{}", serde_json::to_string(&line)?);
    }
    say!("\n  {}  {}\n", config.shop.name, config.public_url())?;
    say!("  Storefront      {url}/")?;
    say!("  API reference   {url}/api/reference")?;
    if config.mail.smtp_url.is_empty() {
        say!("  Mail outbox     {url}/mail")?;
    }
    match login {
        Some(login) => say!(
            "  First admin     {} / {}   (kept in {})",
            login.email,
            login.password,
            options.data.join("first-admin.json").display()
        ),
        None => say!(
            "  First admin     made before; see {} or `hanse admin create`",
            options.data.join("first-admin.json").display()
        ),
    }?;
    say!("  Data            {}\n", options.data.display())
}
