//! What somebody who means harm would try over the gateway: forged tokens, sessions of their choosing, fields that are none
//! of theirs, prices of their own, addresses that lead elsewhere.

use super::forge::Forge;
use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ed25519_dalek::SigningKey;
use hanse_journeys::{Http, Shop, checkout_body, csv, fill_cart, import, key, login, new_cart, variants};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PASSWORD: &str = "a long enough secret";

async fn account(http: &Http, email: &str) -> Result<()> {
    let body = json!({"email": email, "password": PASSWORD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&body).expect(201).await?;
    Ok(())
}

fn part(token: &str, nth: usize) -> Result<Value> {
    let part = token.split('.').nth(nth).context("a token has three parts")?;
    Ok(serde_json::from_slice(&B64.decode(part)?)?)
}

/// Made of a good token's header and claims; what has to be signed is, by a key of the forger's own. And the good token's
/// signature under other claims.
fn forged(good: &str) -> Result<Vec<(&'static str, String)>> {
    let (header, claims) = (part(good, 0)?, part(good, 1)?);
    let now = claims["iat"].as_i64().context("no iat")?;
    let forge = Forge { header, claims, key: SigningKey::from_bytes(&[9; 32]), now };
    let mut all = forge.tokens();
    all.push(("everything right but the key", forge.good()));
    let (head, signature) =
        good.split_once('.').zip(good.rsplit_once('.')).map(|(a, b)| (a.0, b.1)).unwrap_or_default();
    let mut claims = forge.claims.clone();
    claims["kind"] = json!("staff");
    claims["perms"] = json!(["staff:write"]);
    all.push((
        "other claims under a good signature",
        format!("{head}.{}.{signature}", B64.encode(claims.to_string())),
    ));
    claims = forge.claims.clone();
    claims["exp"] = json!(now + 3_600_000);
    all.push((
        "a longer life under a good signature",
        format!("{head}.{}.{signature}", B64.encode(claims.to_string())),
    ));
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_comes_in() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    account(http, "ana@example.org").await?;
    let good = login(http, "ana@example.org", PASSWORD).await?;
    let all = forged(&good)?;
    let names: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    ensure!(names.len() >= 60, "there are {} of them only", names.len());
    let mut came_in = Vec::new();
    // Once before and once after the good one, which is remembered.
    for _ in 0..2 {
        for (name, token) in &all {
            let answer = http.get("/api/auth/me").bearer(token).send().await?;
            // A header that no server takes is refused for its length.
            if !matches!(answer.status, 401 | 431) {
                came_in.push(format!("{name}: {} {}", answer.status, answer.text()));
            }
        }
        http.get("/api/auth/me").bearer(&good).expect(200).await?;
    }
    assert!(came_in.is_empty(), "{}", came_in.join("\n"));
    // Neither does one in the place of another kind of proof.
    for (name, value) in [
        ("authorization", format!("Basic {good}")),
        ("authorization", format!("Order {good}")),
        ("authorization", format!("Bearer {good}, Bearer {good}")),
        ("cookie", format!("hanse_session={good}")),
        ("x-hanse-actor", "{\"service\":{\"name\":\"order\"}}".to_string()),
        ("hanse-caller", "operator".to_string()),
    ] {
        let answer = http.get("/api/auth/me").header(name, &value).send().await?;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text());
    }
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_chooses_anothers_session() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    account(http, "ana@example.org").await?;
    account(http, "eve@example.org").await?;
    let enter = async |email: &str, cookie: &str| -> Result<String> {
        let body = json!({"email": email, "password": PASSWORD, "transport": "cookie"});
        let call = http.post("/api/auth/login").header("x-requested-with", "hanse");
        let answer = call.header("cookie", cookie).json(&body).send().await?;
        answer.expect(200)?;
        let line = answer.header("set-cookie");
        Ok(line.split(';').next().context("no cookie")?.to_string())
    };
    let whose = async |cookie: &str| -> Result<Option<String>> {
        let answer = http.get("/api/auth/me").header("cookie", cookie).send().await?;
        Ok(answer.json()["email"].as_str().map(str::to_string))
    };
    // One that nobody has: it opens nothing, before and after somebody logs in with it.
    let planted = format!("hanse_session=hst_{}", "a".repeat(64));
    let ana = enter("ana@example.org", &planted).await?;
    assert_ne!(ana, planted);
    assert_eq!(whose(&planted).await?, None);
    assert_eq!(whose(&ana).await?.as_deref(), Some("ana@example.org"));
    // The forger's own, put into somebody else's browser: it stays the forger's, and she gets one of her own.
    let eve = enter("eve@example.org", "a=b").await?;
    let ana = enter("ana@example.org", &eve).await?;
    assert_ne!(ana, eve);
    assert_eq!(whose(&eve).await?.as_deref(), Some("eve@example.org"));
    assert_eq!(whose(&ana).await?.as_deref(), Some("ana@example.org"));
    // Two of one name: the first counts, and nothing is mixed.
    let both = format!("{eve}; {ana}");
    assert_eq!(whose(&both).await?.as_deref(), Some("eve@example.org"));
    shop.stop().await
}

