//! Payment: sets money aside, takes it, gives it back, at whichever provider, and keeps the books.
//!
//! A provider is never asked inside a unit of work. What is to be asked is written first; a worker asks under that row's
//! id as the key, as often as it takes; the answer is written by another unit. So nothing is charged twice and nothing is
//! forgotten, whatever dies in between.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use application::ports::{Authorisation, Capabilities, Movement, Provider, Unread};
pub use domain::{Held, Outcome};
pub use infrastructure::MIGRATIONS;

use application::Till;
use application::bell::Bell;
use application::expire::Expire;
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
    /// Beside the built-in test provider.
    pub providers: Vec<Arc<dyn Provider>>,
    /// A store with the test provider's books, with the tables of [`MIGRATIONS`]; None: in the service's own.
    pub test_books: Option<Db>,
}

impl PaymentConfig {
    pub fn new(token_key: [u8; 32]) -> Self {
        Self {
            token_key,
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
    let vault =
        SealedVault::new(&config.token_key, host.effects.rng.clone()).map_err(|e| StartError::Config {
            key: "payment.token_key".into(),
            problem: e.to_string(),
            remedy: "give 32 random bytes".into(),
        })?;
    let books = config.test_books.unwrap_or_else(|| host.db.clone());
    let test = Arc::new(TestProvider { db: books, effects: host.effects.clone() });
    let mut providers: BTreeMap<&'static str, Arc<dyn Provider>> =
        config.providers.into_iter().map(|p| (p.name(), p)).collect();
    providers.insert(test.name(), test.clone());
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
    let rpc = tonic::service::Routes::new(api::payments_server(till.clone(), reconcile)).add_service(
        hanse_runtime::audit_server(&host, Arc::new(infrastructure::Examination(host.db.clone()))),
    );
    let perform = Perform(till.clone());
    let (expire, clock) = (Expire(till.clone()), host.clone());
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
