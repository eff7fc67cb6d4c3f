//! Whatever comes, in whatever order and however often: the counts balance (1), what is reserved is what is held (2),
//! and what is sold and out is what orders have bought (3).

use hanse_inventory::domain::location::MAIN;
use hanse_inventory::domain::{
    Change, Kind, Lines, NotYet, Policy, Reservation, Shelf, State, Stock, Stocks,
};
use hanse_kernel::{LocationId, OrderId, Timestamp, VariantId};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const ORDERS: u128 = 3;
const VARIANTS: u128 = 3;

#[derive(Debug, Clone)]
enum Step {
    Reserve(u128, Vec<(u128, i64)>),
    Renew(u128, i64),
    Commit(u128, Vec<(u128, i64)>),
    Release(u128),
    Expire(u128),
    Ship(u128, Vec<(u128, i64)>),
    Restock(u128, Vec<(u128, i64)>),
    /// So many of them had been sent.
    Return(u128, Vec<(u128, i64)>, i64),
    Adjust(u128, bool, i64),
    SetOnHand(u128, i64),
    Policy(u128, Policy),
    Later(i64),
}

fn variant(n: u128) -> VariantId {
    VariantId::new(Uuid::from_u128(n))
}

fn lines() -> impl Strategy<Value = Vec<(u128, i64)>> {
    proptest::collection::vec((0..VARIANTS, 1i64..6), 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    let order = || 0..ORDERS;
    prop_oneof![
        4 => (order(), lines()).prop_map(|(o, l)| Step::Reserve(o, l)),
        1 => (order(), 0i64..40).prop_map(|(o, t)| Step::Renew(o, t)),
        4 => (order(), lines()).prop_map(|(o, l)| Step::Commit(o, l)),
        2 => order().prop_map(Step::Release),
        2 => order().prop_map(Step::Expire),
        3 => (order(), lines()).prop_map(|(o, l)| Step::Ship(o, l)),
        2 => (order(), lines()).prop_map(|(o, l)| Step::Restock(o, l)),
        3 => (order(), lines(), 0i64..4).prop_map(|(o, l, back)| Step::Return(o, l, back)),
        3 => (0..VARIANTS, any::<bool>(), -5i64..15).prop_map(|(v, main, d)| Step::Adjust(v, main, d)),
        1 => (0..VARIANTS, -1i64..10).prop_map(|(v, n)| Step::SetOnHand(v, n)),
        1 => (0..VARIANTS, prop_oneof![Just(Policy::Deny), Just(Policy::Continue), Just(Policy::Untracked)])
            .prop_map(|(v, p)| Step::Policy(v, p)),
        1 => (0i64..20).prop_map(Step::Later),
    ]
}

struct Model {
    stocks: Stocks,
    orders: BTreeMap<u128, Reservation>,
    now: Timestamp,
}

impl Model {
    fn new() -> Self {
        let stocks = (0..VARIANTS).map(|n| (variant(n), Stock::unknown(variant(n), "sku"))).collect();
        Self { stocks, orders: BTreeMap::new(), now: Timestamp::from_micros(0) }
    }

    fn apply(&mut self, step: &Step) {
        let wanted = |l: &[(u128, i64)]| Lines::new(l.iter().map(|(v, n)| (variant(*v), *n))).unwrap();
        let until = Timestamp::from_micros(self.now.micros() + 15);
        let id = |n: u128| OrderId::new(Uuid::from_u128(n));
        match step {
            Step::Reserve(o, l) => {
                let found = self.orders.remove(o);
                let (r, _) =
                    Reservation::reserve(found, id(*o), &wanted(l), &mut self.stocks, (self.now, until));
                self.orders.insert(*o, r);
            }
            Step::Renew(o, t) => {
                let found = self.orders.remove(o);
                let (r, _) = Reservation::renew(found, id(*o), Timestamp::from_micros(*t), self.now);
                self.orders.insert(*o, r);
            }
            Step::Commit(o, l) => {
                let found = self.orders.remove(o);
                let (r, _) = Reservation::commit(found, id(*o), &wanted(l), &mut self.stocks, self.now);
                self.orders.insert(*o, r);
            }
            Step::Release(o) => {
                let found = self.orders.remove(o);
                let (r, answer) = Reservation::release(found, id(*o), &mut self.stocks, self.now);
                assert_eq!(answer.outcome, hanse_inventory::domain::Outcome::Released);
                self.orders.insert(*o, r);
            }
            Step::Expire(o) => {
                if let Some(found) = self.orders.get(o).cloned()
                    && let Some((r, _)) = found.expire(&mut self.stocks, self.now)
                {
                    self.orders.insert(*o, r);
                }
            }
            Step::Ship(o, l) => {
                if let Some(r) = self.orders.get_mut(o) {
                    let _: Result<_, NotYet> = r.ship(&wanted(l), &mut self.stocks);
                }
            }
            Step::Restock(o, l) => {
                if let Some(r) = self.orders.get_mut(o) {
                    let _: Result<_, NotYet> = r.restock(&wanted(l), None, &mut self.stocks);
                }
            }
            Step::Return(o, l, back) => {
                if let Some(r) = self.orders.get_mut(o) {
                    let back: BTreeMap<VariantId, i64> =
                        wanted(l).iter().map(|(v, n)| (v, n.min(*back))).filter(|(_, n)| *n > 0).collect();
                    let (before, stocks) = (r.clone(), self.stocks.clone());
                    if r.restock(&wanted(l), Some(&back), &mut self.stocks).is_err() {
                        assert_eq!((&*r, &self.stocks), (&before, &stocks), "nothing is half done");
                    }
                }
            }
            Step::Adjust(v, main, delta) => {
                self.adjust(*v, if *main { MAIN } else { annex() }, Change::Delta(*delta))
            }
            Step::SetOnHand(v, n) => self.adjust(*v, MAIN, Change::SetOnHand(*n)),
            Step::Policy(v, policy) => self.stocks.get_mut(&variant(*v)).unwrap().set_policy(*policy),
            Step::Later(by) => self.now = Timestamp::from_micros(self.now.micros() + by),
        }
    }

    fn adjust(&mut self, v: u128, location: LocationId, change: Change) {
        let stock = self.stocks.get_mut(&variant(v)).unwrap();
        if let Ok(delta) = stock.delta(location, change) {
            stock.adjust(location, delta);
        }
    }

    fn check(&self) {
        for stock in self.stocks.values() {
            assert!(stock.balanced(), "{stock:?}");
            let parts = || {
                self.orders
                    .values()
                    .flat_map(|r| r.parts.iter().map(move |p| (r.state, p)))
                    .filter(|(_, p)| p.variant == stock.variant)
            };
            let bought = |s: State| matches!(s, State::Sold | State::Restocked);
            let mut owed = 0;
            for (state, p) in parts() {
                assert!(
                    p.quantity > 0 && p.unsold >= 0 && p.open() >= 0 && p.away() >= 0 && p.returned >= 0,
                    "{p:?}"
                );
                if p.kind == Kind::Backorder {
                    owed += if state == State::Held {
                        p.quantity
                    } else if bought(state) {
                        p.open()
                    } else {
                        0
                    };
                }
            }
            assert_eq!(stock.backordered, owed);
            for shelf in &stock.shelves {
                let here =
                    || parts().filter(|(_, p)| p.location == shelf.location && p.kind != Kind::Uncounted);
                let on_shelf = || here().filter(|(_, p)| p.kind == Kind::Shelf);
                let held: i64 = on_shelf().filter(|(s, _)| *s == State::Held).map(|(_, p)| p.quantity).sum();
                let sold: i64 = on_shelf().filter(|(s, _)| bought(*s)).map(|(_, p)| p.open()).sum();
                let out: i64 = here().map(|(_, p)| p.shipped).sum();
                let back: i64 = here().map(|(_, p)| p.returned).sum();
                let counted = |s: &Shelf| (s.reserved, s.sold, s.shipped, s.returned);
                assert_eq!(counted(shelf), (held, sold, out, back), "{stock:?} {:?}", self.orders);
            }
        }
    }
}

fn annex() -> LocationId {
    LocationId::new(Uuid::from_u128(77))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_commands_breaks_the_counts(steps in proptest::collection::vec(step(), 1..60)) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
            // Every command may come twice.
            if !matches!(step, Step::Ship(..) | Step::Restock(..) | Step::Return(..) | Step::Adjust(..)) {
                model.apply(step);
            }
            model.check();
        }
    }

    #[test]
    fn a_shipment_and_a_restock_may_come_in_either_order(quantity in 1i64..6, shipped in 1i64..6, back in 1i64..6) {
        let shipped = shipped.min(quantity);
        let ends: Vec<_> = [true, false].into_iter().map(|ship_first| {
            let mut model = Model::new();
            model.apply(&Step::Adjust(0, true, 10));
            model.apply(&Step::Commit(0, vec![(0, quantity)]));
            let (ship, restock) = (Step::Ship(0, vec![(0, shipped)]), Step::Restock(0, vec![(0, back.min(quantity))]));
            for step in if ship_first { [&ship, &restock] } else { [&restock, &ship] } {
                model.apply(step);
                model.check();
            }
            let shelf = model.stocks[&variant(0)].shelves[0].clone();
            (shelf.available, shelf.shipped, shelf.on_hand())
        }).collect();
        prop_assert_eq!(&ends[0], &ends[1]);
    }
}