/// Every schema that the one refers to, itself too.
fn reached(document: &Value, schema: &Value, seen: &mut BTreeSet<String>, open: &mut Vec<String>, at: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        if seen.insert(name.to_string()) {
            reached(document, &document["components"]["schemas"][name], seen, open, name);
        }
        return;
    }
    let is_object = schema["properties"].is_object();
    if is_object && schema["additionalProperties"] != json!(false) {
        open.push(at.to_string());
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        reached(document, field, seen, open, &format!("{at}.{name}"));
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        for one in schema[list].as_array().into_iter().flatten() {
            reached(document, one, seen, open, at);
        }
    }
    reached_in(document, &schema["items"], seen, open, at);
}

fn reached_in(
    document: &Value,
    items: &Value,
    seen: &mut BTreeSet<String>,
    open: &mut Vec<String>,
    at: &str,
) {
    if items.is_object() {
        reached(document, items, seen, open, &format!("{at}[]"));
    }
}

/// What stands behind these parts of a path: how its ids begin, and how many digits they have.
const UNTOLD: [(&str, &str, usize); 4] = [
    ("carts", "cart_", 40),
    ("items", "item_", 32),
    ("discounts", "disc_", 32),
    ("shipping-methods", "ship_", 32),
];

/// A path with something in the place of each parameter that reads as one, and is nobody's.
fn filled(document: &Value, path: &str, operation: &Value) -> String {
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    let part = |(before, part): (&str, &str)| {
        let Some(name) = part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
            return part.to_string();
        };
        let named = parameters().find(|parameter| parameter["in"] == "path" && parameter["name"] == name);
        let schema = named.map_or(&Value::Null, |parameter| &parameter["schema"]);
        let known = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        let schema = known.map_or(schema, |name| &document["components"]["schemas"][name]);
        // `^ord_[0-9a-f]{32}$`
        let id = schema["pattern"].as_str().and_then(|pattern| {
            let (prefix, rest) = pattern.strip_prefix('^')?.split_once('[')?;
            let digits: usize = rest.split_once('{')?.1.split_once('}')?.0.parse().ok()?;
            Some(format!("{prefix}{}", "a".repeat(digits)))
        });
        // The document calls some a string and no more.
        let told = UNTOLD.iter().find(|(of, _, _)| *of == before);
        id.or_else(|| told.map(|(_, prefix, digits)| format!("{prefix}{}", "a".repeat(*digits))))
            .unwrap_or_else(|| "x".into())
    };
    let parts: Vec<&str> = path.split('/').collect();
    let befores = [""].into_iter().chain(parts.iter().copied());
    befores.zip(parts.iter().copied()).map(part).collect::<Vec<_>>().join("/")
}

