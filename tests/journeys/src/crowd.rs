//! Shoppers who check out again and again, whatever happens to the shop meanwhile. Whoever got no answer asks again with
//! the same key. What each was told is kept, and compared at the end with what the shop has.

use crate::goods::stock_of;
use crate::http::{Answer, Http};
use crate::shopper::{checkout_body, fill_cart, key};
use crate::until::{pause, until_within};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What the crowd buys: ropes, each with a sail or (every fifth time, and they run out) a lamp.
pub const WARES: [(&str, &str, i64); 3] =
    [("rope", "10.00", 5000), ("sail", "80.00", 5000), ("lamp", "25.00", 40)];

/// A checkout that was answered for good.
pub struct Acknowledged {
    pub key: String,
    pub body: Value,
    pub answer: Answer,
}

/// What became of all that was acknowledged.
pub struct Reckoned {
    pub orders: u64,
    pub confirmed: usize,
}

/// What a cart is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carts {
    AsTheyAre,
    /// Redis is away at times, and carts are read from their snapshots, which may be a moment older: a way of sending may
    /// be that of a cart without an address, and a checkout may be told that its cart has changed. Both are over when
    /// Redis is back; whose cart has really changed is never answered, which is found.
    MaybeOlder,
}

pub struct Crowd {
    market: Arc<Market>,
    shoppers: JoinSet<Result<Vec<Acknowledged>>>,
}

struct Market {
    http: Http,
    goods: BTreeMap<String, String>,
    /// Checkouts sent and not yet answered.
    waiting: AtomicUsize,
    done: AtomicUsize,
    closing: AtomicBool,
    patience: Duration,
    /// A shopper looks around for so long between two orders.
    looks: Duration,
    carts: Carts,
}

impl Crowd {
    /// So many shoppers come, who want the [`WARES`] with these ids. Each calls it a failure to have waited for so long.
    pub fn enter(
        http: &Http,
        goods: BTreeMap<String, String>,
        shoppers: usize,
        patience: Duration,
        carts: Carts,
    ) -> Self {
        Self::stroll(http, goods, (shoppers, Duration::ZERO), patience, carts)
    }

    /// As [`Crowd::enter`]; each of them looks around for a while between two orders.
    pub fn stroll(
        http: &Http,
        goods: BTreeMap<String, String>,
        (shoppers, looks): (usize, Duration),
        patience: Duration,
        carts: Carts,
    ) -> Self {
        let market = Arc::new(Market {
            http: http.clone(),
            goods,
            waiting: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            patience,
            looks,
            carts,
        });
        let mut all = JoinSet::new();
        for shopper in 0..shoppers {
            all.spawn(market.clone().shop_until_the_end(shopper));
        }
        Self { market, shoppers: all }
    }

    /// Checkouts that were answered for good.
    pub fn done(&self) -> usize {
        self.market.done.load(Ordering::SeqCst)
    }

    /// Waits until a checkout is under way.
    pub async fn under_way(&mut self) -> Result<()> {
        let began = Instant::now();
        while self.market.waiting.load(Ordering::SeqCst) == 0 {
            self.still_there(began, "nobody checks out")?;
            pause().await;
        }
        Ok(())
    }

    /// Waits until so many more checkouts were answered.
    pub async fn more(&mut self, checkouts: usize) -> Result<()> {
        let enough = self.done() + checkouts;
        let (mut last, mut done) = (Instant::now(), self.done());
        while self.done() < enough {
            if self.done() > done {
                (last, done) = (Instant::now(), self.done());
            }
            self.still_there(last, "checkouts are answered no more")?;
            pause().await;
        }
        Ok(())
    }

    /// Nobody has gone, and something has happened since.
    fn still_there(&mut self, last: Instant, trouble: &str) -> Result<()> {
        if let Some(ended) = self.shoppers.try_join_next() {
            ended??;
            bail!("a shopper left early");
        }
        ensure!(last.elapsed() < self.market.patience, "{trouble}");
        Ok(())
    }

    /// Everybody ends what was begun and goes.
    pub async fn leave(mut self) -> Result<Vec<Acknowledged>> {
        self.market.closing.store(true, Ordering::SeqCst);
        let mut acknowledged = vec![];
        while let Some(ended) = self.shoppers.join_next().await {
            acknowledged.extend(ended??);
        }
        Ok(acknowledged)
    }
}

impl Market {
    async fn shop_until_the_end(self: Arc<Self>, shopper: usize) -> Result<Vec<Acknowledged>> {
        let (mut acknowledged, mut turn) = (vec![], shopper);
        while !self.closing.load(Ordering::SeqCst) {
            turn += 1;
            let cart = self.filled(turn).await?;
            let token = if turn.is_multiple_of(7) { "tok_declined" } else { "tok_success" };
            acknowledged.push(self.answered(key(), checkout_body(&cart, token)).await?);
            self.done.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(self.looks).await;
        }
        Ok(acknowledged)
    }

