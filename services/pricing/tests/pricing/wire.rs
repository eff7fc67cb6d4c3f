//! The wire: bodies that clients rely on, the access of every route, refused questions, the audit.

use crate::discounts::{hold, make};
use crate::shop::{eur, on_both_engines, variant};
use hanse_kernel::Actor;
use hanse_pricing_contract::rpc::GetPricesRequest;
use hanse_pricing_contract::{PricesChanged, PricesRefused, SetPrices};
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use serde_json::json;
use tonic::Code;

#[tokio::test]
async fn the_bodies_that_staff_see() {
    on_both_engines(async |shop| {
        let staff = shop.staff();
        let body = json!({"code": "WELCOME", "type": "percentage", "percentage_bp": 1000, "minimum": eur(2000),
            "limit_total": 100, "limit_per_customer": 1, "starts_at": "2026-01-01T00:00:00Z"});
        let made = staff.post("/api/admin/discounts", body).await.expect(201);
        insta::assert_json_snapshot!("discount", made, {".id" => "[id]"});
        let methods = staff.get("/api/admin/shipping-methods").await.expect(200);
        insta::assert_json_snapshot!("methods", methods);
        let zones = staff.get("/api/admin/shipping-zones").await.expect(200);
        insta::assert_json_snapshot!("zones", zones);
        let channels = staff.get("/api/admin/channels").await.expect(200);
        insta::assert_json_snapshot!("channels", channels);
        let rates = staff.get("/api/admin/tax-rates").await.expect(200);
        let line = |r: &serde_json::Value| format!("{} {} {}", r["country"], r["class"], r["rate_bp"]);
        let rates: Vec<String> = rates["items"].as_array().unwrap().iter().map(line).collect();
        insta::assert_snapshot!("rates", rates.join("\n").replace('"', ""));
        let body = json!({"prices": [{"variant_id": variant(10), "price": eur(1200), "compare_at_price": eur(1500)}]});
        let prices = staff.post("/api/admin/prices", body).await.expect(200);
        insta::assert_json_snapshot!("prices", prices);
    })
    .await;
}

#[tokio::test]
async fn the_quote_as_other_services_see_it() {
    on_both_engines(async |shop| {
        shop.price(10, 1200).await;
        make(&shop, json!({"code": "WELCOME", "type": "percentage", "percentage_bp": 1000})).await;
        let mut question = shop.question(&[(10, 2), (99, 1)]);
        question.discount_codes = vec!["welcome".into(), "nope".into()];
        let quote = shop.pricing().quote(question).await.unwrap().into_inner();
        insta::assert_debug_snapshot!("quote", quote);
    })
    .await;
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused() {
    on_both_engines(async |shop| {
        let refused = async |change: fn(&mut hanse_pricing_contract::rpc::QuoteRequest)| {
            let mut question = shop.question(&[(10, 1)]);
            change(&mut question);
            shop.pricing().quote(question).await.unwrap_err().code()
        };
        assert_eq!(refused(|q| q.currency = "EURO".into()).await, Code::InvalidArgument);
        assert_eq!(refused(|q| q.country = "sweden".into()).await, Code::InvalidArgument);
        assert_eq!(refused(|q| q.channel = "b2b".into()).await, Code::NotFound);
        assert_eq!(refused(|q| q.lines[0].quantity = 0).await, Code::InvalidArgument);
        assert_eq!(refused(|q| q.lines[0].quantity = i64::MAX).await, Code::InvalidArgument);
        assert_eq!(refused(|q| q.lines[0].variant_id = "mug".into()).await, Code::InvalidArgument);
        assert_eq!(refused(|q| q.lines[0].tax_class = "luxury".into()).await, Code::InvalidArgument);
        let many = GetPricesRequest { variant_ids: vec![variant(1).to_string(); 501], ..Default::default() };
        assert_eq!(shop.asked_by("hanse").get_prices(many).await.unwrap_err().code(), Code::InvalidArgument);
    })
    .await;
}

#[tokio::test]
async fn every_route_is_guarded() {
    on_both_engines(async |shop| {
        for rule in &shop.module.table {
            assert!(matches!(rule.access, hanse_http::Access::Staff(_)), "{rule:?}");
        }
        let own = shop.host.host("pricing", hanse_pricing::MIGRATIONS).await;
        let another = hanse_pricing::module(own, Default::default()).unwrap();
        assert_eq!(another.routes.unguarded().await, [""; 0]);
        let customer = shop.module.client(Actor::Customer { user: crate::shop::user(2) });
        assert_eq!(customer.get("/api/admin/discounts").await.status.as_u16(), 403);
        let nobody = shop.module.client(Actor::Anonymous);
        assert_eq!(nobody.get("/api/admin/discounts").await.status.as_u16(), 401);
    })
    .await;
}

#[tokio::test]
async fn the_audit_tells_redemptions_and_finds_no_breach() {
    on_both_engines(async |shop| {
        make(&shop, json!({"code": "A", "type": "percentage", "percentage_bp": 1000, "limit_total": 3}))
            .await;
        hold(&shop, 1, 1, &["A"], None).await;
        shop.pass(std::time::Duration::from_secs(60));
        let mut audit = AuditClient::new(shop.host.network_of("hanse").link("pricing"));
        let question = ExamineRequest { at_rest_since: shop.world.now().micros(), ..Default::default() };
        let found = audit.examine(question).await.unwrap().into_inner();
        assert!(found.breaches.is_empty(), "{:?}", found.breaches);
        assert_eq!(found.facts.len(), 1);
        assert_eq!((found.facts[0].kind.as_str(), found.facts[0].subject.as_str()), ("redemption", "A"));
        assert_eq!(found.facts[0].json, r#"{"held":1,"limit":3,"redeemed":0}"#);
    })
    .await;
}

/// A sample of a released version, which is never edited: it reads, and is written as it was.
fn stays<M: serde::de::DeserializeOwned + serde::Serialize>(sample: &str) -> M {
    let message: M = serde_json::from_str(sample).unwrap();
    assert_eq!(serde_json::to_string(&message).unwrap(), sample.trim());
    message
}

#[test]
fn messages_of_every_released_version_still_read() {
    let old: SetPrices = stays(include_str!("../../contract/samples/SetPrices.v1.0.json"));
    let new: SetPrices = stays(include_str!("../../contract/samples/SetPrices.v1.1.json"));
    assert_eq!((old.asked, new.asked), (None, Some(7)));
    assert_eq!(SetPrices { asked: None, ..new }, old);
    assert_eq!(old.prices[0].compare_at, Some(eur(1500)));
    let changed: PricesChanged = stays(include_str!("../../contract/samples/PricesChanged.v1.0.json"));
    assert_eq!((changed.price_version, changed.key, changed.prices[0].price), (4, None, eur(1200)));
    let refused: PricesRefused = stays(include_str!("../../contract/samples/PricesRefused.v1.0.json"));
    assert_eq!(refused.reason.split(':').next(), Some("unknown_currency"));
}
