//! A shop leaves its data folder for a league: after a kill in the midst of its orders, with a move that is itself killed and
//! run again. Everything is there, what was under way goes on, and the folder is what it was.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{
    Answer, Http, Shop, checkout, checkout_body, csv, fill_cart, hanse, hanse_killed_at, import, key, login,
    new_cart, pay, stock_of, until, variants,
};
use hanse_testkit::fresh_name;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;

const PASSWORD: &str = "a long enough secret";
/// Checkouts that are under way when the shop is killed.
const RUSH: usize = 8;
/// Kills until one hits sagas and messages that are under way.
const TRIES: u64 = 12;

/// Everything in the folder, byte by byte.
fn bytes(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            all.insert(entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?);
        }
    }
    Ok(all)
}

fn unchanged(folder: &Path, before: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let now = bytes(folder)?;
    let differ = now.iter().chain(before).filter(|(name, _)| now.get(*name) != before.get(*name));
    let differ: Vec<_> = differ.map(|(name, _)| name).collect();
    ensure!(differ.is_empty(), "the folder is not what it was: {differ:?}");
    Ok(())
}

/// In a copy of what a killed shop has left: sagas under way, and messages that are not known to be published.
fn under_way(data: &Path) -> Result<(i64, i64)> {
    let copy = tempfile::tempdir()?;
    let count = |service: &str, sql: &str| -> Result<i64> {
        for end in ["", "-wal"] {
            let name = format!("{service}.sqlite{end}");
            if data.join(&name).exists() {
                fs::copy(data.join(&name), copy.path().join(&name))?;
            }
        }
        let store = rusqlite::Connection::open(copy.path().join(format!("{service}.sqlite")))?;
        Ok(store.query_row(sql, [], |row| row.get(0))?)
    };
    let sagas = "select count(*) from orders where state in ('awaiting_stock', 'awaiting_authorization', 'awaiting_commit',
                 'awaiting_capture') and next_action is null";
    let messages = "select count(*) from outbox where published_at is null";
    let mut unpublished = 0;
    for service in ["order", "payment", "inventory"] {
        unpublished += count(service, messages)?;
    }
    Ok((count("order", sagas)?, unpublished))
}

/// Whether a line of the move tells that it is so far.
type Reached<'a> = &'a dyn Fn(&Value) -> bool;

struct Customer {
    email: String,
    token: String,
    refresh: Value,
    cart: String,
}

