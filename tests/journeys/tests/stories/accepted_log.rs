//! A service's database is restored by itself: its log is another than was told of it, and stays a breach until an operator says why.

use super::keys::cases::Goods;
use super::written_down::breaches;
use anyhow::{Result, ensure};
use hanse_journeys::{Shop, Store, hanse, key, until};
use serde_json::{Value, json};

/// What the operator gives as the reason.
const REASON: &str = "restored from the dump of Monday, its disk had failed";

async fn accept(shop: &Shop, service: &str, reason: &str) -> Result<(bool, String)> {
    let [way, place] = shop.reach();
    let asked =
        ["audit-log", "accept", "--service", service, "--reason", reason, "--by", "ben", &way, &place];
    let ended = hanse(&asked).await?;
    Ok((ended.status.success(), ended.stdout + &ended.stderr))
}

/// As of an earlier moment: what was written since is not there, and nothing else is wrong.
async fn is_restored_to(store: &Store, seq: i64) -> Result<()> {
    let on = match store {
        Store::File(_) => "",
        Store::Database(_) => " on record_entry",
    };
    store.execute(&format!("drop trigger if exists record_entry_is_kept{on}")).await?;
    ensure!(store.execute(&format!("delete from record_entry where seq > {seq} or seq is null")).await? > 0);
    let head = format!(
        "update record_head set seq = {seq}, told_seq = {seq}, hash = (select hash from record_entry where seq = {seq})"
    );
    ensure!(store.execute(&head).await? == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_restored_by_itself_is_believed_again_once_an_operator_says_why() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let goods = Goods::laid_out(http, &staff).await?;
    let adjust = async || {
        let body = json!({"variant_id": goods.rope, "delta": 1, "reason": "counted"});
        let call = http.post("/api/admin/inventory/adjustments").bearer(&staff).key(&key());
        call.json(&body).expect(201).await
    };
    let (inventory, keeper) = (shop.store("inventory")?, shop.store("analytics")?);
    // An update that changes nothing that is kept, where the log's end was told.
    let told = async |seq: i64| {
        until("the end of the log to be told", async || {
            adjust().await?;
            let told = format!(
                "update inbox set received_at = received_at where consumer = 'analytics.keep_log_end'
                 and exists (select 1 from record_anchor where service = 'inventory' and seq >= {seq})"
            );
            Ok((keeper.execute(&told).await? > 0).then_some(()))
        })
        .await
    };
    told(6).await?;
    ensure!(breaches(&shop, false).await?.is_empty(), "an honest log is clean");
    let (done, words) = accept(&shop, "inventory", REASON).await?;
    ensure!(!done && words.contains("nothing to accept"), "{words}");

    is_restored_to(&inventory, 3).await?;
    let ends = breaches(&shop, true).await?;
    ensure!(ends.iter().any(|told| told.contains("the log ends with entry 3")), "{ends:?}");
    // It grows past what was told, and stays another.
    until("the log to grow past it", async || {
        adjust().await?;
        let grown = "update record_head set told_at = told_at where seq >= 12";
        Ok((inventory.execute(grown).await? > 0).then_some(()))
    })
    .await?;
    for full in [true, false] {
        let still = breaches(&shop, full).await?;
        ensure!(!still.is_empty(), "it is another than was told, full: {full}");
    }
    for (service, reason, expected) in [
        ("inventory", "", "3 to 500 characters"),
        ("stock", REASON, "is none of"),
        ("pricing", REASON, "nothing to accept"),
    ] {
        let (done, words) = accept(&shop, service, reason).await?;
        ensure!(!done && words.contains(expected), "{service}: {words}");
    }
    let (done, words) = accept(&shop, "inventory", REASON).await?;
    ensure!(done && words.contains("analytics"), "{words}");
    for full in [true, false] {
        let left = breaches(&shop, full).await?;
        ensure!(left.is_empty(), "full: {full}: {left:?}");
    }
    // Who said so, why, and about what.
    let page = http.get("/api/admin/audit-log?action=audit_log").bearer(&staff).expect(200).await?;
    let [entry] = page["items"].as_array().map_or(&[][..], Vec::as_slice) else { panic!("{page}") };
    ensure!(entry["service"] == "analytics" && entry["subject"]["id"] == "inventory", "{entry}");
    ensure!(entry["actor"]["kind"] == "operator" && entry["actor"]["operator"] == "ben", "{entry}");
    ensure!(entry["after"]["reason"] == REASON && entry["before"]["told_until"].is_i64(), "{entry}");
    ensure!(accept(&shop, "inventory", REASON).await?.1.contains("nothing to accept"));

    // It blinds nobody: what is told from now on is held against the log as before.
    let end = entry["after"]["ends_with"].as_i64().unwrap_or_default();
    until("the end of the log to be told again", async || {
        adjust().await?;
        let told = format!(
            "update record_verified set seq = seq where service = 'inventory' and exists (
               select 1 from record_anchor a where a.service = 'inventory' and a.seq > {end} and a.told_at >
                 (select max(accepted_at) from record_accepted))"
        );
        Ok((keeper.execute(&told).await? > 0).then_some(()))
    })
    .await?;
    ensure!(breaches(&shop, true).await?.is_empty());
    is_restored_to(&inventory, end).await?;
    let found = breaches(&shop, true).await?;
    ensure!(found.iter().any(|told| told.contains("analytics was told of entry")), "{found:?}");
    // Nor is a log accepted that is broken in itself.
    ensure!(inventory.execute("delete from record_entry where seq = 2").await? == 1);
    let (done, words) = accept(&shop, "inventory", REASON).await?;
    ensure!(!done && words.contains("entry 2 is missing"), "{words}");
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_restored_as_a_whole_has_nothing_to_accept() -> Result<()> {
    let mut shop = Shop::open().await?;
    if shop.is_league() {
        return shop.stop().await;
    }
    let (http, staff) = (&shop.http, shop.staff().await?);
    let goods = Goods::laid_out(http, &staff).await?;
    let adjust = async || {
        let body = json!({"variant_id": goods.rope, "delta": 1, "reason": "counted"});
        let call = http.post("/api/admin/inventory/adjustments").bearer(&staff).key(&key());
        call.json(&body).expect(201).await
    };
    let anchored = async |seq: i64| {
        until("the end of the log to be told", async || {
            adjust().await?;
            let told = format!(
                "update inbox set received_at = received_at where consumer = 'analytics.keep_log_end'
                 and exists (select 1 from record_anchor where service = 'inventory' and seq >= {seq})"
            );
            Ok((shop.store("analytics")?.execute(&told).await? > 0).then_some(()))
        })
        .await
    };
    anchored(3).await?;
    let root = tempfile::tempdir()?;
    let (kept, restored) = (root.path().join("kept"), root.path().join("restored"));
    let (kept, restored) = (kept.display().to_string(), restored.display().to_string());
    let made = hanse(&["backup", "--to", &kept, "--data", &shop.data_arg()]).await?;
    ensure!(made.status.success(), "{}", made.stderr);
    // What is told after the backup is forgotten together with the log that it was told of.
    anchored(20).await?;
    shop.stop().await?;
    let made = hanse(&["restore", "--from", &kept, "--data", &restored]).await?;
    ensure!(made.status.success(), "{}", made.stderr);
    for _ in 0..2 {
        let audit = hanse(&["audit", "--full", "--rest", "60", "--data", &restored]).await?;
        ensure!(audit.status.success(), "{}{}", audit.stdout, audit.stderr);
    }
    let log = hanse(&["audit-log", "--action", "shop", "--json", "--data", &restored]).await?;
    let entries: Vec<Value> = log.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let [entry] = entries.as_slice() else { panic!("{}{}", log.stdout, log.stderr) };
    ensure!(entry["action"] == "shop.restored" && entry["actor"]["kind"] == "operator", "{entry}");
    ensure!(entry["actor"]["operator"].is_string() && entry["after"]["taken_at"].is_string(), "{entry}");
    Ok(())
}
