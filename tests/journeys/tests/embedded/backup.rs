//! Backups of a shop that sells meanwhile, at moments that nobody chose; one of them, at random, becomes a shop again after
//! the other has died. The provider remembers what that shop has forgotten.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{
    Carts, Crowd, Shop, WARES, checkout, csv, fill_cart, hanse, import, pay, until, variants,
};
use rand::Rng;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;

const SHOPPERS: usize = 6;
const BACKUPS: usize = 4;
const LONGEST: Duration = Duration::from_secs(120);
/// Nobody who buys notices it.
const PAUSE_MS: f64 = 250.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_restored_to_any_earlier_moment_agrees_with_the_provider_again() -> Result<()> {
    let elsewhere = tempfile::tempdir()?;
    let books = elsewhere.path().join("provider.sqlite");
    let settings = format!("[payment]\ntest_books = \"{}\"\n", books.display());
    let mut shop = Shop::open_on(|data| Ok(fs::write(data.join("hanse.toml"), settings)?)).await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&WARES).as_bytes()).await?;
    let goods = variants(&shop.http, &WARES.map(|(sku, ..)| sku)).await?;
    let mut crowd = Crowd::enter(&shop.http, goods.clone(), SHOPPERS, LONGEST, Carts::AsTheyAre);
    crowd.more(10).await?;
    for n in 0..BACKUPS {
        crowd.under_way().await?;
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..200))).await;
        let told = backup(&shop, &elsewhere.path().join(format!("backup-{n}"))).await?;
        let pause = told["manifest"]["pause_ms"].as_f64().context("no pause")?;
        println!("backup {n}: {} bytes, nobody could write for {pause:.2} ms", told["bytes"]);
        ensure!(pause < PAUSE_MS, "{told}");
        crowd.more(5).await?;
    }
    crowd.leave().await?;
    // Money that is set aside and not taken, for an order that is forgotten.
    let cart = fill_cart(&shop.http, &[(&goods["rope"], 1)]).await?;
    ensure!(matches!(checkout(&shop.http, &cart, "tok_success").await?.status, 201 | 202));
    shop.kill().await?;

    fs::rename(shop.data(), elsewhere.path().join("the shop that died"))?;
    let chosen = elsewhere.path().join(format!("backup-{}", rand::rng().random_range(0..BACKUPS)));
    println!("restored: {}", chosen.display());
    let whole = hanse(&["backup", "--verify", &text(&chosen), "--json"]).await?;
    ensure!(whole.status.success(), "{}", whole.stderr);
    let restored =
        hanse(&["restore", "--from", &text(&chosen), "--data", &shop.data_arg(), "--json"]).await?;
    ensure!(restored.status.success(), "{}", restored.stderr);
    shop.start().await?;

    let before = charges(&books)?;
    let differs = reconcile(&shop, &[]).await?;
    ensure!(differs["found"]["unknown_authorisation"].as_u64().unwrap_or(0) > 0, "{differs}");
    ensure!(differs["settled"] == false && differs["applied"] == false, "{differs}");
    ensure!(charges(&books)? == before, "money moved without --apply");
    until("nothing to differ any more", async || {
        let report = reconcile(&shop, &["--apply", "--by", "ana"]).await?;
        let open = report["differences"].as_array().context("no list")?.is_empty();
        Ok((report["settled"] == true && open).then_some(()))
    })
    .await?;
    // Every message is told again, which takes its time.
    let mut told = String::new();
    let caught_up = until("the restored shop to have heard everything again", async || {
        let ended = hanse(&["audit", "--rest", "1", "--json", "--data", &shop.data_arg()]).await?;
        told = ended.stdout;
        Ok(ended.status.success().then_some(()))
    })
    .await;
    caught_up.with_context(|| told)?;
    agree(&shop, &books)?;

    let written: i64 = rusqlite::Connection::open(shop.data().join("payment.sqlite"))?.query_row(
        "select count(*) from reconciled where who = 'ana'",
        [],
        |row| row.get(0),
    )?;
    ensure!(written > 0, "who did it is written down");
    // It sells, and knows its keys.
    let cart = fill_cart(&shop.http, &[(&goods["rope"], 1)]).await?;
    let order = pay(&shop.http, &cart, "tok_success").await?;
    ensure!(order["status"] == "confirmed", "{order}");
    shop.staff().await?;
    shop.stop().await
}