    /// A cart, from the beginning each time the shop goes away meanwhile.
    async fn filled(&self, turn: usize) -> Result<Value> {
        let sku = if turn.is_multiple_of(5) { "lamp" } else { "sail" };
        let goods = [(self.goods["rope"].as_str(), 2), (self.goods[sku].as_str(), 1)];
        let began = Instant::now();
        loop {
            let mut trouble = None;
            // The lamps run out: who finds that buys ropes alone.
            for goods in [&goods[..], &goods[..1]] {
                match fill_cart(&self.http, goods).await {
                    Ok(cart) if cart["totals"]["total"].is_object() && self.can_be_sent(&cart) => {
                        return Ok(cart);
                    }
                    // No prices just now, or a way of sending that was offered for the cart as it had been.
                    Ok(cart) => trouble = Some(anyhow::anyhow!("{}", cart["problems"])),
                    Err(error) => trouble = Some(error),
                }
            }
            ensure!(began.elapsed() < self.patience, "no cart can be filled: {trouble:?}");
            pause().await;
        }
    }

    /// Asks with the same key until there is an answer that ends it.
    async fn answered(&self, key: String, body: Value) -> Result<Acknowledged> {
        let began = Instant::now();
        loop {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let answer = self.http.post("/api/store/checkout").key(&key).json(&body).send().await;
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            let last = match answer {
                Ok(answer) if matches!(answer.status, 201 | 202) => {
                    return Ok(Acknowledged { key, body, answer });
                }
                Ok(answer)
                    if matches!(answer.status, 502..=504)
                        || answer.json()["code"] == "idempotency_in_flight"
                        || (self.carts == Carts::MaybeOlder && answer.json()["code"] == "cart_changed") =>
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
            ensure!(began.elapsed() < self.patience, "a checkout is never answered: {last}");
            pause().await;
        }
    }

    fn can_be_sent(&self, cart: &Value) -> bool {
        let problems = cart["problems"].as_array();
        let fits =
            problems.is_none_or(|all| all.iter().all(|p| p["code"] != "shipping_method_not_available"));
        fits || self.carts == Carts::AsTheyAre
    }
}

/// Holds what the crowd was told against what the shop has: every acknowledged order is there, once, and as it was told;
/// nobody has another; the shelves agree. Each order has so long to come to rest.
pub async fn reckon(
    http: &Http,
    staff: &str,
    acknowledged: &[Acknowledged],
    patience: Duration,
) -> Result<Reckoned> {
    let orders = settled(http, acknowledged, patience).await?;
    each_is_there_once(http, staff, &orders).await?;
    answers_are_repeated(http, acknowledged).await?;
    shelves_agree(http, staff, &orders).await?;
    let confirmed = orders.iter().filter(|order| order["status"] == "confirmed").count();
    ensure!(confirmed > orders.len() / 2, "{confirmed} of {} orders were confirmed", orders.len());
    ensure!(
        orders.iter().all(|o| o["status"] != "confirmed" || o["payment_status"] == json!("captured")),
        "confirmed and not paid"
    );
    Ok(Reckoned { orders: u64::try_from(orders.len())?, confirmed })
}

/// Every acknowledged order, once it no longer moves.
async fn settled(http: &Http, acknowledged: &[Acknowledged], patience: Duration) -> Result<Vec<Value>> {
    let mut orders = Vec::new();
    for Acknowledged { answer, .. } in acknowledged.iter().filter(|a| a.answer.status < 300) {
        let placed = answer.json();
        let path = format!("/api/store/orders/{}", placed["id"].as_str().context("no id")?);
        let access = placed["access_token"].as_str().context("no access token")?;
        let order = until_within(patience, &format!("{path} to settle"), async || {
            let order = http.get(&path).order(access).expect(200).await?;
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

/// The shop has these orders and no others, each once.
pub async fn each_is_there_once(http: &Http, staff: &str, orders: &[Value]) -> Result<()> {
    let ids: BTreeSet<&str> = orders.iter().filter_map(|order| order["id"].as_str()).collect();
    ensure!(ids.len() == orders.len(), "two keys have the same order");
    let mut listed = BTreeSet::new();
    let mut path = "/api/admin/orders?limit=100".to_string();
    loop {
        let page = http.get(&path).bearer(staff).expect(200).await?;
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
    Ok(())
}

/// Whoever asks again under the same key is answered the same, byte for byte.
pub async fn answers_are_repeated(http: &Http, acknowledged: &[Acknowledged]) -> Result<()> {
    for Acknowledged { key, body, answer } in acknowledged.iter().filter(|a| a.answer.status < 300) {
        let again = http.post("/api/store/checkout").key(key).json(body).send().await?;
        ensure!(
            (again.status, &again.body) == (answer.status, &answer.body),
            "told {} then {}",
            answer.text(),
            again.text()
        );
    }
    Ok(())
}

/// Every piece that left the shelves is in an order that keeps it: sold, or set aside for a second card.
async fn shelves_agree(http: &Http, staff: &str, orders: &[Value]) -> Result<()> {
    for (sku, _, stock) in WARES {
        let kept = orders
            .iter()
            .filter(|order| order["status"] == "confirmed" || order["status"] == "awaiting_payment");
        let lines = kept.flat_map(|order| order["items"].as_array().into_iter().flatten());
        let ordered: i64 =
            lines.filter(|line| line["sku"] == sku).filter_map(|line| line["quantity"].as_i64()).sum();
        let (_, _, available) = stock_of(http, staff, sku).await?;
        ensure!(
            available == stock - ordered,
            "{sku}: {stock} came in, {ordered} are ordered, {available} are left"
        );
    }
    Ok(())
}
