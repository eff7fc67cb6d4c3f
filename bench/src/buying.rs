//! Scenarios of shoppers who buy: filling carts, whole checkouts, and a thousand of them after a hundred pieces.

use crate::admin::Admin;
use crate::client::Client;
use crate::load::{Amount, Figures, Worker, drive};
use crate::process::Watched;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Lines per cart and additions per line before the next cart: carts as people fill them, not ever longer ones.
const LINES: usize = 3;
const ADDITIONS: usize = 10;
const ORDER_LIMIT: Duration = Duration::from_secs(60);

/// A variant to buy.
#[derive(Clone)]
pub struct Good {
    pub id: String,
    pub sku: String,
}

pub async fn open_cart(client: &mut Client) -> Result<String> {
    let cart = client.post("/api/store/carts", &json!({})).await?.expect(&[201], "a new cart")?;
    Ok(cart["id"].as_str().context("a cart without an id")?.to_string())
}

pub async fn add(client: &mut Client, cart: &str, good: &Good, quantity: u32) -> Result<Value> {
    let line = json!({"variant_id": good.id, "quantity": quantity});
    client.post(&format!("/api/store/carts/{cart}/items"), &line).await?.expect(&[200, 201], "add to cart")
}

pub async fn add_to_cart(
    server: &impl Watched,
    connections: usize,
    time: Duration,
    goods: &[Good],
) -> Result<Figures> {
    // Opened before the clock runs; a worker that outruns them opens more, at its own cost.
    let mut client = Client::new(server.address());
    let mut opened = Vec::new();
    for _ in 0..connections * 8 {
        opened.push(open_cart(&mut client).await?);
    }
    let carts = Rc::new(RefCell::new(opened));
    drive(server, connections, Amount::For(time), |worker| adding(worker, carts.clone(), goods)).await
}

async fn adding(mut worker: Worker, carts: Rc<RefCell<Vec<String>>>, goods: &[Good]) -> Result<Worker> {
    let mut next_good = worker.index * LINES;
    while worker.goes_on() {
        let waiting = carts.borrow_mut().pop();
        let cart = match waiting {
            Some(cart) => cart,
            None => open_cart(&mut worker.client).await?,
        };
        for addition in 0..LINES * ADDITIONS {
            if !worker.goes_on() {
                break;
            }
            let good = &goods[(next_good + addition % LINES) % goods.len()];
            let began = Instant::now();
            add(&mut worker.client, &cart, good, 1).await?;
            worker.done(began);
        }
        next_good += LINES;
    }
    Ok(worker)
}

/// Whole checkouts: a cart, two lines, e-mail and address, shipping method, payment, until the order is confirmed.
pub async fn checkouts(
    server: &impl Watched,
    connections: usize,
    time: Duration,
    goods: &[Good],
) -> Result<Figures> {
    let next = Rc::new(Cell::new(0));
    drive(server, connections, Amount::For(time), |worker| buying(worker, next.clone(), goods)).await
}

/// So many whole checkouts.
pub async fn some_checkouts(
    server: &impl Watched,
    connections: usize,
    orders: usize,
    goods: &[Good],
) -> Result<Figures> {
    let next = Rc::new(Cell::new(0));
    drive(server, connections, Amount::Operations(orders), |worker| buying(worker, next.clone(), goods)).await
}

/// Whole checkouts that begin at a rate, whether those before have ended or not, as long as a connection is free.
pub async fn paced_checkouts(
    server: &impl Watched,
    connections: usize,
    time: Duration,
    goods: &[Good],
    per_second: f64,
) -> Result<Figures> {
    let (next, opening) = (Rc::new(Cell::new(0)), Instant::now());
    let turn = |number: usize| opening + Duration::from_secs_f64(number as f64 / per_second);
    let pacing = |mut worker: Worker| {
        let next = next.clone();
        async move {
            while worker.goes_on() {
                let number = next.get();
                next.set(number + 1);
                tokio::time::sleep_until(turn(number).into()).await;
                buy(&mut worker.client, number, goods).await?;
                worker.done(turn(number));
            }
            Ok(worker)
        }
    };
    drive(server, connections, Amount::For(time), pacing).await
}

async fn buying(mut worker: Worker, next: Rc<Cell<usize>>, goods: &[Good]) -> Result<Worker> {
    while worker.goes_on() {
        let number = next.get();
        next.set(number + 1);
        let began = Instant::now();
        buy(&mut worker.client, number, goods).await?;
        worker.done(began);
    }
    Ok(worker)
}

/// One whole checkout; an error when it was refused or its order is not confirmed.
pub async fn buy(client: &mut Client, number: usize, goods: &[Good]) -> Result<()> {
    let pair = [&goods[number * 7 % goods.len()], &goods[(number * 7 + 11) % goods.len()]];
    let cart = filled_cart(client, &pair).await?;
    let order = pay(client, &cart, &key(&cart)).await?;
    if order["status"] != "confirmed" {
        bail!("an order was not confirmed: {order}");
    }
    Ok(())
}

