//! What staff do meanwhile.

use super::Market;
use crate::league::ADMIN;
use anyhow::{Result, anyhow, bail, ensure};
use hanse_journeys::{csv, form, key, login, pause};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two changes of the same good.
const REST: Duration = Duration::from_millis(400);
/// Between two files.
const LONG_REST: Duration = Duration::from_millis(1500);
/// So many of the latest orders are looked at for something to send.
const LATEST: usize = 6;

/// A badge is good for longer than this, and auth may be away for a while.
const NEW_BADGE: Duration = Duration::from_secs(60);

/// Fetches a new badge in time.
pub(super) async fn logs_in_again(market: Arc<Market>) -> Result<()> {
    let mut fetched = Instant::now();
    while !market.is_closing() {
        if fetched.elapsed() > NEW_BADGE {
            match login(&market.http, ADMIN.0, ADMIN.1).await {
                Ok(badge) => {
                    market.takes_badge(badge);
                    fetched = Instant::now();
                }
                Err(trouble) => market.patience.again(trouble).await?,
            }
        }
        tokio::time::sleep(REST).await;
    }
    Ok(())
}

/// A title, then a price, over and over.
pub(super) async fn changes_goods(market: Arc<Market>) -> Result<()> {
    let mut turn = 0;
    while !market.is_closing() {
        turn += 1;
        market.renames("chart", turn).await?;
        let amount = 500 + turn % 7;
        let price = json!({"prices": [{"variant_id": market.goods["chart"], "price": {"amount": amount, "currency": "EUR"}}]});
        let asked = || market.http.post("/api/admin/prices").bearer(&market.badge()).json(&price);
        let answer = market.patience.insist(asked).await?;
        ensure!(answer.status < 300, "a price: {} {}", answer.status, answer.text());
        market.adjust("rope", 1 - 2 * (turn % 2)).await?;
        tokio::time::sleep(REST).await;
    }
    Ok(())
}

/// A good comes by a file again and again, each time with another price and another count.
pub(super) async fn imports(market: Arc<Market>) -> Result<()> {
    let mut turn = 0_i64;
    while !market.is_closing() {
        turn += 1;
        let price = format!("7.{:02}", turn % 100);
        let file = csv(&[("flag", &price, 50 + turn)]);
        match market.brings(file.as_bytes()).await {
            Ok(()) => market.errand_done(),
            Err(trouble) => market.patience.again(trouble).await?,
        }
        tokio::time::sleep(LONG_REST).await;
    }
    Ok(())
}

/// Parcels are made of whatever can be sent, also where somebody is just cancelling; now and then money goes back.
pub(super) async fn sends_and_gives_back(market: Arc<Market>) -> Result<()> {
    let mut turn = 0;
    while !market.is_closing() {
        turn += 1;
        if let Some((at, purchase)) = market.history.recent(turn % LATEST) {
            let path = format!("/api/admin/orders/{}", purchase.id()?);
            if turn % 3 == 0 {
                market.gives_back(at, &path).await?;
            } else {
                market.sends(at, &path).await?;
            }
        }
        pause().await;
    }
    Ok(())
}

impl Market {
    /// A file is taken in, and its report waited for.
    async fn brings(&self, file: &[u8]) -> Result<()> {
        let upload = self.http.post("/api/admin/imports").bearer(&self.badge()).form(form("flag.csv", file)?);
        let started = upload.expect(202).await?;
        let path = format!("/api/admin/imports/{}", started["id"].as_str().unwrap_or_default());
        loop {
            let report =
                self.patience.insist(|| self.http.get(&path).bearer(&self.badge())).await?.expect(200)?;
            match report["status"].as_str() {
                Some("done") => return Ok(()),
                Some("running") => self.patience.again(anyhow!("the import does not end: {report}")).await?,
                _ => bail!("{report}"),
            }
        }
    }

    async fn renames(&self, slug: &str, turn: i64) -> Result<()> {
        let product = self
            .patience
            .insist(|| self.http.get(&format!("/api/store/products/{slug}")))
            .await?
            .expect(200)?;
        let path = format!("/api/admin/products/{}", product["id"].as_str().unwrap_or_default());
        let body = json!({"title": format!("Ware {slug} {turn}")});
        let asked = || self.http.patch(&path).bearer(&self.badge()).json(&body);
        let answer = self.patience.insist(asked).await?;
        ensure!(answer.status < 300, "a title: {} {}", answer.status, answer.text());
        Ok(())
    }

    async fn sends(&self, at: usize, path: &str) -> Result<()> {
        let order = self.patience.insist(|| self.http.get(path).bearer(&self.badge())).await?.expect(200)?;
        if order["status"] != "confirmed" {
            return Ok(());
        }
        let items = order["items"].as_array().into_iter().flatten();
        let items: Vec<Value> =
            items.map(|i| json!({"item_id": i["id"], "quantity": i["quantity"]})).collect();
        let (key, body) = (key(), json!({"items": items, "tracking": "by ship"}));
        let asked = || self.http.post(&format!("{path}/fulfil")).bearer(&self.badge()).key(&key).json(&body);
        let answer = self.patience.insist(asked).await?;
        match answer.status {
            200..=202 => self.history.note(at, |purchase| purchase.sent.push(answer)),
            // Cancelled, given back or sent meanwhile.
            409 | 422 => {}
            _ => bail!("a parcel was answered {}: {}", answer.status, answer.text()),
        }
        Ok(())
    }

    async fn gives_back(&self, at: usize, path: &str) -> Result<()> {
        let (key, body) = (key(), json!({"reason": "came back"}));
        let asked = || self.http.post(&format!("{path}/refund")).bearer(&self.badge()).key(&key).json(&body);
        let answer = self.patience.insist(asked).await?;
        match answer.status {
            200..=202 => self.history.note(at, |purchase| purchase.given_back.push(answer)),
            409 | 422 => {}
            _ => bail!("a refund was answered {}: {}", answer.status, answer.text()),
        }
        Ok(())
    }
}
