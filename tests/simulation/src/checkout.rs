//! A shopper at checkout: with a click, a double click, a click elsewhere, and the same key for the same or for something
//! else.

use crate::desk::{Answer, Wanted};
use crate::services::{CART, ORDER};
use crate::shopper::{Mine, Shopper, TRIES};
use crate::truth::Known;
use hanse_kernel::Money;
use serde_json::{Value, json};

const CARDS: [&str; 7] =
    ["card", "card", "card", "card", "card_without_cover", "card_that_asks", "card_closed_later"];

impl Shopper {
    /// Orders the cart, again with what changed meanwhile.
    pub async fn order(&mut self, cart: &str) -> Option<Mine> {
        for _ in 0..4 {
            let shown =
                self.person.insist(&Wanted::get(CART, format!("/api/store/carts/{cart}")), TRIES).await?;
            self.pause(0, 3_000).await;
            if self.chance.below(6) == 0 {
                // In another tab.
                let variant = self.chance.pick(&self.wares).variant.clone();
                self.put_in(cart, &variant, 1).await;
            }
            let card = *self.chance.pick(&CARDS);
            let body = json!({
                "cart_id": cart, "cart_version": shown.body["version"],
                "expected_total": shown.body["totals"]["total"], "payment": {"provider": "bank", "token": card},
            });
            let answer = self.check_out(&body).await?;
            if answer.is_fine() {
                return Some(self.placed(&answer));
            }
            if let Some(order) = answer.body["order_id"].as_str() {
                self.person.tell(format!("hears that {order} was ordered already"));
                return None;
            }
            if answer.body["code"] == "validation" {
                self.person.tell(format!("is refused: {}", answer.body));
                return None;
            }
            self.pause(500, 5_000).await;
        }
        None
    }

    async fn check_out(&mut self, body: &Value) -> Option<Answer> {
        let key = self.key();
        let first = self.click(&key, body);
        match self.chance.below(12) {
            0 => {
                self.person.world.count("shopper: a double click");
                let second = async {
                    self.pause(0, 400).await;
                    self.click(&key, body).await
                };
                let (one, other) = futures::future::join(first, second).await;
                one.or(other)
            }
            1 => {
                self.person.world.count("shopper: two keys for one cart");
                let other_key = format!("{key}b");
                let second = async {
                    self.pause(0, 1_500).await;
                    self.click(&other_key, body).await
                };
                let (one, other) = futures::future::join(first, second).await;
                match (one, other) {
                    (Some(one), Some(other)) => Some(if one.is_fine() { one } else { other }),
                    (one, other) => one.or(other),
                }
            }
            2 => {
                let answer = first.await;
                self.pause(0, 20_000).await;
                self.person.world.count("shopper: the same request again later");
                // What it is told now must be what it was told before.
                self.click(&key, body).await.or(answer)
            }
            3 => {
                let answer = first.await;
                self.pause(0, 20_000).await;
                self.other_key(&format!("{key}c"), body, answer.as_ref()).await;
                answer
            }
            4 => {
                let answer = first.await;
                self.something_else(&key, body, answer.as_ref()).await;
                answer
            }
            _ => first.await,
        }
    }

    /// The same cart under another key, after the answer: it is one cart, so there is one order of it that stands.
    async fn other_key(&self, key: &str, body: &Value, before: Option<&Answer>) {
        let again = self.click(key, body).await;
        if let (Some(before), Some(again)) = (before.filter(|a| a.is_fine()), again) {
            self.person.world.count(if again.is_fine() {
                "shopper: another key later, and the cart is ordered anew"
            } else {
                "shopper: another key later is refused"
            });
            if again.is_fine() && again.text("id") == before.text("id") {
                self.object(4, key, "two keys were told the same order");
            }
        }
    }

    /// The same key for another request. Once it has an answer, the key is taken.
    async fn something_else(&self, key: &str, body: &Value, before: Option<&Answer>) {
        let mut other = body.clone();
        other["payment"]["token"] = json!("another_card");
        let wanted = Wanted::post(ORDER, "/api/store/checkout".into(), key.into(), other);
        let answer = self.person.insist(&wanted, TRIES).await;
        let (Some(before), Some(answer)) = (before.filter(|a| a.is_fine()), answer) else { return };
        self.person.tell(format!("asks for something else under {key}: {}", answer.told()));
        if answer.body["code"] == "idempotency_key_reused" {
            self.person.world.count("shopper: the same key for something else is refused");
        } else {
            let told = format!("its key had {} and is answered {}", before.text("id"), answer.told());
            self.object(21, key, &told);
        }
    }

    fn object(&self, invariant: u32, subject: &str, detail: &str) {
        self.truth.facts().objections.push((invariant, subject.into(), detail.into()));
    }

    async fn click(&self, key: &str, body: &Value) -> Option<Answer> {
        let world = &self.person.world;
        let wanted = Wanted::post(ORDER, "/api/store/checkout".into(), key.into(), body.clone());
        self.truth.facts().checkouts.entry(key.into()).or_insert_with(|| (world.now(), vec![]));
        self.person
            .tell(format!("checks out {} for {} under {key}", body["cart_id"], body["expected_total"]));
        let answer = self.person.insist(&wanted, TRIES).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        let order =
            answer.as_ref().map(|a| format!("{} {}", a.text("id"), a.text("status"))).unwrap_or_default();
        self.person.tell(format!("is told under {key}: {told} {order}"));
        if let Some(answer) = answer.as_ref().filter(|answer| answer.is_fine()) {
            if let Some((_, answers)) = self.truth.facts().checkouts.get_mut(key) {
                answers.push(answer.clone());
            }
            world.story.name(&answer.text("id"), &answer.text("number"));
        }
        answer
    }

    fn placed(&self, answer: &Answer) -> Mine {
        let items = answer.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let items = items.iter().map(|item| {
            (item["id"].as_str().unwrap_or_default().to_string(), item["quantity"].as_i64().unwrap_or(0))
        });
        let known = Known {
            token: answer.text("access_token"),
            items: items.collect(),
            total: serde_json::from_value::<Money>(answer.body["totals"]["total"].clone())
                .map_or(0, |total| total.minor()),
        };
        let mine = Mine { id: answer.text("id"), token: known.token.clone() };
        self.truth.facts().orders.insert(mine.id.clone(), known);
        mine
    }
}
