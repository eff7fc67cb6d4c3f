//! How the messages of a test travel: in the process, or through a broker. Either way the test can wait until every
//! consumer has dealt with them.

use crate::private_rabbitmq::PrivateRabbitMq;
use async_trait::async_trait;
use hanse_kernel::{Effects, Secret};
use hanse_messaging::{
    Consumers, Envelope, InProcess, Rabbit, RabbitSettings, Transport, TransportError, Watch,
};
use hanse_runtime::Stop;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    InProcess,
    RabbitMq,
}

/// Queues of a test go away by themselves.
const EXPIRES: Duration = Duration::from_secs(60);

/// Where the broker is: given by the environment, else started for this test process.
pub fn broker_url() -> String {
    static OWN: LazyLock<Mutex<Option<PrivateRabbitMq>>> = LazyLock::new(Mutex::default);
    if let Ok(url) = std::env::var("HANSE_TEST_RABBITMQ_URL") {
        return url;
    }
    let mut own = OWN.lock().unwrap_or_else(|e| e.into_inner());
    own.get_or_insert_with(|| crate::private_rabbitmq::start().expect("a private RabbitMQ broker"))
        .url()
        .to_string()
}

pub(crate) enum Wire {
    InProcess(InProcess),
    Broker(Box<Broker>),
}

pub(crate) struct Broker {
    rabbit: Arc<Rabbit>,
    effects: Effects,
    stop: Stop,
    expected: Arc<Expected>,
    kinds: Mutex<Vec<(&'static str, &'static str)>>,
}

/// Which consumer has still to deal with which message.
#[derive(Default)]
struct Expected(Mutex<BTreeSet<(&'static str, String, Uuid)>>);

impl Watch for Expected {
    fn dealt_with(&self, consumer: &'static str, envelope: &Envelope) {
        let key = (consumer, envelope.source.clone(), envelope.id);
        self.0.lock().expect("not poisoned").remove(&key);
    }
}

impl Wire {
    /// With its own exchanges and queues. Time at the broker is real, whatever the test's clock says.
    pub(crate) fn new(carrier: Carrier, stop: Stop) -> Self {
        match carrier {
            Carrier::InProcess => Self::InProcess(InProcess::new()),
            Carrier::RabbitMq => {
                let effects = crate::effects();
                let prefix = format!("test-{}", effects.ids.uuid().simple());
                let settings = RabbitSettings {
                    expires: Some(EXPIRES),
                    ..RabbitSettings::new(Secret::from(broker_url()), &prefix)
                };
                Self::broker(settings, effects, stop)
            }
        }
    }

    pub(crate) fn broker(settings: RabbitSettings, effects: Effects, stop: Stop) -> Self {
        let rabbit = Rabbit::new(settings, effects.clone());
        let (keeper, asked) = (rabbit.clone(), stop.clone());
        tokio::spawn(async move {
            futures::future::select(std::pin::pin!(keeper.keep()), std::pin::pin!(asked.asked())).await;
        });
        let (expected, kinds) = (Arc::default(), Mutex::default());
        Self::Broker(Box::new(Broker { rabbit, effects, stop, expected, kinds }))
    }

    pub(crate) fn subscribe(&self, consumers: &Consumers) {
        match self {
            Self::InProcess(wire) => wire.subscribe(consumers),
            Self::Broker(broker) => {
                broker.rabbit.subscribe(consumers);
                broker.kinds.lock().expect("not poisoned").extend(consumers.iter().map(|c| (c.name, c.kind)));
                let (rabbit, stop) = (broker.rabbit.clone(), broker.stop.clone());
                let consumers = consumers.clone().watched(broker.expected.clone());
                tokio::spawn(async move { rabbit.take(&consumers, stop.asked()).await });
            }
        }
    }

    /// Whether everything that was published has been dealt with by all who take it.
    pub(crate) fn quiet(&self) -> bool {
        match self {
            Self::InProcess(_) => true,
            Self::Broker(broker) => broker.expected.0.lock().expect("not poisoned").is_empty(),
        }
    }

    /// Publishes and waits until all consumers have dealt with it.
    pub(crate) async fn deliver(&self, envelope: &Envelope) {
        match self {
            Self::InProcess(wire) => wire.publish(envelope).await.expect("delivered or parked"),
            Self::Broker(broker) => {
                broker.rabbit.reached().await;
                self.publish(envelope).await.expect("published");
                while broker.expects(envelope) {
                    broker.effects.timers.sleep(Duration::from_millis(2)).await;
                }
            }
        }
    }
}

impl Broker {
    fn expect(&self, envelope: &Envelope) {
        let kinds = self.kinds.lock().expect("not poisoned").clone();
        let takers = kinds.into_iter().filter(|(_, kind)| *kind == envelope.kind);
        let keys = takers.map(|(consumer, _)| (consumer, envelope.source.clone(), envelope.id));
        self.expected.0.lock().expect("not poisoned").extend(keys);
    }

    fn expects(&self, envelope: &Envelope) -> bool {
        let expected = self.expected.0.lock().expect("not poisoned");
        expected.iter().any(|(_, source, id)| *source == envelope.source && *id == envelope.id)
    }
}

#[async_trait]
impl Transport for Wire {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        match self {
            Self::InProcess(wire) => wire.publish(envelope).await,
            Self::Broker(broker) => {
                broker.expect(envelope);
                broker.rabbit.publish(envelope).await
            }
        }
    }

    async fn publish_written(&self, envelope: &Envelope, written: &str) -> Result<(), TransportError> {
        match self {
            Self::InProcess(wire) => wire.publish_written(envelope, written).await,
            Self::Broker(broker) => {
                broker.expect(envelope);
                broker.rabbit.publish_written(envelope, written).await
            }
        }
    }
}
