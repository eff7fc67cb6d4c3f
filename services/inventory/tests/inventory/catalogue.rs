//! What the catalogue and its imports tell, and what others ask.

use crate::shop::{ENGINES, Shop};
use hanse_inventory_contract::rpc::GetLevelsRequest;
use hanse_inventory_contract::rpc::stock_client::StockClient;
use hanse_inventory_contract::{InventoryUpdated, SetStock, StockOutcome, StockPolicy, StockTarget};
use hanse_kernel::{ProductId, VariantId};
use hanse_messaging::Envelope;
use hanse_product_contract::{ProductChanged, ProductStatus, ProductVariant};

fn target(variant_id: VariantId, on_hand: i64) -> StockTarget {
    StockTarget { variant_id, sku: "MUG-G-S".into(), on_hand: Some(on_hand), policy: StockPolicy::Deny }
}

fn answers(shop: &Shop, key: &str) -> Vec<InventoryUpdated> {
    let all = shop.bench.published_of::<InventoryUpdated>();
    all.into_iter().filter(|e| e.key.as_deref() == Some(key)).collect()
}

#[tokio::test]
async fn a_target_is_set_once_per_key_and_always_answered() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug: VariantId = shop.bench.effects.id();
        let set = SetStock { key: "imp:1".into(), levels: vec![target(mug, 10)], asked: None };
        shop.send("product", &set).await;
        let order = shop.order();
        shop.place(order, &[(mug, 4)]).await;
        // Asked again after a sale: what is gone stays gone.
        shop.send("product", &set).await;
        let told = answers(&shop, "imp:1");
        assert_eq!(told.iter().map(|e| e.levels[0].available).collect::<Vec<_>>(), [10, 6]);
        assert!(told.iter().all(|e| e.outcome == StockOutcome::Adjusted && e.reason.is_none()));
        assert!(told[0].levels[0].level_version < told[1].levels[0].level_version);

        // Fewer than are promised: refused as a whole, and told so under the key.
        let towel: VariantId = shop.bench.effects.id();
        let set =
            SetStock { key: "imp:2".into(), levels: vec![target(towel, 7), target(mug, 3)], asked: None };
        shop.send("product", &set).await;
        let told = answers(&shop, "imp:2");
        assert!(told[0].reason.as_deref().unwrap().starts_with("stock_committed: MUG-G-S"), "{told:?}");
        assert_eq!(told[0].levels.len(), 1, "the towel is not made by halves");
        let negative = SetStock { key: "imp:3".into(), levels: vec![target(mug, -1)], asked: None };
        shop.send("product", &negative).await;
        assert!(answers(&shop, "imp:3")[0].reason.as_deref().unwrap().starts_with("on_hand_out_of_range"));
        // Nothing to change is an answer, too.
        let same = SetStock {
            key: "imp:4".into(),
            levels: vec![StockTarget { on_hand: None, ..target(mug, 0) }],
            asked: None,
        };
        shop.send("product", &same).await;
        assert_eq!(answers(&shop, "imp:4")[0].levels[0].available, 6);
        shop.audit().await;
    }
}

#[tokio::test]
async fn an_asking_that_comes_late_does_not_undo_a_later_one() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (mug, towel): (VariantId, VariantId) = (shop.bench.effects.id(), shop.bench.effects.id());
        let towels = StockTarget { sku: "TOWEL".into(), ..target(towel, 5) };
        let older = SetStock { key: "imp:1".into(), levels: vec![target(mug, 10), towels], asked: Some(1) };
        let newer = SetStock { key: "imp:2".into(), levels: vec![target(mug, 4)], asked: Some(2) };
        shop.send("product", &newer).await;
        shop.send("product", &older).await;
        let told = answers(&shop, "imp:1");
        assert_eq!(told.len(), 1, "it is answered all the same");
        let mut left: Vec<i64> = told[0].levels.iter().map(|level| level.available).collect();
        left.sort_unstable();
        assert_eq!(left, [4, 5], "what nobody has set since is set");
        shop.audit().await;
    }
}

