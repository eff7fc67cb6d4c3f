//! Somebody buys, has everything told that the shop holds about them, and has it erased: afterwards nothing of them is found
//! anywhere, while their order is whole. Every field that can be personal has a canary in it.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Call, Http, Shop, checkout_body, hanse, import, key, login, until, variants};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

pub(crate) const FILE: &[u8] = include_bytes!("../../fixtures/kitchen.csv");
pub(crate) const PASSWORD: &str = "a long enough secret";
pub(crate) const EMAIL: &str = "kanarie-konto@example.org";
const ORDER_EMAIL: &str = "kanarie-kop@example.org";
/// What must be told, and must be gone.
pub(crate) const CANARIES: [&str; 15] = [
    EMAIL,
    ORDER_EMAIL,
    "Kanarie Kontosson",
    "Kanarie Profilsson",
    "Kanarie Boksson",
    "Kanariegatan",
    "Kanarieuppgang",
    "Kanarieby",
    "KAN 211",
    "Kanarielan",
    "+46 40 5550199",
    "kanarie-halsning",
    "kanarie-gravyr",
    "kanarie-spar",
    "Kanarie Fakturasson",
];
/// What staff wrote: it must be gone, but was never told.
const STAFF_CANARY: &str = "kanarie-anledning";
const SERVICES: [&str; 10] = [
    "auth",
    "user",
    "product",
    "inventory",
    "cart",
    "pricing",
    "order",
    "payment",
    "notification",
    "analytics",
];

/// Services in whose stores nothing is heard of people at any time.
const SEALED: [&str; 5] = ["auth", "user", "order", "cart", "notification"];

fn address(name: &str) -> Value {
    json!({
        "name": name, "line1": "Kanariegatan 1", "line2": "Kanarieuppgang B", "city": "Kanarieby",
        "postal_code": "KAN 211", "region": "Kanarielan", "country": "SE", "phone": "+46 40 5550199",
    })
}

/// What a cart is told of somebody.
fn told() -> Value {
    json!({
        "email": ORDER_EMAIL, "shipping_address": address("Kanarie Boksson"),
        "billing_address": address("Kanarie Fakturasson"), "metadata": {"card": "kanarie-halsning"},
    })
}

/// Everything that one can tell the shop about oneself; the order, sent and given back.
pub(crate) async fn lives(http: &Http, token: &str, staff: &str) -> Result<String> {
    let named = json!({"name": "Kanarie Profilsson"});
    http.patch("/api/store/me").bearer(token).json(&named).expect(200).await?;
    let book = address("Kanarie Boksson");
    http.post("/api/store/me/addresses").bearer(token).json(&book).expect(201).await?;
    let id = buys(http, Some(token), staff).await?;
    // Another cart that is never bought.
    let cart = http.post("/api/store/carts").bearer(token).key(&key()).json(&json!({})).expect(201).await?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    http.patch(&path).bearer(token).json(&told()).expect(200).await?;
    are_mailed(http, &["order_confirmed", "order_fulfilled", "order_refunded", "welcome"]).await?;
    Ok(id)
}

/// Somebody with an account, or a guest, buys; the order, sent and given back.
async fn buys(http: &Http, token: Option<&str>, staff: &str) -> Result<String> {
    let me = |call: Call| match token {
        Some(token) => call.bearer(token),
        None => call,
    };
    let towel = variants(http, &["linen-towel"]).await?["TOWEL"].clone();
    // It began as a guest's, and all answers were recorded.
    let cart = http.post("/api/store/carts").key(&key()).json(&json!({})).expect(201).await?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    let change = told();
    http.patch(&path).json(&change).expect(200).await?;
    let line = json!({"variant_id": towel, "quantity": 1, "metadata": {"text": "kanarie-gravyr"}});
    let items = format!("{path}/items");
    http.post(&items).key(&key()).json(&line).expect(200).await?;
    me(http.post(&items)).key(&key()).json(&line).expect(200).await?;
    let methods = me(http.get(&format!("{path}/shipping-methods"))).expect(200).await?;
    let method = json!({"shipping_method_id": methods["items"][0]["id"]});
    let cart = me(http.patch(&path)).json(&method).expect(200).await?;
    let body = checkout_body(&cart, "tok_success");
    let placed = me(http.post("/api/store/checkout")).key(&key()).json(&body).send().await?;
    ensure!(matches!(placed.status, 201 | 202), "{}", placed.text());
    let id = placed.json()["id"].as_str().context("no id")?.to_string();
    let admin = format!("/api/admin/orders/{id}");
    let is = async |status: &str| {
        until(&format!("the order to be {status}"), async || {
            let order = http.get(&admin).bearer(staff).expect(200).await?;
            Ok((order["status"] == status).then_some(order))
        })
        .await
    };
    let order = is("confirmed").await?;
    let pieces: Vec<Value> = order["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| json!({"item_id": item["id"], "quantity": item["quantity"]}))
        .collect();
    let sending = json!({"items": pieces, "tracking": "kanarie-spar"});
    http.post(&format!("{admin}/fulfil")).bearer(staff).key(&key()).json(&sending).expect(200).await?;
    is("fulfilled").await?;
    let back = json!({"reason": STAFF_CANARY});
    let refund = http.post(&format!("{admin}/refund")).bearer(staff).key(&key()).json(&back).send().await?;
    ensure!(matches!(refund.status, 200 | 202), "{}", refund.text());
    is("refunded").await?;
    Ok(id)
}

/// All of these have been written.
async fn are_mailed(http: &Http, all: &[&str]) -> Result<()> {
    until("the mails about the order", async || {
        let mails = http.get("/api/dev/mails").expect(200).await?;
        let kinds: Vec<&str> =
            mails["items"].as_array().into_iter().flatten().filter_map(|m| m["kind"].as_str()).collect();
        Ok(all.iter().all(|kind| kinds.contains(kind)).then_some(()))
    })
    .await
}

/// Which canaries sing in a text, or in one that is told in hex.
fn singing(text: &str) -> Vec<&'static str> {
    let hex = |canary: &str| canary.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let all = CANARIES.iter().copied().chain([STAFF_CANARY]);
    all.filter(|canary| text.contains(canary) || text.contains(&hex(canary))).collect()
}

