//! What pricing and inventory tell, in any order and any number of times.

use crate::shop::{ENGINES, Shop, eur};
use hanse_inventory_contract::{InventoryUpdated, StockLevel, StockOutcome, StockPolicy};
use hanse_kernel::{ChannelId, Currency, Money, ProductId, VariantId};
use hanse_pricing_contract::{PricesChanged, VariantPrice};
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

/// Breaches that the catalogue finds in its own store, as text.
pub async fn breaches(shop: &Shop) -> Vec<String> {
    let mut client = AuditClient::new(shop.world.network_of("audit").link("product"));
    let at_rest_since = shop.world.effects.now().micros() + 1;
    let reply =
        client.examine(ExamineRequest { at_rest_since, after: String::new() }).await.unwrap().into_inner();
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
        shop.world.send("pricing", product, &prices(product, nobody, 1, 999)).await;
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
