//! A shopper: fills a cart, orders it, and then waits, pays again, cancels or forgets, as people do.

use crate::chance::Chance;
use crate::desk::{Answer, Person, Wanted};
use crate::services::{CART, ORDER};
use crate::shop::Ware;
use crate::truth::Truth;
use crate::webhook;
use crate::world::World;
use hanse_kernel::{Actor, UserId};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const TRIES: u32 = 12;

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
pub struct Mine {
    pub id: String,
    pub token: String,
}

impl Shopper {
    pub fn new(world: &Arc<World>, number: u64, wares: Arc<Vec<Ware>>, truth: Arc<Truth>) -> Self {
        let person =
            Person { world: world.clone(), name: format!("shopper {number}"), actor: Actor::Anonymous };
        Self { person, chance: Chance::new(world.plan.seed, 1_000 + number), wares, truth, number, keys: 0 }
    }

    pub fn key(&mut self) -> String {
        self.keys += 1;
        format!("shopper-{:04}-key-{:04}", self.number, self.keys)
    }

    pub async fn pause(&self, shortest: u64, longest: u64) {
        self.person.world.sleep(self.chance.millis(shortest, longest)).await;
    }

    fn log_in(&mut self) {
        self.person.actor =
            Actor::Customer { user: UserId::new(Uuid::from_u128(u128::from(100 + self.number))) };
    }

    pub async fn shop(mut self) {
        self.pause(0, 60_000).await;
        // Some have an account, and begin without it.
        let account = self.chance.below(4) == 0;
        let earlier = if account { self.earlier_visit().await } else { None };
        let mut cart = None;
        // Some come twice with the same cart.
        for _ in 0..=u64::from(self.chance.below(4) == 0) {
            let Some(filled) = self.fill(cart.take()).await else { return };
            if account && self.person.actor == Actor::Anonymous {
                self.come_home(&filled).await;
            }
            // The tab of the earlier visit may still be open.
            let ordered = match &earlier {
                Some(earlier) if self.chance.below(4) == 0 => earlier.clone(),
                _ => filled.clone(),
            };
            let Some(order) = self.order(&ordered).await else { return };
            self.follow(&order).await;
            cart = Some(filled);
        }
    }

    /// Puts something into a cart with an account, and leaves it at that.
    async fn earlier_visit(&mut self) -> Option<String> {
        self.log_in();
        let cart = if self.chance.below(3) > 0 { self.new_cart().await } else { None };
        if let Some(cart) = &cart {
            let variant = self.chance.pick(&self.wares).variant.clone();
            self.put_in(cart, &variant, 1).await;
        }
        self.person.actor = Actor::Anonymous;
        cart
    }

    /// Logs in with a cart in hand: it takes in what is in the earlier one.
    async fn come_home(&mut self, cart: &str) {
        self.log_in();
        let wanted = Wanted::get(CART, format!("/api/store/carts/{cart}"));
        let answer = self.person.insist(&wanted, TRIES).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("logs in with {cart}: {told}"));
        if answer.is_some_and(|answer| answer.is_fine()) {
            self.person.world.count("shopper: logs in with a cart");
        }
    }

    async fn new_cart(&mut self) -> Option<String> {
        let wanted = Wanted::post(CART, "/api/store/carts".into(), self.key(), json!({}));
        let made = self.person.insist(&wanted, TRIES).await.filter(Answer::is_fine)?;
        let id = made.text("id");
        self.person.world.story.name(&id, &format!("cart {} of {}", self.keys, self.person.name));
        self.truth.facts().owners.insert(id.clone(), self.person.name.clone());
        Some(id)
    }

    /// A cart that can be ordered.
    async fn fill(&mut self, cart: Option<String>) -> Option<String> {
        let fresh = cart.is_none();
        let cart = match cart {
            Some(cart) => cart,
            None => self.new_cart().await?,
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
    pub async fn put_in(&mut self, cart: &str, variant: &str, quantity: i64) -> Option<Answer> {
        let body = json!({"variant_id": variant, "quantity": quantity});
        let wanted = Wanted::post(CART, format!("/api/store/carts/{cart}/items"), self.key(), body);
        let answer = self.person.insist(&wanted, TRIES).await;
        let (least, most) = match &answer {
            Some(answer) if answer.is_fine() => (quantity, quantity),
            Some(_) => (0, 0),
            None => (0, quantity),
        };
        let mut facts = self.truth.facts();
        let line =
            facts.carts.entry(self.person.name.clone()).or_default().entry(variant.into()).or_default();
        *line = (line.0 + least, line.1 + most);
        drop(facts);
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("puts {quantity} of {variant} into {cart}: {told}"));
        answer
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
                    self.confirm(url).await;
                } else if !matches!(shown.text("status").as_str(), "pending" | "confirmed") {
                    return;
                }
            }
            self.pause(500, 20_000).await;
            cancels = self.chance.below(12) == 0;
        }
    }

    async fn pay_again(&mut self, order: &Mine) {
        match self.chance.below(5) {
            0 => self.cancel(order).await,
            // Thinks about it.
            1 => self.pause(30_000, 16 * 60_000).await,
            way => {
                let card = *self.chance.pick(&["card", "card", "card_without_cover", "card_that_asks"]);
                let body = json!({"provider": "bank", "token": card});
                let path = format!("/api/store/orders/{}/payments", order.id);
                let wanted = Wanted::post(ORDER, path, self.key(), body).with_token(&order.token);
                let answer = if way == 2 {
                    self.person.insist_twice(&wanted, TRIES, &self.truth).await
                } else {
                    self.person.insist(&wanted, TRIES).await
                };
                let told = answer.as_ref().map_or("no answer".into(), Answer::told);
                self.person.tell(format!("pays {} again by {card}: {told}", order.id));
                self.person.world.count("shopper: pays again");
            }
        }
    }

    async fn cancel(&mut self, order: &Mine) {
        let path = format!("/api/store/orders/{}/cancel", order.id);
        let wanted = Wanted::post(ORDER, path, self.key(), json!({})).with_token(&order.token);
        self.person.world.note_state("cancel: asked for while", &order.id);
        let answer = if self.chance.below(4) == 0 {
            self.person.insist_twice(&wanted, TRIES, &self.truth).await
        } else {
            self.person.insist(&wanted, TRIES).await
        };
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("cancels {}: {told}", order.id));
        if answer.is_some_and(|answer| answer.is_fine()) {
            self.person.world.count("shopper: a cancellation is granted");
            self.truth.facts().cancelled.insert(order.id.clone());
        }
    }

    /// At the bank; twice, as by a double click there.
    async fn confirm(&self, url: &str) {
        let payment = url.rsplit('/').next().and_then(|id| id.parse::<hanse_kernel::PaymentId>().ok());
        let Some(payment) = payment else { return };
        let yes = match self.chance.below(4) {
            // Forgets about it.
            0 => return,
            1 => false,
            _ => true,
        };
        if self.chance.below(3) == 0 {
            // Looks for the card reader first.
            self.pause(10_000, 5 * 60_000).await;
        }
        let bank = &self.person.world.bank;
        if bank.confirm(payment, yes) {
            bank.confirm(payment, !yes);
            webhook::send_out(&self.person.world);
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
