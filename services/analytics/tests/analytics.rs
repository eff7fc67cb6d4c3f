//! Analytics' stories, on both engines.

use hanse_analytics::MIGRATIONS;
use hanse_auth_contract::UserRegistered;
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{
    Actor, CartId, ChannelId, Currency, ItemId, Money, OrderId, Permission, UserId, VariantId,
};
use hanse_order_contract::{OrderCancelled, OrderConfirmed, OrderLine, OrderPlaced, OrderRefunded};
use hanse_record::Entry;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ErasedPerson, RemainsRequest};
use hanse_testkit::{Engine, TestHost, TestModule};
use hanse_user_contract::UserErased;
use serde_json::json;
use uuid::Uuid;

const DAY: &str = "/api/admin/analytics/summary?from=2026-11-23&to=2026-11-23";

async fn on_both(test: impl AsyncFn(TestHost, TestModule)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let shop = TestHost::new(engine);
        let host = shop.host("analytics", MIGRATIONS).await;
        let module = shop.start(hanse_analytics::module(host).expect("starts"));
        test(shop, module).await;
    }
}

fn analyst() -> Actor {
    let permissions = std::sync::Arc::new([Permission::AnalyticsRead].into_iter().collect());
    Actor::Staff { user: UserId::new(Uuid::from_u128(1)), permissions }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn lines() -> Vec<OrderLine> {
    let line = |v: u128, quantity| OrderLine {
        item_id: ItemId::new(Uuid::from_u128(v)),
        variant_id: VariantId::new(Uuid::from_u128(v)),
        quantity,
    };
    vec![line(1, 2), line(2, 1)]
}

fn placed(n: u128) -> OrderPlaced {
    OrderPlaced {
        order_id: OrderId::new(Uuid::from_u128(n)),
        number: format!("H-{n}"),
        channel: ChannelId::default(),
        customer_id: None,
        payment_id: None,
        total: eur(2650),
        lines: lines(),
        discount_codes: vec![],
        placed_at: "2026-11-23T23:59:59Z".parse().expect("a time"),
    }
}

fn confirmed(n: u128) -> OrderConfirmed {
    let p = placed(n);
    OrderConfirmed {
        order_id: p.order_id,
        number: p.number,
        channel: p.channel,
        cart_id: CartId::from_bytes(&[7; 20]).expect("20 bytes"),
        customer_id: None,
        total: p.total,
        lines: p.lines,
        discount_codes: vec![],
        placed_at: p.placed_at,
    }
}

fn refunded(n: u128, so_far: i64) -> OrderRefunded {
    OrderRefunded {
        order_id: OrderId::new(Uuid::from_u128(n)),
        number: format!("H-{n}"),
        amount: eur(100),
        refunded_total: eur(so_far),
        complete: false,
    }
}

#[tokio::test]
async fn a_day_is_the_same_whatever_order_its_events_come_in() {
    on_both(async |shop, analytics| {
        // In order, and once more.
        for _ in 0..2 {
            shop.send("order", "a", &placed(1)).await;
            shop.send("order", "a", &confirmed(1)).await;
            shop.send("order", "a", &refunded(1, 100)).await;
            shop.send("order", "a", &refunded(1, 200)).await;
        }
        // The other way round.
        shop.send("order", "b", &refunded(2, 200)).await;
        shop.send("order", "b", &refunded(2, 100)).await;
        shop.send("order", "b", &confirmed(2)).await;
        shop.send("order", "b", &placed(2)).await;
        // Placed, then undone.
        let cancelled = OrderCancelled {
            order_id: OrderId::new(Uuid::from_u128(3)),
            number: "H-3".into(),
            reason: "customer".into(),
            was_confirmed: false,
            discount_codes: vec![],
        };
        shop.send("order", "c", &cancelled).await;
        shop.send("order", "c", &placed(3)).await;

        let staff = analytics.client(analyst());
        let day = staff.get(DAY).await.expect(200);
        assert_eq!(
            day["days"],
            json!([{
                "day": "2026-11-23", "orders_placed": 3, "orders_confirmed": 2, "orders_cancelled": 1, "units": 6,
                "revenue": {"amount": 5300, "currency": "EUR"}, "refunded": {"amount": 400, "currency": "EUR"}
            }])
        );
        let top = staff.get("/api/admin/analytics/top-variants?from=2026-11-23&to=2026-11-23").await.expect(200);
        assert_eq!(top["items"][0]["units"], 4);
    })
    .await;
}

/// How many are counted, and what the audit is told that is left of somebody of whom all were told just now.
async fn counted(shop: &TestHost, analytics: &TestModule, user: UserId) -> (i64, Vec<String>) {
    let count: Result<Option<i64>, DbError> = analytics
        .host
        .db
        .read((), |tx, ()| {
            Box::pin(tx.query_opt("select count(*) from registration where day <> ''", &[], |r| r.get(0)))
        })
        .await;
    let now = shop.effects.now().micros();
    let people = vec![ErasedPerson { user_id: user.to_string(), told_at: now }];
    let mut audit = AuditClient::new(shop.network_of("order").link("analytics"));
    let told = audit.remains(RemainsRequest { people, at_rest_since: now }).await.expect("told");
    let rows = told.into_inner().breaches.into_iter().flat_map(|breach| breach.rows).collect();
    (count.expect("counted").expect("a row"), rows)
}

#[tokio::test]
async fn whoever_was_erased_is_not_counted_whichever_is_heard_of_first() {
    on_both(async |shop, analytics| {
        let [ana, bo, eve] = [1, 2, 3].map(|n| UserId::new(Uuid::from_u128(n)));
        let registered = |user_id| UserRegistered { user_id, staff: false };
        for user in [ana, bo] {
            shop.send("auth", user, &registered(user)).await;
        }
        let left = vec![format!("analytics.registration.user_id = {ana}")];
        assert_eq!(counted(&shop, &analytics, ana).await, (2, left), "the message never came");
        for _ in 0..2 {
            shop.send("user", ana, &UserErased { user_id: ana }).await;
            shop.send("user", eve, &UserErased { user_id: eve }).await;
            shop.send("auth", ana, &registered(ana)).await;
            shop.send("auth", eve, &registered(eve)).await;
        }
        for gone in [ana, eve] {
            assert_eq!(counted(&shop, &analytics, gone).await, (1, vec![]), "bo alone");
        }
    })
    .await;
}

#[tokio::test]
async fn figures_are_for_staff_and_a_wrong_day_is_named() {
    on_both(async |_shop, analytics| {
        analytics.client(Actor::Anonymous).get(DAY).await.expect(401);
        let user = UserId::new(Uuid::from_u128(5));
        analytics.client(Actor::Customer { user }).get(DAY).await.expect(403);
        let wrong =
            analytics.client(analyst()).get("/api/admin/analytics/summary?from=soon&to=2026-11-23").await;
        assert_eq!(wrong.clone().expect(422)["errors"][0]["field"], "from");
    })
    .await;
}

/// Has nothing to tell but its log.
struct Silent;

#[async_trait::async_trait]
impl hanse_runtime::Examine for Silent {
    async fn examine(
        &self,
        _: &hanse_runtime::Page,
    ) -> Result<hanse_runtime::Findings, hanse_database::DbError> {
        Ok(hanse_runtime::Findings::default())
    }
}

async fn done(host: &hanse_runtime::Host, shop: &TestHost, action: &'static str) {
    let input = (host.record.clone(), shop.ctx(analyst()), Entry::new(action, "thing", 7));
    let noted: Result<(), hanse_database::DbError> =
        host.db.tx(input, |tx, (record, ctx, entry)| Box::pin(record.note(tx, ctx, entry.clone()))).await;
    noted.expect("written down");
}

#[tokio::test]
async fn the_whole_shops_log_is_read_at_one_place_and_who_is_away_is_named() {
    on_both(async |shop, analytics| {
        let order = shop.host("order", MIGRATIONS).await;
        let audit = hanse_runtime::audit_server(&order, std::sync::Arc::new(Silent));
        shop.fake("order", tonic::service::Routes::new(audit));
        done(&order, &shop, "order.refunded").await;
        done(&analytics.host, &shop, "message.redriven").await;
        done(&order, &shop, "order.cancelled").await;
        let permissions = std::sync::Arc::new([Permission::AuditRead].into_iter().collect());
        let owner = analytics.client(Actor::Staff { user: UserId::new(Uuid::from_u128(2)), permissions });
        let told = |page: &serde_json::Value| {
            let items = page["items"].as_array().expect("items").clone();
            items.iter().map(|entry| entry["action"].as_str().expect("text").to_string()).collect::<Vec<_>>()
        };
        let page = owner.get("/api/admin/audit-log").await.expect(200);
        assert_eq!(told(&page), ["order.cancelled", "message.redriven", "order.refunded"]);
        let missing = page["missing"].as_array().expect("who is away");
        assert!(missing.contains(&json!("pricing")) && !missing.contains(&json!("order")), "{missing:?}");
        let first = owner.get("/api/admin/audit-log?limit=2").await.expect(200);
        assert_eq!(told(&first), ["order.cancelled", "message.redriven"]);
        let next = first["next_cursor"].as_str().expect("there is more");
        let rest = owner.get(&format!("/api/admin/audit-log?limit=2&cursor={next}")).await.expect(200);
        assert_eq!((told(&rest), &rest["next_cursor"]), (vec!["order.refunded".to_string()], &json!(null)));
        let own = owner.get("/api/admin/audit-log?service=analytics").await.expect(200);
        assert_eq!((told(&own).len(), &own["missing"]), (1, &json!([])));
        analytics.client(analyst()).get("/api/admin/audit-log").await.expect(403);
        let wrong = owner.get("/api/admin/audit-log?service=ordre").await.expect(422);
        assert_eq!(wrong["errors"][0]["field"], "service");
    })
    .await;
}