#[test]
fn a_refusal_takes_nothing_and_names_what_is_short() {
    let mut model = Model::new();
    model.apply(&Step::Adjust(0, true, 5));
    model.apply(&Step::Reserve(0, vec![(0, 2), (1, 1), (0, 2)]));
    let refused = &model.orders[&0];
    assert_eq!((refused.state, refused.short.as_slice()), (State::Refused, [variant(1)].as_slice()));
    assert_eq!(model.stocks[&variant(0)].promisable(), 5);
    assert!(Lines::new([(variant(0), 0)]).is_err() && Lines::new([]).is_err());
    assert!(Lines::new([(variant(0), 999_999), (variant(0), 2)]).is_err());
}

#[test]
fn what_came_back_is_not_taken_for_what_was_never_sent() {
    let mut model = Model::new();
    model.apply(&Step::Adjust(0, true, 10));
    model.apply(&Step::Commit(0, vec![(0, 3)]));
    // One of three comes back before the shipment is told: it waits.
    let back = Step::Return(0, vec![(0, 1)], 1);
    model.apply(&back);
    let shelf = |model: &Model| model.stocks[&variant(0)].shelf(MAIN).unwrap().clone();
    assert_eq!((shelf(&model).available, shelf(&model).sold), (7, 3));
    model.apply(&Step::Ship(0, vec![(0, 2)]));
    model.apply(&back);
    model.check();
    // The third is still to be sent, and lies there.
    let now = shelf(&model);
    assert_eq!((now.available, now.sold, now.shipped, now.returned, now.on_hand()), (8, 1, 2, 1, 9));
    // It will not be: both are told at once.
    model.apply(&Step::Return(0, vec![(0, 2)], 1));
    model.check();
    assert_eq!((shelf(&model).available, shelf(&model).on_hand()), (10, 10));
    assert_eq!(model.orders[&0].state, State::Restocked);
}

#[test]
fn owed_goods_are_shipped_from_wherever_they_came_in() {
    let mut model = Model::new();
    model.apply(&Step::Policy(0, Policy::Continue));
    model.apply(&Step::Commit(0, vec![(0, 5)]));
    model.apply(&Step::Adjust(0, true, 1));
    model.apply(&Step::Adjust(0, false, 3));
    let mut stocks = model.stocks.clone();
    let order = model.orders.get_mut(&0).unwrap();
    let recounts = order.ship(&Lines::new([(variant(0), 5)]).unwrap(), &mut stocks).unwrap();
    let counted: Vec<_> = recounts.iter().map(|(_, r)| (r.location == MAIN, r.delta)).collect();
    assert_eq!(counted, [(false, -3), (true, 3), (true, 1)]);
    model.stocks = stocks;
    model.check();
    let stock = &model.stocks[&variant(0)];
    assert_eq!((stock.promisable(), stock.backordered), (0, 0), "nothing is promised twice");
}