async fn product_event(shop: &Shop, version: i64, changed: &ProductChanged) {
    let id = shop.bench.effects.ids.uuid();
    let envelope = Envelope {
        specversion: "1.0".into(),
        id,
        source: "/services/product".into(),
        kind: "product.ProductChanged.v1".into(),
        subject: changed.product_id.to_string(),
        time: shop.world.now(),
        aggver: Some(version),
        correlationid: hanse_kernel::CorrelationId::new(id),
        causationid: None,
        traceparent: None,
        datacontenttype: "application/json".into(),
        data: serde_json::value::to_raw_value(changed).unwrap(),
    };
    let consumers = &shop.inventory.consumers;
    let consumer = consumers.by_name("inventory.know_product").unwrap();
    consumers.deliver(consumer, &envelope).await.unwrap();
    shop.bench.settle().await;
}

#[tokio::test]
async fn a_variant_without_stock_is_out_of_stock_and_old_news_changes_nothing() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (product_id, a, b): (ProductId, VariantId, VariantId) =
            (shop.bench.effects.id(), shop.bench.effects.id(), shop.bench.effects.id());
        let changed = |variants: &[(VariantId, &str)]| ProductChanged {
            product_id,
            status: ProductStatus::Draft,
            variants: variants
                .iter()
                .map(|(variant_id, sku)| ProductVariant { variant_id: *variant_id, sku: (*sku).into() })
                .collect(),
        };
        product_event(&shop, 1, &changed(&[(a, "A"), (b, "B")])).await;
        let told = shop.bench.published_of::<InventoryUpdated>();
        assert_eq!(told.len(), 1);
        let levels: Vec<_> = told[0].levels.iter().map(|l| (l.available, l.policy)).collect();
        assert_eq!(levels, [(0, StockPolicy::Deny), (0, StockPolicy::Deny)]);

        product_event(&shop, 3, &changed(&[(a, "A-3")])).await;
        product_event(&shop, 2, &changed(&[(a, "A-2"), (b, "B-2")])).await;
        let page = shop.staff().get("/api/admin/inventory").await.expect(200);
        let skus: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|i| i["sku"].as_str().unwrap()).collect();
        assert_eq!(skus, ["A-3"], "the removed one is out of the list, the old names are forgotten");
    }
}

#[tokio::test]
async fn others_ask_for_levels_by_the_dozen() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (mug, mail) = (shop.variant(3).await, shop.variant_with(0, StockPolicy::Untracked).await);
        let unknown: VariantId = shop.bench.effects.id();
        shop.place(shop.order(), &[(mug, 1)]).await;
        let mut client = StockClient::new(shop.bench.network_of("cart").link("inventory"));
        let ids = [mug, mail, unknown].map(|id| id.to_string()).to_vec();
        let reply = client.get_levels(GetLevelsRequest { variant_ids: ids }).await.unwrap().into_inner();
        let levels: Vec<_> = reply.levels.iter().map(|l| (l.available, l.policy.as_str())).collect();
        assert_eq!(levels, [(2, "deny"), (0, "untracked")]);
        assert!(reply.levels[0].level_version > reply.levels[1].level_version);

        let bad =
            client.get_levels(GetLevelsRequest { variant_ids: vec!["prod_1".into()] }).await.unwrap_err();
        assert_eq!(bad.code(), tonic::Code::InvalidArgument);
        let many = vec![mug.to_string(); 501];
        let many = client.get_levels(GetLevelsRequest { variant_ids: many }).await.unwrap_err();
        assert_eq!(many.code(), tonic::Code::InvalidArgument);
        let none = client.get_levels(GetLevelsRequest { variant_ids: vec![] }).await.unwrap().into_inner();
        assert!(none.levels.is_empty());
    }
}
