//! What nobody should send: each is refused with a problem that says why, and changes nothing.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, checkout_body, csv, fill_cart, import, key, stock_of, variants};
use serde_json::{Value, json};

const UNKNOWN: &str = "01920000-0000-7000-8000-000000000000";

struct Refused {
    what: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    status: &'static [u16],
}

fn refused(what: &'static str, call: &str, body: Value, status: &'static [u16]) -> Refused {
    let (method, path) = match call.split_once(' ') {
        Some(("PATCH", path)) => ("PATCH", path),
        Some(("GET", path)) => ("GET", path),
        Some((_, path)) => ("POST", path),
        None => ("POST", call),
    };
    Refused { what, method, path: path.into(), body, status }
}

fn of_the_cart(cart: &str, variant: &str) -> Vec<Refused> {
    let items = format!("POST {cart}/items");
    let patch = format!("PATCH {cart}");
    let line = |quantity: Value| json!({"variant_id": variant, "quantity": quantity});
    let markup = json!({"shipping_address": {"name": "<script>x</script>", "line1": "a", "city": "b", "postal_code": "1", "country": "SE"}});
    let nowhere = json!({"shipping_address": {"name": "A", "line1": "a", "city": "b", "postal_code": "1", "country": "ZZ"}});
    vec![
        refused("a quantity that is a word", &items, line(json!("two")), &[422]),
        refused("a broken quantity", &items, line(json!(1.5)), &[422]),
        refused("no quantity at all", &items, json!({"variant_id": variant, "quantity": null}), &[422]),
        refused("less than nothing", &items, line(json!(-1)), &[422]),
        refused("nothing", &items, line(json!(0)), &[422]),
        refused("more than any shop has", &items, line(json!(1_000_000)), &[422]),
        refused("more than a number holds", &items, line(json!(9_223_372_036_854_775_807_i64)), &[422]),
        refused(
            "an unknown field",
            &items,
            json!({"variant_id": variant, "quantity": 1, "price": 1}),
            &[422],
        ),
        refused(
            "an unknown variant",
            &items,
            json!({"variant_id": format!("var_{UNKNOWN}"), "quantity": 1}),
            &[404, 422],
        ),
        refused(
            "an id of another kind",
            &items,
            json!({"variant_id": format!("ord_{UNKNOWN}"), "quantity": 1}),
            &[422],
        ),
        refused("a list in place of an object", &items, json!([1, 2]), &[422]),
        refused("an unknown cart", "GET /api/store/carts/cart_nothing", Value::Null, &[404, 422]),
        refused("an email that is none", &patch, json!({"email": "nobody"}), &[422]),
        refused("markup in a name", &patch, markup, &[422]),
        refused("a country that is none", &patch, nowhere, &[422]),
        refused(
            "an unknown shipping method",
            &patch,
            json!({"shipping_method_id": format!("ship_{UNKNOWN}")}),
            &[404, 409, 422],
        ),
        refused(
            "a name of ten thousand letters",
            &patch,
            json!({"email": format!("{}@example.org", "x".repeat(10_000))}),
            &[422],
        ),
        refused(
            "an unknown order",
            &format!("GET /api/store/orders/ord_{UNKNOWN}"),
            Value::Null,
            &[401, 404],
        ),
        refused("an unknown sort", "GET /api/store/products?sort=colour", Value::Null, &[400, 422]),
        refused("a cursor of nobody", "GET /api/store/products?cursor=%00nonsense", Value::Null, &[400, 422]),
        refused("a list of a million", "GET /api/store/products?limit=1000000", Value::Null, &[400, 422]),
        refused("an unknown slug", "GET /api/store/products/no-such-thing", Value::Null, &[404]),
        refused("an unknown address", "GET /api/store/nothing-here", Value::Null, &[404]),
    ]
}

fn of_the_checkout(cart: &Value) -> Vec<Refused> {
    let good = checkout_body(cart, "tok_success");
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let checkout = "POST /api/store/checkout";
    vec![
        refused(
            "another currency",
            checkout,
            with("expected_total", json!({"amount": cart["totals"]["total"]["amount"], "currency": "USD"})),
            &[409, 422],
        ),
        refused(
            "a currency that is none",
            checkout,
            with("expected_total", json!({"amount": 1, "currency": "EURO"})),
            &[422],
        ),
        refused(
            "a negative total",
            checkout,
            with("expected_total", json!({"amount": -1, "currency": "EUR"})),
            &[409, 422],
        ),
        refused(
            "a total in pieces of a cent",
            checkout,
            with("expected_total", json!({"amount": 1.5, "currency": "EUR"})),
            &[422],
        ),
        refused("a version to come", checkout, with("cart_version", json!(999)), &[409]),
        refused("an unknown cart", checkout, with("cart_id", json!("cart_nothing")), &[404, 422]),
        refused(
            "an unknown provider",
            checkout,
            with("payment", json!({"provider": "gold", "token": "tok_success"})),
            &[422],
        ),
        refused("an unknown field", checkout, with("discount", json!(100)), &[422]),
        refused("no payment", checkout, with("payment", Value::Null), &[422]),
    ]
}

