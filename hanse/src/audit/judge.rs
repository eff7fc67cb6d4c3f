//! What only a look across services can tell: stock against orders, money against orders, messages against both.

use super::Breach;
use super::facts::{Facts, Order, Payment};
use hanse_kernel::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Every saga has ended by then.
const LONGEST_SAGA: Duration = Duration::from_secs(90 * 60);

pub fn judge(facts: &Facts, now: Timestamp) -> Vec<Breach> {
    let mut found = Found(vec![]);
    let mut payments: BTreeMap<&str, Vec<(&str, &Payment)>> = BTreeMap::new();
    for (id, payment) in &facts.payments {
        payments.entry(&payment.order_id).or_default().push((id, payment));
    }
    for (id, order) in &facts.orders {
        let paid = payments.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        stock(&mut found, facts, id, order);
        money(&mut found, id, order, paid);
        messages(&mut found, facts, id, order);
        liveness(&mut found, id, order, now);
    }
    found.0
}

struct Found(Vec<Breach>);

impl Found {
    fn add(&mut self, invariant: u32, subject: &str, detail: String, remedy: &str) {
        self.0.push(Breach { invariant, subject: subject.to_string(), detail, remedy: remedy.to_string() });
    }
}

fn over(order: &Order) -> bool {
    matches!(order.state.as_str(), "rejected" | "cancelled" | "refunded")
}

fn confirmed(order: &Order) -> bool {
    matches!(order.state.as_str(), "confirmed" | "confirmed_held")
}

/// 3: what is sold is what orders past the pivot hold; nothing of an order that is over stays held.
fn stock(found: &mut Found, facts: &Facts, id: &str, order: &Order) {
    let reservation = facts.reservations.get(id);
    let state = reservation.map_or("none", |r| r.state.as_str());
    if confirmed(order) && !matches!(state, "sold" | "restocked") {
        let detail = format!("{} is {} but its stock is {state}", order.number, order.state);
        found.add(
            3,
            id,
            detail,
            "count the shelf; commit the order's stock by an adjustment or cancel the order",
        );
    }
    if matches!(order.state.as_str(), "rejected" | "cancelled") && matches!(state, "held" | "sold") {
        let detail = format!("{} is {} but its stock is still {state}", order.number, order.state);
        found.add(3, id, detail, "cancel the order again: releasing stock is safe to repeat");
    }
    if let Some(reservation) = reservation.filter(|r| r.state == "sold" && confirmed(order)) {
        let mut ordered: BTreeMap<&str, i64> = BTreeMap::new();
        for line in &order.lines {
            *ordered.entry(&line.variant_id).or_default() += line.quantity;
        }
        for line in &reservation.lines {
            *ordered.entry(&line.variant_id).or_default() -= line.quantity;
        }
        for (variant, difference) in ordered.into_iter().filter(|(_, d)| *d != 0) {
            let detail = format!("{}: {variant} ordered minus sold is {difference}", order.number);
            found.add(3, id, detail, "count the shelf and adjust the variant's stock");
        }
    }
}

/// 6, 7, 8: money taken belongs to a confirmed order or went back; nothing stays set aside for an order that is over.
fn money(found: &mut Found, id: &str, order: &Order, payments: &[(&str, &Payment)]) {
    for (payment_id, payment) in payments {
        let kept = payment.captured - payment.refunded;
        // An order that was confirmed once and is over now keeps no money either.
        if kept > 0 && (!order.confirmed || over(order)) {
            let detail = format!(
                "{kept} minor units are captured on {payment_id} ({}), the order is {}",
                payment.state, order.state
            );
            found.add(6, id, detail, "refund the payment at the provider, then tell support why");
        }
        if payment.live_authorization && over(order) {
            let detail = format!("{payment_id} is still authorised though the order is {}", order.state);
            found.add(7, id, detail, "void the payment; it is safe to repeat");
        }
    }
    if !confirmed(order) || order.total == 0 {
        return;
    }
    let captured: i64 = payments.iter().map(|(_, p)| p.captured).sum();
    let authorised: i64 = payments.iter().map(|(_, p)| p.authorized).sum();
    let due = order.total - order.cancelled_value;
    if order.state == "confirmed" && captured != due {
        let detail = format!(
            "{} is confirmed over {due} {} but {captured} are captured",
            order.number, order.currency
        );
        found.add(8, id, detail, "capture or refund the difference at the provider");
    }
    if order.state == "confirmed_held" && authorised < due {
        let detail =
            format!("{} waits to be captured over {due} but only {authorised} are authorised", order.number);
        found.add(8, id, detail, "ask the shopper to pay again, or cancel");
    }
}

