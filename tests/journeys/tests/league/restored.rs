//! A league whose databases were dumped one after the other, while it sold, and restored: every service remembers another
//! moment. (An embedded shop's backup is of one moment.)

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Carts, Crowd, Shop, WARES, csv, fill_cart, hanse, import, pay, until_within, variants};
use hanse_testkit::dumps;
use rand::seq::SliceRandom;
use serde_json::Value;
use std::fs;
use std::time::Duration;

const SERVICES: [&str; 10] = [
    "auth",
    "user",
    "product",
    "inventory",
    "pricing",
    "cart",
    "order",
    "payment",
    "notification",
    "analytics",
];
const LONGEST: Duration = Duration::from_secs(180);
const SHOPPERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_remember_different_moments_come_together_again() -> Result<()> {
    let elsewhere = tempfile::tempdir()?;
    let books = elsewhere.path().join("provider.sqlite");
    let settings = format!("[payment]\ntest_books = \"{}\"\n", books.display());
    let mut shop = Shop::open_on(|data| Ok(fs::write(data.join("hanse.toml"), settings)?)).await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&WARES).as_bytes()).await?;
    let goods = variants(&shop.http, &WARES.map(|(sku, ..)| sku)).await?;
    let mut crowd = Crowd::enter(&shop.http, goods.clone(), SHOPPERS, LONGEST, Carts::AsTheyAre);
    crowd.more(4).await?;
    let mut order: Vec<&str> = SERVICES.to_vec();
    order.shuffle(&mut rand::rng());
    println!("dumped in this order: {order:?}");
    for service in order {
        let (url, file) = (shop.store(service)?.url()?.to_string(), elsewhere.path().join(service));
        tokio::task::spawn_blocking(move || dumps::dump(&url, &file)).await??;
        crowd.more(2).await?;
    }
    crowd.leave().await?;
    shop.stop().await?;
    for service in SERVICES {
        let store = shop.store(service)?;
        // What the operator does with a new database: the old one's tables go, the dump's come.
        store.execute("drop schema public cascade").await?;
        store.execute("create schema public").await?;
        let (url, file) = (store.url()?.to_string(), elsewhere.path().join(service));
        tokio::task::spawn_blocking(move || dumps::restore(&url, &file)).await??;
    }
    shop.start().await?;

    until_within(LONGEST, "services to come together", async || {
        let report = reconcile(&shop, &["--apply"]).await?;
        let open = report["differences"].as_array().context("no list")?.is_empty();
        let lost = report["lost_orders"].as_array().context("no list")?.is_empty();
        Ok((report["settled"] == true && open && lost).then_some(()))
    })
    .await
    .with_context(|| shop.log())?;
    until_within(LONGEST, "the audit to be clean", async || {
        let [way, place] = shop.reach();
        let ended = hanse(&["audit", "--rest", "2", "--json", &way, &place]).await?;
        if !ended.status.success() {
            println!("not yet: {}", ended.stdout);
        }
        Ok(ended.status.success().then_some(()))
    })
    .await?;
    let cart = fill_cart(&shop.http, &[(&goods["rope"], 1)]).await?;
    let order = pay(&shop.http, &cart, "tok_success").await?;
    ensure!(order["status"] == "confirmed", "{order}");
    shop.stop().await
}

async fn reconcile(shop: &Shop, options: &[&str]) -> Result<Value> {
    let [way, place] = shop.reach();
    let all = [&["reconcile", "--json", "--rest", "2", "--since", "1h", &way, &place], options].concat();
    let ended = hanse(&all).await?;
    serde_json::from_str(&ended.stdout).with_context(|| ended.stderr.clone())
}
