//! From a merchant's file to a paid order: the whole main line.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, checkout_body, fill_cart, import, key, new_cart, stock_of, until, variants};
use serde_json::{Value, json};

const FILE: &[u8] = include_bytes!("../../fixtures/kitchen.csv");

#[tokio::test(flavor = "multi_thread")]
async fn from_a_merchants_file_to_a_paid_order() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    goods_come_in(&shop, &staff).await?;
    goods_are_found(&shop).await?;
    let order = an_order_is_paid(&shop, &staff).await?;
    it_is_known_everywhere(&shop, &staff, &order).await?;
    shop.audit(1).await?;
    shop.stop().await
}

async fn goods_come_in(shop: &Shop, staff: &str) -> Result<()> {
    let report = import(&shop.http, staff, "kitchen.csv", FILE).await?;
    assert_eq!(report["status"], "done", "{report}");
    assert_eq!(report["products"]["created"], 2, "{report}");
    assert_eq!(report["products"]["skipped"], 1, "{report}");
    let problems = report["problems"].as_array().context("no list of problems")?;
    let bowl =
        problems.iter().find(|p| p["code"] == "price_not_a_number").with_context(|| report.to_string())?;
    assert_eq!(
        bowl["line"], 7,
        "the line of the file, counted with the line break in the first product: {bowl}"
    );
    assert_eq!((&bowl["column"], &bowl["value"]), (&json!("Variant Price"), &json!("12,oo")));
    assert!(bowl["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{bowl}");

    let again = import(&shop.http, staff, "kitchen.csv", FILE).await?;
    assert_eq!(
        (&again["products"]["unchanged"], &again["products"]["created"]),
        (&json!(2), &json!(0)),
        "{again}"
    );
    Ok(())
}

async fn goods_are_found(shop: &Shop) -> Result<()> {
    let http = &shop.http;
    variants(http, &["enamel-mug", "linen-towel"]).await?;
    let titles = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().into_iter().flatten();
        items.filter_map(|item| item["title"].as_str().map(str::to_string)).collect()
    };
    let list = until("both products to be listed with their prices", async || {
        let list = http.get("/api/store/products?sort=title").expect(200).await?;
        let priced =
            list["items"].as_array().is_some_and(|items| items.iter().all(|i| i["price"].is_object()));
        Ok(Some(list).filter(|list| priced && list["total"] == 2))
    })
    .await?;
    assert_eq!(titles(&list), ["Enamel mug", "Linen towel"]);
    assert_eq!(list["items"][0]["price"], json!({"amount": 1200, "currency": "EUR"}));
    assert_eq!(list["items"][0]["price_max"], json!({"amount": 1500, "currency": "EUR"}));
    let found = http.get("/api/store/products?q=towel").expect(200).await?;
    assert_eq!(titles(&found), ["Linen towel"]);
    http.get("/api/store/products/broken-bowl").refused(404, "not_found").await?;

    let mug = http.get("/api/store/products/enamel-mug").expect(200).await?;
    assert_eq!(mug["variants"].as_array().map(Vec::len), Some(3), "{mug}");
    assert_eq!(mug["variants"][1]["compare_at_price"], json!({"amount": 1800, "currency": "EUR"}));
    let description = mug["description_html"].as_str().unwrap_or_default();
    assert!(description.contains("For tea") && !description.contains("script"), "{description}");

    let page = http.get("/products/enamel-mug").header("accept", "text/html").send().await?;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Enamel mug"), "the page is readable without a script");
    assert_eq!(http.get("/products/nothing-here").header("accept", "text/html").send().await?.status, 404);
    Ok(())
}

