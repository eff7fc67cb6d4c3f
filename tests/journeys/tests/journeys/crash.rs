//! The process is killed again and again while shoppers check out. Whoever got no answer asks again with the same key.
//! At the end every order that was acknowledged is there, once, and everything agrees.

use anyhow::{Context, Result, bail, ensure};
use hanse_journeys::{
    Answer, Http, Shop, checkout_body, csv, fill_cart, import, key, pause, stock_of, until, variants,
};
use rand::Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CHECKOUTS: usize = 200;
const KILLS: usize = 30;
/// So many of the kills must hit a saga between its first step and its end.
const IN_FLIGHT: usize = 20;
const SHOPPERS: usize = 12;
const LONGEST: Duration = Duration::from_secs(240);

struct Crowd {
    http: Http,
    goods: BTreeMap<String, String>,
    /// Checkouts sent and not yet answered.
    waiting: AtomicUsize,
    done: AtomicUsize,
    /// Enough kills were made.
    enough: AtomicBool,
    started: Instant,
}

/// A checkout that was answered for good.
struct Acknowledged {
    key: String,
    body: Value,
    answer: Answer,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_loses_an_order_or_makes_two_of_one() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(
        &shop.http,
        &staff,
        "goods.csv",
        csv(&[("rope", "10.00", 5000), ("sail", "80.00", 5000), ("lamp", "25.00", 40)]).as_bytes(),
    )
    .await?;
    let crowd = Arc::new(Crowd {
        http: shop.http.clone(),
        goods: variants(&shop.http, &["rope", "sail", "lamp"]).await?,
        waiting: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        enough: AtomicBool::new(false),
        started: Instant::now(),
    });
    let mut shoppers = JoinSet::new();
    for shopper in 0..SHOPPERS {
        shoppers.spawn(shop_until_the_end(crowd.clone(), shopper));
    }
    let (kills, in_flight) = kill_often(&mut shop, &crowd, &mut shoppers).await?;
    let mut acknowledged = Vec::new();
    while let Some(ended) = shoppers.join_next().await {
        acknowledged.extend(ended??);
    }
    println!(
        "{} checkouts, {kills} kills, {in_flight} of them with a saga in flight, {:?}",
        acknowledged.len(),
        crowd.started.elapsed()
    );
    ensure!(acknowledged.len() >= CHECKOUTS && kills >= KILLS && in_flight >= IN_FLIGHT);

    let orders = settled(&shop, &acknowledged).await?;
    every_order_is_there_once(&shop, &acknowledged, &orders).await?;
    shop.audit(u64::try_from(orders.len())?).await?;
    shop.stop().await
}

/// Kills at random moments while checkouts wait, and starts again; how often, and how often a saga was under way.
async fn kill_often(
    shop: &mut Shop,
    crowd: &Crowd,
    shoppers: &mut JoinSet<Result<Vec<Acknowledged>>>,
) -> Result<(usize, usize)> {
    let (mut kills, mut in_flight) = (0, 0);
    while kills < KILLS || in_flight < IN_FLIGHT {
        ensure!(
            crowd.started.elapsed() < LONGEST,
            "{kills} kills, {in_flight} with a saga in flight in {LONGEST:?}"
        );
        while crowd.waiting.load(Ordering::SeqCst) == 0 {
            if let Some(ended) = shoppers.try_join_next() {
                ended??;
                bail!("a shopper stopped before the last kill");
            }
            ensure!(crowd.started.elapsed() < LONGEST, "nobody checks out");
            pause().await;
        }
        let moment = rand::rng().random_range(0..150);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        shop.kill().await?;
        kills += 1;
        in_flight += usize::from(sagas_under_way(&shop.data())? > 0);
        shop.start().await.context("after a kill")?;
    }
    crowd.enough.store(true, Ordering::SeqCst);
    Ok((kills, in_flight))
}

/// Orders whose saga has begun and not come to rest, in a copy of what the killed process left on the disk.
fn sagas_under_way(data: &Path) -> Result<i64> {
    let copy = tempfile::tempdir()?;
    for name in ["order.sqlite", "order.sqlite-wal"] {
        if data.join(name).exists() {
            std::fs::copy(data.join(name), copy.path().join(name))?;
        }
    }
    let store = rusqlite::Connection::open(copy.path().join("order.sqlite"))?;
    let moving = "select count(*) from orders where state in ('awaiting_stock', 'awaiting_authorization', 'awaiting_commit', \
                  'awaiting_capture', 'refunding', 'compensating')";
    Ok(store.query_row(moving, [], |row| row.get(0))?)
}

async fn shop_until_the_end(crowd: Arc<Crowd>, shopper: usize) -> Result<Vec<Acknowledged>> {
    let mut acknowledged = Vec::new();
    let mut turn = shopper;
    while !crowd.enough.load(Ordering::SeqCst) || crowd.done.load(Ordering::SeqCst) < CHECKOUTS {
        turn += 1;
        let cart = filled(&crowd, turn).await?;
        let token = if turn.is_multiple_of(7) { "tok_declined" } else { "tok_success" };
        acknowledged.push(answered(&crowd, key(), checkout_body(&cart, token)).await?);
        crowd.done.fetch_add(1, Ordering::SeqCst);
    }
    Ok(acknowledged)
}