async fn send(shop: &Shop, bad: &Refused) -> Result<()> {
    let call = match bad.method {
        "GET" => shop.http.get(&bad.path),
        "PATCH" => shop.http.patch(&bad.path).json(&bad.body),
        _ => shop.http.post(&bad.path).key(&key()).json(&bad.body),
    };
    let answer = call.send().await?;
    let problem = answer.json();
    anyhow::ensure!(
        bad.status.contains(&answer.status),
        "{} was answered {} in place of {:?}: {}",
        bad.what,
        answer.status,
        bad.status,
        answer.text()
    );
    let says_why = problem["code"].is_string()
        && problem["title"].is_string()
        && answer.kind.starts_with("application/problem+json");
    anyhow::ensure!(says_why, "{} is no problem document: {} {}", bad.what, answer.kind, answer.text());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_and_changes_nothing() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let http = &shop.http;
    import(http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
    let ids = variants(http, &["rope"]).await?;
    let cart = fill_cart(http, &[(&ids["rope"], 1)]).await?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    let mut wrong = Vec::new();
    for bad in of_the_cart(&path, &ids["rope"]).iter().chain(&of_the_checkout(&cart)) {
        if let Err(error) = send(&shop, bad).await {
            wrong.push(format!("{error:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    http.post(&format!("{path}/items"))
        .raw("application/json", b"{\"variant_id\": ".to_vec())
        .refused(400, "malformed_json")
        .await?;
    // The shop answers before all of it has come; a client that writes it all before it reads hears that, every time.
    for size in [1 << 20, 8 << 20, 32 << 20] {
        let huge = http.post(&format!("{path}/items")).raw("application/json", vec![b' '; size]);
        huge.refused(413, "payload_too_large").await?;
    }
    let text = http.post(&format!("{path}/items")).raw("text/plain", b"quantity=1".to_vec()).send().await?;
    assert!(matches!(text.status, 400 | 415 | 422), "{}", text.text());
    let long_key = "k".repeat(256);
    let answer = http
        .post("/api/store/checkout")
        .key(&long_key)
        .json(&checkout_body(&cart, "tok_success"))
        .send()
        .await?;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text());

    assert_eq!(http.get(&path).expect(200).await?["version"], cart["version"], "the cart is as it was");
    assert_eq!(stock_of(http, &staff, "rope").await?, (50, 0, 50));
    let orders = http.get("/api/admin/orders").bearer(&staff).expect(200).await?;
    assert_eq!(orders["items"], json!([]));
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_mistakes_are_refused_and_change_nothing() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let http = &shop.http;
    import(http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
    let rope = variants(http, &["rope"]).await?["rope"].clone();
    let adjustments = "/api/admin/inventory/adjustments";
    let take = |delta: Value| json!({"variant_id": rope, "delta": delta, "reason": "counted"});
    for body in [
        take(json!(-51)),
        take(json!(9_000_000_000_000_000_000_i64)),
        take(json!("5")),
        json!({"variant_id": rope, "reason": "neither"}),
        json!({"variant_id": rope, "delta": 1, "set_on_hand": 1, "reason": "both"}),
        json!({"variant_id": rope, "delta": 1, "reason": ""}),
        json!({"variant_id": format!("var_{UNKNOWN}"), "delta": 1, "reason": "unknown"}),
    ] {
        let answer = http.post(adjustments).bearer(&staff).key(&key()).json(&body).send().await?;
        assert!(matches!(answer.status, 404 | 409 | 422), "{body}: {} {}", answer.status, answer.text());
        assert!(answer.json()["code"].is_string(), "{body}: {}", answer.text());
    }
    http.post(adjustments)
        .bearer(&staff)
        .json(&take(json!(1)))
        .refused(400, "idempotency_key_missing")
        .await?;
    assert_eq!(stock_of(http, &staff, "rope").await?, (50, 0, 50));
    let once = key();
    let first = http.post(adjustments).bearer(&staff).key(&once).json(&take(json!(5))).send().await?;
    first.expect(201)?;
    let again = http.post(adjustments).bearer(&staff).key(&once).json(&take(json!(5))).send().await?;
    assert_eq!((again.status, again.text()), (first.status, first.text()));
    http.post(adjustments)
        .bearer(&staff)
        .key(&once)
        .json(&take(json!(6)))
        .refused(422, "idempotency_key_reused")
        .await?;
    assert_eq!(stock_of(http, &staff, "rope").await?, (55, 0, 55));
    shop.stop().await
}