async fn an_order_is_paid(shop: &Shop, staff: &str) -> Result<Value> {
    let http = &shop.http;
    let code = json!({"code": "WELCOME", "type": "percentage", "percentage_bp": 1000, "limit_total": 5});
    http.post("/api/admin/discounts").bearer(staff).json(&code).expect(201).await?;
    let ids = variants(http, &["enamel-mug", "linen-towel"]).await?;
    let cart = fill_cart(http, &[(&ids["MUG-G-S"], 2), (&ids["TOWEL"], 1)]).await?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    let cart = http
        .patch(&path)
        .if_match(&cart["version"])
        .json(&json!({"discount_codes": ["WELCOME"]}))
        .expect(200)
        .await?;
    assert_eq!(cart["totals"]["items"]["amount"], 3350, "{cart}");
    assert_eq!(cart["totals"]["discount"]["amount"], 335, "{cart}");
    assert_eq!(cart["items"].as_array().map(Vec::len), Some(2), "{cart}");

    let (key, body) = (key(), checkout_body(&cart, "tok_success"));
    let paid = http.post("/api/store/checkout").key(&key).json(&body).send().await?;
    let order = paid.expect(201)?;
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&json!("confirmed"), &json!("captured")),
        "{order}"
    );
    assert_eq!(order["totals"]["total"], cart["totals"]["total"]);
    let events: Vec<_> =
        order["history"].as_array().into_iter().flatten().map(|e| e["event"].clone()).collect();
    assert_eq!(
        (events.first(), events.contains(&json!("confirmed"))),
        (Some(&json!("placed")), true),
        "{order}"
    );
    let again = http.post("/api/store/checkout").key(&key).json(&body).send().await?;
    assert_eq!(
        (again.status, again.text()),
        (paid.status, paid.text()),
        "the same key is answered with the same bytes"
    );

    assert_eq!(stock_of(http, staff, "MUG-G-S").await?.2, 10);
    assert_eq!(stock_of(http, staff, "TOWEL").await?.2, 29);
    until("the cart to be empty", async || {
        let cart = http.get(&path).expect(200).await?;
        Ok(cart["items"].as_array().is_some_and(Vec::is_empty).then_some(()))
    })
    .await?;
    Ok(order)
}

async fn it_is_known_everywhere(shop: &Shop, staff: &str, order: &Value) -> Result<()> {
    let http = &shop.http;
    let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
    let access = order["access_token"].as_str().context("no access token")?;
    let read = http.get(&path).order(access).expect(200).await?;
    assert_eq!((&read["number"], &read["items"]), (&order["number"], &order["items"]));
    for refused in [http.get(&path).send().await?, http.get(&path).order("nonsense").send().await?] {
        assert!(matches!(refused.status, 401 | 404), "{}", refused.text());
    }
    let number = order["number"].as_str().context("no number")?;
    until("the confirmation mail", async || {
        let mails = http.get("/api/dev/mails").expect(200).await?;
        let found = mails["items"].as_array().into_iter().flatten().any(|mail| {
            mail["to"] == order["email"]
                && mail["subject"].as_str().is_some_and(|subject| subject.contains(number))
        });
        Ok(found.then_some(()))
    })
    .await?;
    until("the order to be counted", async || {
        let summary = http
            .get("/api/admin/analytics/summary?from=2020-01-01&to=2099-12-31")
            .bearer(staff)
            .expect(200)
            .await?;
        let day = &summary["days"][0];
        Ok((day["orders_confirmed"] == 1 && day["units"] == 3).then_some(()))
    })
    .await?;
    let listed = http.get("/api/admin/orders").bearer(staff).expect(200).await?;
    assert_eq!(listed["items"][0]["number"], order["number"], "{listed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_cart_is_theirs_alone() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "kitchen.csv", FILE).await?;
    let http = &shop.http;
    let ids = variants(http, &["linen-towel"]).await?;
    let mut tokens = Vec::new();
    for email in ["ana@example.org", "ben@example.org"] {
        let body = json!({"email": email, "password": "a long enough secret", "name": "Somebody"});
        http.post("/api/auth/register").json(&body).expect(201).await?;
        tokens.push(hanse_journeys::login(http, email, "a long enough secret").await?);
    }
    let cart = http.post("/api/store/carts").bearer(&tokens[0]).json(&json!({})).expect(201).await?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    http.get(&path).bearer(&tokens[0]).expect(200).await?;
    http.get(&path).bearer(&tokens[1]).refused(404, "not_found").await?;
    http.get(&path).refused(404, "not_found").await?;
    let line = json!({"variant_id": ids["TOWEL"], "quantity": 1});
    http.post(&format!("{path}/items")).bearer(&tokens[1]).json(&line).refused(404, "not_found").await?;
    assert_eq!(http.get(&path).bearer(&tokens[0]).expect(200).await?["version"], cart["version"]);
    // Every guest has a cart of their own as well.
    assert_ne!(new_cart(http, &[]).await?, new_cart(http, &[]).await?);
    shop.stop().await
}
