//! A running payment service with a few helpers that speak the trade's language.

use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{Actor, Currency, Money, OrderId, PaymentId, Permission, RefundId, UserId};
use hanse_messaging::Message;
use hanse_order_contract::OrderPlaced;
use hanse_payment::{MIGRATIONS, PaymentConfig, module};
use hanse_payment_contract::rpc::OpenPaymentRequest;
use hanse_payment_contract::rpc::payments_client::PaymentsClient;
use hanse_payment_contract::{
    Authorize, CancelPayment, Capture, PaymentOutcome, PaymentProcessed, Refund, VoidRest,
};
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_testkit::{Client, Engine, TestHost, TestModule, TestWorld};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];
pub const KEY: [u8; 32] = [7; 32];

pub struct Shop {
    pub world: TestWorld,
    pub bench: TestHost,
    pub payment: TestModule,
}

/// One payment of one order.
#[derive(Debug, Clone, Copy)]
pub struct Paying {
    pub order_id: OrderId,
    pub payment_id: PaymentId,
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

impl Shop {
    pub async fn open(engine: Engine) -> Self {
        Self::with(engine, PaymentConfig::new(KEY)).await
    }

    pub async fn with(engine: Engine, config: PaymentConfig) -> Self {
        let world = TestWorld::new();
        let bench = TestHost::with_effects(engine, world.effects());
        let host = bench.host("payment", MIGRATIONS).await;
        let payment = bench.start(module(host, config).unwrap());
        Self { world, bench, payment }
    }

    pub fn question(&self, order: OrderId, attempt: u32, token: &str) -> OpenPaymentRequest {
        OpenPaymentRequest {
            order_id: order.to_string(),
            attempt,
            amount: 2650,
            currency: "EUR".into(),
            provider: "test".into(),
            token: token.into(),
        }
    }

    pub async fn ask(&self, question: OpenPaymentRequest) -> Result<PaymentId, tonic::Status> {
        let mut client = PaymentsClient::new(self.bench.network_of("order").link("payment"));
        Ok(client.open_payment(question).await?.into_inner().payment_id.parse().unwrap())
    }

    /// A payment of 26.50 EUR, its order placed.
    pub async fn paying(&self, token: &str) -> Paying {
        self.paying_by("test", token).await
    }

    pub async fn paying_by(&self, provider: &str, token: &str) -> Paying {
        let order_id: OrderId = self.bench.effects.id();
        let question = OpenPaymentRequest { provider: provider.into(), ..self.question(order_id, 1, token) };
        let payment_id = self.ask(question).await.unwrap();
        let paying = Paying { order_id, payment_id };
        self.send("order", &self.placed(paying)).await;
        paying
    }

    pub fn placed(&self, p: Paying) -> OrderPlaced {
        OrderPlaced {
            order_id: p.order_id,
            number: "H-1".into(),
            channel: Default::default(),
            customer_id: None,
            payment_id: Some(p.payment_id),
            total: eur(2650),
            lines: vec![],
            discount_codes: vec![],
            placed_at: self.world.now(),
        }
    }

    pub async fn send<M: Message>(&self, from: &str, message: &M) {
        self.bench.send(from, "any", message).await;
    }
    pub async fn authorise(&self, p: Paying) {
        self.renew(p, 0).await;
    }
    pub async fn renew(&self, p: Paying, renewal: u32) {
        let Paying { payment_id, order_id } = p;
        self.send("order", &Authorize { payment_id, order_id, renewal }).await;
    }
    pub async fn cancel(&self, p: Paying) {
        self.send("order", &CancelPayment { payment_id: p.payment_id, order_id: p.order_id }).await;
    }
    pub async fn capture(&self, p: Paying, capture: u128, minor: i64) {
        let Paying { payment_id, order_id } = p;
        let capture_id = Uuid::from_u128(capture);
        self.send("order", &Capture { payment_id, order_id, capture_id, amount: eur(minor) }).await;
    }
    pub async fn refund(&self, p: Paying, refund: u128, minor: i64) {
        let Paying { payment_id, order_id } = p;
        let refund_id = RefundId::new(Uuid::from_u128(refund));
        self.send("order", &Refund { payment_id, order_id, refund_id, amount: eur(minor) }).await;
    }

    pub async fn void_rest(&self, p: Paying) {
        self.send("order", &VoidRest { payment_id: p.payment_id, order_id: p.order_id }).await;
    }

    pub fn events(&self, p: Paying) -> Vec<PaymentProcessed> {
        let all = self.bench.published_of::<PaymentProcessed>();
        all.into_iter().filter(|e| e.payment_id == p.payment_id).collect()
    }
    pub fn answers(&self, p: Paying) -> Vec<PaymentOutcome> {
        self.events(p).into_iter().map(|e| e.outcome).collect()
    }

