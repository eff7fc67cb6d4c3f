//! What only a look across services can tell: stock against orders, money against orders, messages against both.

use super::facts::{Order, Payment, Reservation, Told};
use super::{Breach, Found, Lost};
use hanse_kernel::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Every saga has ended by then.
const LONGEST_SAGA: Duration = Duration::from_secs(90 * 60);

/// Judges what was told of one order.
pub fn judge(id: &str, told: &Told, now: Timestamp, found: &mut Found) {
    if told.moving {
        found.moving += 1;
        found.undecided += usize::from(!told.placed);
        return;
    }
    let mut verdict = Verdict { id, found };
    match &told.order {
        Some(order) => {
            stock(&mut verdict, told, order);
            money(&mut verdict, order, &told.payments);
            messages(&mut verdict, told, order);
            liveness(&mut verdict, order, now);
        }
        None => orphans(&mut verdict, told),
    }
}

struct Verdict<'a> {
    id: &'a str,
    found: &'a mut Found,
}

/// Where an order stands in each service.
const ORDER: &str = "order.orders.id";
const RESERVATION: &str = "inventory.reservation.order_id";
const PAYMENT: &str = "payment.payment.id";
const CONFIRMATION: &str = "notification.intent.order_id";
const APPLIED: &str = "cart.cart_applied_orders.order_id";

impl Verdict<'_> {
    /// `rows`: keys and values beside the order's own.
    fn add(&mut self, invariant: u32, detail: String, remedy: &str, rows: &[(&str, &str)]) {
        let rows =
            [(ORDER, self.id)].iter().chain(rows).map(|(key, value)| format!("{key} = {value}")).collect();
        let (subject, remedy) = (self.id.to_string(), remedy.to_string());
        self.found.breach(Breach { invariant, subject, detail, remedy, rows });
    }
}

fn over(order: &Order) -> bool {
    matches!(order.state.as_str(), "rejected" | "cancelled" | "refunded")
}

fn confirmed(order: &Order) -> bool {
    matches!(order.state.as_str(), "confirmed" | "confirmed_held")
}

/// 3, 6, 7: what other services keep for an order that there is not, as after a restore to different moments.
fn orphans(verdict: &mut Verdict<'_>, told: &Told) {
    let id = verdict.id;
    let mut lost = Lost { order: id.to_string(), stock: false, payments: vec![] };
    if let Some(reservation) =
        told.reservation.as_ref().filter(|r| matches!(r.state.as_str(), "held" | "sold"))
    {
        let detail = format!("stock is {} for an order that there is not", reservation.state);
        verdict.add(3, detail, "`hanse reconcile` lets go of it", &[(RESERVATION, id)]);
        lost.stock = true;
    }
    for (payment_id, payment) in &told.payments {
        let kept = payment.captured - payment.refunded;
        if kept > 0 {
            let detail =
                format!("{kept} minor units are captured on {payment_id} for an order that there is not");
            verdict.add(6, detail, "`hanse reconcile` gives them back", &[(PAYMENT, payment_id)]);
        }
        if payment.live_authorization {
            let detail = format!("{payment_id} is {} for an order that there is not", payment.state);
            verdict.add(7, detail, "`hanse reconcile` voids it", &[(PAYMENT, payment_id)]);
        }
        if kept > 0 || payment.live_authorization {
            lost.payments.push(payment_id.clone());
        }
    }
    if lost.stock || !lost.payments.is_empty() {
        verdict.found.lost(lost);
    }
}

/// 3: what is sold is what orders past the pivot hold; nothing of an order that is over stays held.
fn stock(verdict: &mut Verdict<'_>, told: &Told, order: &Order) {
    let (id, reservation) = (verdict.id, told.reservation.as_ref());
    let state = reservation.map_or("none", |r| r.state.as_str());
    if confirmed(order) && !matches!(state, "sold" | "restocked") {
        let detail = format!("{} is {} but its stock is {state}", order.number, order.state);
        let remedy = "count the shelf; commit the order's stock by an adjustment or cancel the order";
        verdict.add(3, detail, remedy, &[(RESERVATION, id)]);
    }
    if matches!(order.state.as_str(), "rejected" | "cancelled") && matches!(state, "held" | "sold") {
        let detail = format!("{} is {} but its stock is still {state}", order.number, order.state);
        verdict.add(
            3,
            detail,
            "cancel the order again: releasing stock is safe to repeat",
            &[(RESERVATION, id)],
        );
    }
    let sold = reservation.filter(|r| matches!(r.state.as_str(), "sold" | "restocked"));
    if let Some(reservation) = sold.filter(|_| order.past_pivot) {
        pieces(verdict, order, reservation);
    }
    if order.state == "refunded" && state == "held" {
        let detail = format!("{} was given back and its stock is still held", order.number);
        verdict.add(3, detail, "the hold ends by itself; report a defect", &[(RESERVATION, id)]);
    }
}