/// A cart ready to be paid.
async fn filled_cart(client: &mut Client, goods: &[&Good]) -> Result<Value> {
    let id = open_cart(client).await?;
    for good in goods {
        add(client, &id, good, 1).await?;
    }
    let address = json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"});
    let path = format!("/api/store/carts/{id}");
    let whom = json!({"email": "ana@example.org", "shipping_address": address});
    client.json("PATCH", &path, &[], &whom).await?.expect(&[200], "the address")?;
    let methods =
        client.get(&format!("{path}/shipping-methods")).await?.expect(&[200], "the shipping methods")?;
    let method = methods["items"][0]["id"].as_str().context("nothing ships to Sweden")?;
    let how = json!({"shipping_method_id": method});
    client.json("PATCH", &path, &[], &how).await?.expect(&[200], "the shipping method")
}

fn key(cart: &Value) -> String {
    format!("bench-{}", cart["id"].as_str().unwrap_or_default())
}

/// Pays the cart and follows the order until it is settled one way or the other.
async fn pay(client: &mut Client, cart: &Value, key: &str) -> Result<Value> {
    let body = json!({
        "cart_id": cart["id"],
        "cart_version": cart["version"],
        "expected_total": cart["totals"]["total"],
        "payment": {"provider": "test", "token": "tok_success"},
    });
    let began = Instant::now();
    let answer = client.json("POST", "/api/store/checkout", &[("idempotency-key", key)], &body).await?;
    let mut order = answer.expect(&[201, 202], "checkout")?;
    let token = order["access_token"].as_str().context("an order without a token")?.to_string();
    while order["status"] == "pending" {
        if began.elapsed() > ORDER_LIMIT {
            bail!("an order is still pending after {} s: {order}", ORDER_LIMIT.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        let path = format!("/api/store/orders/{}", order["id"].as_str().unwrap_or_default());
        let bearer = format!("Order {token}");
        order = client
            .send("GET", &path, &[("authorization", &bearer)], b"")
            .await?
            .expect(&[200], "the order")?;
    }
    Ok(order)
}

#[derive(Clone, Debug, Serialize)]
pub struct Scarce {
    pub shoppers: usize,
    pub units: u64,
    pub sold: usize,
    pub refused: usize,
    /// Still to be had; what is sold lies there until it is shipped.
    pub left: i64,
    pub seconds: f64,
    pub p99_ms: f64,
}

/// Many shoppers, each with a filled cart, pay at once for too few pieces of one thing.
pub async fn scarce(
    server: &impl Watched,
    connections: usize,
    admin: &mut Admin,
    good: &Good,
) -> Result<Scarce> {
    let (shoppers, units) = (1000, 100);
    admin.set_stock(&good.id, units).await?;
    let carts = Rc::new(RefCell::new(Vec::new()));
    let preparing = |worker| preparing(worker, carts.clone(), good);
    drive(server, 16, Amount::Operations(shoppers), preparing).await?;
    let outcomes = Rc::new(RefCell::new(Vec::new()));
    let racing = |worker| racing(worker, carts.clone(), outcomes.clone());
    let began = Instant::now();
    let figures = drive(server, connections, Amount::Operations(shoppers), racing).await?;
    let seconds = began.elapsed().as_secs_f64();
    let outcomes = outcomes.take();
    let count = |status: &str| outcomes.iter().filter(|outcome| *outcome == status).count();
    let (sold, refused) = (count("confirmed"), count("rejected"));
    if sold + refused != shoppers {
        bail!("{} of {shoppers} orders ended neither confirmed nor rejected", shoppers - sold - refused);
    }
    let left = admin.available(&good.sku).await?;
    Ok(Scarce { shoppers, units, sold, refused, left, seconds, p99_ms: figures.p99_ms })
}

async fn preparing(mut worker: Worker, carts: Rc<RefCell<Vec<Value>>>, good: &Good) -> Result<Worker> {
    while worker.goes_on() {
        let began = Instant::now();
        let cart = filled_cart(&mut worker.client, &[good]).await?;
        carts.borrow_mut().push(cart);
        worker.done(began);
    }
    Ok(worker)
}

async fn racing(
    mut worker: Worker,
    carts: Rc<RefCell<Vec<Value>>>,
    outcomes: Rc<RefCell<Vec<String>>>,
) -> Result<Worker> {
    while worker.goes_on() {
        let cart = carts.borrow_mut().pop().context("fewer carts than shoppers")?;
        let began = Instant::now();
        let order = pay(&mut worker.client, &cart, &key(&cart)).await?;
        outcomes.borrow_mut().push(order["status"].as_str().unwrap_or_default().to_string());
        worker.done(began);
    }
    Ok(worker)
}