/// 10, 17: one effect per consumer: one confirmation, taken out of the cart once.
fn messages(found: &mut Found, facts: &Facts, id: &str, order: &Order) {
    if !order.confirmed {
        return;
    }
    let confirmations = facts.confirmations.get(id).copied().unwrap_or(0);
    if confirmations != 1 {
        let detail = format!("{} has {confirmations} confirmations", order.number);
        found.add(17, id, detail, "look for parked messages of notification");
    }
    if facts.applied.get(id).copied().unwrap_or(0) > 1 {
        let detail = format!("{} was taken out of its cart more than once", order.number);
        found.add(10, id, detail, "the shopper may miss goods in the cart; report a defect");
    }
}

/// 13: every saga ends.
fn liveness(found: &mut Found, id: &str, order: &Order, now: Timestamp) {
    let done = over(order) || confirmed(order);
    if order.stuck {
        let detail = format!("{} is stuck in {}", order.number, order.state);
        found.add(13, id, detail, "see the order's history for what it waits for; it keeps trying by itself");
    } else if !done && now.since(order.placed_at) > LONGEST_SAGA {
        let detail = format!("{} has been {} since {}", order.number, order.state, order.placed_at);
        found.add(13, id, detail, "look for parked messages and for services that are down");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn shop(state: &str, stock: &str, captured: i64, live: bool) -> Facts {
        let mut facts = Facts::default();
        let confirmed = state == "confirmed";
        let order = format!(
            r#"{{"state":"{state}","number":"H-1","total":500,"currency":"EUR","cancelled_value":0,"past_pivot":{confirmed},
               "confirmed":{confirmed},"stuck":false,"placed_at":"{}","lines":[{{"variant_id":"v","quantity":2}}]}}"#,
            NOW.minus(Duration::from_secs(100))
        );
        let reservation = format!(r#"{{"state":"{stock}","lines":[{{"variant_id":"v","quantity":2}}]}}"#);
        let payment = format!(
            r#"{{"order_id":"o","state":"x","captured":{captured},"refunded":0,"authorized":500,"live_authorization":{live}}}"#
        );
        facts.add("order", "o".into(), &order).expect("an order");
        facts.add("reservation", "o".into(), &reservation).expect("a reservation");
        facts.add("payment", "p".into(), &payment).expect("a payment");
        if confirmed {
            facts.add("confirmation", "o".into(), r#"{"intents":1}"#).expect("a count");
            facts.add("cart_applied", "o".into(), r#"{"times":1}"#).expect("a count");
        }
        facts
    }

    fn broken(facts: &Facts) -> Vec<u32> {
        judge(facts, NOW).into_iter().map(|b| b.invariant).collect()
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
        silent.confirmations.clear();
        assert_eq!(broken(&silent), [17]);
        let mut short = shop("confirmed", "sold", 500, false);
        short.reservations.get_mut("o").expect("there").lines[0].quantity = 1;
        assert_eq!(broken(&short), [3]);
        let mut old = shop("awaiting_capture", "sold", 0, false);
        old.orders.get_mut("o").expect("there").placed_at = NOW.minus(LONGEST_SAGA * 2);
        assert_eq!(broken(&old), [13]);
    }
}