/// 3, piece by piece: what was ordered is sold, what was sent has left, what will not be sent or came back is on the shelf.
fn pieces(verdict: &mut Verdict<'_>, order: &Order, reservation: &Reservation) {
    let mut apart: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    for line in &order.lines {
        let apart = apart.entry(&line.variant_id).or_default();
        let told = [line.quantity, line.fulfilled, line.cancelled + line.returned];
        apart.iter_mut().zip(told).for_each(|(sum, told)| *sum += told);
    }
    for line in &reservation.lines {
        let apart = apart.entry(&line.variant_id).or_default();
        let kept = [line.quantity, line.out, line.restocked + line.returned];
        apart.iter_mut().zip(kept).for_each(|(sum, kept)| *sum -= kept);
    }
    const WHAT: [(&str, &str); 3] = [
        ("ordered minus sold", "count the shelf and adjust the variant's stock"),
        (
            "sent minus taken off the shelf",
            "look for parked messages of inventory; then count the shelf and adjust the variant's stock",
        ),
        (
            "cancelled and returned minus put back",
            "look for parked messages of inventory; then count the shelf and adjust the variant's stock",
        ),
    ];
    for (variant, apart) in apart {
        for ((what, remedy), apart) in WHAT.into_iter().zip(apart).filter(|(_, apart)| *apart != 0) {
            let detail = format!("{}: {variant} {what} is {apart}", order.number);
            verdict.add(3, detail, remedy, &[(RESERVATION, verdict.id)]);
        }
    }
}

/// 6, 7, 8: money taken belongs to a confirmed order or went back; nothing stays set aside for an order that is over.
fn money(verdict: &mut Verdict<'_>, order: &Order, payments: &[(String, Payment)]) {
    for (payment_id, payment) in payments {
        let kept = payment.captured - payment.refunded;
        // An order that was confirmed once and is over now keeps no money either.
        if kept > 0 && (!order.confirmed || over(order)) {
            let detail = format!(
                "{kept} minor units are captured on {payment_id} ({}), the order is {}",
                payment.state, order.state
            );
            verdict.add(
                6,
                detail,
                "refund the payment at the provider, then tell support why",
                &[(PAYMENT, payment_id)],
            );
        }
        if payment.live_authorization && over(order) {
            let detail = format!("{payment_id} is still authorised though the order is {}", order.state);
            verdict.add(7, detail, "void the payment; it is safe to repeat", &[(PAYMENT, payment_id)]);
        }
    }
    if !confirmed(order) || order.total == 0 {
        return;
    }
    let captured: i64 = payments.iter().map(|(_, p)| p.captured).sum();
    let authorised: i64 = payments.iter().map(|(_, p)| p.authorized - p.released).sum();
    let due = order.total - order.cancelled_value;
    let paid: Vec<(&str, &str)> = payments.iter().map(|(id, _)| (PAYMENT, id.as_str())).collect();
    if order.state == "confirmed" && captured != due {
        let detail = format!(
            "{} is confirmed over {due} {} but {captured} are captured",
            order.number, order.currency
        );
        verdict.add(8, detail, "capture or refund the difference at the provider", &paid);
    }
    if order.state == "confirmed_held" && authorised < due {
        let detail =
            format!("{} waits to be captured over {due} but only {authorised} are authorised", order.number);
        verdict.add(8, detail, "ask the shopper to pay again, or cancel", &paid);
    }
}

/// 10, 17: one effect per consumer: one confirmation, taken out of the cart once.
fn messages(verdict: &mut Verdict<'_>, told: &Told, order: &Order) {
    let id = verdict.id;
    if !order.confirmed {
        return;
    }
    let confirmations = told.confirmations;
    if confirmations != 1 {
        let detail = format!("{} has {confirmations} confirmations", order.number);
        verdict.add(17, detail, "look for parked messages of notification", &[(CONFIRMATION, id)]);
    }
    if told.applied > 1 {
        let detail = format!("{} was taken out of its cart more than once", order.number);
        verdict.add(10, detail, "the shopper may miss goods in the cart; report a defect", &[(APPLIED, id)]);
    }
}

