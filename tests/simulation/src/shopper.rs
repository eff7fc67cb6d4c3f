//! A shopper: fills a cart, orders it, and then waits, pays again, cancels or forgets, as people do.

use crate::chance::Chance;
use crate::desk::{Answer, Person, Wanted};
use crate::services::{CART, ORDER};
use crate::shop::Ware;
use crate::truth::{Known, Truth};
use crate::world::World;
use hanse_kernel::{Actor, Money};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const TRIES: u32 = 12;

pub struct Shopper {
    pub person: Person,
    pub chance: Chance,
    pub wares: Arc<Vec<Ware>>,
    pub truth: Arc<Truth>,
    pub number: u64,
    /// How many keys were used.
    keys: u64,
}

/// An order as its shopper follows it.
#[derive(Clone)]
struct Mine {
    id: String,
    token: String,
}

impl Shopper {
    pub fn new(world: &Arc<World>, number: u64, wares: Arc<Vec<Ware>>, truth: Arc<Truth>) -> Self {
        let person =
            Person { world: world.clone(), name: format!("shopper {number}"), actor: Actor::Anonymous };
        Self { person, chance: Chance::new(world.plan.seed, 1_000 + number), wares, truth, number, keys: 0 }
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("shopper-{:04}-key-{:04}", self.number, self.keys)
    }

    async fn pause(&self, shortest: u64, longest: u64) {
        self.person.world.sleep(self.chance.millis(shortest, longest)).await;
    }

    pub async fn shop(mut self) {
        self.pause(0, 60_000).await;
        let mut cart = None;
        // Some come twice with the same cart.
        for _ in 0..=u64::from(self.chance.below(4) == 0) {
            let Some(filled) = self.fill(cart.take()).await else { return };
            let Some(order) = self.order(&filled).await else { return };
            self.follow(&order).await;
            cart = Some(filled);
        }
    }

