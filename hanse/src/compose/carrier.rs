//! What carries messages between the services: this process, or a broker.

use super::crew::Watch;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use futures::future::Either;
use hanse_kernel::{Effects, Scope, Secret};
use hanse_messaging::rabbit::Flow;
use hanse_messaging::{Consumers, InProcess, Rabbit, RabbitSettings, Transport};
use std::sync::Arc;
use std::time::Duration;

/// Whoever waits for the broker in front of a terminal wants to know.
const PATIENCE: Duration = Duration::from_secs(30);

/// The broker as configured, if there is one.
pub fn rabbit_settings(config: &Config) -> Result<Option<RabbitSettings>> {
    let broker = &config.broker;
    if broker.url.is_empty() {
        return Ok(None);
    }
    let url = Secret::from(broker.url.expose().to_string());
    let authority = match &broker.ca {
        Some(file) => Some(std::fs::read_to_string(file).with_context(|| {
            format!(
                "broker.ca: {} cannot be read; it holds the authority's certificate in PEM",
                file.display()
            )
        })?),
        None => None,
    };
    let settings = RabbitSettings { authority, ..RabbitSettings::new(url, &broker.prefix) };
    if let Some(file) = &broker.ca {
        let told = |e| anyhow::anyhow!("broker.ca: {}: {e}", file.display());
        settings.check_authority().map_err(told)?;
    }
    Ok(Some(settings))
}

pub enum Carrier {
    InProcess(Arc<InProcess>),
    Broker(Arc<Rabbit>),
}

impl Carrier {
    pub fn new(config: &Config, effects: &Effects) -> Result<Self> {
        Ok(match rabbit_settings(config)? {
            None => Self::InProcess(Arc::new(InProcess::new())),
            Some(settings) => Self::Broker(Rabbit::new(settings, effects.clone())),
        })
    }

    /// Of every service, before the first message is published.
    pub fn subscribe(&self, consumers: &Consumers) {
        match self {
            Self::InProcess(process) => process.subscribe(consumers),
            Self::Broker(rabbit) => rabbit.subscribe(consumers),
        }
    }

    /// What the relays publish through.
    pub fn transport(&self) -> Arc<dyn Transport> {
        match self {
            Self::InProcess(process) => process.clone(),
            Self::Broker(rabbit) => rabbit.clone(),
        }
    }

    /// Takes other services' messages into account too, which are taken in other processes.
    pub fn know(&self, flows: Vec<Flow>) {
        match self {
            Self::InProcess(_) => {}
            Self::Broker(rabbit) => rabbit.know(flows),
        }
    }

    /// Makes room at the broker for all that is known, and leaves again.
    pub async fn declare(&self, effects: &Effects) -> Result<()> {
        let Self::Broker(rabbit) = self else { return Ok(()) };
        let declared = async {
            rabbit.reached().await;
            rabbit.declare().await
        };
        let kept = std::pin::pin!(rabbit.keep());
        let declared = std::pin::pin!(effects.within(PATIENCE, declared));
        match futures::future::select(declared, kept).await {
            Either::Left((Some(done), _)) => Ok(done?),
            Either::Left((None, _)) | Either::Right(_) => {
                bail!("the message broker cannot be reached; look at broker.url and whether it runs")
            }
        }
    }

    /// Connects, and stays so until `stop`. Returns when everything that carries messages has been reached.
    pub async fn connect(&self, watch: &Watch) {
        let Self::Broker(rabbit) = self else { return };
        let (kept, asked) = (rabbit.clone(), watch.stop.clone());
        watch.run("broker", async move {
            futures::future::select(std::pin::pin!(kept.keep()), std::pin::pin!(asked.asked())).await;
        });
        rabbit.reached().await;
        // Who is told that we are ready may send at once. Where it fails, the next publisher or taker tries again.
        if let Err(error) = rabbit.declare().await {
            tracing::warn!(%error, "the queues could not all be declared yet");
        }
        let (counted, asked) = (rabbit.clone(), watch.stop.clone());
        watch.run("dead letters", async move { counted.count_dead(asked.asked()).await });
    }

    /// Lets a service take its messages until `stop`; in the process they are handed to it anyway.
    pub fn take(&self, consumers: &Consumers, watch: &Watch) {
        let Self::Broker(rabbit) = self else { return };
        let (rabbit, consumers, stop) = (rabbit.clone(), consumers.clone(), watch.stop.clone());
        let scope = Scope::of(consumers.service());
        let taking = async move { rabbit.take(&consumers, stop.asked()).await };
        watch.run("consumers", scope.around(taking));
    }
}
