//! What pricing and inventory tell, in any order and any number of times.

use crate::shop::{ENGINES, Shop, eur};
use hanse_inventory_contract::{InventoryUpdated, StockLevel, StockOutcome, StockPolicy};
use hanse_kernel::{ChannelId, Currency, Money, ProductId, VariantId};
use hanse_pricing_contract::{PricesChanged, VariantPrice};
use hanse_product_contract::{ProductChanged, ProductStatus};
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use serde_json::{Value, json};

fn ids(product: &Value) -> (ProductId, VariantId) {
    let id = |value: &Value| value.as_str().unwrap().to_string();
    (id(&product["id"]).parse().unwrap(), id(&product["variants"][0]["id"]).parse().unwrap())
}

fn levels(variant: VariantId, available: i64, policy: StockPolicy, level_version: i64) -> InventoryUpdated {
    InventoryUpdated {
        outcome: StockOutcome::Reserved,
        order_id: None,
        key: None,
        restock_id: None,
        reason: None,
        short: vec![],
        levels: vec![StockLevel { variant_id: variant, available, policy, level_version }],
    }
}

fn prices(product: ProductId, variant: VariantId, amount: i64, price_version: i64) -> PricesChanged {
    let price = Money::new(amount, Currency::EUR);
    PricesChanged {
        product_id: product,
        channel: ChannelId::default(),
        key: None,
        prices: vec![VariantPrice { variant_id: variant, price, compare_at: None }],
        price_version,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_no_more_takes_its_product_off_the_shelf() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let created = shop
            .create(json!({
                "title": "Mug", "status": "published", "options": [{"name": "Size"}],
                "variants": [
                    {"options": {"Size": "S"}, "price": eur(1000), "stock": 2},
                    {"options": {"Size": "L"}, "price": eur(1400), "stock": 0},
                ],
            }))
            .await;
        shop.listed("/api/store/products", 1).await;
        shop.world.settle().await;
        let (product, small) = ids(&created);
        let large: VariantId = created["variants"][1]["id"].as_str().unwrap().parse().unwrap();
        let told = |variants: &[(VariantId, i64)], price_version| PricesChanged {
            prices: variants.iter().flat_map(|(v, amount)| prices(product, *v, *amount, 0).prices).collect(),
            ..prices(product, small, 0, price_version)
        };
        let shown = async || {
            let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
            [page["variants"][0]["price"].clone(), page["variants"][1]["price"].clone()]
        };

        // What is left out has no price any more, and what is told late or twice does not bring it back.
        let only_large = told(&[(large, 1400)], 1_000);
        for event in [&only_large, &told(&[(small, 1), (large, 1)], 999), &only_large] {
            shop.world.send("pricing", product, event).await;
        }
        assert_eq!(shown().await, [Value::Null, eur(1400)]);
        shop.world
            .until("the list shows what is left", async || {
                let list = shop.shopper.get("/api/store/products").await.json();
                list["items"][0]["price"] == eur(1400) && list["items"][0]["availability"] == "out_of_stock"
            })
            .await;
        let admin = shop.staff.get(&format!("/api/admin/products/{product}")).await.expect(200);
        assert_eq!(admin["variants"][0]["prices"], json!([]));

        for event in [&told(&[], 1_002), &told(&[(small, 5)], 1_001), &told(&[], 1_002)] {
            shop.world.send("pricing", product, event).await;
        }
        shop.shopper.get("/api/store/products/mug").await.expect(404);
        shop.listed("/api/store/products", 0).await;
        assert_eq!(breaches(&shop).await, Vec::<String>::new());

        shop.world.send("pricing", product, &told(&[(small, 900)], 1_003)).await;
        assert_eq!(shop.listed("/api/store/products", 1).await["items"][0]["price"], eur(900));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pricing_is_asked_in_a_counted_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let created = shop.simple("Mug", 1000).await;
        shop.listed("/api/store/products", 1).await;
        let (product, variant) = ids(&created);
        shop.staff
            .patch(&format!("/api/admin/variants/{variant}"), json!({"price": eur(1100)}))
            .await
            .expect(202);
        let body = json!({"variants": [{"id": variant, "price": eur(1200)}]});
        shop.staff.patch(&format!("/api/admin/products/{product}"), body).await.expect(200);
        shop.world.until("pricing is asked", async || shop.pricing.asked().len() == 3).await;
        let mut asked: Vec<_> =
            shop.pricing.asked().iter().map(|c| (c.asked.unwrap(), c.prices[0].price.minor())).collect();
        asked.sort_unstable();
        assert_eq!(asked, [(1, 1000), (2, 1100), (3, 1200)]);
    }
}

