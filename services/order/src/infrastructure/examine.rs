//! Order's part of the audit: what it finds in its own tables, and what it tells for judgement across services.

use super::rows::{self, LINE, ORDER};
use crate::domain::order::Order;
use crate::domain::saga::{Milestone, State};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{OrderId, Timestamp};
use hanse_runtime::{Erased, Examine, Findings, Page, Remains};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

const PAGE: i64 = 200;
/// Every saga comes to its end within this after the last fault.
const LONGEST_SAGA: Duration = Duration::from_secs(90 * 60);
const REPORT: &str = "report a defect with the order's history";

pub struct Examination {
    pub db: Db,
}

/// What the page needs of an order besides the order itself.
struct Frozen {
    adds_up: bool,
    items: i64,
    changed_at: Timestamp,
}

#[async_trait]
impl Examine for Examination {
    async fn examine(&self, asked: &Page) -> Result<Findings, DbError> {
        let after = match asked.after.as_str() {
            "" => OrderId::new(Uuid::nil()),
            id => id.parse::<OrderId>().map_err(|e| DbError::Other(e.to_string()))?,
        };
        self.db
            .scan((asked.at_rest_since, after, asked.first), |tx, (since, after, first)| {
                Box::pin(async move { page(tx, *since, *after, *first).await })
            })
            .await
    }

    async fn remains(&self, tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
        super::forgotten::remains(tx, erased, remains).await
    }
}

async fn page(tx: &mut Tx, since: Timestamp, after: OrderId, first: bool) -> Result<Findings, DbError> {
    let mut findings = Findings::default();
    let sql = format!(
        "select {ORDER}, changed_at, items_amount, items_amount + shipping_amount - discount_amount
           + case when tax_included then 0 else tax_amount end = total_amount
         from orders where id > $1 order by id limit $2"
    );
    let orders = tx
        .query(&sql, &[&after, &PAGE], |r| {
            // Where a shopper is asked to go is of no account here, and stays sealed.
            Ok((
                rows::order(r)?.order,
                Frozen { changed_at: r.get(41)?, items: r.get(42)?, adds_up: r.get(43)? },
            ))
        })
        .await?;
    let ids: Vec<OrderId> = orders.iter().map(|(order, _)| order.id).collect();
    let mut lines = lines_of(tx, &ids, &orders).await?;
    let mut histories = histories_of(tx, &ids).await?;
    if orders.len() == usize::try_from(PAGE).unwrap_or(usize::MAX) {
        findings.next = ids.last().map(ToString::to_string);
    }
    for (mut order, frozen) in orders {
        // Whoever waits in vain asks again every minute, and would never be at rest.
        liveness(&mut findings, &order, since);
        if frozen.changed_at > since {
            findings.moving("order", order.id, order.id);
            continue;
        }
        let (own, items) = lines.remove(&order.id).unwrap_or_default();
        order.lines = own;
        let history = histories.remove(&order.id).unwrap_or_default();
        judge(&mut findings, &order, &frozen, items, &history);
        findings.fact("order", order.id, &fact(&order));
    }
    if first {
        doubles(tx, &mut findings).await?;
        restocks(tx, since, &mut findings).await?;
    }
    Ok(findings)
}

type Lines = BTreeMap<OrderId, (Vec<crate::domain::order::Line>, i64)>;

async fn lines_of(tx: &mut Tx, ids: &[OrderId], orders: &[(Order, Frozen)]) -> Result<Lines, DbError> {
    let currencies: BTreeMap<OrderId, _> = orders.iter().map(|(o, _)| (o.id, o.total().currency())).collect();
    let places = list(1, ids.len());
    let sql = format!(
        "select {LINE}, total, order_id from order_lines where order_id in {places} order by order_id, position"
    );
    let params: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
    let found = tx
        .query(&sql, &params, move |r| {
            let order: OrderId = r.id(9)?;
            let unknown = || DbError::Other(format!("a line of {order} came unasked"));
            let currency = *currencies.get(&order).ok_or_else(unknown)?;
            Ok((order, rows::line(r, currency)?, r.get::<i64>(8)?))
        })
        .await?;
    let mut lines = Lines::new();
    for (order, line, total) in found {
        let entry = lines.entry(order).or_default();
        entry.0.push(line);
        entry.1 += total;
    }
    Ok(lines)
}

async fn histories_of(
    tx: &mut Tx,
    ids: &[OrderId],
) -> Result<BTreeMap<OrderId, Vec<(i64, Milestone)>>, DbError> {
    let sql = format!(
        "select order_id, seq, event from order_history where order_id in {} order by order_id, seq",
        list(1, ids.len())
    );
    let params: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
    let found = tx.query(&sql, &params, |r| Ok((r.id(0)?, r.get(1)?, r.parse(2)?))).await?;
    let mut histories: BTreeMap<OrderId, Vec<(i64, Milestone)>> = BTreeMap::new();
    for (order, seq, event) in found {
        histories.entry(order).or_default().push((seq, event));
    }
    Ok(histories)
}

