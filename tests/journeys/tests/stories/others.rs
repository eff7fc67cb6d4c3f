//! What is one shopper's is nobody else's: another who knows every id of theirs gets nothing, on any route.

use anyhow::{Context, Result, bail, ensure};
use hanse_journeys::{
    Answer, Call, Http, Shop, checkout_body, import, key, links, login, set_up, until, variants,
};
use hanse_testkit::{IdentityProvider, KeyFob};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FILE: &[u8] = include_bytes!("../../fixtures/kitchen.csv");
const PASSWORD: &str = "a long enough secret";

/// What somebody has in the shop, and how they are known.
struct Shopper {
    token: String,
    /// What stands in the place of a route's parameters, by the route's beginning.
    things: BTreeMap<&'static str, Vec<String>>,
}

async fn account(http: &Http, email: &str) -> Result<String> {
    let body = json!({"email": email, "password": PASSWORD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&body).expect(201).await?;
    login(http, email, PASSWORD).await
}

fn id(of: &Value) -> Result<String> {
    of["id"].as_str().map(str::to_string).with_context(|| format!("no id: {of}"))
}

fn address() -> Value {
    json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"})
}

impl Shopper {
    /// With an address, an order, a session, a passkey, somebody elsewhere, and a cart.
    async fn settled(http: &Http, at: &IdentityProvider, email: &str, variant: &str) -> Result<Self> {
        let token = account(http, email).await?;
        let saved = http.post("/api/store/me/addresses").bearer(&token).json(&address()).expect(201).await?;
        let sessions = http.get("/api/auth/sessions").bearer(&token).expect(200).await?;
        let linked = links(http, at, &token, email).await?;
        let passkey = Self::passkey(http, &token).await?;
        let cart = Self::cart(http, &token, variant).await?;
        let order = Self::order(http, &token, &cart).await?;
        let next = Self::cart(http, &token, variant).await?;
        let things = BTreeMap::from([
            ("/api/store/me/addresses/", vec![id(&saved)?]),
            ("/api/auth/sessions/", vec![id(&sessions["sessions"][0])?]),
            ("/api/auth/factors/passkeys/", vec![passkey]),
            ("/api/auth/identities/", vec![id(&linked)?]),
            ("/api/store/orders/", vec![order]),
            ("/api/store/carts/", vec![id(&next)?, id(&next["items"][0])?]),
        ]);
        Ok(Self { token, things })
    }

    async fn passkey(http: &Http, token: &str) -> Result<String> {
        let path = "/api/auth/factors/passkeys";
        let begin = json!({"current_password": PASSWORD});
        let asked = http.post(path).bearer(token).json(&begin).expect(200).await?;
        let made = KeyFob::new(&http.origin().replace("127.0.0.1", "localhost")).make(&asked["options"]);
        let body = json!({"ceremony": asked["ceremony"], "credential": made, "name": "Fob"});
        http.post(&format!("{path}/confirm")).bearer(token).json(&body).expect(200).await?;
        id(&http.get("/api/auth/factors").bearer(token).expect(200).await?["passkeys"][0])
    }

    async fn cart(http: &Http, token: &str, variant: &str) -> Result<Value> {
        let cart = http.post("/api/store/carts").bearer(token).json(&json!({})).expect(201).await?;
        let path = format!("/api/store/carts/{}", id(&cart)?);
        let line = json!({"variant_id": variant, "quantity": 1});
        http.post(&format!("{path}/items")).bearer(token).json(&line).expect(200).await?;
        let body = json!({"email": "ana@example.org", "shipping_address": address()});
        http.patch(&path).bearer(token).json(&body).expect(200).await?;
        let methods = http.get(&format!("{path}/shipping-methods")).bearer(token).expect(200).await?;
        let method = json!({"shipping_method_id": methods["items"][0]["id"]});
        http.patch(&path).bearer(token).json(&method).expect(200).await
    }

    async fn order(http: &Http, token: &str, cart: &Value) -> Result<String> {
        let body = checkout_body(cart, "tok_success");
        let placed = http.post("/api/store/checkout").bearer(token).key(&key()).json(&body).send().await?;
        ensure!(matches!(placed.status, 201 | 202), "{}", placed.text());
        let order = id(&placed.json())?;
        let path = format!("/api/store/orders/{order}");
        until("the order to settle", async || {
            let seen = http.get(&path).bearer(token).expect(200).await?;
            Ok((seen["status"] != "pending").then_some(()))
        })
        .await?;
        Ok(order)
    }

    /// The route with this shopper's own things in the place of its parameters.
    fn path(&self, route: &str) -> Result<String> {
        let found = self.things.iter().find(|(beginning, _)| route.starts_with(**beginning));
        let (_, things) = found.with_context(|| format!("nobody has thought about whose {route} is"))?;
        let mut things = things.iter();
        let part = |part: &str| match part.starts_with('{') {
            true => things.next().cloned().unwrap_or_default(),
            false => part.to_string(),
        };
        Ok(route.split('/').map(part).collect::<Vec<_>>().join("/"))
    }
}

/// Routes whose parameters name what belongs to one shopper: those that not everybody may call, and carts.
fn owned(document: &Value) -> Result<Vec<(Method, String)>> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        for (method, operation) in item.as_object().context("no operations")? {
            let access = operation["x-hanse-access"].as_str().unwrap_or_default();
            let theirs = matches!(access, "customer" | "person" | "order_holder")
                || path.starts_with("/api/store/carts/");
            // A provider of logins is everybody's; what is linked by this is the caller's own.
            let own = path != "/api/auth/identities/{provider}/link";
            if theirs && own && path.contains('{') {
                routes.push((method.to_uppercase().parse()?, path.clone()));
            }
        }
    }
    Ok(routes)
}

