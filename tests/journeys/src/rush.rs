//! Everybody at the same moment: many checkouts that begin together, and what became of each.

use crate::http::{Answer, Http};
use crate::shopper::{checkout_body, key};
use crate::until::{pause, until_within};
use anyhow::{Context, Result, bail};
use futures::StreamExt;
use futures::future::try_join_all;
use futures::stream::{self, TryStreamExt};
use serde_json::Value;
use std::time::{Duration, Instant};

/// `full` for the sizes that `cargo xtask contend` plays; unset: a small part of it.
const SCALE: &str = "HANSE_TEST_CROWD";
/// Carts that are filled at a time: the rush is for the checkouts.
const FILLING: usize = 16;

/// How many come, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub shoppers: usize,
    pub pieces: usize,
    pub rounds: usize,
    /// Who all want the same code, ten of whom may have it.
    pub with_code: usize,
    /// Until all of a round has come to rest.
    pub patience: Duration,
}

impl Scale {
    pub fn of_this_run() -> Self {
        let full = std::env::var(SCALE).is_ok_and(|scale| scale == "full");
        let patience = Duration::from_secs(if full { 240 } else { 60 });
        match full {
            true => Self { shoppers: 1000, pieces: 100, rounds: 20, with_code: 200, patience },
            false => Self { shoppers: 200, pieces: 20, rounds: 1, with_code: 60, patience },
        }
    }
}

/// How a checkout ended.
#[derive(Debug, Clone)]
pub enum Fate {
    /// There is no order.
    Refused(Answer),
    /// An order that does not move any more.
    Order(Value),
}

impl Fate {
    pub fn is(&self, status: &str) -> bool {
        matches!(self, Self::Order(order) if order["status"] == status)
    }
}

/// So many carts, each made by `fill` from its number.
pub async fn carts<F: Future<Output = Result<Value>>>(
    many: usize,
    fill: impl Fn(usize) -> F,
) -> Result<Vec<Value>> {
    stream::iter((0..many).map(fill)).buffered(FILLING).try_collect().await
}

/// All pay at once, and each waits for the end of it.
pub async fn rush(http: &Http, carts: &[Value], patience: Duration) -> Result<Vec<Fate>> {
    try_join_all(carts.iter().map(|cart| fate(http, cart, patience))).await
}

async fn fate(http: &Http, cart: &Value, patience: Duration) -> Result<Fate> {
    let answer = answered(http, cart, patience).await?;
    match answer.status {
        201 | 202 => {}
        409 | 422 => return Ok(Fate::Refused(answer)),
        _ => bail!("a checkout was answered {}: {}", answer.status, answer.text()),
    }
    let order = answer.json();
    let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
    let access = order["access_token"].as_str().context("no access token")?;
    let order = until_within(patience, "an order to settle", async || {
        let told = http.get(&path).order(access).send().await?;
        if told.status == 503 {
            return Ok(None);
        }
        Ok(Some(told.expect(200)?).filter(|order| order["status"] != "pending"))
    });
    Ok(Fate::Order(order.await?))
}

/// Who is told to come again does, with the same key.
async fn answered(http: &Http, cart: &Value, patience: Duration) -> Result<Answer> {
    let (key, body, since) = (key(), checkout_body(cart, "tok_success"), Instant::now());
    loop {
        let answer = http.post("/api/store/checkout").key(&key).json(&body).send().await?;
        if answer.status != 503 || since.elapsed() > patience {
            return Ok(answer);
        }
        pause().await;
    }
}
