//! The worker dies at any moment: every provider is asked again under the same key, and everything happens once.

use crate::shop::{ENGINES, KEY, audit, eur};
use futures::future::join_all;
use hanse_kernel::{OrderId, PaymentId, RefundId};
use hanse_payment::{MIGRATIONS, PaymentConfig, module};
use hanse_payment_contract::rpc::OpenPaymentRequest;
use hanse_payment_contract::rpc::payments_client::PaymentsClient;
use hanse_payment_contract::{Authorize, CancelPayment, Capture, PaymentOutcome, PaymentProcessed, Refund};
use hanse_runtime::{Host, Stop};
use hanse_testkit::TestHost;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

const PAYMENTS: usize = 40;
const KILLS: u64 = 15;

fn config() -> PaymentConfig {
    PaymentConfig {
        provider_timeout: Duration::from_millis(500),
        retry: Duration::from_millis(20),
        poll: Duration::from_millis(10),
        ..PaymentConfig::new(KEY)
    }
}

/// A process that has lost power: its workers are gone between two instructions, its memory too.
async fn run_for(host: &Host, time: Duration) {
    let module = module(host.clone(), config()).unwrap();
    let workers: Vec<_> = module.workers.into_iter().map(|w| tokio::spawn((w.run)(Stop::new()))).collect();
    tokio::time::sleep(time).await;
    workers.into_iter().for_each(|w| w.abort());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_cuts_charge_nobody_twice_and_forget_nobody() {
    for engine in ENGINES {
        let bench = TestHost::new(engine);
        let host = bench.host("payment", MIGRATIONS).await;
        bench.start_idle(module(host.clone(), config()).unwrap());
        let mut client = PaymentsClient::new(bench.network_of("order").link("payment"));
        let mut all: Vec<(OrderId, PaymentId)> = Vec::new();
        for n in 0..PAYMENTS {
            let order: OrderId = bench.effects.id();
            let token = ["tok_success", "tok_unknown_then_success"][n % 2].to_string();
            let question = OpenPaymentRequest {
                order_id: order.to_string(),
                attempt: 1,
                amount: 1000,
                currency: "EUR".into(),
                provider: "test".into(),
                token,
            };
            let opened = client.open_payment(question).await.unwrap().into_inner();
            all.push((order, opened.payment_id.parse().unwrap()));
        }
        join_all(all.iter().map(|(order_id, payment_id)| {
            bench.send_owned(Authorize { payment_id: *payment_id, order_id: *order_id, renewal: 0 })
        }))
        .await;
        let of = |outcome: PaymentOutcome| {
            let told =
                bench.published_of::<PaymentProcessed>().into_iter().filter(move |e| e.outcome == outcome);
            told.map(|e| (e.payment_id, e)).collect::<BTreeMap<_, _>>()
        };
        let mut kills = 0;
        let mut go = async |what: &str, outcome: PaymentOutcome, count: usize| {
            for n in 0..KILLS {
                run_for(&host, Duration::from_millis(2 + n * 3)).await;
                kills += 1;
            }
            let module = module(host.clone(), config()).unwrap();
            let stop = Stop::new();
            let workers: Vec<_> =
                module.workers.into_iter().map(|w| tokio::spawn((w.run)(stop.clone()))).collect();
            bench.until(what, async || of(outcome).len() >= count).await;
            stop.now();
            join_all(workers).await;
        };
        go("all are authorised", PaymentOutcome::Authorized, PAYMENTS).await;
        join_all(all.iter().enumerate().map(|(n, (order_id, payment_id))| {
            let capture_id = Uuid::from_u128(n as u128);
            let (payment_id, order_id) = (*payment_id, *order_id);
            bench.send_owned(Capture { payment_id, order_id, capture_id, amount: eur(600) })
        }))
        .await;
        go("all are captured", PaymentOutcome::Captured, PAYMENTS).await;
        for (n, (order_id, payment_id)) in all.iter().copied().enumerate() {
            if n % 2 == 0 {
                bench.send_owned(CancelPayment { payment_id, order_id }).await;
            } else {
                let refund_id = RefundId::new(Uuid::from_u128(n as u128));
                bench.send_owned(Refund { payment_id, order_id, refund_id, amount: eur(250) }).await;
            }
        }
        go("all are given back", PaymentOutcome::Refunded, PAYMENTS).await;
        assert!(kills >= 45);
        bench.settle().await;
        let facts = audit(&bench, i64::MAX).await;
        assert_eq!(facts.len(), PAYMENTS);
        for (n, (_, payment_id)) in all.iter().enumerate() {
            let fact = &facts.iter().find(|(id, _)| *id == payment_id.to_string()).unwrap().1;
            let expected = if n % 2 == 0 { (600, 600, "refunded") } else { (600, 250, "captured") };
            let amounts = (fact["captured"].as_i64().unwrap(), fact["refunded"].as_i64().unwrap());
            assert_eq!((amounts.0, amounts.1, fact["state"].as_str().unwrap()), expected);
        }
    }
}

trait SendOwned {
    async fn send_owned<M: hanse_messaging::Message>(&self, message: M);
}

impl SendOwned for TestHost {
    async fn send_owned<M: hanse_messaging::Message>(&self, message: M) {
        self.send("order", "any", &message).await;
    }
}
