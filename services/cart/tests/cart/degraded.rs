//! A neighbour is away: what still works, under which name the rest is missing, and what truly needs it.

use crate::shop::{codes, id, on_both_engines, product, variant};
use hanse_product_contract::{ProductChanged, ProductStatus};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn without_pricing_the_cart_has_no_totals_and_goes_on() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        shop.neighbours.now().pricing_away = true;
        let seen = shop.add(&guest, &cart, 11, 2).await.expect(200);
        assert_eq!(codes(&seen["problems"]), ["prices_unavailable"]);
        assert_eq!((&seen["totals"], &seen["items"][0]["unit_price"]), (&Value::Null, &Value::Null));
        assert_eq!(seen["items"][1]["title"], "Enamel mug");
        // Kept unjudged; told once pricing is back.
        let kept = shop.patch(&guest, &cart, json!({"discount_codes": ["NOPE"]})).await.expect(200);
        assert_eq!(codes(&kept["problems"]), ["prices_unavailable"]);
        let methods = guest.get(&format!("/api/store/carts/{}/shipping-methods", id(&cart))).await;
        assert_eq!((methods.status.as_u16(), methods.code().as_str()), (503, "unavailable"));
        assert!(methods.headers.contains_key("retry-after"));
        // How the channel sells is remembered.
        shop.cart(&guest, &[]).await;
        shop.neighbours.now().pricing_away = false;
        let back = shop.get(&guest, &cart).await.expect(200);
        assert_eq!(codes(&back["problems"]), ["unknown_discount_code"]);
        assert_eq!(back["totals"]["items"]["amount"], 3600);
    })
    .await;
}

#[tokio::test]
async fn a_first_cart_needs_to_know_what_the_channel_sells_in() {
    on_both_engines(async |shop| {
        shop.neighbours.now().pricing_away = true;
        let refused = shop.guest().post("/api/store/carts", json!({})).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "unavailable"));
    })
    .await;
}

#[tokio::test]
async fn without_product_what_is_remembered_is_shown() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        shop.neighbours.now().product_away = true;
        shop.world.advance(Duration::from_secs(3600));
        let seen = shop.add(&guest, &cart, 10, 1).await.expect(200);
        assert_eq!(seen["totals"]["items"]["amount"], 2400);
        assert!(codes(&seen["problems"]).is_empty());
        let unseen = shop.add(&guest, &cart, 11, 1).await;
        assert_eq!((unseen.status.as_u16(), unseen.code().as_str()), (503, "unavailable"));
        // In another language nothing is remembered: the cart works on without texts and totals.
        let german = shop.guest().locale("de");
        let bare = shop.get(&german, &cart).await.expect(200);
        assert_eq!(codes(&bare["problems"]), ["catalogue_unavailable", "prices_unavailable"]);
        assert_eq!((&bare["items"][0]["title"], &bare["totals"]), (&Value::Null, &Value::Null));
        assert!(codes(&bare["items"][0]["problems"]).is_empty(), "away is not the same as not for sale");
        let methods = german.get(&format!("/api/store/carts/{}/shipping-methods", id(&cart))).await;
        assert_eq!(methods.status.as_u16(), 503);
        let item =
            format!("/api/store/carts/{}/items/{}", id(&cart), bare["items"][0]["id"].as_str().unwrap());
        assert_eq!(german.delete(&item).await.expect(200)["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn without_inventory_adding_goes_on_unchecked() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        shop.neighbours.now().inventory_away = true;
        shop.neighbours.now().levels.insert(variant(11).to_string(), (0, "deny"));
        let seen = shop.add(&guest, &cart, 11, 1).await.expect(200);
        assert_eq!(codes(&seen["problems"]), ["stock_unavailable"]);
        assert_eq!(seen["totals"]["items"]["amount"], 2400);
    })
    .await;
}

#[tokio::test]
async fn texts_are_remembered_until_their_product_changes() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1), (11, 1)]).await;
        let asked = shop.neighbours.now().questions_to_product;
        shop.get(&guest, &cart).await.expect(200);
        assert_eq!(shop.neighbours.now().questions_to_product, asked, "nothing new, nothing asked");
        shop.neighbours.now().titles.insert(variant(10).to_string(), "Iron mug".into());
        let changed =
            ProductChanged { product_id: product(1), status: ProductStatus::Published, variants: vec![] };
        shop.host.send("product", product(1), &changed).await;
        let seen = shop.get(&guest, &cart).await.expect(200);
        assert_eq!(seen["items"][0]["title"], "Iron mug");
        let german = shop.get(&shop.guest().locale("de"), &cart).await.expect(200);
        assert_eq!(german["items"][0]["title"], "Iron mug (de)");
    })
    .await;
}
