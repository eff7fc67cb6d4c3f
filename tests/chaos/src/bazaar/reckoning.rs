//! What people were told, held against what the shop has in the end.

use super::Purchase;
use crate::league::League;
use crate::trade::SETTLES;
use anyhow::{Context, Result, ensure};
use hanse_journeys::{answers_are_repeated, audited, each_is_there_once, until_within};
use serde_json::Value;

/// How often what was told.
#[derive(Debug, Default)]
pub struct Told {
    pub orders: u64,
    pub cancelled: usize,
    pub sent: usize,
    pub given_back: usize,
    pub rejected: usize,
}

/// Every acknowledged order is there, once, and as it was told; what was granted was carried out: whose cancellation was
/// granted is never sent anything, and gets the money back; what left has left once.
pub async fn reckon(league: &League, purchases: &[Purchase]) -> Result<Told> {
    let http = &league.http;
    let mut told = Told { orders: u64::try_from(purchases.len())?, ..Told::default() };
    let mut orders = vec![];
    for purchase in purchases {
        let order = settled(league, purchase).await?;
        Granted::of(purchase).carried_out(&order).with_context(|| format!("{order}"))?;
        told.cancelled += usize::from(purchase.cancelled.is_some());
        told.sent += purchase.sent.len();
        told.given_back += purchase.given_back.len();
        told.rejected += usize::from(order["status"] == "rejected");
        orders.push(order);
    }
    each_is_there_once(http, &league.staff().await?, &orders).await?;
    let acknowledged: Vec<_> = purchases.iter().map(Purchase::acknowledged).collect();
    answers_are_repeated(http, &acknowledged).await?;
    audited(&league.reach(), told.orders, SETTLES).await?;
    Ok(told)
}

/// The order once what was granted has been carried out.
async fn settled(league: &League, purchase: &Purchase) -> Result<Value> {
    let (path, access) = (format!("/api/store/orders/{}", purchase.id()?), purchase.access()?);
    let mut last = Value::Null;
    let found = until_within(SETTLES, "what was granted to be carried out", async || {
        last = league.http.get(&path).order(&access).expect(200).await?;
        let status = last["status"].as_str().unwrap_or_default();
        let over = ["cancelled", "rejected", "refunded"].contains(&status);
        let done = status != "pending"
            && (purchase.cancelled.is_none() || over)
            && (purchase.sent.is_empty() || status == "fulfilled" || over)
            && (purchase.given_back.is_empty() || over || status == "fulfilled");
        Ok(Some(last.clone()).filter(|_| done))
    })
    .await;
    found.with_context(|| format!("{last}"))
}

/// What a shopper and staff were granted about one order.
#[derive(Debug, Clone, Copy, Default)]
struct Granted {
    cancelled: bool,
    /// How often all of it left.
    sent: usize,
    given_back: usize,
}

impl Granted {
    fn of(purchase: &Purchase) -> Self {
        let cancelled = purchase.cancelled.is_some();
        Self { cancelled, sent: purchase.sent.len(), given_back: purchase.given_back.len() }
    }

    fn carried_out(self, order: &Value) -> Result<()> {
        let (has_left, money) = (order["fulfilment_status"] == "fulfilled", &order["payment_status"]);
        ensure!(self.sent <= 1, "all of it left twice");
        ensure!(!self.cancelled || self.sent == 0, "the cancellation was granted and it was sent");
        ensure!(!self.cancelled || !has_left, "the cancellation was granted and it has left");
        ensure!(!self.cancelled || money != "captured", "cancelled and paid");
        ensure!(self.sent == 0 || has_left, "staff were told that it has left");
        ensure!(self.given_back == 0 || money == "refunded", "the money was to go back, it is {money}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(status: &str, sent: &str, money: &str) -> Value {
        json!({"status": status, "fulfilment_status": sent, "payment_status": money})
    }

    #[test]
    fn what_was_granted_and_not_carried_out_is_found() {
        let honest = Granted { cancelled: true, ..Granted::default() };
        honest.carried_out(&order("refunded", "unfulfilled", "refunded")).unwrap();
        honest.carried_out(&order("cancelled", "unfulfilled", "voided")).unwrap();
        honest.carried_out(&order("cancelled", "unfulfilled", "captured")).unwrap_err();
        honest.carried_out(&order("refunded", "fulfilled", "refunded")).unwrap_err();
        let both = Granted { cancelled: true, sent: 1, ..Granted::default() };
        both.carried_out(&order("refunded", "unfulfilled", "refunded")).unwrap_err();
        let twice = Granted { sent: 2, ..Granted::default() };
        twice.carried_out(&order("fulfilled", "fulfilled", "captured")).unwrap_err();
        let lost = Granted { sent: 1, ..Granted::default() };
        lost.carried_out(&order("confirmed", "unfulfilled", "captured")).unwrap_err();
        lost.carried_out(&order("fulfilled", "fulfilled", "captured")).unwrap();
        let kept = Granted { given_back: 1, ..Granted::default() };
        kept.carried_out(&order("confirmed", "unfulfilled", "captured")).unwrap_err();
    }
}
