//! What a shopper does: fills a cart, tells where to, pays.

use crate::http::{Answer, Http};
use crate::until::until;
use anyhow::{Context, Result};
use rand::Rng;
use serde_json::{Value, json};

/// A key that nobody has used.
pub fn key() -> String {
    format!("journey-{:032x}", rand::rng().random::<u128>())
}

/// The access token of an account.
pub async fn login(http: &Http, email: &str, password: &str) -> Result<String> {
    let body = json!({"email": email, "password": password, "transport": "token"});
    let tokens = http.post("/api/auth/login").json(&body).expect(200).await?;
    tokens["access_token"].as_str().map(str::to_string).context("no access token")
}

/// The path of a new guest's cart with these goods in it.
pub async fn new_cart(http: &Http, goods: &[(&str, i64)]) -> Result<String> {
    let cart = http.post("/api/store/carts").json(&json!({})).expect(201).await?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("a cart without an id")?);
    for (variant, quantity) in goods {
        let body = json!({"variant_id": variant, "quantity": quantity});
        let answer = http.post(&format!("{path}/items")).json(&body).send().await?;
        anyhow::ensure!(matches!(answer.status, 200 | 201), "the cart refused {body}: {}", answer.text());
    }
    Ok(path)
}

/// A guest's cart with everything that an order needs.
pub async fn fill_cart(http: &Http, goods: &[(&str, i64)]) -> Result<Value> {
    let path = new_cart(http, goods).await?;
    let email = format!("{}@example.org", key());
    let address = json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"});
    let body = json!({"email": email, "shipping_address": address});
    http.patch(&path).json(&body).expect(200).await?;
    let methods = http.get(&format!("{path}/shipping-methods")).expect(200).await?;
    let method =
        methods["items"][0]["id"].as_str().with_context(|| format!("no shipping to Sweden: {methods}"))?;
    http.patch(&path).json(&json!({"shipping_method_id": method})).expect(200).await
}

pub fn checkout_body(cart: &Value, token: &str) -> Value {
    json!({
        "cart_id": cart["id"],
        "cart_version": cart["version"],
        "expected_total": cart["totals"]["total"],
        "payment": {"provider": "test", "token": token},
    })
}

/// Checks a cart out with a fresh key; whatever comes.
pub async fn checkout(http: &Http, cart: &Value, token: &str) -> Result<Answer> {
    http.post("/api/store/checkout").key(&key()).json(&checkout_body(cart, token)).send().await
}

/// Checks a cart out and waits until the order is no longer pending; it, with its access token.
pub async fn pay(http: &Http, cart: &Value, token: &str) -> Result<Value> {
    let answer = checkout(http, cart, token).await?;
    anyhow::ensure!(
        matches!(answer.status, 201 | 202),
        "checkout answered {}: {}",
        answer.status,
        answer.text()
    );
    let placed = answer.json();
    let access = placed["access_token"].as_str().context("an order without its access token")?;
    let path = format!("/api/store/orders/{}", placed["id"].as_str().context("an order without an id")?);
    let waits = |order: &Value| order["status"] == "pending" && order["next_action"].is_null();
    let mut order = until("the order to settle", async || {
        let order = http.get(&path).order(access).expect(200).await?;
        Ok(Some(order).filter(|order| !waits(order)))
    })
    .await?;
    order["access_token"] = placed["access_token"].clone();
    Ok(order)
}