/// Breaches that the catalogue finds in its own store, as text.
pub async fn breaches(shop: &Shop) -> Vec<String> {
    shop.world.settle().await;
    let mut client = AuditClient::new(shop.world.network_of("hanse").link("product"));
    let at_rest_since = shop.world.effects.now().micros() + 1;
    let reply =
        client.examine(ExamineRequest { at_rest_since, ..Default::default() }).await.unwrap().into_inner();
    reply.breaches.into_iter().map(|b| format!("{} {}: {}", b.invariant, b.subject, b.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_version_counts_whatever_the_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let created = shop.simple("Mug", 1000).await;
        shop.listed("/api/store/products", 1).await;
        shop.world.settle().await;
        let (product, variant) = ids(&created);
        for (version, available) in [(103, 3), (101, 50), (104, 0), (102, 70), (104, 99)] {
            let told = levels(variant, available, StockPolicy::Deny, version);
            shop.world.send("inventory", variant, &told).await;
            let id = shop.world.send("inventory", variant, &told).await;
            shop.world.send_as(id, "inventory", variant, &told).await;
        }
        let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
        assert_eq!(
            (&page["variants"][0]["available_quantity"], &page["variants"][0]["availability"]),
            (&json!(0), &json!("out_of_stock"))
        );
        shop.world.send("inventory", variant, &levels(variant, -4, StockPolicy::Continue, 105)).await;
        let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
        assert_eq!(
            (&page["variants"][0]["available_quantity"], &page["variants"][0]["availability"]),
            (&json!(0), &json!("backorder"))
        );
        shop.world.send("inventory", variant, &levels(variant, 0, StockPolicy::Untracked, 106)).await;
        let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
        assert_eq!(
            (&page["variants"][0]["available_quantity"], &page["variants"][0]["availability"]),
            (&Value::Null, &json!("in_stock"))
        );

        for (version, amount) in [(903, 700), (901, 100), (902, 200), (903, 999)] {
            shop.world.send("pricing", product, &prices(product, variant, amount, version)).await;
        }
        let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
        assert_eq!(page["variants"][0]["price"], eur(700));
        // Of another product, of one that is no more, of nothing at all: nothing happens.
        let nobody = VariantId::new(uuid::Uuid::from_u128(9));
        let mut told = prices(product, variant, 700, 999);
        told.prices.extend(prices(product, nobody, 1, 999).prices);
        shop.world.send("pricing", product, &told).await;
        let stranger = ProductId::new(uuid::Uuid::from_u128(8));
        shop.world.send("pricing", stranger, &prices(stranger, variant, 1, 1_000)).await;
        shop.world.send("inventory", nobody, &levels(nobody, 1, StockPolicy::Deny, 999)).await;
        shop.world
            .until("the list shows it", async || {
                let list = shop.shopper.get("/api/store/products").await.json();
                list["items"][0]["price"] == eur(700) && list["items"][0]["availability"] == "in_stock"
            })
            .await;
        assert_eq!(breaches(&shop).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_changes_no_level_costs_the_catalogue_no_unit() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let variant = VariantId::new(uuid::Uuid::from_u128(7));
        let nothing = InventoryUpdated { levels: vec![], ..levels(variant, 0, StockPolicy::Deny, 1) };
        shop.world.send("inventory", variant, &nothing).await;
        assert_eq!(shop.module.remembers("product.levels").await, 0);
        // What answers an intake is heard, whether a level changed or not, and so is a level.
        let answer =
            InventoryUpdated { outcome: StockOutcome::Adjusted, key: Some("none".into()), ..nothing.clone() };
        shop.world.send("inventory", variant, &answer).await;
        assert_eq!(shop.module.remembers("product.levels").await, 1);
        shop.world.send("inventory", variant, &levels(variant, 3, StockPolicy::Deny, 2)).await;
        assert_eq!(shop.module.remembers("product.levels").await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_sees_a_shelf_that_lies() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let created = shop.simple("Mug", 1000).await;
        shop.listed("/api/store/products", 1).await;
        shop.world.settle().await;
        let (product, _) = ids(&created);
        let spoil = async |sql: &'static str| {
            let unit = shop.module.host.db.tx(sql, |tx, sql| {
                Box::pin(async move {
                    use hanse_database::sql::Sql;
                    tx.execute(sql, &[]).await
                })
            });
            let done: Result<u64, hanse_database::DbError> = unit.await;
            assert!(done.unwrap() > 0);
        };
        assert_eq!(breaches(&shop).await, Vec::<String>::new());
        spoil("update known_price set amount = amount + 1").await;
        assert_eq!(
            breaches(&shop).await,
            [format!("10 {product}: product {product} is listed with another price than pricing has told")]
        );
        spoil("update known_price set amount = amount - 1").await;
        spoil("delete from product_channel").await;
        assert_eq!(
            breaches(&shop).await,
            [format!("10 {product}: product {product} stands on a shelf but is not published")]
        );
    }
}

#[test]
fn messages_of_every_released_version_still_read() {
    // A sample of a released version is never edited.
    let sample = include_str!("../../contract/samples/ProductChanged.v1.0.json");
    let message: ProductChanged = serde_json::from_str(sample).unwrap();
    assert_eq!((message.status, message.variants[0].sku.as_str()), (ProductStatus::Published, "MUG-G-S"));
    assert_eq!(serde_json::to_string(&message).unwrap(), sample.trim());
}