    /// A cart that can be ordered.
    async fn fill(&mut self, cart: Option<String>) -> Option<String> {
        let fresh = cart.is_none();
        let cart = match cart {
            Some(cart) => cart,
            None => {
                let wanted = Wanted::post(CART, "/api/store/carts".into(), self.key(), json!({}));
                let made = self.person.insist(&wanted, TRIES).await.filter(Answer::is_fine)?;
                let id = made.text("id");
                self.person.world.story.name(&id, &format!("cart {}", self.number));
                id
            }
        };
        for _ in 0..=self.chance.below(3) {
            let (variant, quantity) =
                (self.chance.pick(&self.wares).variant.clone(), 1 + self.chance.below(3));
            self.put_in(&cart, &variant, i64::try_from(quantity).unwrap_or(1)).await;
        }
        if !fresh {
            return Some(cart);
        }
        let path = format!("/api/store/carts/{cart}");
        let address = json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34",
            "country": "SE"});
        let codes: &[&str] = match self.chance.below(5) {
            0 => &["FEW"],
            1 => &["GIFT"],
            _ => &[],
        };
        let about = json!({"email": "ana@example.org", "shipping_address": address, "discount_codes": codes});
        self.person.insist(&Wanted::patch(CART, path.clone(), about), TRIES).await?;
        let methods =
            self.person.insist(&Wanted::get(CART, format!("{path}/shipping-methods")), TRIES).await?;
        let methods = methods.body["items"].as_array().cloned().unwrap_or_default();
        let chosen = if methods.is_empty() { return None } else { self.chance.pick(&methods) };
        let method = json!({"shipping_method_id": chosen["id"]});
        self.person.insist(&Wanted::patch(CART, path, method), TRIES).await?;
        Some(cart)
    }

    /// Adds to the cart; the cart afterwards.
    async fn put_in(&mut self, cart: &str, variant: &str, quantity: i64) -> Option<Answer> {
        let body = json!({"variant_id": variant, "quantity": quantity});
        let wanted = Wanted::post(CART, format!("/api/store/carts/{cart}/items"), self.key(), body);
        let answer = self.person.insist(&wanted, TRIES).await;
        let (least, most) = match &answer {
            Some(answer) if answer.is_fine() => (quantity, quantity),
            Some(_) => (0, 0),
            None => (0, quantity),
        };
        let mut facts = self.truth.facts();
        let line = facts.carts.entry(cart.into()).or_default().entry(variant.into()).or_default();
        *line = (line.0 + least, line.1 + most);
        drop(facts);
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("puts {quantity} of {variant} into {cart}: {told}"));
        answer
    }

    /// Orders the cart, again with what changed meanwhile.
    async fn order(&mut self, cart: &str) -> Option<Mine> {
        for _ in 0..4 {
            let shown =
                self.person.insist(&Wanted::get(CART, format!("/api/store/carts/{cart}")), TRIES).await?;
            self.pause(0, 3_000).await;
            if self.chance.below(6) == 0 {
                // In another tab.
                let variant = self.chance.pick(&self.wares).variant.clone();
                self.put_in(cart, &variant, 1).await;
            }
            let card = *self.chance.pick(&[
                "card",
                "card",
                "card",
                "card",
                "card_without_cover",
                "card_that_asks",
                "card_closed_later",
            ]);
            let body = json!({
                "cart_id": shown.body["id"], "cart_version": shown.body["version"],
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

    /// With a click, a double click, or another click elsewhere.
    async fn check_out(&mut self, body: &Value) -> Option<Answer> {
        let key = self.key();
        let first = self.click(&key, body);
        match self.chance.below(8) {
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
            _ => first.await,
        }
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

    /// Looks after the order for a while.
    async fn follow(&mut self, order: &Mine) {
        let mut cancels = self.chance.below(4) == 0;
        let patience = self.chance.below(8) + 1;
        for _ in 0..patience {
            if cancels {
                self.pause(0, 4_000).await;
                self.cancel(order).await;
            }
            let wanted =
                Wanted::get(ORDER, format!("/api/store/orders/{}", order.id)).with_token(&order.token);
            if let Some(shown) = self.person.insist(&wanted, TRIES).await {
                if shown.text("status") == "awaiting_payment" {
                    self.pay_again(order).await;
                } else if let Some(url) = shown.body["next_action"]["url"].as_str() {
                    self.confirm(url);
                } else if !matches!(shown.text("status").as_str(), "pending" | "confirmed") {
                    return;
                }
            }
            self.pause(500, 20_000).await;
            cancels = self.chance.below(12) == 0;
        }
    }

    async fn pay_again(&mut self, order: &Mine) {
        match self.chance.below(4) {
            0 => self.cancel(order).await,
            // Thinks about it.
            1 => self.pause(30_000, 16 * 60_000).await,
            _ => {
                let card = *self.chance.pick(&["card", "card", "card_without_cover", "card_that_asks"]);
                let body = json!({"provider": "bank", "token": card});
                let path = format!("/api/store/orders/{}/payments", order.id);
                let wanted = Wanted::post(ORDER, path, self.key(), body).with_token(&order.token);
                let answer = self.person.insist(&wanted, TRIES).await;
                let told = answer.as_ref().map_or("no answer".into(), Answer::told);
                self.person.tell(format!("pays {} again by {card}: {told}", order.id));
                self.person.world.count("shopper: pays again");
            }
        }
    }

    async fn cancel(&mut self, order: &Mine) {
        let path = format!("/api/store/orders/{}/cancel", order.id);
        let wanted = Wanted::post(ORDER, path, self.key(), json!({})).with_token(&order.token);
        let answer = self.person.insist(&wanted, TRIES).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("cancels {}: {told}", order.id));
        if answer.is_some_and(|answer| answer.is_fine()) {
            self.person.world.count("shopper: a cancellation is granted");
            self.truth.facts().cancelled.insert(order.id.clone());
        }
    }

    /// At the bank; twice, as by a double click there.
    fn confirm(&self, url: &str) {
        let payment = url.rsplit('/').next().and_then(|id| id.parse::<hanse_kernel::PaymentId>().ok());
        let Some(payment) = payment else { return };
        let yes = match self.chance.below(4) {
            // Forgets about it.
            0 => return,
            1 => false,
            _ => true,
        };
        let bank = &self.person.world.bank;
        if bank.confirm(payment, yes) {
            bank.confirm(payment, !yes);
            self.person.tell(format!("tells the bank {} about {payment}", if yes { "yes" } else { "no" }));
            self.person.world.count(if yes {
                "shopper: confirms at the bank"
            } else {
                "shopper: refuses at the bank"
            });
        }
    }
}

/// Longer than anybody stays.
pub const LONGEST_VISIT: Duration = Duration::from_secs(2 * 3600);