/// The operations with a JSON body: method, path, schema.
fn bodies(document: &Value) -> Result<Vec<(String, String, Value)>> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        for (method, operation) in item.as_object().context("no operations")? {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_object() {
                found.push((method.to_uppercase(), filled(document, path, operation), schema.clone()));
            }
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_nobody_asked_for_are_refused_on_every_body() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let http = &shop.http;
    account(http, "ana@example.org").await?;
    let ana = login(http, "ana@example.org", PASSWORD).await?;
    let document = http.get("/api/openapi.json").expect(200).await?;
    let bodies = bodies(&document)?;
    ensure!(bodies.len() >= 40, "the document has {} bodies only", bodies.len());
    // The document says so of every object in every body…
    let (mut seen, mut open) = (BTreeSet::new(), Vec::new());
    for (method, path, schema) in &bodies {
        reached(&document, schema, &mut seen, &mut open, &format!("{method} {path}"));
    }
    assert_eq!(open, [""; 0], "takes fields that nobody knows");
    // …and every route does so, for what a forger would like to set.
    let planted = json!({"role": "owner", "permissions": ["staff:write"], "is_admin": true, "user_id": "1"});
    let mut taken = Vec::new();
    // What providers send is theirs to shape, and is judged by its signature.
    let ours = bodies.iter().filter(|(_, path, _)| !path.starts_with("/api/store/payments/webhooks/"));
    for (method, path, _) in ours {
        let token = if path.starts_with("/api/admin/") { &staff } else { &ana };
        let call = http.call(method.parse()?, path).key(&key()).bearer(token);
        let answer = call.json(&json!({"x_is_admin": planted})).send().await?;
        if (answer.status, answer.json()["code"].as_str()) != (422, Some("unknown_field")) {
            taken.push(format!("{method} {path}: {} {}", answer.status, answer.text()));
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
    let made = json!({"email": "eve@example.org", "password": PASSWORD, "name": "Eve", "role": "owner"});
    http.post("/api/auth/register").json(&made).refused(422, "unknown_field").await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shopper_says_of_prices_counts_for_nothing() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let http = &shop.http;
    import(http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
    let rope = variants(http, &["rope"]).await?["rope"].clone();
    let path = new_cart(http, &[(&rope, 2)]).await?;
    let items = format!("{path}/items");
    for extra in ["price", "unit_price", "total", "discount", "line_total", "tax", "currency"] {
        let mut line = json!({"variant_id": rope, "quantity": 1});
        line[extra] = json!({"amount": 1, "currency": "EUR"});
        http.post(&items).json(&line).refused(422, "unknown_field").await?;
    }
    let before = http.get(&path).expect(200).await?;
    let item = before["items"][0]["id"].as_str().context("a line without an id")?;
    let line = format!("{items}/{item}");
    for quantity in [json!(-2), json!(1.5), json!("2"), json!(1e3), json!(1e99), json!(null), json!([2])] {
        let answer = http.patch(&line).json(&json!({"quantity": quantity})).send().await?;
        ensure!((400..=422).contains(&answer.status), "{quantity}: {} {}", answer.status, answer.text());
    }
    for code in ["SAVE100", "' or 1=1 --", "%", "*", "10% off\u{200b}", ""] {
        let answer = http.post(&format!("{path}/discounts")).json(&json!({"code": code})).send().await?;
        ensure!((400..=422).contains(&answer.status), "{code}: {} {}", answer.status, answer.text());
    }
    let after = http.get(&path).expect(200).await?;
    assert_eq!(after["totals"], before["totals"], "nothing has become cheaper");
    assert_eq!(after["items"], before["items"]);

    let cart = fill_cart(http, &[(&rope, 2)]).await?;
    let good = checkout_body(&cart, "tok_success");
    let pay = async |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        http.post("/api/store/checkout").key(&key()).json(&body).send().await
    };
    let total = cart["totals"]["total"]["amount"].as_i64().context("no total")?;
    for amount in [1, 0, -1, total - 1] {
        let answer = pay("expected_total", json!({"amount": amount, "currency": "EUR"})).await?;
        ensure!(matches!(answer.status, 409 | 422), "{amount}: {} {}", answer.status, answer.text());
    }
    for extra in ["total", "amount", "discount", "status", "payment_status", "customer_id"] {
        pay(extra, json!(1)).await?.refused(422, "unknown_field")?;
    }
    let orders = http.get("/api/admin/orders").bearer(&staff).expect(200).await?;
    assert_eq!(orders["items"], json!([]), "nothing was bought");
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_of_the_shop_leads_to_another() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    for path in [
        "//evil.example",
        "//evil.example/%2e%2e",
        "/%2f%2fevil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/products/..%2f..%2f..%2fetc%2fpasswd",
        "/account/login?next=https://evil.example",
        "/account/login?redirect=//evil.example",
        "/api/auth/login?return_to=https://evil.example",
        "/products?q=%0d%0aLocation:%20https://evil.example",
        "/@evil.example",
        "/.evil.example",
    ] {
        for host in [None, Some("evil.example")] {
            let call = http.get(path).header("x-forwarded-host", "evil.example");
            let call = if let Some(host) = host { call.header("host", host) } else { call };
            let answer = call.send().await?;
            assert!(answer.location.is_none(), "{path} leads to {:?}", answer.location);
            assert!(answer.status < 300 || answer.status >= 400, "{path}: {}", answer.status);
            let text = answer.text();
            assert!(
                !text.contains("//evil.example/"),
                "{path}: the page links to where its reader says it is"
            );
        }
    }
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_goes_deep_is_refused_before_it_is_read() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let deep = |n: usize| format!("{{\"email\":{}{}}}", "[".repeat(n), "]".repeat(n)).into_bytes();
    for n in [33, 3_000] {
        let call = http.post("/api/auth/login").raw("application/json", deep(n));
        call.refused(400, "too_deep").await?;
    }
    http.post("/api/auth/login").raw("application/json", deep(10)).refused(422, "validation").await?;
    let many = (0..120).fold(http.get("/api/store/products"), |call, n| call.header(&format!("x-{n}"), "1"));
    many.refused(431, "headers_too_large").await?;
    shop.stop().await
}
