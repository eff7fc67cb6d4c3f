//! What a shopper does, one errand after the other.

use super::{CODE, Market};
use anyhow::{Context, Result, anyhow, ensure};
use hanse_journeys::{checkout_body, fill_cart, key};
use serde_json::{Value, json};
use std::sync::Arc;

const ERRANDS: usize = 7;

pub(super) async fn shops(market: Arc<Market>, number: usize) -> Result<()> {
    let mut turn = number;
    while !market.is_closing() {
        let errand = turn % ERRANDS;
        market.errand(errand, number).await.with_context(|| format!("errand {errand}"))?;
        market.errand_done();
        turn += 1;
    }
    Ok(())
}

impl Market {
    async fn errand(&self, errand: usize, number: usize) -> Result<()> {
        match errand {
            0 => drop(self.buys(&["rope", "sail"], None, "tok_success").await?),
            1 => {
                let at = self.buys(&["rope"], None, "tok_success").await?;
                self.cancels(at).await?;
            }
            2 => {
                let at = self.buys(&["rope"], None, "tok_declined").await?;
                self.pays_with_another_card(at).await?;
            }
            3 => {
                let at = self.buys(&["sail"], Some(CODE), "tok_declined").await?;
                self.cancels(at).await?;
            }
            4 => drop(self.buys(&["sail"], Some(CODE), "tok_success").await?),
            5 => self.is_too_late(&format!("lamp-{number}")).await?,
            _ => drop(self.buys(&["chart"], None, "tok_unknown_then_success").await?),
        }
        Ok(())
    }

    /// Orders these goods; where the order is kept.
    async fn buys(&self, skus: &[&str], code: Option<&str>, token: &str) -> Result<usize> {
        loop {
            let cart = self.cart(skus, code).await?;
            if let Some(at) = self.checks_out(&cart, token).await? {
                return Ok(at);
            }
        }
    }

    /// From the beginning each time the shop goes away meanwhile.
    async fn cart(&self, skus: &[&str], code: Option<&str>) -> Result<Value> {
        loop {
            match self.filled(skus, code).await {
                Ok(cart) => return Ok(cart),
                Err(trouble) => self.patience.again(trouble).await?,
            }
        }
    }

    async fn filled(&self, skus: &[&str], code: Option<&str>) -> Result<Value> {
        let goods: Vec<(&str, i64)> = skus.iter().map(|sku| (self.goods[*sku].as_str(), 1)).collect();
        let mut cart = fill_cart(&self.http, &goods).await?;
        if let Some(code) = code {
            let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
            cart = self.http.patch(&path).json(&json!({"discount_codes": [code]})).expect(200).await?;
        }
        ensure!(cart["totals"]["total"].is_object(), "no prices just now: {cart}");
        Ok(cart)
    }

    /// None when the price or the shelf had changed: nothing was ordered.
    async fn checks_out(&self, cart: &Value, token: &str) -> Result<Option<usize>> {
        let (key, body) = (key(), checkout_body(cart, token));
        let asked = || self.http.post("/api/store/checkout").key(&key).json(&body);
        let answer = self.patience.insist(asked).await?;
        if answer.status == 409
            && ["total_changed", "insufficient_stock"].iter().any(|c| answer.json()["code"] == *c)
        {
            return Ok(None);
        }
        ensure!(matches!(answer.status, 201 | 202), "{} {}", answer.status, answer.text());
        Ok(Some(self.history.placed(key, body, answer)))
    }

    /// Granted or not: it may have left already.
    async fn cancels(&self, at: usize) -> Result<()> {
        let (path, access, key) = self.order_at(at)?;
        let asked = || self.http.post(&format!("{path}/cancel")).order(&access).key(&key).json(&json!({}));
        let answer = self.patience.insist(asked).await?;
        match answer.status {
            200..=202 => self.history.note(at, |purchase| purchase.cancelled = Some(answer)),
            409 => {}
            _ => anyhow::bail!("a cancellation was answered {}: {}", answer.status, answer.text()),
        }
        Ok(())
    }

    async fn pays_with_another_card(&self, at: usize) -> Result<()> {
        let (path, access, key) = self.order_at(at)?;
        let card = json!({"provider": "test", "token": "tok_success"});
        while self.patience.insist(|| self.http.get(&path).order(&access)).await?.expect(200)?["status"]
            == "pending"
        {
            self.patience.again(anyhow!("nobody knows whether the first card is taken")).await?;
        }
        let asked = || self.http.post(&format!("{path}/payments")).order(&access).key(&key).json(&card);
        let answer = self.patience.insist(asked).await?;
        ensure!(matches!(answer.status, 200..=202 | 409), "{} {}", answer.status, answer.text());
        Ok(())
    }

    /// Two carts hold the last piece. Both are ordered, and one of them is rejected.
    async fn is_too_late(&self, sku: &str) -> Result<()> {
        self.adjust(sku, 1).await?;
        let first = self.cart(&[sku], None).await?;
        let second = self.cart(&[sku, "rope"], Some(CODE)).await?;
        for cart in [first, second] {
            self.checks_out(&cart, "tok_success").await?;
        }
        Ok(())
    }

    /// Its path, its access token, and a key for what is asked of it.
    fn order_at(&self, at: usize) -> Result<(String, String, String)> {
        let purchase = self.history.all().swap_remove(at);
        Ok((format!("/api/store/orders/{}", purchase.id()?), purchase.access()?, key()))
    }
}
