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
        carried_out(purchase, &order).with_context(|| format!("{order}"))?;
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

fn carried_out(purchase: &Purchase, order: &Value) -> Result<()> {
    ensure!(purchase.sent.len() <= 1, "all of it left twice");
    ensure!(
        purchase.cancelled.is_none() || purchase.sent.is_empty(),
        "the cancellation was granted and it was sent"
    );
    ensure!(
        purchase.cancelled.is_none() || order["fulfilment_status"] != "fulfilled",
        "the cancellation was granted and it has left"
    );
    ensure!(
        purchase.sent.is_empty() || order["fulfilment_status"] == "fulfilled",
        "staff were told that it has left"
    );
    let money = order["payment_status"].as_str().unwrap_or_default();
    ensure!(
        purchase.given_back.is_empty() || money == "refunded",
        "staff were told that the money goes back, it is {money}"
    );
    ensure!(purchase.cancelled.is_none() || money != "captured", "cancelled and paid");
    Ok(())
}