/// 13: every saga ends.
fn liveness(verdict: &mut Verdict<'_>, order: &Order, now: Timestamp) {
    let done = over(order) || confirmed(order);
    if order.stuck {
        let detail = format!("{} is stuck in {}", order.number, order.state);
        verdict.add(
            13,
            detail,
            "see the order's history for what it waits for; it keeps trying by itself",
            &[],
        );
    } else if !done && now.since(order.placed_at) > LONGEST_SAGA {
        let detail = format!("{} has been {} since {}", order.number, order.state, order.placed_at);
        verdict.add(13, detail, "look for parked messages and for services that are down", &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::Fact;
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn add(told: &mut Told, kind: &str, subject: &str, json: String) {
        let fact = Fact::of(kind.into(), subject.into(), json).expect("it reads").expect("of an order");
        told.add(fact).expect("it reads");
    }

    fn shop(state: &str, stock: &str, captured: i64, live: bool) -> Told {
        let mut told = Told::default();
        let confirmed = state == "confirmed";
        let order = format!(
            r#"{{"state":"{state}","number":"H-1","total":500,"currency":"EUR","cancelled_value":0,"past_pivot":{confirmed},
               "confirmed":{confirmed},"stuck":false,"placed_at":"{}","lines":[{{"variant_id":"v","quantity":2,"fulfilled":1,"returned":1,"cancelled":1}}]}}"#,
            NOW.minus(Duration::from_secs(100))
        );
        let reservation = format!(
            r#"{{"state":"{stock}","lines":[{{"variant_id":"v","quantity":2,"out":1,"restocked":1,"returned":1}}]}}"#
        );
        let payment = format!(
            r#"{{"order_id":"o","state":"x","captured":{captured},"refunded":0,"authorized":500,"released":0,"live_authorization":{live}}}"#
        );
        add(&mut told, "order", "o", order);
        add(&mut told, "reservation", "o", reservation);
        add(&mut told, "payment", "p", payment);
        if confirmed {
            add(&mut told, "confirmation", "o", r#"{"intents":1}"#.into());
            add(&mut told, "cart_applied", "o", r#"{"times":1}"#.into());
        }
        told
    }

    fn broken(told: &Told) -> Vec<u32> {
        let mut found = Found::default();
        judge("o", told, NOW, &mut found);
        found.breaches.into_iter().map(|b| b.invariant).collect()
    }

    #[test]
    fn a_shop_that_agrees_is_clean() {
        assert_eq!(broken(&shop("confirmed", "sold", 500, false)), [0; 0]);
        assert_eq!(broken(&shop("rejected", "released", 0, false)), [0; 0]);
    }

    #[test]
    fn each_planted_disagreement_is_found() {
        assert_eq!(broken(&shop("confirmed", "held", 500, false)), [3]);
        assert_eq!(broken(&shop("rejected", "held", 0, false)), [3]);
        assert_eq!(broken(&shop("cancelled", "released", 500, false)), [6]);
        assert_eq!(broken(&shop("rejected", "released", 0, true)), [7]);
        assert_eq!(broken(&shop("confirmed", "sold", 400, false)), [8]);
        let mut silent = shop("confirmed", "sold", 500, false);
        silent.confirmations = 0;
        assert_eq!(broken(&silent), [17]);
        let mut short = shop("confirmed", "sold", 500, false);
        short.reservation.as_mut().expect("there").lines[0].quantity = 1;
        assert_eq!(broken(&short), [3]);
        for forget in [
            (|line| line.out = 0) as fn(&mut super::super::facts::ReservedLine),
            |line| line.restocked = 0,
            |line| line.returned = 0,
        ] {
            let mut forgotten = shop("confirmed", "sold", 500, false);
            forget(&mut forgotten.reservation.as_mut().expect("there").lines[0]);
            assert_eq!(broken(&forgotten), [3]);
            // Whoever has the money back has sent the goods back, or never had them.
            forgotten.order.as_mut().expect("there").state = "refunded".into();
            forgotten.payments[0].1.refunded = 500;
            assert_eq!(broken(&forgotten), [3]);
        }
        let mut held = shop("confirmed", "sold", 0, true);
        held.order.as_mut().expect("there").state = "confirmed_held".into();
        assert_eq!(broken(&held), [0; 0]);
        held.payments[0].1.released = 1;
        assert_eq!(broken(&held), [8]);
        let mut old = shop("awaiting_capture", "sold", 0, false);
        old.order.as_mut().expect("there").placed_at = NOW.minus(LONGEST_SAGA * 2);
        assert_eq!(broken(&old), [13]);
    }

    #[test]
    fn what_is_kept_for_an_order_that_there_is_not_is_found_and_what_moves_is_left_alone() {
        let mut lost = shop("confirmed", "sold", 500, true);
        lost.order = None;
        assert_eq!(broken(&lost), [3, 6, 7]);
        let moving = r#"{"moving":true,"order_id":"o"}"#;
        add(&mut lost, "payment", "q", moving.into());
        assert_eq!(broken(&lost), [0; 0]);
    }

    #[test]
    fn what_moves_of_an_order_that_nobody_has_placed_is_decided_later() {
        let undecided = |kinds: &[&str]| {
            let mut told = Told::default();
            kinds
                .iter()
                .for_each(|kind| add(&mut told, kind, "o", r#"{"moving":true,"order_id":"o"}"#.into()));
            let mut found = Found::default();
            judge("o", &told, Timestamp::from_micros(0), &mut found);
            (found.moving, found.undecided)
        };
        assert_eq!(undecided(&["reservation"]), (1, 1));
        assert_eq!(undecided(&["reservation", "order"]), (1, 0), "it is placed, and may be changing itself");
        assert_eq!(undecided(&["order", "payment"]), (1, 0));
    }
}
