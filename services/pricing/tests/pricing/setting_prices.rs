//! Prices come from files, from staff and from the calendar; each change is told, gapless and in the same breath.

use crate::shop::{Shop, eur, on_both_engines, product, variant};
use futures::future::join_all;
use hanse_kernel::{Currency, Money};
use hanse_pricing_contract::rpc::GetPricesRequest;
use hanse_pricing_contract::{PricesChanged, PricesRefused, SetPrices, VariantPrice};
use hanse_product_contract::{ProductChanged, ProductStatus, ProductVariant};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

fn set(key: &str, prices: &[(u128, Money)]) -> SetPrices {
    let price = |(n, price): &(u128, Money)| VariantPrice {
        variant_id: variant(*n),
        price: *price,
        compare_at: None,
    };
    SetPrices {
        key: key.into(),
        product_id: product(1),
        channel: Default::default(),
        prices: prices.iter().map(price).collect(),
        asked: None,
    }
}

async fn send(shop: &Shop, command: &SetPrices) {
    shop.host.send("product", command.product_id, command).await;
    shop.host.settle().await;
}

async fn shown(shop: &Shop, variants: &[u128]) -> Vec<i64> {
    let variant_ids = variants.iter().map(|n| variant(*n).to_string()).collect();
    let question = GetPricesRequest { variant_ids, ..GetPricesRequest::default() };
    let reply = shop.asked_by("hanse").get_prices(question).await.unwrap().into_inner();
    assert!(reply.tax_included);
    reply.prices.iter().map(|p| p.amount).collect()
}

#[tokio::test]
async fn a_files_row_is_always_answered_with_its_key() {
    on_both_engines(async |shop| {
        send(&shop, &set("row-1", &[(10, eur(1200)), (11, eur(1500))])).await;
        send(&shop, &set("row-2", &[(10, eur(1200))])).await;
        send(&shop, &set("row-3", &[(10, eur(1300))])).await;
        let told = shop.host.published_of::<PricesChanged>();
        let keys: Vec<_> = told.iter().map(|e| e.key.as_deref().unwrap()).collect();
        assert_eq!(keys, ["row-1", "row-2", "row-3"]);
        let versions: Vec<_> = told.iter().map(|e| e.price_version).collect();
        assert_eq!(versions, [1, 1, 2], "unchanged prices are told under the version they had");
        assert_eq!(told[2].prices.len(), 2, "all prices of the product, not only the changed one");
        let aggvers: Vec<_> = shop.host.published().iter().map(|m| m.envelope.aggver.unwrap()).collect();
        assert_eq!(aggvers, [1, 2, 3]);
        assert_eq!(shown(&shop, &[10, 11, 12]).await, [1300, 1500]);
    })
    .await;
}

#[tokio::test]
async fn the_same_command_twice_is_answered_twice_and_done_once() {
    on_both_engines(async |shop| {
        let command = set("row", &[(10, eur(1200))]);
        let id = shop.host.send("product", command.product_id, &command).await;
        shop.host.send_as(id, "product", command.product_id, &command).await;
        send(&shop, &command).await;
        let versions: Vec<_> =
            shop.host.published_of::<PricesChanged>().iter().map(|e| e.price_version).collect();
        assert_eq!(versions, [1, 1], "a duplicate is not answered, a re-issued command is");
    })
    .await;
}