/// A call that its owner would be answered: a refusal is then about whose it is, and nothing else.
fn rightly(call: Call, method: &Method, route: &str, variant: &str) -> Call {
    let body = match (method.as_str(), route) {
        ("POST", "/api/store/carts/{cart_id}/items") => json!({"variant_id": variant, "quantity": 1}),
        ("PATCH", "/api/store/carts/{cart_id}/items/{item_id}") => json!({"quantity": 2}),
        ("PATCH", "/api/store/carts/{cart_id}") => json!({"email": "eve@example.org"}),
        ("PATCH", _) => json!({"name": "Eve"}),
        ("POST", "/api/store/orders/{id}/payments") => {
            json!({"provider": "test", "token": "tok_success"})
        }
        ("POST", "/api/auth/factors/passkeys/{id}/remove") => json!({"current_password": PASSWORD}),
        ("POST", _) => json!({}),
        _ => return call,
    };
    call.key(&key()).json(&body)
}

/// All that a shopper's things look like to themselves.
async fn seen(http: &Http, shopper: &Shopper, routes: &[(Method, String)]) -> Result<Vec<Value>> {
    let mut seen = Vec::new();
    for (_, route) in
        routes.iter().filter(|(method, route)| *method == Method::GET && !route.ends_with("/events"))
    {
        seen.push(http.get(&shopper.path(route)?).bearer(&shopper.token).expect(200).await?);
    }
    let lists = [
        "/api/store/me/addresses",
        "/api/auth/sessions",
        "/api/auth/factors",
        "/api/auth/identities",
        "/api/store/orders",
    ];
    for list in lists {
        seen.push(http.get(list).bearer(&shopper.token).expect(200).await?);
    }
    Ok(seen)
}

fn is_refusal(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403 | 404)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_the_ids_of_anothers_things_gets_nothing() -> Result<()> {
    let at = IdentityProvider::start(hanse_testkit::effects()).await;
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), set_up(&at))?)).await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "kitchen.csv", FILE).await?;
    let http = &shop.http;
    let towel = variants(http, &["linen-towel"]).await?["TOWEL"].clone();
    let ana = Shopper::settled(http, &at, "ana@example.org", &towel).await?;
    let eve = Shopper::settled(http, &at, "eve@example.org", &towel).await?;
    let document = http.get("/api/openapi.json").expect(200).await?;
    let routes = owned(&document)?;
    ensure!(routes.len() >= 13, "the document lists {} such routes only", routes.len());
    let before = seen(http, &ana, &routes).await?;
    let mut got = Vec::new();
    for (method, route) in &routes {
        let path = ana.path(route)?;
        for (who, token) in [("eve", Some(&eve.token)), ("a stranger", None)] {
            let call = rightly(http.call(method.clone(), &path), method, route, &towel);
            let call = if let Some(token) = token { call.bearer(token) } else { call };
            let answer = call.send().await?;
            if !is_refusal(&answer) {
                got.push(format!("{method} {route}: {who} got {} {}", answer.status, answer.text()));
            }
        }
    }
    if !got.is_empty() {
        bail!("{}", got.join("\n"));
    }
    assert_eq!(seen(http, &ana, &routes).await?, before, "nothing of hers has changed");
    // The same calls are answered to whoever they are for: the refusals were about nothing else.
    let mut refused = Vec::new();
    for (method, route) in
        routes.iter().filter(|(method, route)| *method != Method::DELETE && !route.ends_with("/events"))
    {
        let call = rightly(http.call(method.clone(), &eve.path(route)?), method, route, &towel);
        let answer = call.bearer(&eve.token).send().await?;
        // An order that is paid is not paid again.
        let fine = answer.status < 300 || (route.contains("/orders/") && answer.status == 409);
        if !fine {
            refused.push(format!("{method} {route}: its owner got {} {}", answer.status, answer.text()));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    shop.stop().await
}
