//! Categories and collections: a tree with counts, names that spread, lists by hand.

use crate::shop::{ENGINES, Shop, mug};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

async fn category(shop: &Shop, body: Value) -> Value {
    shop.staff.post("/api/admin/categories", body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_counts_what_is_below_it() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        category(
            &shop,
            json!({"title": "Home", "translations": {"de": {"title": "Wohnen", "slug": "wohnen"}}}),
        )
        .await;
        let kitchen = category(&shop, json!({"title": "Kitchen", "parent": "home", "position": 2})).await;
        category(&shop, json!({"title": "Garden", "position": 3})).await;
        for (title, place) in [("Mug", "kitchen"), ("Bowl", "kitchen"), ("Lamp", "home"), ("Rake", "garden")]
        {
            let mut body = mug(title, 1000);
            body["category"] = json!(place);
            shop.create(body).await;
        }
        shop.listed("/api/store/products", 4).await;
        let mut list = Value::Null;
        shop.world
            .until("the counts are there", async || {
                list = shop.shopper.get("/api/store/categories").await.expect(200);
                list["items"][0]["product_count"] == 3
            })
            .await;
        assert_json_snapshot!("categories", list);
        shop.listed("/api/store/products?category=home", 3).await;
        let found = shop.listed("/api/store/products?category=kitchen", 2).await;
        assert_eq!(found["items"][0]["category"], "kitchen");
        shop.listed("/api/store/products?category=kitchen&q=bowl", 1).await;
        shop.shopper.get("/api/store/products?category=nowhere").await.expect(404);
        let german = shop.shopper.clone().locale("de");
        assert_eq!(german.get("/api/store/products?category=wohnen").await.expect(200)["total"], 3);
        assert_eq!(german.get("/api/store/products?category=kitchen").await.expect(200)["total"], 2);

        // Its new name spreads to the cards of its products; moved, it counts elsewhere.
        let path = format!("/api/admin/categories/{}", kitchen["id"].as_str().unwrap());
        let changed = shop
            .staff
            .patch(&path, json!({"title": "Cooking", "slug": "cooking", "parent": "garden"}))
            .await
            .expect(200);
        assert_eq!(changed["version"], 2);
        shop.listed("/api/store/products?category=garden", 3).await;
        shop.listed("/api/store/products?category=home", 1).await;
        let found = shop.listed("/api/store/products?category=cooking", 2).await;
        assert_eq!(found["items"][0]["category"], "cooking");
        shop.listed("/api/store/products?q=cooking", 2).await;
        let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
        assert_eq!(page["category"], json!({"slug": "cooking", "title": "Cooking"}));

        let home = shop.staff.get("/api/admin/categories").await.expect(200)["items"][0].clone();
        assert_eq!(home["translations"]["de"]["slug"], "wohnen");
        let garden = shop.staff.get("/api/admin/categories").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["slug"] == "garden")
            .unwrap()
            .clone();
        let path = format!("/api/admin/categories/{}", garden["id"].as_str().unwrap());
        let circle = shop.staff.patch(&path, json!({"parent": "cooking"})).await.expect(422);
        assert_eq!(circle["errors"][0]["field"], "parent");
        assert_eq!(
            shop.staff.post("/api/admin/categories", json!({"title": "X", "slug": "garden"})).await.code(),
            "slug_taken"
        );
        assert_eq!(crate::messages::breaches(&shop).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_a_list_by_hand() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mugs: Vec<Value> =
            [shop.simple("Mug", 100).await, shop.simple("Cup", 200).await, shop.simple("Bowl", 300).await]
                .map(|p| p["id"].clone())
                .to_vec();
        shop.listed("/api/store/products", 3).await;
        let made = shop
            .staff
            .post("/api/admin/collections", json!({"title": "Gifts", "products": [mugs[0], mugs[2]]}))
            .await
            .expect(201);
        assert_eq!(made["slug"], "gifts");
        shop.listed("/api/store/products?collection=gifts", 2).await;
        let path = format!("/api/admin/collections/{}", made["id"].as_str().unwrap());
        shop.staff.patch(&path, json!({"products": [mugs[1]]})).await.expect(200);
        let list = shop.listed("/api/store/products?collection=gifts", 1).await;
        assert_eq!(list["items"][0]["title"], "Cup");
        shop.staff
            .patch(&path, json!({"products": ["prod_00000000000000000000000000000007"]}))
            .await
            .expect(422);
        shop.shopper.get("/api/store/products?collection=gifts&category=x").await.expect(422);
        assert_eq!(shop.staff.delete(&path).await.status, 204);
        shop.world
            .until("it is gone", async || {
                shop.shopper.get("/api/store/products?collection=gifts").await.status == 404
            })
            .await;
        shop.listed("/api/store/products", 3).await;
    }
}
