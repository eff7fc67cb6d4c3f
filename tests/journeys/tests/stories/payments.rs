//! Payments that do not succeed at once, and carts that changed meanwhile.

use anyhow::{Context, Result};
use hanse_journeys::{
    Shop, checkout, checkout_body, csv, fill_cart, import, key, pay, stock_of, until, until_within, variants,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

async fn open() -> Result<(Shop, String, BTreeMap<String, String>)> {
    let shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let file = csv(&[("rope", "10.00", 50), ("lamp", "25.00", 1)]);
    import(&shop.http, &staff, "goods.csv", file.as_bytes()).await?;
    let ids = variants(&shop.http, &["rope", "lamp"]).await?;
    Ok((shop, staff, ids))
}

fn path(order: &Value) -> Result<(String, &str)> {
    let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
    Ok((path, order["access_token"].as_str().context("no access token")?))
}

/// The order once it is in this state.
async fn becomes(shop: &Shop, order: &Value, status: &str) -> Result<Value> {
    let (path, access) = path(order)?;
    until(&format!("the order to be {status}"), async || {
        let order = shop.http.get(&path).order(access).expect(200).await?;
        Ok(Some(order).filter(|order| order["status"] == status))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_is_tried_again_with_another_card() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let cart = fill_cart(&shop.http, &[(&ids["rope"], 2)]).await?;
    let order = pay(&shop.http, &cart, "tok_declined").await?;
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&json!("awaiting_payment"), &json!("declined")),
        "{order}"
    );
    assert_eq!(order["reason"], "payment_declined", "{order}");
    assert_eq!(stock_of(&shop.http, &staff, "rope").await?, (50, 2, 48), "the goods stay set aside");
    let (path, access) = path(&order)?;
    let payments = format!("{path}/payments");
    let card = json!({"provider": "test", "token": "tok_success"});
    shop.http.post(&payments).order(access).json(&card).refused(400, "idempotency_key_missing").await?;
    let second = shop.http.post(&payments).order(access).key(&key()).json(&card).send().await?;
    assert!(matches!(second.status, 200..=202), "{}", second.text());
    let order = becomes(&shop, &order, "confirmed").await?;
    assert_eq!(order["payment_status"], "captured", "{order}");
    assert_eq!(stock_of(&shop.http, &staff, "rope").await?.2, 48);
    let late = shop.http.post(&payments).order(access).key(&key()).json(&card).send().await?;
    late.refused(409, "order_closed")?;
    shop.audit(1).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_asks_first_and_banks_that_are_unclear() -> Result<()> {
    let (mut shop, _, ids) = open().await?;
    let http = &shop.http;
    let cart = fill_cart(http, &[(&ids["rope"], 1)]).await?;
    let order = pay(http, &cart, "tok_action_required").await?;
    assert_eq!(order["payment_status"], "action_required", "{order}");
    // The order is under way, so its cart cannot become a second one.
    let again = checkout(http, &cart, "tok_success").await?.refused(409, "cart_already_ordered")?;
    assert!(again.to_string().contains(order["id"].as_str().context("no id")?), "{again}");
    let url = order["next_action"]["url"].as_str().with_context(|| order.to_string())?;
    let question =
        url.find("/api/").map(|at| &url[at..]).context("the bank's question has an address here")?;
    let separator = if question.contains('?') { '&' } else { '?' };
    http.post(&format!("{question}{separator}result=approve")).expect(200).await?;
    becomes(&shop, &order, "confirmed").await?;

    for (token, status) in
        [("tok_unknown_then_success", "confirmed"), ("tok_unknown_then_declined", "awaiting_payment")]
    {
        let cart = fill_cart(http, &[(&ids["rope"], 1)]).await?;
        let placed = checkout(http, &cart, token).await?;
        assert!(matches!(placed.status, 201 | 202), "{token}: {}", placed.text());
        becomes(&shop, &placed.json(), status).await.context(token)?;
    }
    shop.audit(3).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_never_answers_costs_nobody_anything() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let http = &shop.http;
    let mut placed = Vec::new();
    for pieces in [1, 2] {
        let cart = fill_cart(http, &[(&ids["rope"], pieces)]).await?;
        let answer = checkout(http, &cart, "tok_timeout").await?;
        assert_eq!(answer.status, 202, "nobody knows yet: {}", answer.text());
        assert_eq!(answer.json()["status"], "pending", "{}", answer.text());
        assert!(answer.location.as_deref().is_some_and(|place| place.contains("/api/store/orders/")));
        placed.push(answer.json());
    }
    assert_eq!(stock_of(http, &staff, "rope").await?, (50, 3, 47), "the goods are set aside meanwhile");
    // One shopper has had enough, the other one waits until the shop gives up, 90 seconds after it asked.
    let (path, access) = path(&placed[0])?;
    let cancel =
        http.post(&format!("{path}/cancel")).order(access).key(&key()).json(&json!({})).send().await?;
    assert!(matches!(cancel.status, 200..=202), "{}", cancel.text());
    becomes(&shop, &placed[0], "cancelled").await?;
    let (path, access) = self::path(&placed[1])?;
    let gave_up = until_within(Duration::from_secs(150), "the shop to give the payment up", async || {
        let order = http.get(&path).order(access).expect(200).await?;
        Ok(Some(order).filter(|order| order["status"] != "pending"))
    })
    .await?;
    assert_eq!(
        (&gave_up["status"], &gave_up["payment_status"]),
        (&json!("cancelled"), &json!("voided")),
        "{gave_up}"
    );
    assert_eq!(stock_of(http, &staff, "rope").await?, (50, 0, 50), "and are back on the shelf");
    shop.audit(2).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_out_meanwhile_is_rejected_and_costs_nothing() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let first = fill_cart(&shop.http, &[(&ids["lamp"], 1)]).await?;
    let second = fill_cart(&shop.http, &[(&ids["lamp"], 1), (&ids["rope"], 1)]).await?;
    assert_eq!(pay(&shop.http, &first, "tok_success").await?["status"], "confirmed");
    let late = pay(&shop.http, &second, "tok_success").await?;
    assert_eq!((&late["status"], &late["reason"]), (&json!("rejected"), &json!("out_of_stock")), "{late}");
    assert_eq!(stock_of(&shop.http, &staff, "lamp").await?.2, 0);
    assert_eq!(
        stock_of(&shop.http, &staff, "rope").await?,
        (50, 0, 50),
        "nothing of a rejected order stays set aside"
    );
    shop.audit(2).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_price_or_cart_is_shown_before_anything_is_ordered() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let http = &shop.http;
    let cart = fill_cart(http, &[(&ids["rope"], 1)]).await?;
    let price =
        json!({"prices": [{"variant_id": ids["rope"], "price": {"amount": 1100, "currency": "EUR"}}]});
    http.post("/api/admin/prices").bearer(&staff).json(&price).expect(200).await?;
    let problem = checkout(http, &cart, "tok_success").await?.refused(409, "total_changed")?;
    assert_eq!(problem["cart"]["totals"]["items"]["amount"], 1100, "{problem}");

    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    let line = json!({"variant_id": ids["rope"], "quantity": 1});
    http.post(&format!("{path}/items")).json(&line).send().await?;
    checkout(http, &cart, "tok_success").await?.refused(409, "cart_changed")?;
    http.patch(&path)
        .if_match(&cart["version"])
        .json(&json!({"email": "late@example.org"}))
        .refused(412, "precondition_failed")
        .await?;

    let present = http.get(&path).expect(200).await?;
    assert_ne!(present["email"], "late@example.org");
    let body = checkout_body(&present, "tok_success");
    let key = key();
    let order = http.post("/api/store/checkout").key(&key).json(&body).expect(201).await?;
    assert_eq!(order["totals"]["items"]["amount"], 2200, "{order}");
    let other = json!({"cart_id": cart["id"], "cart_version": 1, "expected_total": {"amount": 1, "currency": "EUR"}, "payment": body["payment"]});
    http.post("/api/store/checkout").key(&key).json(&other).refused(422, "idempotency_key_reused").await?;
    http.post("/api/store/checkout").json(&body).refused(400, "idempotency_key_missing").await?;
    let orders = http.get("/api/admin/orders").bearer(&staff).expect(200).await?;
    assert_eq!(orders["items"].as_array().map(Vec::len), Some(1), "{orders}");
    shop.stop().await
}
