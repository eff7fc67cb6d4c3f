//! Order: from a cart to a paid and sent order, or back to nothing owed and nothing held. It owns the checkout's saga,
//! the frozen orders and their history. [`module`] is its whole public face; [`domain`] is open to tests.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use application::AccessKey;
pub use domain::saga::CaptureMode;
pub use infrastructure::MIGRATIONS;

use api::{Api, Questions};
use application::answers::Answers;
use application::cancel::Cancel;
use application::erase_person::ErasePerson;
use application::forget::ForgetCustomer;
use application::fulfil::Fulfil;
use application::place::PlaceOrder;
use application::read::{GetOrder, ListOrders, OrderExists};
use application::refund::Refund;
use application::retry_payment::RetryPayment;
use application::sagas::WatchSagas;
use application::timers::Timers;
use application::waiting::Waiters;
use application::{AccessTokens, Desk};
use hanse_http::Idempotency;
use hanse_runtime::{Host, Module, StartError, audit_server, personal_data_server};
use infrastructure::{
    Examination, ForgottenTables, HttpClaims, Neighbours, OrderTables, OwnOrders, PartTables, ViewTables,
};
use std::sync::Arc;
use std::time::Duration;

/// How often the ages of sagas are measured.
const SAGAS_MEASURED: Duration = Duration::from_secs(5);
/// How often it is looked whether orders of erased customers have ended.
const FORGETS: Duration = Duration::from_secs(5);

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct OrderConfig {
    /// Makes the tokens with which guests read their orders. Another key locks out all who have one.
    pub access_token_key: AccessKey,
    /// How long checkout waits for the order to settle before it answers 202.
    pub wait: Duration,
    /// When the money is taken.
    pub capture: CaptureMode,
    /// How often the orders' timers are looked at.
    pub timer_poll: Duration,
}

impl OrderConfig {
    pub fn new(access_token_key: impl Into<AccessKey>) -> Self {
        Self {
            access_token_key: access_token_key.into(),
            wait: Duration::from_secs(5),
            capture: CaptureMode::AtConfirmation,
            timer_poll: Duration::from_millis(500),
        }
    }
}

/// # Errors
/// When the configuration cannot be used.
pub fn module(host: Host, config: OrderConfig) -> Result<Module, StartError> {
    if config.timer_poll.is_zero() {
        return Err(StartError::Config {
            key: "order.timer_poll".into(),
            problem: "is zero".into(),
            remedy: "leave it out for half a second".into(),
        });
    }
    let host = host.sending(&infrastructure::SENDS).sealing(infrastructure::sealed_rows());
    let vault = host.vault.clone();
    let views = Arc::new(ViewTables { vault: vault.clone() });
    let desk = Desk {
        db: host.db.clone(),
        outbox: host.outbox.clone(),
        record: host.record.clone(),
        effects: host.effects.clone(),
        orders: Arc::new(OrderTables { vault: vault.clone() }),
        parts: Arc::new(PartTables { vault: vault.clone() }),
        views: views.clone(),
        forgotten: Arc::new(ForgottenTables { vault }),
        waiters: Waiters::default(),
        wait: config.wait,
    };
    let tokens = AccessTokens::new(config.access_token_key);
    let neighbours = Arc::new(Neighbours::new(&*host.network, host.effects.clock.clone()));
    let place = PlaceOrder {
        desk: desk.clone(),
        carts: neighbours.clone(),
        catalogue: neighbours.clone(),
        pricing: neighbours.clone(),
        payments: neighbours.clone(),
        claims: Arc::new(HttpClaims),
        line: Default::default(),
        capture: config.capture,
    };
    let get = GetOrder { desk: desk.clone(), tokens: tokens.clone() };
    let api = Api {
        place,
        retry: RetryPayment { desk: desk.clone(), payments: neighbours },
        cancel: Cancel(desk.clone()),
        fulfil: Fulfil(desk.clone()),
        refund: Refund(desk.clone()),
        erase_person: ErasePerson(desk.clone()),
        get: get.clone(),
        list: ListOrders(desk.clone()),
        idempotency: Idempotency::new(host.db.clone(), host.effects.clone(), host.vault.clone()),
        tokens,
        desk: desk.clone(),
    };
    let questions = Questions { exists: OrderExists(desk.clone()), get };
    let rpc = tonic::service::Routes::new(questions.server())
        .add_service(audit_server(&host, Arc::new(Examination { db: host.db.clone() })))
        .add_service(personal_data_server(Arc::new(OwnOrders { db: host.db.clone(), views })));
    let consumers =
        infrastructure::consumers(host.consumers(), Answers(desk.clone()), ForgetCustomer(desk.clone()));
    let workers = vec![
        infrastructure::timers(&host, Timers(desk.clone()), config.timer_poll),
        infrastructure::forget(&host, ForgetCustomer(desk.clone()), ErasePerson(desk.clone()), FORGETS),
        infrastructure::watch_sagas(&host, WatchSagas::new(desk.clone()), SAGAS_MEASURED),
        infrastructure::end_streams(desk.waiters),
    ];
    Ok(Module { routes: api::routes_of(api), rpc, allow: api::allow(), consumers, workers, host })
}
