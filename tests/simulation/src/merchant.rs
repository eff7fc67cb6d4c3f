//! The merchant and the staff: stock and prices change while people order, parcels leave, orders are cancelled and
//! refunded.

use crate::chance::Chance;
use crate::desk::{Answer, Person, Wanted};
use crate::services::{INVENTORY, ORDER, PRICING};
use crate::shop::{Ware, staff};
use crate::truth::{PriceWish, Truth};
use crate::world::World;
use serde_json::json;
use std::sync::Arc;

const TRIES: u32 = 12;

pub struct Merchant {
    person: Person,
    chance: Chance,
    wares: Arc<Vec<Ware>>,
    truth: Arc<Truth>,
    keys: u64,
    /// What the keys begin with.
    mark: &'static str,
}

impl Merchant {
    pub fn new(world: &Arc<World>, wares: Arc<Vec<Ware>>, truth: Arc<Truth>, mark: &'static str) -> Self {
        let person = staff(world, "the merchant");
        Self { person, chance: Chance::new(world.plan.seed, 999), wares, truth, keys: 0, mark }
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("{}-{}", self.mark, self.keys)
    }

    /// Some parcels leave.
    pub async fn send_some(&mut self) {
        for _ in 0..6 {
            self.send().await;
            self.person.world.sleep(self.chance.millis(500, 20_000)).await;
        }
    }

    pub async fn work(mut self) {
        for _ in 0..24 {
            self.person.world.sleep(self.chance.millis(500, 12_000)).await;
            match self.chance.below(8) {
                0 => self.count_shelf().await,
                1 => self.change_price().await,
                2 => self.cancel().await,
                3 => self.refund().await,
                _ => self.send().await,
            }
        }
    }

    /// With a click, or a double click.
    async fn insist_or_twice(&self, wanted: &Wanted) -> Option<Answer> {
        if self.chance.below(5) == 0 {
            self.person.insist_twice(wanted, TRIES, &self.truth).await
        } else {
            self.person.insist(wanted, TRIES).await
        }
    }

    async fn count_shelf(&mut self) {
        let ware = self.chance.pick(&self.wares).clone();
        let delta = i64::try_from(self.chance.below(7)).unwrap_or(0) - 3;
        if delta == 0 {
            return;
        }
        let body = json!({"variant_id": ware.variant, "delta": delta, "reason": "counted"});
        let wanted = Wanted::post(INVENTORY, "/api/admin/inventory/adjustments".into(), self.key(), body);
        let answer = self.person.insist(&wanted, TRIES).await;
        let (least, most) = match &answer {
            Some(answer) if answer.is_fine() => (delta, delta),
            Some(_) => (0, 0),
            None => (delta.min(0), delta.max(0)),
        };
        let mut facts = self.truth.facts();
        let counted = facts.shelved.entry(ware.variant.clone()).or_default();
        *counted = (counted.0 + least, counted.1 + most);
        drop(facts);
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("changes the stock of {} by {delta}: {told}", ware.name));
    }

    async fn change_price(&mut self) {
        let world = self.person.world.clone();
        let ware = self.chance.pick(&self.wares).clone();
        let amount = ware.cents + i64::try_from(self.chance.below(9)).unwrap_or(0) * 10;
        let body =
            json!({"prices": [{"variant_id": ware.variant, "price": {"amount": amount, "currency": "EUR"}}]});
        let wanted = Wanted::post(PRICING, "/api/admin/prices".into(), self.key(), body);
        let wish = PriceWish { amount, asked: world.now(), granted: None };
        self.truth.facts().prices.entry(ware.variant.clone()).or_default().push(wish);
        let answer = self.person.insist(&wanted, TRIES).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("prices {} at {amount}: {told}", ware.name));
        if answer.is_some_and(|answer| answer.is_fine())
            && let Some(wish) =
                self.truth.facts().prices.get_mut(&ware.variant).and_then(|all| all.last_mut())
        {
            wish.granted = Some(world.now());
        }
    }

    /// Some order that people know of.
    fn some_order(&self) -> Option<String> {
        let facts = self.truth.facts();
        let known: Vec<&String> = facts.orders.keys().collect();
        (!known.is_empty()).then(|| (*self.chance.pick(&known)).clone())
    }

    async fn cancel(&mut self) {
        let wanted = Wanted::get(ORDER, "/api/admin/orders?status=pending".into());
        let Some(list) = self.person.insist(&wanted, 3).await else { return };
        let pending = list.body["items"].as_array().cloned().unwrap_or_default();
        let any = pending.first().and_then(|order| order["id"].as_str()).map(str::to_string);
        let Some(order) = any.or_else(|| self.some_order()) else { return };
        let wanted = Wanted::post(ORDER, format!("/api/admin/orders/{order}/cancel"), self.key(), json!({}));
        self.person.world.note_state("cancel: asked for while", &order);
        let answer = self.insist_or_twice(&wanted).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("cancels {order}: {told}"));
        if answer.is_some_and(|answer| answer.is_fine()) {
            self.person.world.count("merchant: a cancellation is granted");
            self.truth.facts().cancelled.insert(order);
        }
    }

    async fn send(&mut self) {
        let Some(order) = self.some_order() else { return };
        let Some(known) = self.truth.facts().orders.get(&order).cloned() else { return };
        let whole = self.chance.below(2) == 0;
        let items: Vec<_> = known
            .items
            .iter()
            .take(if whole { usize::MAX } else { 1 })
            .map(|(item, quantity)| json!({"item_id": item, "quantity": if whole { *quantity } else { 1 }}))
            .collect();
        let body = json!({"items": items});
        let wanted = Wanted::post(ORDER, format!("/api/admin/orders/{order}/fulfil"), self.key(), body);
        let answer = self.insist_or_twice(&wanted).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("sends {} of {order}: {told}", if whole { "all" } else { "a part" }));
        if answer.is_some_and(|answer| answer.is_fine()) {
            self.person.world.count("merchant: a parcel leaves");
        }
    }

    async fn refund(&mut self) {
        let Some(order) = self.some_order() else { return };
        let Some(known) = self.truth.facts().orders.get(&order).cloned() else { return };
        let body = match self.chance.below(3) {
            0 => json!({"reason": "goodwill"}),
            1 => json!({"amount": {"amount": known.total / 4 + 1, "currency": "EUR"}, "reason": "scratched"}),
            _ => {
                let Some((item, _)) = known.items.first() else { return };
                json!({"items": [{"item_id": item, "quantity": 1}], "reason": "came back"})
            }
        };
        let told_body = body.to_string();
        let wanted = Wanted::post(ORDER, format!("/api/admin/orders/{order}/refund"), self.key(), body);
        let answer = self.insist_or_twice(&wanted).await;
        let told = answer.as_ref().map_or("no answer".into(), Answer::told);
        self.person.tell(format!("refunds {order} {told_body}: {told}"));
        if answer.is_some_and(|answer| answer.is_fine()) {
            self.person.world.count("merchant: a refund is granted");
        }
    }
}