    /// Waits, while time passes, until exactly these answers have been given.
    #[track_caller]
    pub fn told<'a>(&'a self, p: Paying, wanted: &'a [PaymentOutcome]) -> impl Future<Output = ()> + 'a {
        let what = format!("{wanted:?} is told at {}", std::panic::Location::caller());
        async move {
            self.bench
                .until(&what, async || {
                    self.world.advance(Duration::from_millis(5));
                    self.answers(p).len() >= wanted.len()
                })
                .await;
            self.bench.settle().await;
            assert_eq!(self.answers(p), wanted, "{what}");
        }
    }

    /// Lets so much time pass in steps, so that everything due on the way happens.
    pub async fn wait(&self, time: Duration) {
        let until = self.world.now().plus(time);
        while self.world.now() < until {
            self.world.advance(Duration::from_millis(250));
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        self.bench.settle().await;
    }

    pub fn staff(&self) -> Client {
        let user = UserId::new(Uuid::from_u128(5));
        let permissions = Arc::new([Permission::OrdersRead].into_iter().collect());
        self.payment.client(Actor::Staff { user, permissions })
    }

    /// The payment as staff see it.
    pub async fn seen(&self, p: Paying) -> Value {
        let page =
            self.staff().get(&format!("/api/admin/payments?order_id={}", p.order_id)).await.expect(200);
        let items = page["items"].as_array().unwrap();
        items.iter().find(|i| i["id"] == p.payment_id.to_string()).cloned().unwrap()
    }

    /// The encrypted means of payment, as it lies in the store.
    pub async fn token(&self, p: Paying) -> Option<Vec<u8>> {
        let read = self.payment.host.db.read(p.payment_id, |tx, id| {
            Box::pin(async move {
                let row =
                    tx.query_opt("select token from payment where id = $1", &[id], |r| r.get(0)).await?;
                Ok::<Option<Vec<u8>>, DbError>(row.flatten())
            })
        });
        read.await.unwrap()
    }

    /// The charge in the test provider's books: state, calls, captured, refunded.
    pub async fn charge(&self, p: Paying) -> (String, i64, i64, i64) {
        let read = self.payment.host.db.read(p.payment_id, |tx, id| {
            Box::pin(async move {
                let sql = "select c.state, c.calls, c.captured, c.refunded from test_charge c
                           join intent i on i.id = c.key where i.payment_id = $1 order by i.place limit 1";
                tx.query_opt(sql, &[id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).await
            })
        });
        read.await.unwrap_or_else(|e: DbError| panic!("{e}")).expect("a charge")
    }

    /// How often the test provider was asked to authorise anew.
    pub async fn renewals(&self, p: Paying) -> i64 {
        let read = self.payment.host.db.read(p.payment_id, |tx, id| {
            Box::pin(async move {
                let sql = "select count(*) from test_movement m join intent i on i.id = m.key
                           where i.payment_id = $1 and m.kind = 'renew'";
                tx.query_opt(sql, &[id], |r| r.get(0)).await
            })
        });
        read.await.unwrap_or_else(|e: DbError| panic!("{e}")).unwrap_or(0)
    }

    pub async fn charge_exists(&self, p: Paying) -> bool {
        let read = self.payment.host.db.read(p.payment_id, |tx, id| {
            Box::pin(async move {
                let sql = "select 1 from test_charge c join intent i on i.id = c.key where i.payment_id = $1";
                Ok::<_, DbError>(tx.query_opt(sql, &[id], |_| Ok(())).await?.is_some())
            })
        });
        read.await.unwrap()
    }

    pub async fn audit(&self) -> Vec<(String, Value)> {
        self.bench.settle().await;
        audit(&self.bench, self.world.now().plus(Duration::from_secs(1)).micros()).await
    }
}

/// Asks as the audit does; the facts, when nothing is wrong.
pub async fn audit(bench: &TestHost, at_rest_since: i64) -> Vec<(String, Value)> {
    let mut client = AuditClient::new(bench.network_of("hanse").link("payment"));
    let (mut after, mut facts) = (String::new(), vec![]);
    loop {
        let page = client
            .examine(ExamineRequest { at_rest_since, after, ..Default::default() })
            .await
            .unwrap()
            .into_inner();
        assert!(page.breaches.is_empty(), "{:?}", page.breaches);
        facts.extend(page.facts.into_iter().map(|f| (f.subject, serde_json::from_str(&f.json).unwrap())));
        if page.next.is_empty() {
            return facts;
        }
        after = page.next;
    }
}