fn judge(findings: &mut Findings, order: &Order, frozen: &Frozen, items: i64, history: &[(i64, Milestone)]) {
    if !frozen.adds_up || order.lines.is_empty() {
        findings.breach(
            9,
            "orders.id",
            order.id,
            "the total is not lines + tax + shipping − discounts",
            REPORT,
        );
    }
    if items != frozen.items {
        findings.breach(9, "orders.id", order.id, "its lines do not sum to its items", REPORT);
    }
    if let Some(wrong) = wrong_history(order, history) {
        findings.breach(12, "order_history.order_id", order.id, wrong, REPORT);
    }
}

/// 13: every saga comes to its end, or somebody is told.
fn liveness(findings: &mut Findings, order: &Order, since: Timestamp) {
    let saga = &order.saga;
    if saga.stuck {
        let remedy =
            "look for what payment or inventory refuse; the order goes on by itself once they answer";
        findings.breach(13, "orders.id", order.id, format!("STUCK in {}", saga.state), remedy);
    } else if !saga.state.is_at_rest() && saga.entered_at < since.minus(LONGEST_SAGA) {
        let remedy = "see that the order service's timers run and that payment and inventory answer";
        let detail = format!("in {} for more than 90 minutes", saga.state);
        findings.breach(13, "orders.id", order.id, detail, remedy);
    }
}

/// What cannot have happened, if anything: the history against the state.
fn wrong_history(order: &Order, history: &[(i64, Milestone)]) -> Option<String> {
    let events: Vec<Milestone> = history.iter().map(|(_, event)| *event).collect();
    let count = |wanted: Milestone| events.iter().filter(|event| **event == wanted).count();
    let gapless = history.iter().zip(1i64..).all(|((seq, _), n)| *seq == n);
    let ended =
        |event: &Milestone| matches!(event, Milestone::Rejected | Milestone::Cancelled | Milestone::Refunded);
    let confirmed = order.saga.confirmed_at.is_some();
    let end = match order.saga.state {
        State::Rejected => Some(Milestone::Rejected),
        State::Cancelled => Some(Milestone::Cancelled),
        State::Refunded => Some(Milestone::Refunded),
        _ => None,
    };
    if events.first() != Some(&Milestone::Placed) || count(Milestone::Placed) != 1 {
        Some("its history does not begin with its placing".into())
    } else if !gapless || i64::try_from(events.len()) != Ok(order.notes) {
        Some("its history has gaps".into())
    } else if count(Milestone::Confirmed) != usize::from(confirmed) {
        Some(format!("confirmed {} times", count(Milestone::Confirmed)))
    } else if events.iter().filter(|event| ended(event)).count() != usize::from(end.is_some())
        || (end.is_some() && events.last() != end.as_ref())
    {
        Some(format!("in {}, which its history does not end with", order.saga.state))
    } else if confirmed && order.saga.state == State::Rejected {
        Some("rejected after it was confirmed".into())
    } else if matches!(order.saga.state, State::Confirmed | State::ConfirmedHeld)
        && !(confirmed && order.saga.committed)
    {
        Some("confirmed without its goods being sold".into())
    } else {
        None
    }
}

fn fact(order: &Order) -> serde_json::Value {
    let saga = &order.saga;
    let line = |l: &crate::domain::order::Line| {
        json!({
            "variant_id": l.variant, "quantity": l.quantity, "fulfilled": l.counts.fulfilled,
            "returned": l.counts.returned, "cancelled": l.counts.cancelled,
        })
    };
    json!({
        "state": saga.state.as_str(),
        "number": order.number.as_str(),
        "cart_id": order.cart,
        "cart_version": order.cart_version,
        "payment_id": saga.payment.map(|p| p.id),
        "total": order.total().minor(),
        "currency": order.total().currency(),
        "cancelled_value": saga.cancelled_value.minor(),
        "past_pivot": saga.committed,
        "confirmed": saga.confirmed_at.is_some(),
        "refunded": saga.refunded.minor(),
        "lines": order.lines.iter().map(line).collect::<Vec<_>>(),
        "discount_codes": order.discount_codes,
        "stuck": saga.stuck,
        "placed_at": order.placed_at(),
    })
}

/// The unique indexes hold this; a restored or edited file might not.
async fn doubles(tx: &mut Tx, findings: &mut Findings) -> Result<(), DbError> {
    let sql = "select max(number), min(number) from orders
               where confirmed_at is not null or state not in ('rejected', 'cancelled', 'refunded')
               group by cart_id, cart_version having count(*) > 1 order by max(number) limit 100";
    for (one, other) in tx.query(sql, &[], |r| Ok((r.get::<String>(0)?, r.get::<String>(1)?))).await? {
        findings.breach(
            4,
            "orders.number",
            &one,
            format!("came of the same version of a cart as {other}"),
            REPORT,
        );
    }
    Ok(())
}

async fn restocks(tx: &mut Tx, since: Timestamp, findings: &mut Findings) -> Result<(), DbError> {
    let sql = "select order_id from order_restocks where due_at is not null and asked_at < $1
               order by asked_at, id limit 100";
    for order in tx.query(sql, &[&since.minus(LONGEST_SAGA)], |r| r.id::<OrderId>(0)).await? {
        let remedy = "see that inventory answers Restock; it is asked again by itself";
        findings.breach(
            13,
            "order_restocks.order_id",
            order,
            "goods that came back are not restocked for more than 90 minutes",
            remedy,
        );
    }
    Ok(())
}
