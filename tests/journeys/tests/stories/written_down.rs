//! What staff change is written down: every route of theirs that changes something is visited, and what it did is found in the
//! audit log by the request's own id. Which routes there are is read from the shop's document, so that a new one is noticed
//! by not being here.

use super::keys::cases::{As, Case, Goods, RED, Sent};
use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hanse_journeys::{Http, Shop, Store, fill_cart, form, hanse, key, login, pay, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Routes of staff that change something and write nothing down, each with the reason.
const UNWRITTEN: [(&str, &str); 0] = [];

/// One visit.
struct Visit {
    /// As the document names it.
    route: String,
    path: String,
    sent: Sent,
}

fn visit(route: &str, path: String, sent: Value) -> Visit {
    let sent = if sent.is_null() { Sent::Nothing } else { Sent::Json(sent) };
    Visit { route: route.into(), path, sent }
}

/// Every route of the document by which staff may change something.
fn changing(document: &Value) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        for method in ["post", "put", "patch", "delete"] {
            if path.starts_with("/api/admin/") && item[method].is_object() {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    Ok(found)
}

/// What is wrong between the document and what is visited here.
fn forgotten(document: &Value, visited: &BTreeSet<String>) -> Result<Vec<String>> {
    let (routes, unwritten) = (changing(document)?, UNWRITTEN.map(|(route, _)| route.to_string()));
    let known = |route: &&String| visited.contains(*route) || unwritten.contains(route);
    let mut wrong: Vec<String> = routes
        .iter()
        .filter(|route| !known(route))
        .map(|route| format!("{route} changes something, and nobody looks whether that is written down"))
        .collect();
    let gone = visited.iter().chain(&unwritten).filter(|route| !routes.contains(*route));
    wrong.extend(gone.map(|route| format!("{route} is not in the document")));
    Ok(wrong)
}

/// Whether what the request with this id did is written down, by whom it was done.
async fn written(http: &Http, staff: &str, correlation: &str) -> Result<Vec<Value>> {
    let path = format!("/api/admin/audit-log?correlation={correlation}");
    let page = http.get(&path).bearer(staff).expect(200).await?;
    ensure!(page["missing"] == json!([]), "{page}");
    Ok(page["items"].as_array().context("no items")?.clone())
}

async fn called(http: &Http, staff: &str, visit: &Visit, correlation: &str) -> Result<Value> {
    let method: Method = visit.route.split(' ').next().unwrap_or_default().parse()?;
    let call = http.call(method, &visit.path).bearer(staff).header("x-correlation-id", correlation);
    let needs_key = visit.route.starts_with("POST");
    let call = if needs_key { call.key(&key()) } else { call };
    let answer = match &visit.sent {
        Sent::Nothing => call,
        Sent::Json(body) => call.json(body),
        Sent::File(text) => call.form(form("more.csv", text.as_bytes())?),
        Sent::Picture(text) => call.raw("image/png", STANDARD.decode(text)?),
    };
    let answer = answer.send().await?;
    ensure!(answer.status < 300, "{}: {} {}", visit.route, answer.status, answer.text());
    Ok(if answer.body.is_empty() { Value::Null } else { answer.json() })
}

/// What takes no key, worked on what there is.
async fn of_the_rest(http: &Http, staff: &str, goods: &Goods<'_>) -> Result<Vec<Visit>> {
    let get = async |path: &str| http.get(path).bearer(staff).expect(200).await;
    let made = async |path: &str, body: Value| http.post(path).bearer(staff).json(&body).expect(201).await;
    let id = |thing: &Value| thing["id"].as_str().unwrap_or_default().to_string();
    let channel = id(&get("/api/admin/channels").await?["items"][0]);
    let zone = made("/api/admin/shipping-zones", json!({"name": "Chile", "countries": ["CL"]})).await?;
    let method = id(&get("/api/admin/shipping-methods").await?["items"][0]);
    let code = json!({"code": "AUTUMN", "type": "percentage", "percentage_bp": 500});
    let discount = id(&made("/api/admin/discounts", code).await?);
    let collection = id(&made("/api/admin/collections", json!({"title": "For calms"})).await?);
    let category = id(&made("/api/admin/categories", json!({"title": "Tin"})).await?);
    let price = json!({"amount": 900, "currency": "EUR"});
    let product = json!({"title": "A buoy", "variants": [{"price": price}]});
    let product = id(&made("/api/admin/products", product).await?);
    let images = format!("/api/admin/products/{product}/images");
    let red = http.post(&images).bearer(staff).raw("image/png", STANDARD.decode(RED)?);
    let image = id(&red.expect(201).await?);
    let rope = get(&format!("/api/admin/prices?variant_id={}", goods.rope)).await?;
    let templates = get("/api/admin/notification-templates").await?;
    let text = |field: &str| templates["items"][0][field].clone();
    let place = format!(
        "/api/admin/notification-templates/{}/{}",
        text("kind").as_str().unwrap_or_default(),
        text("locale").as_str().unwrap_or_default()
    );
    let scanner = json!({"name": "the shelf's scanner", "permissions": ["inventory:read"]});
    let api_key = id(&made("/api/admin/api-keys", scanner.clone()).await?);
    let password = "a long enough secret";
    let tom = json!({"email": "tom@example.org", "role": "support", "password": password});
    let tom = made("/api/admin/staff", tom).await?["user_id"].as_str().unwrap_or_default().to_string();
    let invited = json!({"email": "una@example.org", "name": "Una", "role": "support"});
    let invitation = id(&made("/api/admin/staff/invitations", invited).await?);
    made("/api/admin/roles", json!({"role": "packer", "permissions": ["orders:read"]})).await?;
    let of_rope = http.get("/api/store/products/rope").expect(200).await?;
    let new_price = json!({"variant_id": goods.rope, "price": {"amount": 1100, "currency": "EUR"}});
    ensure!(rope["items"].is_array(), "{rope}");
    let guests = pay(http, &fill_cart(http, &[(&goods.rope, 1)]).await?, "tok_success").await?;
    Ok(vec![
        visit(
            "PATCH /api/admin/channels/{id}",
            format!("/api/admin/channels/{channel}"),
            json!({"home_country": "DK"}),
        ),
        visit(
            "PUT /api/admin/prices",
            "/api/admin/prices".into(),
            json!({"product_id": of_rope["id"], "prices": [new_price]}),
        ),
        visit(
            "PATCH /api/admin/discounts/{id}",
            format!("/api/admin/discounts/{discount}"),
            json!({"active": false}),
        ),
        visit(
            "PUT /api/admin/tax-rates/{country}/{class}",
            "/api/admin/tax-rates/DE/standard".into(),
            json!({"rate_bp": 1600}),
        ),
        visit(
            "PUT /api/admin/shipping-zones/{id}",
            format!("/api/admin/shipping-zones/{}", id(&zone)),
            json!({"name": "The far south", "countries": ["CL"]}),
        ),
        visit(
            "PATCH /api/admin/shipping-methods/{id}",
            format!("/api/admin/shipping-methods/{method}"),
            json!({"position": 7}),
        ),
        visit(
            "PATCH /api/admin/collections/{id}",
            format!("/api/admin/collections/{collection}"),
            json!({"title": "For doldrums"}),
        ),
        visit(
            "DELETE /api/admin/collections/{id}",
            format!("/api/admin/collections/{collection}"),
            Value::Null,
        ),
        visit(
            "PATCH /api/admin/categories/{id}",
            format!("/api/admin/categories/{category}"),
            json!({"title": "Pewter"}),
        ),
        visit(
            "PATCH /api/admin/products/{id}",
            format!("/api/admin/products/{product}"),
            json!({"title": "A beacon"}),
        ),
        visit(
            "PATCH /api/admin/products/{id}/images/{image}",
            format!("{images}/{image}"),
            json!({"alt": "A red buoy"}),
        ),
        visit(
            "PUT /api/admin/products/{id}/images/order",
            format!("{images}/order"),
            json!({"order": [image]}),
        ),
        visit("DELETE /api/admin/products/{id}/images/{image}", format!("{images}/{image}"), Value::Null),
        visit("DELETE /api/admin/products/{id}", format!("/api/admin/products/{product}"), Value::Null),
        visit(
            "PATCH /api/admin/variants/{id}",
            format!("/api/admin/variants/{}", goods.rope),
            json!({"weight_grams": 321}),
        ),
        visit(
            "PUT /api/admin/notification-templates/{kind}/{locale}",
            place,
            json!({"subject": "Ahoy", "text": text("text"), "html": text("html")}),
        ),
        visit(
            "POST /api/admin/staff",
            "/api/admin/staff".into(),
            json!({"email": "sue@example.org", "role": "support", "password": password}),
        ),
        visit("PATCH /api/admin/staff/{id}", format!("/api/admin/staff/{tom}"), json!({"role": "catalogue"})),
        visit("DELETE /api/admin/staff/{id}", format!("/api/admin/staff/{tom}"), Value::Null),
        visit(
            "POST /api/admin/staff/invitations",
            "/api/admin/staff/invitations".into(),
            json!({"email": "vic@example.org", "name": "Vic", "role": "support"}),
        ),
        visit(
            "DELETE /api/admin/staff/invitations/{id}",
            format!("/api/admin/staff/invitations/{invitation}"),
            Value::Null,
        ),
        visit(
            "POST /api/admin/roles",
            "/api/admin/roles".into(),
            json!({"role": "stower", "permissions": ["inventory:read"]}),
        ),
        visit(
            "PUT /api/admin/roles/{role}",
            "/api/admin/roles/packer".into(),
            json!({"permissions": ["orders:read", "orders:write"]}),
        ),
        visit("DELETE /api/admin/roles/{role}", "/api/admin/roles/packer".into(), Value::Null),
        visit("POST /api/admin/api-keys", "/api/admin/api-keys".into(), scanner),
        visit(
            "POST /api/admin/customers/{id}/erase",
            format!("/api/admin/customers/{}/erase", customer(http, staff).await?),
            Value::Null,
        ),
        visit(
            "POST /api/admin/orders/{id}/erase-person",
            format!("/api/admin/orders/{}/erase-person", id(&guests)),
            Value::Null,
        ),
        visit("DELETE /api/admin/api-keys/{id}", format!("/api/admin/api-keys/{api_key}"), Value::Null),
    ])
}

/// Somebody who has an account, and whom staff can find.
async fn customer(http: &Http, staff: &str) -> Result<String> {
    let account =
        json!({"email": "erna@example.org", "password": "a long enough secret", "name": "Erna Dal"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let token = login(http, "erna@example.org", "a long enough secret").await?;
    let me = http.get("/api/auth/me").bearer(&token).expect(200).await?;
    let id = me["user_id"].as_str().unwrap_or_default().to_string();
    let path = format!("/api/admin/customers/{id}");
    until("the customer to be known", async || {
        Ok((http.get(&path).bearer(staff).send().await?.status == 200).then_some(()))
    })
    .await?;
    Ok(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_staff_change_is_written_down() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let goods = Goods::laid_out(http, &staff).await?;
    let mut cases = goods.of_money().await?;
    cases.extend(goods.of_the_rest().await?);
    let mut visits: Vec<Visit> = cases.into_iter().filter_map(of_staff).collect();
    visits.extend(of_the_rest(http, &staff, &goods).await?);
    let document = http.get("/api/openapi.json").expect(200).await?;
    let visited: BTreeSet<String> = visits.iter().map(|visit| visit.route.clone()).collect();
    assert_eq!(forgotten(&document, &visited)?, [""; 0]);

    let mut unwritten = vec![];
    for (n, visit) in visits.iter().enumerate() {
        let correlation = format!("visit-{n}");
        called(http, &staff, visit, &correlation).await?;
        let entries = written(http, &staff, &correlation).await?;
        let by_staff =
            entries.iter().any(|entry| entry["actor"]["kind"] == "staff" && entry["actor"]["id"].is_string());
        if !by_staff {
            unwritten.push(format!("{}: {entries:?}", visit.route));
        }
    }
    ensure!(unwritten.is_empty(), "not written down:\n{}", unwritten.join("\n"));

    // A rule that does not see what is missing sees nothing: a route that nobody visits, and a visit that leaves no entry.
    let without_one = visited.iter().filter(|route| *route != "POST /api/admin/staff").cloned().collect();
    let told = forgotten(&document, &without_one)?;
    ensure!(told.len() == 1 && told[0].starts_with("POST /api/admin/staff changes something"), "{told:?}");
    let looked = http.get("/api/admin/staff").bearer(&staff).header("x-correlation-id", "looked");
    looked.expect(200).await?;
    ensure!(written(http, &staff, "looked").await?.is_empty(), "a look is no deed");
    shop.audit(1).await?;
    shop.stop().await
}

fn of_staff(case: Case) -> Option<Visit> {
    let of_staff = matches!(case.by, As::Staff);
    of_staff.then(|| Visit { route: case.route.into(), path: case.path, sent: case.sent })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sees_who_did_what_and_with_which_key() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let goods = Goods::laid_out(http, &staff).await?;
    let scanner =
        json!({"name": "the shelf's scanner", "permissions": ["inventory:read", "inventory:write"]});
    let made = http.post("/api/admin/api-keys").bearer(&staff).json(&scanner).expect(201).await?;
    let (secret, id) = (made["key"].as_str().context("no key")?, &made["id"]);
    let counted = json!({"variant_id": goods.rope, "delta": -3, "reason": "counted"});
    let path = "/api/admin/inventory/adjustments";
    let call = http.post(path).bearer(secret).key(&key()).header("x-correlation-id", "the-scanner");
    call.json(&counted).expect(201).await?;
    let [entry] = <[Value; 1]>::try_from(written(http, &staff, "the-scanner").await?)
        .map_err(|entries| anyhow::anyhow!("{entries:?}"))?;
    let who = &entry["actor"];
    ensure!(who["kind"] == "program" && who["api_key"] == *id && who["id"].is_string(), "{entry}");
    ensure!(entry["action"] == "stock.adjusted" && entry["subject"]["id"] == goods.rope, "{entry}");
    ensure!(entry["before"]["on_hand"] == 500 && entry["after"]["on_hand"] == 497, "{entry}");
    ensure!(entry["service"] == "inventory", "{entry}");
    ensure!(entry["origin"]["address"] == "127.0.0.1", "who works here is known by the address: {entry}");

    // A shopper's tries are told by the network, and many of them once.
    let account = json!({"email": "ana@example.org", "password": "a long enough secret", "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    login(http, "ana@example.org", "a long enough secret").await?;
    let accepted = http.get("/api/admin/audit-log?action=login.accepted&limit=1").bearer(&staff);
    let accepted = accepted.expect(200).await?["items"][0].clone();
    ensure!(accepted["actor"]["kind"] == "customer", "{accepted}");
    ensure!(accepted["origin"]["address"] == "127.0.0.0/24", "{accepted}");
    ensure!(!accepted.to_string().contains("ana@"), "{accepted}");

    // Nobody but an owner, and only with filters that make sense.
    let manager = json!({"email": "max@example.org", "role": "manager", "password": "a long enough secret"});
    http.post("/api/admin/staff").bearer(&staff).json(&manager).expect(201).await?;
    let manager = login(http, "max@example.org", "a long enough secret").await?;
    http.get("/api/admin/audit-log").bearer(&manager).refused(403, "forbidden").await?;
    for wrong in ["service=ordre", "from=yesterday", "limit=0", "cursor=zz", "actor="] {
        let path = format!("/api/admin/audit-log?{wrong}");
        http.get(&path).bearer(&staff).refused(422, "validation").await?;
    }

    // Page by page it is the same list, without gaps and doubles.
    let whole = http.get("/api/admin/audit-log?limit=100").bearer(&staff).expect(200).await?;
    let (mut pages, mut cursor) = (vec![], String::new());
    loop {
        let path = format!("/api/admin/audit-log?limit=3{cursor}");
        let page = http.get(&path).bearer(&staff).expect(200).await?;
        pages.extend(page["items"].as_array().context("no items")?.clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let place = |entry: &Value| (entry["at"].clone(), entry["action"].clone(), entry["subject"].clone());
    let whole = whole["items"].as_array().context("no items")?;
    ensure!(
        pages.iter().map(place).eq(whole.iter().map(place)),
        "{} and {} entries",
        pages.len(),
        whole.len()
    );

    // The operator reads the same, and what the operator does stands there too.
    let [way, folder] = shop.reach();
    let ended =
        hanse(&["admin", "create", "--email", "ben@example.org", "--role", "support", &way, &folder]).await?;
    ensure!(ended.status.success(), "{}", ended.stderr);
    let ended = hanse(&["audit-log", "--action", "staff", "--json", &way, &folder]).await?;
    ensure!(ended.status.success(), "{}", ended.stderr);
    let lines: Vec<Value> = ended.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let newest = lines.first().context("no entries")?;
    ensure!(newest["action"] == "staff.hired" && newest["actor"]["kind"] == "operator", "{newest}");
    ensure!(newest["actor"]["operator"].is_string(), "{newest}");
    let ended = hanse(&["audit-log", "--csv", "--limit", "2", &way, &folder]).await?;
    ensure!(
        ended.stdout.lines().count() == 3 && ended.stdout.starts_with("at,service,seq"),
        "{}",
        ended.stdout
    );
    shop.stop().await
}

/// The details of what is wrong with the logs.
pub async fn breaches(shop: &Shop, full: bool) -> Result<Vec<String>> {
    let [way, place] = shop.reach();
    let mut asked = vec!["audit", "--rest", "0", "--json", &way, &place];
    if full {
        asked.push("--full");
    }
    let ended = hanse(&asked).await?;
    let report: Value = serde_json::from_str(&ended.stdout).context(ended.stderr)?;
    let all = report["breaches"].as_array().context("no breaches are listed")?;
    let of_logs = all.iter().filter(|breach| breach["invariant"] == 19);
    let mut told = vec![];
    for breach in of_logs {
        let remedy = breach["remedy"].as_str().unwrap_or_default();
        ensure!(remedy.contains("docs/operations/audit.md"), "{breach}");
        told.push(breach["detail"].as_str().context("no detail")?.to_string());
    }
    Ok(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_somebody_rewrote_is_found_by_what_another_service_was_told() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let goods = Goods::laid_out(http, &staff).await?;
    let path = "/api/admin/inventory/adjustments";
    let adjust = async |delta: i64| {
        let body = json!({"variant_id": goods.rope, "delta": delta, "reason": "counted"});
        http.post(path).bearer(&staff).key(&key()).json(&body).expect(201).await
    };
    for delta in 1..=4 {
        adjust(delta).await?;
    }
    let (inventory, keeper) = (shop.store("inventory")?, shop.store("analytics")?);
    let counted = async |store: &Store, sql: &str| store.execute(sql).await;
    // Anchored: asked by an update that changes nothing that is kept.
    until("the end of the log to be told", async || {
        adjust(1).await?;
        let told = "update inbox set received_at = received_at where consumer = 'analytics.keep_log_end'
                    and exists (select 1 from record_anchor where service = 'inventory' and seq >= 4)";
        Ok((counted(&keeper, told).await? > 0).then_some(()))
    })
    .await?;
    ensure!(breaches(&shop, false).await?.is_empty(), "an honest log is clean");
    let drop = |trigger: &str| match &inventory {
        Store::File(_) => format!("drop trigger {trigger}"),
        Store::Database(_) => format!("drop trigger {trigger} on record_entry"),
    };
    ensure!(inventory.execute("delete from record_entry").await.is_err(), "entries are not deleted");
    ensure!(inventory.execute("update record_entry set subject = 'x' where seq = 1").await.is_err());
    for trigger in ["record_entry_stays", "record_entry_is_kept"] {
        inventory.execute(&drop(trigger)).await?;
    }
    ensure!(inventory.execute("delete from record_entry where seq = 2").await? == 1);
    let told = breaches(&shop, true).await?;
    ensure!(told.iter().any(|told| told == "inventory: entry 2 is missing"), "{told:?}");
    // What was verified before is not looked at again, unless all of it is.
    ensure!(breaches(&shop, false).await?.is_empty());

    // The forger makes the whole chain anew, by the shop's own hand.
    let anew = "update record_entry set seq = null, prev_hash = null, hash = null";
    ensure!(inventory.execute(anew).await? > 0);
    inventory.execute("delete from record_head").await?;
    until("it to be sealed anew", async || {
        adjust(1).await?;
        Ok((inventory.execute("update record_head set told_at = told_at where seq >= 4").await? > 0)
            .then_some(()))
    })
    .await?;
    let told = breaches(&shop, true).await?;
    ensure!(
        told.iter().any(|told| told.contains("is another than analytics was told: the log was rewritten")),
        "{told:?}"
    );
    let told = breaches(&shop, false).await?;
    ensure!(told.iter().any(|told| told.contains("verified")), "{told:?}");

    // And one who cuts the end off.
    ensure!(inventory.execute("delete from record_entry where seq > 1").await? > 0);
    inventory
        .execute("update record_head set seq = 1, hash = (select hash from record_entry where seq = 1)")
        .await?;
    let told = breaches(&shop, true).await?;
    ensure!(
        told.iter().any(|told| told.contains("the log ends with entry 1, but analytics was told of entry")),
        "{told:?}"
    );
    shop.stop().await
}
