//! Whatever is sent that makes no sense gets a clear problem and changes nothing.

use crate::shop::{id, malmo, on_both_engines, variant};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_changes() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        let with = |part: &str, value: Value| {
            let mut address = malmo();
            address[part] = value;
            json!({ "shipping_address": address })
        };
        for (body, field) in [
            (json!({"email": "nobody"}), "email"),
            (json!({"email": "<script>@example.org"}), "email"),
            (json!({"email": 7}), "email"),
            (with("name", json!("<b>Ana</b>")), "shipping_address.name"),
            (with("country", json!("Sweden")), "shipping_address.country"),
            (with("country", json!("XX")), "shipping_address.country"),
            (with("city", json!("")), "shipping_address.city"),
            (with("line1", json!("x".repeat(201))), "shipping_address.line1"),
            (with("planet", json!("Earth")), "shipping_address.planet"),
            (json!({"shipping_address": {"name": "Ana"}}), "shipping_address.line1"),
            (json!({"billing_address": "at home"}), "billing_address"),
            (json!({"shipping_method_id": "express"}), "shipping_method_id"),
            (json!({"discount_codes": ["not a code!"]}), "discount_codes[0]"),
            (json!({"discount_codes": vec!["A"; 11]}), "discount_codes"),
            (json!({"discount_codes": "WELCOME"}), "discount_codes"),
            (json!({"metadata": {"x": "y".repeat(5000)}}), "metadata"),
            (json!({"customer_id": "user_1"}), "customer_id"),
        ] {
            let refused = shop.patch(&guest, &cart, body.clone()).await.expect(422);
            assert_eq!(refused["errors"][0]["field"], field, "{body}");
        }
        let add = format!("/api/store/carts/{}/items", id(&cart));
        for (body, field) in [
            (json!({"variant_id": variant(10), "quantity": 0}), "quantity"),
            (json!({"variant_id": variant(10), "quantity": -5}), "quantity"),
            (json!({"variant_id": variant(10), "quantity": 1000}), "quantity"),
            (json!({"variant_id": variant(10), "quantity": 1e300}), "quantity"),
            (json!({"variant_id": variant(10), "quantity": 1.5}), "quantity"),
            (json!({"variant_id": variant(10), "quantity": "two"}), "quantity"),
            (json!({"variant_id": variant(10)}), "quantity"),
            (json!({"variant_id": "mug", "quantity": 1}), "variant_id"),
            (json!({"variant_id": variant(10), "quantity": 1, "unit_price": 1}), "unit_price"),
        ] {
            let refused = guest.post(&add, body.clone()).await.expect(422);
            assert_eq!(refused["errors"][0]["field"], field, "{body}");
        }
        assert_eq!(guest.post("/api/store/carts", json!({"items": []})).await.code(), "unknown_field");
        let same = shop.get(&guest, &cart).await.expect(200);
        assert_eq!(same["version"], cart["version"]);
    })
    .await;
}

#[tokio::test]
async fn carts_that_do_not_exist_and_bodies_that_are_none() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let unknown = format!("/api/store/carts/cart_{}", "0".repeat(40));
        for path in [unknown.as_str(), "/api/store/carts/cart_1", "/api/store/carts/1%27%20or%201=1"] {
            assert_eq!(guest.get(path).await.code(), "not_found", "{path}");
        }
        assert_eq!(guest.get(&format!("{unknown}/shipping-methods")).await.status.as_u16(), 404);
        let line = json!({"variant_id": variant(10), "quantity": 1});
        assert_eq!(guest.post(&format!("{unknown}/items"), line).await.status.as_u16(), 404);
        let cart = shop.cart(&guest, &[]).await;
        let path = format!("/api/store/carts/{}", id(&cart));
        let raw = |kind: &str, body: String| {
            let request = Request::builder().method("PATCH").uri(&path).header("content-type", kind);
            request.body(Body::from(body)).unwrap()
        };
        for (kind, body, status) in [
            ("application/json", "{".to_string(), 400),
            ("application/json", String::new(), 400),
            ("application/json", "[]".to_string(), 422),
            ("text/plain", "{}".to_string(), 415),
            ("application/json", format!("{{\"email\": \"{}\"}}", "a".repeat(70_000)), 413),
        ] {
            let answer = guest.call(raw(kind, body.clone())).await;
            assert_eq!(answer.status.as_u16(), status, "{kind} {}", &body[..body.len().min(20)]);
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
        let odd = guest.clone().header("if-match", "three");
        assert_eq!(odd.patch(&path, json!({})).await.status.as_u16(), 400);
    })
    .await;
}
