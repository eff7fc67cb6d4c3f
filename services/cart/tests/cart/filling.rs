//! Filling a cart: lines, quantities, stock that is only looked at, versions, requests sent twice.

use crate::shop::{codes, id, lines, on_both_engines, variant};
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_thing_twice_is_one_line() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 2), (11, 1), (10, 3)]).await;
        assert_eq!(lines(&cart), [(10, 5), (11, 1)]);
        assert_eq!(cart["version"], 4);
        assert_eq!(cart["totals"]["items"]["amount"], 6 * 1200);
        let engraved = json!({"variant_id": variant(10), "quantity": 1, "metadata": {"engraving": "Ana"}});
        let cart = guest.post(&format!("/api/store/carts/{}/items", id(&cart)), engraved).await.expect(200);
        assert_eq!(lines(&cart), [(10, 5), (11, 1), (10, 1)], "what is engraved is a line of its own");
        assert_eq!(cart["items"][2]["metadata"]["engraving"], "Ana");
    })
    .await;
}

#[tokio::test]
async fn quantities_change_and_lines_go() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 2), (11, 1), (12, 1)]).await;
        let item = |n: usize| {
            format!("/api/store/carts/{}/items/{}", id(&cart), cart["items"][n]["id"].as_str().unwrap())
        };
        let changed = guest.patch(&item(0), json!({"quantity": 7})).await.expect(200);
        assert_eq!(lines(&changed), [(10, 7), (11, 1), (12, 1)]);
        let gone = guest.delete(&item(1)).await.expect(200);
        assert_eq!((lines(&gone), &gone["version"]), (vec![(10, 7), (12, 1)], &json!(6)));
        assert_eq!(guest.delete(&item(1)).await.status.as_u16(), 404);
        let back = shop.add(&guest, &cart, 11, 1).await.expect(200);
        assert_eq!(lines(&back), [(10, 7), (12, 1), (11, 1)], "a new line comes last");
        for quantity in [0, -1, 1000, i64::MAX] {
            let refused = guest.patch(&item(0), json!({"quantity": quantity})).await.expect(422);
            assert_eq!(
                (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
                (&json!("quantity"), &json!("range"))
            );
        }
        let same = guest.patch(&item(0), json!({"quantity": 7})).await.expect(200);
        assert_eq!(same["version"], 7, "what changes nothing makes no version");
    })
    .await;
}

#[tokio::test]
async fn limits_of_pieces_and_lines() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 999)]).await;
        let more = shop.add(&guest, &cart, 10, 1).await.expect(422);
        assert_eq!(more["errors"][0]["field"], "quantity");
        let path = format!("/api/store/carts/{}/items", id(&cart));
        for n in 1..100 {
            let line = json!({"variant_id": variant(10), "quantity": 1, "metadata": {"n": n}});
            guest.post(&path, line).await.expect(200);
        }
        let refused = shop.add(&guest, &cart, 11, 1).await.expect(422);
        assert_eq!(refused["errors"][0]["code"], "too_many_lines");
        assert_eq!(shop.get(&guest, &cart).await.expect(200)["items"].as_array().unwrap().len(), 100);
    })
    .await;
}

#[tokio::test]
async fn stock_is_looked_at_and_not_held() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[]).await;
        let set = |n: u128, level| shop.neighbours.now().levels.insert(variant(n).to_string(), level);
        let more = shop.add(&guest, &cart, 10, 13).await.expect(200);
        assert_eq!(codes(&more["items"][0]["problems"]), ["insufficient_stock"]);
        assert_eq!(more["items"][0]["problems"][0]["available_quantity"], 12);
        assert!(codes(&more["problems"]).is_empty());

        set(11, (0, "deny"));
        let refused = shop.add(&guest, &cart, 11, 1).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "out_of_stock"));
        set(11, (0, "continue"));
        shop.add(&guest, &cart, 11, 1).await.expect(200);
        set(12, (0, "untracked"));
        let cart = shop.add(&guest, &cart, 12, 1).await.expect(200);
        assert!(
            codes(&cart["items"][1]["problems"]).is_empty()
                && codes(&cart["items"][2]["problems"]).is_empty()
        );

        set(10, (0, "deny"));
        let sold_out = shop.get(&guest, &cart).await.expect(200);
        assert_eq!(codes(&sold_out["items"][0]["problems"]), ["out_of_stock"]);
        shop.neighbours.now().levels.remove(&variant(13).to_string());
        assert_eq!(
            shop.add(&guest, &cart, 13, 1).await.status.as_u16(),
            409,
            "what is nowhere cannot be promised"
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_not_for_sale_cannot_be_put_in_and_is_told_when_it_is_in() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1), (11, 1), (12, 1)]).await;
        let hide = |n: u128| shop.neighbours.now().unpublished.push(variant(n).to_string());
        hide(13);
        for n in [13, 99] {
            let refused = shop.add(&guest, &cart, n, 1).await.expect(422);
            assert_eq!(
                (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
                (&json!("variant_id"), &json!("unknown_variant"))
            );
        }
        hide(10);
        shop.neighbours.now().titles.remove(&variant(11).to_string());
        shop.neighbours.now().prices.remove(&variant(12).to_string());
        shop.world.advance(std::time::Duration::from_secs(31));
        let cart = shop.get(&guest, &cart).await.expect(200);
        let told: Vec<_> = (0..3).map(|n| codes(&cart["items"][n]["problems"])).collect();
        assert_eq!(told, [vec!["not_published"], vec!["not_published"], vec!["no_price"]]);
        assert_eq!(
            (&cart["items"][1]["title"], &cart["items"][2]["unit_price"]),
            (&Value::Null, &Value::Null)
        );
        assert!(codes(&cart["problems"]).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_changes_nothing() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        let answer = shop.get(&guest, &cart).await;
        assert_eq!(answer.headers["etag"], "\"2\"");
        let stale = guest.clone().header("if-match", "\"1\"");
        let refused = shop.add(&stale, &cart, 10, 1).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (412, "precondition_failed"));
        assert_eq!(shop.patch(&stale, &cart, json!({"email": "a@example.org"})).await.status.as_u16(), 412);
        let fresh = guest.clone().header("if-match", "\"2\"");
        assert_eq!(shop.add(&fresh, &cart, 10, 1).await.expect(200)["version"], 3);
        let item =
            format!("/api/store/carts/{}/items/{}", id(&cart), cart["items"][0]["id"].as_str().unwrap());
        assert_eq!(fresh.patch(&item, json!({"quantity": 1})).await.status.as_u16(), 412);
        assert_eq!(fresh.delete(&item).await.status.as_u16(), 412);
        assert_eq!(lines(&shop.get(&guest, &cart).await.expect(200)), [(10, 2)]);
    })
    .await;
}

