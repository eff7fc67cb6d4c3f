//! Payment: sets money aside, takes it, gives it back, at whichever provider, and keeps the books.
//!
//! A provider is never asked inside a unit of work. What is to be asked is written first; a worker asks under that row's
//! id as the key, as often as it takes; the answer is written by another unit. So nothing is charged twice and nothing is
//! forgotten, whatever dies in between.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use application::ports::{Authorisation, Call, Capabilities, Heard, Movement, Notice, Provider, Unread};
pub use domain::{Held, Outcome};
pub use infrastructure::{MIGRATIONS, SIGNATURE, WebhookKey};

use application::Till;
use application::bell::Bell;
use application::expire::Expire;
use application::hear::Hear;
use application::perform::Perform;
use application::reconcile::Reconcile;
use application::till::Times;
use hanse_database::Db;
use hanse_runtime::{Host, Module, StartError, Worker};
use infrastructure::{OrdersLink, PaymentTables, SealedVault, TestProvider};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct PaymentConfig {
    /// Encrypts the means of payment that are kept for half an hour. Secret, and the same in all processes.
    pub token_key: [u8; 32],
    /// Those of before: they open what is still kept under them.
    pub former_token_keys: Vec<[u8; 32]>,
    /// How long a means of payment is kept.
    pub keep_token: Duration,
    /// How long a provider may take to answer; after that the answer is unknown and is asked for again.
    pub provider_timeout: Duration,
    /// The first wait before asking again; doubled each time, at most a minute.
    pub retry: Duration,
    /// How often a shopper's action is looked up when the provider does not tell of it.
    pub look: Duration,
    /// How often the store is looked into for what another process has left.
    pub poll: Duration,
    /// Beside the built-in one, which is called `test`. No two have the same name.
    pub providers: Vec<Arc<dyn Provider>>,
    /// A store with the test provider's books, with the tables of [`MIGRATIONS`]; None: in the service's own.
    pub test_books: Option<Db>,
}

impl PaymentConfig {
    pub fn new(token_key: [u8; 32]) -> Self {
        Self {
            token_key,
            former_token_keys: vec![],
            keep_token: Duration::from_secs(30 * 60),
            provider_timeout: Duration::from_secs(4),
            retry: Duration::from_secs(1),
            look: Duration::from_secs(5),
            poll: Duration::from_millis(500),
            providers: vec![],
            test_books: None,
        }
    }
}

impl fmt::Debug for PaymentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentConfig")
            .field("token_key", &"…")
            .field("keep_token", &self.keep_token)
            .field("provider_timeout", &self.provider_timeout)
            .field("retry", &self.retry)
            .field("look", &self.look)
            .field("poll", &self.poll)
            .field("providers", &self.providers.iter().map(|p| p.name()).collect::<Vec<_>>())
            .finish()
    }
}

/// Expired means of payment are looked for so often.
const EXPIRY_POLL: Duration = Duration::from_secs(5);
/// Events that providers repeat no more are forgotten so often.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// It stands in every payment and in the address of the provider's webhooks.
fn named_well(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=40).contains(&name.len()) && name.chars().all(fits)
}

pub fn module(host: Host, config: PaymentConfig) -> Result<Module, StartError> {
    let host = host.sending(&infrastructure::SENDS);
    let times = Times {
        keep: config.keep_token,
        provider: config.provider_timeout,
        retry: config.retry,
        look: config.look,
        poll: config.poll,
    };
    if [times.keep, times.provider, times.retry, times.look, times.poll].iter().any(Duration::is_zero) {
        return Err(StartError::Config {
            key: "payment".into(),
            problem: "a time is zero".into(),
            remedy: "leave it out for its default".into(),
        });
    }
    let former = &config.former_token_keys;
    let vault = SealedVault::new(&config.token_key, former, host.effects.rng.clone());
    let vault = vault.map_err(|e| StartError::Config {
        key: "payment.token_key".into(),
        problem: e.to_string(),
        remedy: "give 32 random bytes".into(),
    })?;
    let key = WebhookKey::derived(&config.token_key, "webhooks of the test provider");
    let books = config.test_books.unwrap_or_else(|| host.db.clone());
    let test = Arc::new(TestProvider { db: books, effects: host.effects.clone(), key });
    let mut providers: BTreeMap<&'static str, Arc<dyn Provider>> = BTreeMap::new();
    for provider in config.providers.into_iter().chain([test.clone() as Arc<dyn Provider>]) {
        let name = provider.name();
        if !named_well(name) || providers.insert(name, provider).is_some() {
            return Err(StartError::Config {
                key: "payment.providers".into(),
                problem: format!("`{name}` is there twice, or is no name"),
                remedy: "give each provider a name of its own, of 1 to 40 of a-z, 0-9, - and _".into(),
            });
        }
    }
    let till = Till {
        db: host.db.clone(),
        outbox: host.outbox.clone(),
        effects: host.effects.clone(),
        payments: Arc::new(PaymentTables { ids: host.effects.ids.clone() }),
        providers: Arc::new(providers),
        challenges: test,
        vault: Arc::new(vault),
        bell: Arc::new(Bell::default()),
        times,
    };
    let orders = OrdersLink::new(&*host.network, host.effects.clock.clone());
    let reconcile = Reconcile { till: till.clone(), orders: Arc::new(orders) };
    let examination = Arc::new(infrastructure::Examination(host.db.clone()));
    let own_payments = Arc::new(infrastructure::OwnPayments(host.db.clone()));
    let rpc = tonic::service::Routes::new(api::payments_server(till.clone(), reconcile))
        .add_service(hanse_runtime::audit_server(&host, examination))
        .add_service(hanse_runtime::personal_data_server(own_payments));
    let perform = Perform(till.clone());
    let (expire, clock) = (Expire(till.clone()), host.clone());
    let (hear, hours) = (Hear(till.clone()), host.effects.clone());
    let workers = vec![
        Worker::new("payment.perform", move |stop| perform.run(stop)),
        Worker::new("payment.expiry", move |stop| async move {
            let effects = clock.effects.clone();
            stop.every(&effects, EXPIRY_POLL, || async {
                if let Err(error) = expire.run(&clock.background()).await {
                    tracing::warn!(%error, "overdue payments could not be ended; they are tried again");
                }
            })
            .await;
        }),
        Worker::new("payment.webhooks", move |stop| async move {
            stop.every(&hours, FORGET_EVERY, || async {
                if let Err(error) = hear.forget_old().await {
                    tracing::warn!(%error, "old webhooks could not be forgotten; it is tried again");
                }
            })
            .await;
        }),
    ];
    Ok(Module {
        routes: api::routes_of(till.clone()),
        rpc,
        allow: api::allow(),
        consumers: infrastructure::consumers(host.consumers(), &till),
        workers,
        host,
    })
}
