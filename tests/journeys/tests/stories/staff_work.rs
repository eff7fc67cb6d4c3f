//! After the order: cancelled by the shopper, sent, given back by staff.

use anyhow::{Context, Result};
use hanse_journeys::{Http, Shop, csv, fill_cart, import, key, pay, stock_of, until, variants};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn open() -> Result<(Shop, String, BTreeMap<String, String>)> {
    let shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 50), ("sail", "80.00", 50)]).as_bytes())
        .await?;
    let ids = variants(&shop.http, &["rope", "sail"]).await?;
    Ok((shop, staff, ids))
}

fn paths(order: &Value) -> Result<(String, String, &str)> {
    let id = order["id"].as_str().context("no id")?;
    let access = order["access_token"].as_str().context("no access token")?;
    Ok((format!("/api/store/orders/{id}"), format!("/api/admin/orders/{id}"), access))
}

async fn until_order(http: &Http, order: &Value, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    let (path, _, access) = paths(order)?;
    let mut last = Value::Null;
    let found = until("the order to change", async || {
        last = http.get(&path).order(access).expect(200).await?;
        Ok(Some(last.clone()).filter(|order| wanted(order)))
    })
    .await;
    found.with_context(|| format!("the order is {last}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_cancels_before_and_after_paying() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let http = &shop.http;
    for (token, statuses) in
        [("tok_declined", ["cancelled", "rejected"]), ("tok_success", ["refunded", "cancelled"])]
    {
        let cart = fill_cart(http, &[(&ids["rope"], 3)]).await?;
        let order = pay(http, &cart, token).await?;
        let (path, _, access) = paths(&order)?;
        http.post(&format!("{path}/cancel")).key(&key()).send().await.and_then(|refused| {
            anyhow::ensure!(matches!(refused.status, 401 | 404), "anybody may cancel: {}", refused.text());
            Ok(())
        })?;
        let cancelled = http.post(&format!("{path}/cancel")).order(access).key(&key()).send().await?;
        assert!(matches!(cancelled.status, 200..=202), "{token}: {}", cancelled.text());
        let order = until_order(http, &order, |o| statuses.iter().any(|s| o["status"] == *s)).await?;
        let money = &order["payment_status"];
        assert!(["refunded", "voided", "declined"].iter().any(|m| money == m), "{token}: {order}");
        until("the goods to be back", async || {
            Ok((stock_of(http, &staff, "rope").await?.2 == 50).then_some(()))
        })
        .await?;
    }
    shop.audit(2).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_are_sent_in_parts_with_tracking() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let http = &shop.http;
    let cart = fill_cart(http, &[(&ids["rope"], 2), (&ids["sail"], 1)]).await?;
    let order = pay(http, &cart, "tok_success").await?;
    let (store, admin, access) = paths(&order)?;
    let line = |sku: &str, quantity: i64| -> Result<Value> {
        let items = order["items"].as_array().context("no items")?;
        let item = items.iter().find(|item| item["sku"] == sku).context("no such line")?;
        Ok(json!({"item_id": item["id"], "quantity": quantity}))
    };
    let send = async |body: Value| {
        http.post(&format!("{admin}/fulfil")).bearer(&staff).key(&key()).json(&body).send().await
    };

    http.post(&format!("{admin}/fulfil"))
        .bearer(&staff)
        .json(&json!({"items": []}))
        .refused(400, "idempotency_key_missing")
        .await?;
    let too_many = send(json!({"items": [line("rope", 3)?]})).await?;
    assert!(matches!(too_many.status, 409 | 422), "{}", too_many.text());
    let part = send(json!({"items": [line("rope", 1)?], "tracking": "DHL 1"})).await?;
    assert!(matches!(part.status, 200..=202), "{}", part.text());
    let now = until_order(http, &order, |o| o["fulfilment_status"] == "partially_fulfilled").await?;
    assert_eq!(now["status"], "confirmed", "{now}");
    let rest = send(json!({"items": [line("rope", 1)?, line("sail", 1)?], "tracking": "DHL 2"})).await?;
    assert!(matches!(rest.status, 200..=202), "{}", rest.text());
    let now = until_order(http, &order, |o| o["status"] == "fulfilled").await?;
    assert_eq!(now["fulfilment_status"], "fulfilled", "{now}");
    http.post(&format!("{store}/cancel")).order(access).key(&key()).refused(409, "already_fulfilled").await?;
    // The shelf is told of the parcel by a message.
    until("the sent pieces to be off the shelf", async || {
        Ok((stock_of(http, &staff, "rope").await? == (48, 0, 48)).then_some(()))
    })
    .await?;
    shop.audit(1).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_given_back_partly_and_fully() -> Result<()> {
    let (mut shop, staff, ids) = open().await?;
    let http = &shop.http;
    let cart = fill_cart(http, &[(&ids["sail"], 1)]).await?;
    let order = pay(http, &cart, "tok_success").await?;
    let (_, admin, _) = paths(&order)?;
    let refund = async |key: &str, body: Value| {
        http.post(&format!("{admin}/refund")).bearer(&staff).key(key).json(&body).send().await
    };

    let part = json!({"amount": {"amount": 1000, "currency": "EUR"}, "reason": "a stain"});
    let once = key();
    let first = refund(&once, part.clone()).await?;
    assert!(matches!(first.status, 200..=202), "{}", first.text());
    let again = refund(&once, part).await?;
    assert_eq!(
        (again.status, again.text()),
        (first.status, first.text()),
        "the same refund is not given twice"
    );
    until_order(http, &order, |o| o["payment_status"] == "partially_refunded" && o["status"] == "confirmed")
        .await?;
    let far_too_much = json!({"amount": {"amount": 1_000_000, "currency": "EUR"}, "reason": "generous"});
    let refused = refund(&key(), far_too_much).await?;
    assert!(matches!(refused.status, 409 | 422), "{}", refused.text());
    let other =
        refund(&key(), json!({"amount": {"amount": 100, "currency": "USD"}, "reason": "mixed"})).await?;
    assert!(matches!(other.status, 409 | 422), "{}", other.text());
    let rest = refund(&key(), json!({"reason": "all of it"})).await?;
    assert!(matches!(rest.status, 200..=202), "{}", rest.text());
    let order = until_order(http, &order, |o| o["status"] == "refunded").await?;
    assert_eq!(order["payment_status"], "refunded", "{order}");
    shop.audit(1).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_taken_with_the_parcel_where_the_shop_says_so() -> Result<()> {
    let mut shop = Shop::open_on(|folder| {
        Ok(std::fs::write(folder.join("hanse.toml"), "[checkout]\ncapture = \"at_fulfilment\"\n")?)
    })
    .await?;
    let staff = shop.staff().await?;
    let http = &shop.http;
    import(http, &staff, "goods.csv", csv(&[("rope", "10.00", 50), ("sail", "80.00", 50)]).as_bytes())
        .await?;
    let ids = variants(http, &["rope", "sail"]).await?;
    let cart = fill_cart(http, &[(&ids["rope"], 2), (&ids["sail"], 1)]).await?;
    let order = pay(http, &cart, "tok_success").await?;
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&json!("confirmed"), &json!("authorized")),
        "{order}"
    );
    let (_, admin, _) = paths(&order)?;
    let items = order["items"].as_array().context("no items")?;
    for (item, quantity) in items.iter().zip([2, 1]) {
        let body = json!({"items": [{"item_id": item["id"], "quantity": quantity}]});
        http.post(&format!("{admin}/fulfil")).bearer(&staff).key(&key()).json(&body).expect(200).await?;
    }
    let paid = until_order(http, &order, |o| o["payment_status"] == "captured").await?;
    assert_eq!(paid["status"], "fulfilled", "{paid}");
    let payments = format!("/api/admin/payments?order_id={}", order["id"].as_str().context("no id")?);
    let payment = http.get(&payments).bearer(&staff).expect(200).await?["items"][0].clone();
    assert_eq!(payment["captured"], paid["totals"]["total"], "{payment}");
    shop.audit(1).await?;
    shop.stop().await
}
