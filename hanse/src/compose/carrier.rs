//! What carries messages between the services: this process, or a broker.

use crate::config::Config;
use hanse_kernel::{Effects, Secret};
use hanse_messaging::{Consumers, InProcess, Rabbit, RabbitSettings, Transport};
use hanse_runtime::{Stop, Tasks};
use std::sync::Arc;

pub(super) enum Carrier {
    InProcess(Arc<InProcess>),
    Broker(Arc<Rabbit>),
}

impl Carrier {
    pub(super) fn new(config: &Config, effects: &Effects) -> Self {
        let broker = &config.broker;
        if broker.url.is_empty() {
            return Self::InProcess(Arc::new(InProcess::new()));
        }
        let settings = RabbitSettings::new(Secret::from(broker.url.expose().to_string()), &broker.prefix);
        Self::Broker(Rabbit::new(settings, effects.clone()))
    }

    /// Of every service, before the first message is published.
    pub(super) fn subscribe(&self, consumers: &Consumers) {
        match self {
            Self::InProcess(process) => process.subscribe(consumers),
            Self::Broker(rabbit) => rabbit.subscribe(consumers),
        }
    }

    /// What the relays publish through.
    pub(super) fn transport(&self) -> Arc<dyn Transport> {
        match self {
            Self::InProcess(process) => process.clone(),
            Self::Broker(rabbit) => rabbit.clone(),
        }
    }

    /// Connects, and stays so until `stop`. Returns when everything that carries messages has been reached.
    pub(super) async fn connect(&self, tasks: &Arc<Tasks>, stop: &Stop) {
        let Self::Broker(rabbit) = self else { return };
        let (kept, asked) = (rabbit.clone(), stop.clone());
        super::spawn(tasks, "broker", async move {
            futures::future::select(std::pin::pin!(kept.keep()), std::pin::pin!(asked.asked())).await;
        });
        rabbit.reached().await;
    }

    /// Lets a service take its messages until `stop`; in the process they are handed to it anyway.
    pub(super) fn take(&self, consumers: &Consumers, tasks: &Arc<Tasks>, stop: &Stop) {
        let Self::Broker(rabbit) = self else { return };
        let (rabbit, consumers, stop) = (rabbit.clone(), consumers.clone(), stop.clone());
        super::spawn(tasks, "consumers", async move { rabbit.take(&consumers, stop.asked()).await });
    }
}