async fn customer(http: &Http, goods: &[(&str, i64)]) -> Result<Customer> {
    let email = format!("{}@example.org", key());
    let account = json!({"email": email, "password": PASSWORD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let body = json!({"email": email, "password": PASSWORD, "transport": "token"});
    let tokens = http.post("/api/auth/login").json(&body).expect(200).await?;
    let token = tokens["access_token"].as_str().context("no access token")?.to_string();
    let cart = http.post("/api/store/carts").bearer(&token).json(&json!({})).expect(201).await?;
    let cart = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    for (variant, quantity) in goods {
        let line = json!({"variant_id": variant, "quantity": quantity});
        let added = http.post(&format!("{cart}/items")).bearer(&token).json(&line).send().await?;
        ensure!(matches!(added.status, 200 | 201), "{}", added.text());
    }
    Ok(Customer { email, token, refresh: tokens["refresh_token"].clone(), cart })
}

/// What must be the same in the league.
async fn seen(
    http: &Http,
    staff: &str,
    ana: &Customer,
    guest: &str,
    orders: &[&Value],
) -> Result<Vec<Value>> {
    let mut all = vec![];
    for path in [
        "/api/store/categories",
        "/api/store/products/lamp",
        "/api/store/products?sort=title&limit=20",
        guest,
    ] {
        all.push(http.get(path).expect(200).await?);
    }
    all.push(http.get(&ana.cart).bearer(&ana.token).expect(200).await?);
    all.push(http.get("/api/auth/me").bearer(&ana.token).expect(200).await?);
    for order in orders {
        let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
        let access = order["access_token"].as_str().context("no access token")?;
        all.push(http.get(&path).order(access).expect(200).await?);
    }
    let lamps = stock_of(http, staff, "lamp").await?;
    all.push(json!([lamps.0, lamps.1, lamps.2]));
    Ok(all)
}

/// Kills the shop while shoppers check out, until sagas and messages are under way; the keys and bodies of all checkouts.
async fn killed_in_a_rush(shop: &mut Shop, rope: &str) -> Result<Vec<(String, Value)>> {
    let mut all = vec![];
    for attempt in 0..TRIES {
        let mut carts = vec![];
        for _ in 0..RUSH {
            carts.push(checkout_body(&fill_cart(&shop.http, &[(rope, 1)]).await?, "tok_success"));
        }
        let keyed: Vec<(String, Value)> = carts.into_iter().map(|body| (key(), body)).collect();
        let mut rush = JoinSet::new();
        for (key, body) in keyed.clone() {
            let http = shop.http.clone();
            rush.spawn(async move { http.post("/api/store/checkout").key(&key).json(&body).send().await });
        }
        all.extend(keyed);
        tokio::time::sleep(Duration::from_millis(20 + attempt * 15)).await;
        shop.kill().await?;
        rush.join_all().await;
        let (sagas, messages) = under_way(&shop.data())?;
        if sagas >= 2 && messages >= 2 {
            println!("killed with {sagas} sagas and {messages} messages under way");
            return Ok(all);
        }
        shop.start().await?;
    }
    anyhow::bail!("{TRIES} kills hit no sagas that were under way")
}

/// Asks until the checkout is answered for good.
async fn answered(http: &Http, key: &str, body: &Value) -> Result<Answer> {
    until("a checkout to be answered", async || {
        let answer = http.post("/api/store/checkout").key(key).json(body).send().await?;
        if matches!(answer.status, 502..=504) || answer.json()["code"] == "idempotency_in_flight" {
            return Ok(None);
        }
        ensure!(matches!(answer.status, 201 | 202), "{}: {}", answer.status, answer.text());
        Ok(Some(answer))
    })
    .await
}

async fn settled(http: &Http, order: &Value, wanted: &str) -> Result<()> {
    let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
    let access = order["access_token"].as_str().context("no access token")?;
    until(&format!("{path} to be {wanted}"), async || {
        let order = http.get(&path).order(access).expect(200).await?;
        Ok(Some(()).filter(|()| order["status"] == wanted))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_was_killed_goes_on_in_a_league_as_if_nothing_had_been() -> Result<()> {
    let mut shop = Shop::open().await?;
    let sample = hanse(&["import", "--sample", "--data", &shop.data_arg()]).await?;
    ensure!(sample.status.success(), "{sample:?}");
    let staff = shop.staff().await?;
    let goods = csv(&[("rope", "10.00", 5000), ("lamp", "25.00", 40)]);
    import(&shop.http, &staff, "goods.csv", goods.as_bytes()).await?;
    let ids = variants(&shop.http, &["rope", "lamp"]).await?;
    let (rope, lamp) = (ids["rope"].as_str(), ids["lamp"].as_str());

    let ana = customer(&shop.http, &[(lamp, 2), (rope, 1)]).await?;
    let guest = new_cart(&shop.http, &[(lamp, 1)]).await?;
    let paid = pay(&shop.http, &fill_cart(&shop.http, &[(lamp, 3)]).await?, "tok_success").await?;
    let declined = pay(&shop.http, &fill_cart(&shop.http, &[(lamp, 1)]).await?, "tok_declined").await?;
    let asked = pay(&shop.http, &fill_cart(&shop.http, &[(rope, 1)]).await?, "tok_action_required").await?;
    ensure!(asked["payment_status"] == "action_required", "{asked}");
    let silent = checkout(&shop.http, &fill_cart(&shop.http, &[(rope, 1)]).await?, "tok_timeout")
        .await?
        .expect(202)?;
    shop.audit(2).await?;
    let before = seen(&shop.http, &staff, &ana, &guest, &[&paid, &declined]).await?;
    let rushed = killed_in_a_rush(&mut shop, rope).await?;
    let folder = bytes(&shop.data())?;

    let mut league = shop.league_to_move_to().await?;
    let config = league.reach()[1].clone();
    let arguments = ["move", "--data", &shop.data_arg(), "--league", &config, "--json"].map(str::to_string);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let rehearsed = hanse(&[&arguments[..], &["--dry-run"]].concat()).await?;
    ensure!(rehearsed.status.success(), "{rehearsed:?}");
    ensure!(!league.data().join("secrets.json").exists(), "a rehearsal writes nothing");
    unchanged(&shop.data(), &folder)?;

    // Half of a table, all of many tables, and everything but its comparison.
    let half = |line: &Value| line["doing"] == "wrote" && line["rows"].as_u64() < line["of"].as_u64();
    let orders = |line: &Value| line["doing"] == "wrote" && line["service"] == "order";
    let compared = |line: &Value| line["doing"] == "compared" && line["service"] == "cart";
    let moments: [(&str, Reached<'_>); 3] =
        [("half a table", &half), ("orders", &orders), ("comparing", &compared)];
    for (moment, reached) in moments {
        ensure!(hanse_killed_at(&arguments, reached).await?, "the move was never at {moment}");
        let half = hanse(&["migrate", "order", "--config", &config]).await?;
        ensure!(!half.status.success(), "{moment}: a service starts on half a shop: {half:?}");
        unchanged(&shop.data(), &folder)?;
    }
    let moved = hanse(&arguments).await?;
    ensure!(moved.status.success(), "{moved:?}");
    let report = moved.stdout.lines().last().context("no report")?;
    let report: Value = serde_json::from_str::<Value>(report)?["report"].take();
    ensure!(report["moved"] == true && report["resumed"] == true && report["keys"] == "written", "{report}");
    println!("{} rows", report["rows"]);
    unchanged(&shop.data(), &folder)?;

    league.start().await?;
    let http = &league.http;
    let staff = league.staff().await?;
    let after = seen(http, &staff, &ana, &guest, &[&paid, &declined]).await?;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    let again =
        http.post("/api/auth/refresh").json(&json!({"refresh_token": ana.refresh})).expect(200).await?;
    ensure!(again["access_token"].is_string(), "{again}");
    login(http, &ana.email, PASSWORD).await?;

    // What was under way comes to its end: those who got no answer ask again, the bank is told yes, a silent one is left.
    let mut numbers = vec![paid["number"].clone(), declined["number"].clone(), asked["number"].clone()];
    for (key, body) in &rushed {
        let order = answered(http, key, body).await?.json();
        settled(http, &order, "confirmed").await?;
        numbers.push(order["number"].clone());
    }
    let url = asked["next_action"]["url"].as_str().with_context(|| asked.to_string())?;
    let question =
        url.find("/api/").map(|at| &url[at..]).context("the bank's question has an address here")?;
    let separator = if question.contains('?') { '&' } else { '?' };
    http.post(&format!("{question}{separator}result=approve")).expect(200).await?;
    settled(http, &asked, "confirmed").await?;
    let path = format!("/api/store/orders/{}", silent["id"].as_str().context("no id")?);
    let access = silent["access_token"].as_str().context("no access token")?;
    let cancel =
        http.post(&format!("{path}/cancel")).order(access).key(&key()).json(&json!({})).send().await?;
    ensure!(matches!(cancel.status, 200..=202), "{}", cancel.text());
    settled(http, &silent, "cancelled").await?;

    // And the shop is open: the guest's cart is bought, under the next number.
    let address = json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"});
    let told = json!({"email": "guest@example.org", "shipping_address": address});
    http.patch(&guest).json(&told).expect(200).await?;
    let methods = http.get(&format!("{guest}/shipping-methods")).expect(200).await?;
    let method = json!({"shipping_method_id": methods["items"][0]["id"]});
    let cart = http.patch(&guest).json(&method).expect(200).await?;
    let bought = pay(http, &cart, "tok_success").await?;
    ensure!(bought["status"] == "confirmed", "{bought}");
    numbers.extend([silent["number"].clone(), bought["number"].clone()]);
    let mut different = numbers.clone();
    different.sort_by_key(Value::to_string);
    different.dedup();
    ensure!(different.len() == numbers.len(), "numbers are given twice: {numbers:?}");
    ensure!(stock_of(http, &staff, "lamp").await?.2 == 40 - 3 - 1 - 1, "lamps are missing");
    league.audit(u64::try_from(numbers.len())?).await?;
    let moved = http.get("/api/admin/audit-log?action=shop.moved").bearer(&staff).expect(200).await?;
    let [entry] = moved["items"].as_array().map_or(&[][..], Vec::as_slice) else { panic!("{moved}") };
    ensure!(entry["actor"]["kind"] == "operator" && entry["service"] == "order", "{entry}");

    let twice = hanse(&arguments).await?;
    ensure!(twice.status.success() && twice.stdout.contains("\"before\":true"), "{twice:?}");
    unchanged(&shop.data(), &folder)?;
    league.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ready_to_be_moved_is_left_alone() -> Result<()> {
    let mut shop = Shop::open().await?;
    let league = shop.league_to_move_to().await?;
    let config = league.reach()[1].clone();
    let to = |data: &str| ["move", "--data", data, "--league", &config].map(str::to_string);
    let refused = async |arguments: &[String], told: &[&str]| -> Result<()> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = hanse(&arguments).await?;
        ensure!(!ended.status.success(), "{arguments:?}: {ended:?}");
        ensure!(
            told.iter().all(|told| ended.stderr.contains(told)),
            "{told:?} is not told: {}",
            ended.stderr
        );
        Ok(())
    };
    let data = shop.data_arg();
    refused(&to(&data), &["in use", "stop"]).await?;
    shop.stop().await?;
    let before = bytes(&shop.data())?;

    let empty = tempfile::tempdir()?;
    refused(&to(&empty.path().display().to_string()), &["no shop", "--data"]).await?;

    let keys = league.data().join("secrets.json").display().to_string();
    ensure!(hanse(&["keys", "--file", &keys]).await?.status.success());
    refused(&to(&data), &["keys.file", "other keys"]).await?;
    fs::remove_file(&keys)?;

    let part = tempfile::tempdir()?;
    for (name, bytes) in before.iter().filter(|(name, _)| !name.starts_with("cart.sqlite")) {
        fs::write(part.path().join(name), bytes)?;
    }
    refused(&to(&part.path().display().to_string()), &["cart.sqlite", "missing"]).await?;

    // What is on its way through a broker is not in the folder.
    let broker = std::env::var("HANSE_TEST_RABBITMQ_URL")?;
    let (prefix, settings) = (fresh_name(), shop.data().join("hanse.toml"));
    fs::write(&settings, format!("[broker]\nurl = {broker:?}\nprefix = {prefix:?}\n"))?;
    let connection = Connection::connect(&broker, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queue = ShortString::from(format!("{prefix}.notification.order_confirmed"));
    channel.queue_declare(queue.clone(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let options = BasicPublishOptions::default();
    let told = channel.basic_publish("".into(), queue.clone(), options, b"{}", BasicProperties::default());
    told.await?.await?;
    let words = ["1 in", "notification.order_confirmed", "hanse up"];
    refused(&to(&data), &words).await?;
    refused(&[&to(&data)[..], &["--dry-run".to_string()]].concat(), &words).await?;
    channel.queue_purge(queue.clone(), QueuePurgeOptions::default()).await?;
    // With its queues empty nothing is in the way.
    let ended = hanse(&["move", "--data", &data, "--league", &config, "--dry-run"]).await?;
    ensure!(ended.status.success(), "{ended:?}");
    channel.queue_delete(queue, QueueDeleteOptions::default()).await?;
    fs::remove_file(&settings)?;

    // Another shop lives there.
    let mut other = shop.league_to_move_to().await?;
    let elsewhere = other.reach()[1].clone();
    let staff = ["admin", "create", "--email", "ben@example.org", "--league", &elsewhere].map(str::to_string);
    fs::copy(shop.data().join("secrets.json"), other.data().join("secrets.json"))?;
    other.start().await?;
    let there = ["move", "--data", &data, "--league", &elsewhere].map(str::to_string);
    refused(&there, &["in use by a process of the league"]).await?;
    let staff: Vec<&str> = staff.iter().map(String::as_str).collect();
    let made = hanse(&staff).await?;
    ensure!(made.status.success(), "{made:?}");
    other.stop().await?;
    refused(&there, &["is not new", "accounts"]).await?;

    // The folder goes on with it all, and so does the shop.
    ensure!(bytes(&shop.data())? == before, "a refused move has changed the folder");
    shop.start().await?;
    shop.audit(0).await?;
    shop.stop().await?;

    // A league that was started once, and never had a shop, is as good as new.
    let mut new = shop.league_to_move_to().await?;
    fs::copy(shop.data().join("secrets.json"), new.data().join("secrets.json"))?;
    new.start().await?;
    new.stop().await?;
    let arguments = ["move", "--data", &data, "--league", &new.reach()[1]].map(str::to_string);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let moved = hanse(&arguments).await?;
    ensure!(moved.status.success() && moved.stdout.contains("compared"), "{moved:?}");
    new.start().await?;
    new.staff().await?;
    new.audit(0).await?;
    new.stop().await?;

    // What the folder's shop does after it is nothing that a second move may carry.
    shop.start().await?;
    new_cart(&shop.http, &[]).await?;
    shop.stop().await?;
    refused(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>(), &["has changed since"]).await
}