#[tokio::test]
async fn the_catalogues_last_word_counts_whatever_comes_first() {
    on_both_engines(async |shop| {
        let asked = |n, key, prices: &[(u128, Money)]| SetPrices { asked: Some(n), ..set(key, prices) };
        let (first, second) =
            (asked(1, "a", &[(10, eur(100)), (11, eur(110))]), asked(2, "b", &[(10, eur(200))]));
        send(&shop, &second).await;
        send(&shop, &first).await;
        assert_eq!(
            shown(&shop, &[10, 11]).await,
            [200, 110],
            "what the later one does not name is still set"
        );
        // Staff have changed it since: an asking that is repeated changes nothing, and is answered all the same.
        shop.price(10, 300).await;
        send(&shop, &second).await;
        assert_eq!(shown(&shop, &[10, 11]).await, [300, 110]);
        let body = json!({"product_id": product(1), "prices": []});
        shop.staff().put("/api/admin/prices", body).await.expect(200);
        for again in [&first, &second] {
            send(&shop, again).await;
        }
        assert_eq!(shown(&shop, &[10, 11]).await, [0i64; 0], "nor does it bring back what was taken away");
        let told = shop.host.published_of::<PricesChanged>();
        let keys: Vec<_> = told.iter().filter_map(|e| e.key.as_deref()).collect();
        assert_eq!(keys, ["b", "a", "b", "a", "b"]);
        assert_eq!(told.last().unwrap().prices, []);
        // What was refused is not taken for done.
        let dear = asked(3, "c", &[(10, eur(-1))]);
        send(&shop, &dear).await;
        send(&shop, &dear).await;
        assert_eq!(shop.host.published_of::<PricesRefused>().len(), 2);
        send(&shop, &asked(3, "d", &[(10, eur(400))])).await;
        assert_eq!(shown(&shop, &[10]).await, [400]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_set_prices_of_one_product_at_once_all_succeed() {
    on_both_engines(async |shop| {
        const MANY: u128 = 40;
        let by_staff = join_all((0..MANY).map(|i| {
            let body = json!({"prices": [
                {"variant_id": variant(10 + i % 10), "price": eur(1_000 + i as i64), "min_quantity": 2 + i as i64},
            ]});
            let staff = shop.staff();
            async move { staff.post("/api/admin/prices", body).await.status.as_u16() }
        }));
        let by_command = join_all((0..MANY).map(|i| {
            let (command, shop) = (set(&format!("row-{i}"), &[(10 + i % 10, eur(100 + i as i64))]), &shop);
            async move { shop.host.send("product", command.product_id, &command).await }
        }));
        let (statuses, _) = futures::future::join(by_staff, by_command).await;
        assert_eq!(statuses, [200; MANY as usize]);
        // A message that lost against its neighbours is parked and tried again as time goes by.
        let parked = async || hanse_messaging::parked::list(&shop.module.host.db).await.unwrap().len();
        shop.host
            .until("nothing is parked any more", async || {
                shop.pass(Duration::from_millis(100));
                parked().await == 0
            })
            .await;
        shop.host.settle().await;
        let told = shop.host.published_of::<PricesChanged>();
        let keys: BTreeSet<_> = told.iter().filter_map(|e| e.key.clone()).collect();
        assert_eq!(keys.len(), MANY as usize);
        let mut aggvers: Vec<_> = shop.host.published().iter().map(|m| m.envelope.aggver.unwrap()).collect();
        aggvers.sort_unstable();
        assert_eq!(aggvers, (1..=2 * MANY as i64).collect::<Vec<_>>());
        let all = shop.staff().get(&format!("/api/admin/prices?product_id={}", product(1))).await.expect(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 10 + MANY as usize);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_with_its_key_and_changes_nothing() {
    on_both_engines(async |shop| {
        send(&shop, &set("good", &[(10, eur(1200))])).await;
        let dollars = Money::new(5, Currency::USD);
        send(&shop, &set("negative", &[(10, eur(-1))])).await;
        send(&shop, &set("mixed", &[(10, eur(1)), (11, dollars)])).await;
        send(&shop, &set("foreign", &[(10, dollars)])).await;
        send(
            &shop,
            &SetPrices { channel: hanse_kernel::ChannelId::new("b2b"), ..set("channel", &[(10, eur(1))]) },
        )
        .await;
        let told = shop.host.published_of::<PricesRefused>();
        let told: Vec<_> =
            told.iter().map(|e| (e.key.as_str(), e.reason.split(':').next().unwrap())).collect();
        assert_eq!(
            told,
            [
                ("negative", "negative_price"),
                ("mixed", "unknown_currency"),
                ("foreign", "unknown_currency"),
                ("channel", "unknown_channel")
            ]
        );
        assert_eq!(shown(&shop, &[10, 11]).await, [1200]);
    })
    .await;
}

#[tokio::test]
async fn removed_variants_lose_their_prices_and_old_news_does_not_bring_them_back() {
    on_both_engines(async |shop| {
        send(&shop, &set("row", &[(10, eur(1200)), (11, eur(1500))])).await;
        let with = |variants: &[u128], status| ProductChanged {
            product_id: product(1),
            status,
            variants: variants
                .iter()
                .map(|n| ProductVariant { variant_id: variant(*n), sku: n.to_string() })
                .collect(),
        };
        shop.host.send("product", product(1), &with(&[10], ProductStatus::Published)).await;
        shop.host.settle().await;
        assert_eq!(shown(&shop, &[10, 11]).await, [1200]);
        let told = shop.host.published_of::<PricesChanged>();
        assert_eq!((told.len(), told[1].prices.len(), told[1].key.clone()), (2, 1, None));
        shop.host.send("product", product(1), &with(&[10], ProductStatus::Deleted)).await;
        send(&shop, &set("late", &[(10, eur(1))])).await;
        assert_eq!(shown(&shop, &[10]).await, [0i64; 0]);
        assert_eq!(
            shop.host.published_of::<PricesRefused>()[0].reason,
            "product_deleted: the product has been deleted"
        );
    })
    .await;
}

#[tokio::test]
async fn staff_set_read_and_replace_prices() {
    on_both_engines(async |shop| {
        let staff = shop.staff();
        let body = json!({"prices": [
            {"variant_id": variant(10), "price": {"amount": 1200, "currency": "EUR"}, "compare_at_price": {"amount": 1500, "currency": "EUR"}},
            {"variant_id": variant(10), "price": {"amount": 1000, "currency": "EUR"}, "min_quantity": 10},
            {"variant_id": variant(20), "price": {"amount": 700, "currency": "EUR"}, "customer_group": "club"},
        ]});
        let all = staff.post("/api/admin/prices", body).await.expect(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 3);
        let one = staff.get(&format!("/api/admin/prices?variant_id={}", variant(20))).await.expect(200);
        assert_eq!(one["items"][0]["customer_group"], "club");
        assert_eq!(one["items"][0]["valid_from"], serde_json::Value::Null);
        let body = json!({"product_id": product(1), "prices": [
            {"variant_id": variant(11), "price": {"amount": 900, "currency": "EUR"}},
        ]});
        staff.put("/api/admin/prices", body).await.expect(200);
        assert_eq!(shown(&shop, &[10, 11, 20]).await, [900]);
        shop.host.settle().await;
        let mut told: Vec<_> =
            shop.host.published_of::<PricesChanged>().iter().map(|e| (e.product_id, e.price_version)).collect();
        // Between products there is no order.
        told.sort();
        assert_eq!(told, [(product(1), 1), (product(1), 2), (product(2), 1)]);

        for (body, code) in [
            (json!({"prices": [{"variant_id": variant(5000), "price": {"amount": 1, "currency": "EUR"}}]}), "validation"),
            (json!({"prices": [{"variant_id": variant(10), "price": {"amount": -1, "currency": "EUR"}}]}), "validation"),
            (json!({"prices": [{"variant_id": variant(10), "price": {"amount": 1, "currency": "XXQ"}}]}), "validation"),
            (json!({"prices": [{"variant_id": variant(10), "price": {"amount": 1, "currency": "USD"}}]}), "validation"),
            (json!({"prices": [], "shop": 1}), "unknown_field"),
        ] {
            let answer = staff.post("/api/admin/prices", body).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code));
        }
    })
    .await;
}

#[tokio::test]
async fn a_campaign_begins_and_ends_by_itself() {
    on_both_engines(async |shop| {
        shop.price(10, 1200).await;
        let hour = Duration::from_secs(3600);
        let (begin, end) = (shop.world.now().plus(hour), shop.world.now().plus(2 * hour));
        let body = json!({"prices": [
            {"variant_id": variant(10), "price": {"amount": 800, "currency": "EUR"}, "valid_from": begin, "valid_until": end},
        ]});
        shop.staff().post("/api/admin/prices", body).await.expect(200);
        assert_eq!(shown(&shop, &[10]).await, [1200]);
        for expected in [800, 1200] {
            shop.pass(hour);
            let latest = || shop.host.published_of::<PricesChanged>().last().map(|e| e.prices[0].price.minor());
            shop.host.until("the listing hears of it", async || latest() == Some(expected)).await;
            assert_eq!(shown(&shop, &[10]).await, [expected]);
        }
        let versions: Vec<_> = shop.host.published_of::<PricesChanged>().iter().map(|e| e.price_version).collect();
        assert_eq!(versions, [1, 2, 3, 4]);
    })
    .await;
}

#[tokio::test]
async fn the_only_price_that_ends_or_is_taken_away_is_told_as_gone() {
    on_both_engines(async |shop| {
        let hour = Duration::from_secs(3600);
        let end = shop.world.now().plus(hour);
        let body = json!({"prices": [{"variant_id": variant(10), "price": eur(800), "valid_until": end}]});
        shop.staff().post("/api/admin/prices", body).await.expect(200);
        shop.price(11, 900).await;
        shop.host.settle().await;
        shop.pass(hour);
        let last =
            || shop.host.published_of::<PricesChanged>().into_iter().max_by_key(|e| e.price_version).unwrap();
        shop.host.until("the end is told", async || last().price_version == 3).await;
        let left: Vec<_> = last().prices.iter().map(|p| p.variant_id).collect();
        assert_eq!(left, [variant(11)]);
        let body = json!({"product_id": product(1), "prices": []});
        shop.staff().put("/api/admin/prices", body).await.expect(200);
        shop.host.settle().await;
        assert_eq!((last().price_version, last().prices.len()), (4, 0));
    })
    .await;
}

#[tokio::test]
async fn a_campaign_over_many_products_begins_everywhere_at_once() {
    on_both_engines(async |shop| {
        const PRODUCTS: usize = 150;
        let hour = Duration::from_secs(3600);
        let begin = shop.world.now().plus(hour);
        let prices: Vec<_> = (1..=PRODUCTS as u128)
            .map(|n| json!({"variant_id": variant(10 * n), "price": eur(800), "valid_from": begin}))
            .collect();
        shop.staff().post("/api/admin/prices", json!({"prices": prices})).await.expect(200);
        shop.host.settle().await;
        shop.pass(hour);
        // Time stands still from here on.
        let told =
            || shop.host.published_of::<PricesChanged>().iter().filter(|e| !e.prices.is_empty()).count();
        shop.host.until("every product's campaign is told", async || told() == PRODUCTS).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_under_a_key_is_answered_once() {
    on_both_engines(async |shop| {
        let body = |minor| json!({"prices": [{"variant_id": variant(10), "price": eur(minor)}]});
        let keyed = shop.staff().header("idempotency-key", "monday");
        let first = keyed.post("/api/admin/prices", body(1200)).await;
        assert_eq!(first.status, 200);
        shop.price(10, 1300).await;
        let again = keyed.post("/api/admin/prices", body(1200)).await;
        assert_eq!((again.status, &again.bytes), (first.status, &first.bytes), "byte for byte");
        assert_eq!(shown(&shop, &[10]).await, [1300], "and nothing is done again");
        let other = keyed.post("/api/admin/prices", body(1100)).await;
        assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "idempotency_key_reused"));
        let zone = json!({"name": "Islands", "countries": ["FO"]});
        let made = keyed.post("/api/admin/shipping-zones", zone.clone()).await;
        assert_eq!(
            (made.status.as_u16(), &made.bytes),
            (201, &keyed.post("/api/admin/shipping-zones", zone).await.bytes)
        );
    })
    .await;
}