/// What the provider holds, it holds for confirmed orders of the restored shop, to the cent.
fn agree(shop: &Shop, books: &Path) -> Result<()> {
    let payment = rusqlite::Connection::open(shop.data().join("payment.sqlite"))?;
    let order = shop.data().join("order.sqlite");
    payment.execute("attach ?1 as o", [text(&order)])?;
    payment.execute("attach ?1 as bank", [text(books)])?;
    let count = |sql: &str| Ok::<i64, anyhow::Error>(payment.query_row(sql, [], |row| row.get(0))?);
    let theirs = "from bank.test_charge c left join main.intent i on i.id = c.key
         left join main.payment p on p.id = i.payment_id left join o.orders o on o.id = p.order_id
         where (c.captured > c.refunded or (c.state = 'authorized' and c.captured < c.amount))";
    let held = count(&format!("select count(*) {theirs}"))?;
    let strays = count(&format!(
        "select count(*) {theirs} and (o.state is null or o.state <> 'confirmed' or p.captured <> c.captured
           or p.refunded <> c.refunded)"
    ))?;
    let confirmed = count("select count(*) from o.orders where state = 'confirmed'")?;
    ensure!(
        strays == 0 && held == confirmed && held > 0,
        "{held} held, {confirmed} confirmed, {strays} astray"
    );
    Ok(())
}

fn charges(books: &Path) -> Result<Vec<(String, i64, i64)>> {
    let conn = rusqlite::Connection::open(books)?;
    let mut statement = conn.prepare("select state, captured, refunded from test_charge order by key")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

async fn backup(shop: &Shop, to: &Path) -> Result<Value> {
    let [way, place] = shop.reach();
    let ended = hanse(&["backup", "--to", &text(to), "--json", &way, &place]).await?;
    ensure!(ended.status.success(), "{}", ended.stderr);
    Ok(serde_json::from_str(&ended.stdout)?)
}

async fn reconcile(shop: &Shop, options: &[&str]) -> Result<Value> {
    let [way, place] = shop.reach();
    let all = [&["reconcile", "--json", "--rest", "1", &way, &place], options].concat();
    let ended = hanse(&all).await?;
    let report: Value = serde_json::from_str(&ended.stdout).with_context(|| ended.stderr.clone())?;
    ensure!(ended.status.success() == (report["settled"] == true), "{}: {report}", ended.status);
    Ok(report)
}

/// A stopped shop is backed up too. A backup that is not as it was written, or of another version, is refused and leaves
/// nothing; nothing is written over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_whole_becomes_no_shop() -> Result<()> {
    let mut shop = Shop::open().await?;
    shop.stop().await?;
    let root = tempfile::tempdir()?;
    let kept = root.path().join("kept");
    backup(&shop, &kept).await?;
    let names = |folder: &Path| -> Result<Vec<String>> {
        let mut names: Vec<String> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_>>()?;
        names.sort();
        Ok(names)
    };
    ensure!(names(&kept)?.contains(&"secrets.json".into()) && !names(&kept)?.contains(&"lock".into()));
    let again = hanse(&["backup", "--to", &text(&kept), "--data", &shop.data_arg()]).await?;
    ensure!(!again.status.success() && again.stderr.contains("there already"), "{}", again.stderr);

    let refused = async |what: &str, told: &str| {
        let to = root.path().join("new");
        let restored = hanse(&["restore", "--from", &text(&kept), "--data", &text(&to)]).await?;
        ensure!(!restored.status.success() && restored.stderr.contains(told), "{what}: {}", restored.stderr);
        let verified = hanse(&["backup", "--verify", &text(&kept)]).await?;
        ensure!(!verified.status.success() && verified.stderr.contains(told), "{what}: {}", verified.stderr);
        ensure!(names(root.path())? == ["kept"], "{what} leaves {:?}", names(root.path())?);
        Ok::<_, anyhow::Error>(())
    };
    let order = kept.join("order.sqlite");
    let good = fs::read(&order)?;
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&order, &bad)?;
    refused("a flipped bit", "not as it was written").await?;
    fs::remove_file(&order)?;
    refused("a missing file", "order.sqlite").await?;
    fs::write(&order, &good)?;
    let manifest = kept.join("manifest.json");
    let written = fs::read_to_string(&manifest)?;
    fs::write(&manifest, written.replacen("\"format\": 1", "\"format\": 2", 1))?;
    refused("another format", "use that version").await?;
    fs::write(&manifest, written.replacen("\"order\": ", "\"order\": 9", 1))?;
    refused("a newer schema", "written by a newer one").await?;
    fs::write(&manifest, written.replacen("\"secrets.json\"", "\"../secrets.json\"", 1))?;
    refused("a name that leads elsewhere", "damaged").await?;
    fs::write(&manifest, &written)?;
    let over = hanse(&["restore", "--from", &text(&kept), "--data", &shop.data_arg()]).await?;
    ensure!(!over.status.success() && over.stderr.contains("there already"), "{}", over.stderr);
    let restored = root.path().join("restored");
    let ended = hanse(&["restore", "--from", &text(&kept), "--data", &text(&restored)]).await?;
    ensure!(ended.status.success() && ended.stdout.contains("hanse reconcile"), "{}", ended.stderr);
    // Nobody is at work in it: what was on its way when it was kept is not at rest.
    let audit = hanse(&["audit", "--rest", "60", "--data", &text(&restored)]).await?;
    ensure!(audit.status.success(), "{}{}", audit.stdout, audit.stderr);
    // With what a backup has of a shop, and what a restored one is told beside.
    ensure!(restored.join("restored.json").exists());
    Ok(())
}