/// A cart, from the beginning each time the shop goes away meanwhile.
async fn filled(crowd: &Crowd, turn: usize) -> Result<Value> {
    let sku = if turn.is_multiple_of(5) { "lamp" } else { "sail" };
    let goods = [(crowd.goods["rope"].as_str(), 2), (crowd.goods[sku].as_str(), 1)];
    loop {
        // The lamps run out: who finds that buys ropes alone.
        for goods in [&goods[..], &goods[..1]] {
            if let Ok(cart) = fill_cart(&crowd.http, goods).await {
                return Ok(cart);
            }
        }
        ensure!(
            crowd.started.elapsed() < LONGEST,
            "no cart can be filled: {:?}",
            fill_cart(&crowd.http, &goods).await.err()
        );
        pause().await;
    }
}

/// Asks with the same key until there is an answer that ends it.
async fn answered(crowd: &Crowd, key: String, body: Value) -> Result<Acknowledged> {
    loop {
        crowd.waiting.fetch_add(1, Ordering::SeqCst);
        let answer = crowd.http.post("/api/store/checkout").key(&key).json(&body).send().await;
        crowd.waiting.fetch_sub(1, Ordering::SeqCst);
        let last = match answer {
            Ok(answer) if matches!(answer.status, 201 | 202) => {
                return Ok(Acknowledged { key, body, answer });
            }
            Ok(answer)
                if matches!(answer.status, 502..=504) || answer.json()["code"] == "idempotency_in_flight" =>
            {
                answer.text()
            }
            // Nothing was ordered: sold out before the checkout began.
            Ok(answer) if matches!(answer.status, 409 | 422) && answer.text().contains("stock") => {
                return Ok(Acknowledged { key, body, answer });
            }
            Ok(answer) => bail!("a checkout was answered {}: {}", answer.status, answer.text()),
            Err(error) => format!("{error:#}"),
        };
        ensure!(crowd.started.elapsed() < LONGEST, "a checkout is never answered: {last}");
        pause().await;
    }
}

/// Every acknowledged order, once it no longer moves.
async fn settled(shop: &Shop, acknowledged: &[Acknowledged]) -> Result<Vec<Value>> {
    let mut orders = Vec::new();
    for Acknowledged { answer, .. } in acknowledged.iter().filter(|a| a.answer.status < 300) {
        let placed = answer.json();
        let path = format!("/api/store/orders/{}", placed["id"].as_str().context("no id")?);
        let access = placed["access_token"].as_str().context("no access token")?;
        let order = until(&format!("{path} to settle"), async || {
            let order = shop.http.get(&path).order(access).expect(200).await?;
            Ok(Some(order).filter(|order| order["status"] != "pending"))
        })
        .await?;
        // What was told is never taken back; only what was still under way could change.
        ensure!(
            placed["status"] == "pending" || placed["status"] == order["status"],
            "told {placed}, is {order}"
        );
        orders.push(order);
    }
    Ok(orders)
}

async fn every_order_is_there_once(
    shop: &Shop,
    acknowledged: &[Acknowledged],
    orders: &[Value],
) -> Result<()> {
    let ids: BTreeSet<&str> = orders.iter().filter_map(|order| order["id"].as_str()).collect();
    ensure!(ids.len() == orders.len(), "two keys have the same order");
    let staff = shop.staff().await?;
    let mut listed = BTreeSet::new();
    let mut path = "/api/admin/orders?limit=100".to_string();
    loop {
        let page = shop.http.get(&path).bearer(&staff).expect(200).await?;
        for order in page["items"].as_array().context("no list")? {
            listed.insert(order["id"].as_str().context("no id")?.to_string());
        }
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/api/admin/orders?limit=100&cursor={next}");
    }
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    ensure!(
        listed == ids,
        "orders without an acknowledged key, or the other way round: {:?}",
        listed.symmetric_difference(&ids)
    );
    for Acknowledged { key, body, answer } in acknowledged.iter().filter(|a| a.answer.status < 300) {
        let again = shop.http.post("/api/store/checkout").key(key).json(body).send().await?;
        ensure!(
            (again.status, &again.body) == (answer.status, &answer.body),
            "told {} then {}",
            answer.text(),
            again.text()
        );
    }
    // Every piece that left the shelves is in an order that keeps it: sold, or set aside for a second card.
    for (sku, stock) in [("rope", 5000), ("sail", 5000), ("lamp", 40)] {
        let kept = orders
            .iter()
            .filter(|order| order["status"] == "confirmed" || order["status"] == "awaiting_payment");
        let lines = kept.flat_map(|order| order["items"].as_array().into_iter().flatten());
        let ordered: i64 =
            lines.filter(|line| line["sku"] == sku).filter_map(|line| line["quantity"].as_i64()).sum();
        let (_, _, available) = stock_of(&shop.http, &staff, sku).await?;
        ensure!(
            available == stock - ordered,
            "{sku}: {stock} came in, {ordered} are ordered, {available} are left"
        );
    }
    let confirmed = orders.iter().filter(|order| order["status"] == "confirmed").count();
    ensure!(confirmed > CHECKOUTS / 2, "{confirmed} of {} orders were confirmed", orders.len());
    ensure!(
        orders.iter().all(|o| o["status"] != "confirmed" || o["payment_status"] == json!("captured")),
        "confirmed and not paid"
    );
    Ok(())
}