/// Whose row a line of a store's text is: a file tells it at the end, a server's dump at the beginning.
fn table(line: &str) -> &str {
    match line.strip_prefix("INSERT INTO public.") {
        Some(rest) => rest.split(' ').next().unwrap_or_default(),
        None => line.rsplit('(').next().unwrap_or_default().trim_end_matches(')'),
    }
}

/// Where they are still heard, by service and table.
pub(crate) fn heard(shop: &Shop) -> Result<Vec<String>> {
    let mut heard = vec![];
    for service in SERVICES {
        let text = shop.store(service)?.text()?;
        for line in text.lines() {
            let found = singing(line);
            if !found.is_empty() {
                let start: String = line.chars().take(2000).collect();
                heard.push(format!("{service}.{}: {found:?} in {start}", table(line)));
            }
        }
    }
    Ok(heard)
}

/// The same in the bytes of all files of a folder.
pub(crate) fn heard_below(folder: &Path) -> Result<Vec<String>> {
    let mut heard = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            heard.extend(heard_below(&path)?);
        } else if path.is_file() {
            let found = singing(&String::from_utf8_lossy(&fs::read(&path)?));
            if !found.is_empty() {
                heard.push(format!("{}: {found:?}", path.display()));
            }
        }
    }
    Ok(heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_found_nowhere_and_their_order_is_whole() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (shop.http.clone(), shop.staff().await?);
    import(&http, &staff, "kitchen.csv", FILE).await?;
    let account = json!({"email": EMAIL, "password": PASSWORD, "name": "Kanarie Kontosson"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let token = login(&http, EMAIL, PASSWORD).await?;
    let me = http.get("/api/auth/me").bearer(&token).expect(200).await?;
    let order = lives(&http, &token, &staff).await?;
    let admin = format!("/api/admin/orders/{order}");
    let before = http.get(&admin).bearer(&staff).expect(200).await?;
    // Neither in a service's own tables nor in a message on its way does anything of theirs stand as it is. That it would be heard:
    let ledger = shop.store("payment")?;
    ledger.execute("create table cage (words text)").await?;
    ledger.execute(&format!("insert into cage values ('{}')", CANARIES[0])).await?;
    ensure!(
        heard(&shop)?.iter().any(|line| line.starts_with("payment.")),
        "a canary is not heard where it is"
    );
    ledger.execute("drop table cage").await?;
    let told = heard(&shop)?;
    ensure!(told.is_empty(), "the stores tell what is to be sealed: {told:?}");
    for service in SEALED {
        ensure!(shop.store(service)?.text()?.contains(" sealed:1:"), "nothing is heard of {service} at all");
    }

    // Everything is told, in one document, from everybody who holds something.
    let told = http.post("/api/store/me/export").bearer(&token).json(&json!({})).send().await?;
    ensure!(
        told.status == 200 && told.header("content-disposition").contains("attachment"),
        "{}",
        told.text()
    );
    let document = told.text();
    let silent: Vec<&&str> = CANARIES.iter().filter(|canary| !document.contains(**canary)).collect();
    ensure!(silent.is_empty(), "the export does not tell {silent:?}: {document}");
    let held = &told.json()["held"];
    for (service, kind) in [
        ("auth", "account"),
        ("auth", "session"),
        ("user", "profile"),
        ("user", "address"),
        ("order", "order"),
        ("payment", "payment"),
        ("notification", "mail"),
        ("cart", "cart"),
        ("analytics", "registration"),
    ] {
        ensure!(held[service][kind][0].is_object(), "no {kind} of {service}: {document}");
    }
    for secret in ["password_hash", "argon2", "tok_success", "digest"] {
        ensure!(!document.contains(secret), "the export tells {secret}");
    }

    let wrong = json!({"password": "somebody else's guess"});
    let erase = "/api/store/me/erase";
    http.post(erase).bearer(&token).json(&wrong).refused(401, "wrong_credentials").await?;
    let asked = http.post(erase).bearer(&token).json(&json!({"password": PASSWORD})).send().await?;
    ensure!(asked.status == 202, "{}", asked.text());
    let mut last = vec![];
    let gone = until("everybody to have let go of them", async || {
        last = heard(&shop)?;
        let order = http.get(&admin).bearer(&staff).expect(200).await?;
        let mails = http.get("/api/dev/mails").send().await?.text();
        let account = http.get("/api/auth/me").bearer(&token).send().await?.status;
        let gone = order["email"].is_null() && singing(&mails).is_empty() && account != 200;
        Ok((gone && last.is_empty()).then_some(()))
    })
    .await;
    gone.with_context(|| last.join("\n"))?;

    // Numbers, lines, amounts and the country stay for the tax office.
    let after = http.get(&admin).bearer(&staff).expect(200).await?;
    for kept in ["number", "placed_at", "totals", "refunded", "status", "country", "customer_id", "history"] {
        ensure!(after[kept] == before[kept] && !after[kept].is_null(), "{kept}: {after}");
    }
    ensure!(after["items"][0]["total"] == before["items"][0]["total"], "{after}");
    ensure!(after["email"].is_null() && after["shipping_address"].is_null(), "{after}");
    shop.audit(1).await?;
    let id = me["user_id"].as_str().context("no id")?;
    http.get(&format!("/api/admin/customers/{id}")).bearer(&staff).refused(404, "not_found").await?;
    let again = json!({"email": EMAIL, "password": PASSWORD});
    http.post("/api/auth/login").json(&again).refused(401, "wrong_credentials").await?;
    // Staff are told the same when they erase somebody who was erased.
    let by_staff = http.post(&format!("/api/admin/customers/{id}/erase")).bearer(&staff).json(&json!({}));
    ensure!(by_staff.send().await?.status == 202);

    if !shop.is_league() {
        let elsewhere = tempfile::tempdir()?;
        let backup = elsewhere.path().join("backup").display().to_string();
        let made = hanse(&["backup", "--to", &backup, "--data", &shop.data_arg()]).await?;
        ensure!(made.status.success(), "{}", made.stderr);
        ensure!(heard_below(elsewhere.path())?.is_empty(), "{:?}", heard_below(elsewhere.path())?);
    }
    ensure!(singing(&shop.whole_log()?).is_empty(), "the log tells {:?}", singing(&shop.whole_log()?));
    shop.stop().await?;
    ensure!(heard_below(&shop.data())?.is_empty(), "{:?}", heard_below(&shop.data())?);

    // The address may come again: as somebody new.
    shop.start().await?;
    let http = shop.http.clone();
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let token = login(&http, EMAIL, PASSWORD).await?;
    let fresh = http.get("/api/auth/me").bearer(&token).expect(200).await?;
    ensure!(fresh["user_id"] != me["user_id"], "{fresh}");
    let orders = http.get("/api/store/orders").bearer(&token).expect(200).await?;
    ensure!(orders["items"] == json!([]), "{orders}");
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_is_erased_by_their_order_is_found_nowhere_and_it_is_whole() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (shop.http.clone(), shop.staff().await?);
    import(&http, &staff, "kitchen.csv", FILE).await?;
    let order = buys(&http, None, &staff).await?;
    are_mailed(&http, &["order_confirmed", "order_fulfilled", "order_refunded"]).await?;
    let admin = format!("/api/admin/orders/{order}");
    let before = http.get(&admin).bearer(&staff).expect(200).await?;
    ensure!(!singing(&before.to_string()).is_empty(), "the canaries are not heard where they are");
    for _ in 0..2 {
        let erased = http.post(&format!("{admin}/erase-person")).bearer(&staff).send().await?;
        ensure!(erased.status == 202, "{}", erased.text());
    }
    let mut last = vec![];
    let gone = until("the canaries to be heard no more", async || {
        last = heard(&shop)?;
        let mails = http.get("/api/dev/mails").expect(200).await?.to_string();
        Ok((last.is_empty() && singing(&mails).is_empty()).then_some(()))
    })
    .await;
    gone.with_context(|| last.join("\n"))?;
    let after = http.get(&admin).bearer(&staff).expect(200).await?;
    for kept in ["number", "placed_at", "totals", "refunded", "status", "country", "history"] {
        ensure!(after[kept] == before[kept] && !after[kept].is_null(), "{kept}: {after}");
    }
    ensure!(after["items"][0]["total"] == before["items"][0]["total"], "{after}");
    ensure!(after["email"].is_null() && after["shipping_address"].is_null(), "{after}");
    shop.audit(1).await?;
    ensure!(singing(&shop.whole_log()?).is_empty(), "the log tells {:?}", singing(&shop.whole_log()?));
    shop.stop().await?;
    ensure!(heard_below(&shop.data())?.is_empty(), "{:?}", heard_below(&shop.data())?);
    Ok(())
}
