//! Whoever was erased is not known again: in a shop that is restored from a backup of before, with keys or without, and in
//! services that were restored by other means.

use super::personal_data::{CANARIES, EMAIL, FILE, PASSWORD, heard, heard_below, lives};
use anyhow::{Context, Result, ensure};
use hanse_journeys::{Shop, Store, hanse, import, login, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Somebody of whom everybody knows something.
struct Person {
    staff: String,
    token: String,
    id: String,
    order: Value,
}

async fn somebody(shop: &Shop) -> Result<Person> {
    let (http, staff) = (&shop.http, shop.staff().await?);
    import(http, &staff, "kitchen.csv", FILE).await?;
    let account = json!({"email": EMAIL, "password": PASSWORD, "name": "Kanarie Kontosson"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let token = login(http, EMAIL, PASSWORD).await?;
    let me = http.get("/api/auth/me").bearer(&token).expect(200).await?;
    let order = lives(http, &token, &staff).await?;
    let order = http.get(&format!("/api/admin/orders/{order}")).bearer(&staff).expect(200).await?;
    Ok(Person { staff, token, id: me["user_id"].as_str().context("no id")?.to_string(), order })
}

/// Nothing of them is left, and the order is whole.
async fn is_forgotten(shop: &Shop, person: &Person) -> Result<()> {
    let (http, staff) = (&shop.http, shop.staff().await?);
    let path = format!("/api/admin/orders/{}", person.order["id"].as_str().context("no id")?);
    let mut last = vec![];
    let gone = until("the person to be gone, and heard no more", async || {
        last = heard(shop)?;
        let order = http.get(&path).bearer(&staff).expect(200).await?;
        let mails = http.get("/api/dev/mails").send().await?.text();
        let account = http.get("/api/auth/me").bearer(&person.token).send().await?.status;
        let mailed = CANARIES.iter().any(|canary| mails.contains(*canary));
        let gone = order["email"].is_null() && !mailed && account != 200;
        Ok((gone && last.is_empty()).then_some(()))
    })
    .await;
    gone.with_context(|| last.join("\n"))?;
    let after = http.get(&path).bearer(&staff).expect(200).await?;
    for kept in ["number", "placed_at", "totals", "refunded", "status", "country", "customer_id", "history"] {
        ensure!(after[kept] == person.order[kept] && !after[kept].is_null(), "{kept}: {after}");
    }
    ensure!(after["email"].is_null() && after["shipping_address"].is_null(), "{after}");
    http.get(&format!("/api/admin/customers/{}", person.id)).bearer(&staff).refused(404, "not_found").await?;
    let again = json!({"email": EMAIL, "password": PASSWORD});
    http.post("/api/auth/login").json(&again).refused(401, "wrong_credentials").await?;
    shop.audit(1).await?;
    Ok(())
}

async fn run(args: &[&str]) -> Result<String> {
    let ended = hanse(args).await?;
    ensure!(ended.status.success(), "{args:?}: {}{}", ended.stdout, ended.stderr);
    Ok(ended.stdout)
}

/// Refused, for a reason that tells this.
async fn refused(args: &[&str], told: &str) -> Result<()> {
    let ended = hanse(args).await?;
    ensure!(!ended.status.success() && ended.stderr.contains(told), "{args:?}, {told}: {}", ended.stderr);
    Ok(())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn list(person: &Person) -> Result<String> {
    let entry = json!({"id": person.id, "erased_at": person.order["placed_at"]});
    Ok(format!("{{\"format\": \"hanse.erasures.v1\", \"erased\": [\n{entry}\n]}}"))
}

/// Invariant 20's rows, while the shop is told that somebody was erased of whom nobody was told.
async fn left(shop: &Shop) -> Result<BTreeSet<String>> {
    let user = shop.store("user")?;
    let now = match &user {
        Store::File(_) => "cast(unixepoch('subsec') * 1000000 as integer)",
        Store::Database(_) => "now()",
    };
    let forged = format!(
        "insert into erased_people (user_id, erased_at, asked_by, told_at)
         select user_id, {now}, 'forged', {now} from profiles where not staff"
    );
    ensure!(user.execute(&forged).await? == 1, "nobody is there");
    let [way, place] = shop.reach();
    let ended = hanse(&["audit", "--rest", "0", "--json", &way, &place]).await?;
    user.execute("delete from erased_people where asked_by = 'forged'").await?;
    let report: Value = serde_json::from_str(&ended.stdout).context(ended.stderr)?;
    let breaches = report["breaches"].as_array().context("no breaches")?.iter();
    let rows = breaches.filter(|b| b["invariant"] == 20).flat_map(|b| b["rows"].as_array()).flatten();
    Ok(rows.filter_map(|row| Some(row.as_str()?.split(" = ").next()?.to_string())).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_list_names_is_erased_everywhere_and_what_was_left_is_seen_by_the_audit() -> Result<()> {
    let mut shop = Shop::open().await?;
    let person = somebody(&shop).await?;
    let [way, place] = shop.reach();
    let found = left(&shop).await?;
    for place in [
        "auth.accounts.id",
        "auth.sessions.user_id",
        "auth.person_key.subject",
        "user.profiles.user_id",
        "user.addresses.user_id",
        "user.person_key.subject",
        "order.orders.id",
        "order.person_key.subject",
        "cart.carts.customer_id",
        "notification.mail.user_id",
        "notification.person_key.subject",
        "analytics.registration.user_id",
    ] {
        ensure!(found.contains(place), "{place} is not seen: {found:?}");
    }
    let none: Value = serde_json::from_str(&run(&["erasures", "--json", &way, &place]).await?)?;
    ensure!(none == json!({"format": "hanse.erasures.v1", "erased": []}), "{none}");

    // What cannot be right is named, and nobody is erased.
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("erased.json");
    let (good, hostile) = (list(&person)?, folder.path().join("hostile.json"));
    for (bad, told) in [
        (good.replace(&person.id, "user_1"), "line 2"),
        (good.replace("user_", "ord_"), "line 2"),
        (good.replace("erased_at", "at"), "`at`"),
        (good.replace("]}", "]"), "line 3"),
        (good.replace("v1", "v9"), "format"),
        (good.replace("\"erased_at\":\"2", "\"erased_at\":\"9"), "erased[0].erased_at is in the future"),
        ("[]".into(), "line 1"),
    ] {
        fs::write(&hostile, bad)?;
        refused(&["erasures", "--apply", &text(&hostile), &way, &place], told).await?;
    }
    fs::File::create(&hostile)?.set_len(65 << 20)?;
    refused(&["erasures", "--apply", &text(&hostile), &way, &place], "too large").await?;
    let owner = shop.http.get("/api/auth/me").bearer(&person.staff).expect(200).await?;
    let owner = owner["user_id"].as_str().context("no id")?;
    fs::write(&hostile, good.replace(&person.id, owner))?;
    refused(&["erasures", "--apply", &text(&hostile), &way, &place], &format!("{owner} works here")).await?;

    fs::write(&file, good)?;
    let apply = |options: &[&'static str]| {
        let file = text(&file);
        let (way, place) = (way.clone(), place.clone());
        let options = options.to_vec();
        async move {
            let all = [&["erasures", "--apply", &file, "--json", &way, &place], options.as_slice()].concat();
            Ok::<Value, anyhow::Error>(serde_json::from_str(&run(&all).await?)?)
        }
    };
    let would = apply(&["--dry-run"]).await?;
    ensure!(would == json!({"applied": false, "people": 1, "unheard_of": 1, "known_again": 1}), "{would}");
    shop.http.get("/api/store/me").bearer(&person.token).expect(200).await?;
    let done = apply(&[]).await?;
    ensure!(done == json!({"applied": true, "people": 1, "unheard_of": 1, "known_again": 1}), "{done}");
    is_forgotten(&shop, &person).await?;
    let again = apply(&[]).await?;
    ensure!(again == json!({"applied": true, "people": 1, "unheard_of": 0, "known_again": 0}), "{again}");
    let all: Value = serde_json::from_str(&run(&["erasures", "--again", "--json", &way, &place]).await?)?;
    ensure!(all["people"] == 1 && all["known_again"] == 0, "{all}");
    let told: Value = serde_json::from_str(&run(&["erasures", "--json", &way, &place]).await?)?;
    ensure!(told["erased"][0]["id"] == person.id.as_str(), "{told}");
    is_forgotten(&shop, &person).await?;
    shop.stop().await
}

/// In a data folder; a league's databases are backed up by their own tools.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_nobody_back_who_was_erased_since_and_without_keys_it_tells_nothing() -> Result<()> {
    let mut shop = Shop::open().await?;
    if shop.is_league() {
        return shop.stop().await;
    }
    let person = somebody(&shop).await?;
    shop.audit(1).await?;
    let root = tempfile::tempdir()?;
    let [whole, bare, list] = ["whole", "bare", "erased.json"].map(|name| root.path().join(name));
    run(&["backup", "--to", &text(&whole), "--data", &shop.data_arg()]).await?;
    fs::write(shop.data().join("keys-of-before.json"), fs::read(shop.data().join("secrets.json"))?)?;
    let keyless = ["backup", "--without-keys", "--data", &shop.data_arg(), "--to", &text(&bare)];
    refused(&keyless, "keys-of-before.json").await?;
    fs::remove_file(shop.data().join("keys-of-before.json"))?;
    let told = run(&keyless).await?;
    ensure!(told.contains("keep a copy of them elsewhere"), "{told}");
    tells_nothing(&bare, &shop.data())?;

    let erase = shop.http.post("/api/store/me/erase").bearer(&person.token);
    ensure!(erase.json(&json!({"password": PASSWORD})).send().await?.status == 202);
    is_forgotten(&shop, &person).await?;
    fs::write(&list, run(&["erasures", "--json", "--data", &shop.data_arg()]).await?)?;
    let ledger = ledger(&shop)?;
    let running = root.path().join("running");
    let whole_to = |to: &Path| ["restore".into(), "--from".into(), text(&whole), "--data".into(), text(to)];
    let from_running = [&whole_to(&running)[..], &["--erased".into(), shop.data_arg()]].concat();
    let args: Vec<&str> = from_running.iter().map(String::as_str).collect();
    refused(&args, "in use by another Hanse process").await?;
    // As it is when somebody restores: what was written last stands in the stores' logs.
    shop.kill().await?;
    let dead = root.path().join("the shop that died");
    fs::rename(shop.data(), &dead)?;

    // Who is back is said last, with what to do.
    let naive = root.path().join("naive");
    let args = whole_to(&naive);
    let told = run(&args.each_ref().map(String::as_str)).await?;
    let last: Vec<&str> = told.lines().rev().take(3).collect();
    ensure!(last.concat().contains("is back") && last[0].contains("hanse erasures --apply"), "{told}");

    // The shop that is replaced tells who was erased since.
    let args = [&whole_to(&shop.data())[..], &["--erased".into(), text(&dead)]].concat();
    let told = run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    ensure!(told.contains("1 people are erased in it") && !told.contains("is back"), "{told}");
    let known = rusqlite::Connection::open(shop.data().join("user.sqlite"))?.query_row(
        "select count(*) from profiles where not staff",
        [],
        |row| row.get::<_, i64>(0),
    )?;
    ensure!(known == 0, "the restored shop knows {known} customers before its first start");
    shop.start().await?;
    is_forgotten(&shop, &person).await?;
    ensure!(self::ledger(&shop)? == ledger, "the books are others");
    shop.stop().await?;
    ensure!(heard_below(&shop.data())?.is_empty(), "{:?}", heard_below(&shop.data())?);

    // Without keys nobody makes a shop of it, with others neither.
    let told = run(&["backup", "--verify", &text(&bare)]).await?;
    ensure!(told.contains("is whole") && told.contains("--keys"), "{told}");
    let (opened, others) = (root.path().join("opened"), root.path().join("others.json"));
    run(&["keys", "--file", &text(&others)]).await?;
    let bare_to = ["restore", "--from", &text(&bare), "--data", &text(&opened), "--erased", &text(&list)];
    refused(&bare_to, "--keys FILE").await?;
    let with = |keys: String| {
        [&bare_to[..], &["--keys"]].concat().into_iter().map(String::from).chain([keys]).collect::<Vec<_>>()
    };
    let wrong = with(text(&others));
    refused(&wrong.iter().map(String::as_str).collect::<Vec<_>>(), "keys of another shop").await?;
    let keys = text(&dead.join("secrets.json"));
    let needless = [&whole_to(&opened)[..], &["--keys".into(), keys.clone()]].concat();
    refused(&needless.iter().map(String::as_str).collect::<Vec<_>>(), "leave --keys away").await?;
    let bad = root.path().join("bad.json");
    fs::write(&bad, "{\"format\": \"hanse.erasures.v1\",\n \"erased\": [7]}")?;
    let hostile = [&whole_to(&opened)[..], &["--erased".into(), text(&bad)]].concat();
    refused(&hostile.iter().map(String::as_str).collect::<Vec<_>>(), "line 2").await?;
    let mut names: Vec<String> = fs::read_dir(root.path())?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.sort();
    let there = ["bad.json", "bare", "erased.json", "naive", "others.json", "the shop that died", "whole"];
    ensure!(names == there, "something is left of what was refused: {names:?}");
    let right = with(keys);
    run(&right.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    until("the shop that was restored with its keys to agree", async || {
        let ended = hanse(&["audit", "--rest", "1", "--data", &text(&opened)]).await?;
        Ok(ended.status.success().then_some(()))
    })
    .await?;
    ensure!(heard_below(&opened)?.is_empty(), "{:?}", heard_below(&opened)?);
    Ok(())
}

/// Not a word that is sealed, no key, and not the first admin's password.
fn tells_nothing(backup: &Path, shop: &Path) -> Result<()> {
    let heard = heard_below(backup)?;
    let told: Vec<_> =
        CANARIES.iter().filter(|canary| heard.iter().any(|line| line.contains(**canary))).collect();
    ensure!(told.is_empty(), "the backup tells {told:?}");
    let keys: Value = serde_json::from_str(&fs::read_to_string(shop.join("secrets.json"))?)?;
    let admin: Value = serde_json::from_str(&fs::read_to_string(shop.join("first-admin.json"))?)?;
    let keys = keys.as_object().context("no keys")?.values().filter_map(Value::as_str);
    let secrets: Vec<&str> = keys.chain(admin["password"].as_str()).collect();
    ensure!(secrets.len() > 4, "no secrets to look for");
    for entry in fs::read_dir(backup)? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        ensure!(!secrets.iter().any(|secret| text.contains(secret)), "{} has a secret", path.display());
    }
    Ok(())
}

/// Who owes whom how much.
fn ledger(shop: &Shop) -> Result<Vec<(String, String, i64)>> {
    let payment = rusqlite::Connection::open(shop.data().join("payment.sqlite"))?;
    let sql =
        "select account, currency, sum(amount) from ledger_entry group by account, currency order by 1, 2";
    let mut statement = payment.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    ensure!(!rows.is_empty(), "the ledger is empty");
    Ok(rows)
}