#[tokio::test]
async fn a_request_sent_twice_is_done_once() {
    on_both_engines(async |shop| {
        let key = shop.guest().header("idempotency-key", "0192a000-0000-7000-8000-00000000000f");
        let first = key.post("/api/store/carts", json!({})).await;
        let again = key.post("/api/store/carts", json!({})).await;
        assert_eq!((first.status.as_u16(), &first.bytes), (201, &again.bytes));
        let cart = first.json();
        let added = shop.add(&key, &cart, 10, 2).await;
        assert_eq!(shop.add(&key, &cart, 10, 2).await.bytes, added.bytes);
        let other = shop.add(&key, &cart, 10, 3).await;
        assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "idempotency_key_reused"));
        assert_eq!(lines(&shop.get(&shop.guest(), &cart).await.expect(200)), [(10, 2)]);
        // Who knows a guest's key gets the guest's cart: a key that can be guessed is not taken.
        let short = shop.guest().header("idempotency-key", "1").post("/api/store/carts", json!({})).await;
        assert_eq!((short.status.as_u16(), short.code().as_str()), (422, "validation"));
    })
    .await;
}

#[tokio::test]
async fn many_tabs_at_once_lose_nothing() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[]).await;
        let adds = (0..16u128).map(|n| shop.add(&guest, &cart, 10 + n % 4, 1));
        for answer in futures::future::join_all(adds).await {
            answer.expect(200);
        }
        let cart = shop.get(&guest, &cart).await.expect(200);
        let mut found = lines(&cart);
        found.sort();
        assert_eq!(found, [(10, 4), (11, 4), (12, 4), (13, 4)]);
        assert_eq!(cart["version"], 17, "one version per change");
    })
    .await;
}

#[tokio::test]
async fn codes_and_methods_that_can_never_count_are_refused_at_once() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        let refused =
            shop.patch(&guest, &cart, json!({"discount_codes": ["welcome", "nope"]})).await.expect(422);
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!("discount_codes[1]"), &json!("unknown_discount_code"))
        );
        let unknown = "ship_0192a000000070008000000000000099";
        for method in [unknown, "standard"] {
            let refused = shop.patch(&guest, &cart, json!({"shipping_method_id": method})).await.expect(422);
            assert_eq!(refused["errors"][0]["field"], "shipping_method_id");
        }
        let kept =
            shop.patch(&guest, &cart, json!({"discount_codes": ["welcome", "Big", "BIG"]})).await.expect(200);
        assert_eq!(kept["discount_codes"], json!(["WELCOME", "BIG"]));
        assert_eq!(codes(&kept["problems"]), ["discount_minimum_not_met"]);
        assert_eq!(kept["totals"]["discount"]["amount"], 120);
        let mut abroad = crate::shop::malmo();
        abroad["country"] = json!("US");
        let billed = shop.patch(&guest, &cart, json!({"billing_address": abroad})).await.expect(200);
        assert_eq!(codes(&billed["problems"]), ["discount_minimum_not_met", "country_not_served"]);
        let sent =
            shop.patch(&guest, &cart, json!({"shipping_address": crate::shop::malmo()})).await.expect(200);
        assert_eq!(codes(&sent["problems"]), ["discount_minimum_not_met"], "where it is sent counts first");
        let none = shop.patch(&guest, &cart, json!({"discount_codes": null})).await.expect(200);
        assert_eq!((&none["discount_codes"], none["problems"].as_array().unwrap().len()), (&json!([]), 0));
    })
    .await;
}
