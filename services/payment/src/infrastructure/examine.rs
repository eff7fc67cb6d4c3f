//! Payment's part of the audit: no amount is larger than it may be (5), the books add up to zero and to the payments
//! (16), and which payments there are.

use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{OrderId, PaymentId, Timestamp};
use hanse_runtime::{Examine, Findings, Page};
use serde_json::json;
use uuid::Uuid;

const PAGE: i64 = 500;
const REMEDY: &str = "stop captures and refunds, compare with the provider's account, and report a defect";

pub struct Examination(pub Db);

#[async_trait]
impl Examine for Examination {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        // After an order, or after one of an order's payments.
        let (order, payment) = page.after.split_once('/').unwrap_or((&page.after, ""));
        let from = (
            order.parse().unwrap_or(OrderId::new(Uuid::nil())),
            payment.parse().unwrap_or(PaymentId::new(Uuid::max())),
        );
        self.0
            .scan((page.at_rest_since, from, page.first), |tx, (since, from, first)| {
                Box::pin(async move {
                    let mut findings = Findings::default();
                    if *first {
                        books(tx, &mut findings).await?;
                        provider_books(tx, *since, &mut findings).await?;
                    }
                    payments(tx, *since, *from, &mut findings).await?;
                    Ok(findings)
                })
            })
            .await
    }
}

/// One snapshot shows every unit whole, so the books must agree at any moment.
async fn books(tx: &mut Tx, findings: &mut Findings) -> Result<(), DbError> {
    let off = tx
        .query(
            "select currency, cast(sum(amount) as bigint) from ledger_entry group by currency
             having sum(amount) <> 0 order by currency",
            &[],
            |r| Ok((r.get::<String>(0)?, r.get::<i64>(1)?)),
        )
        .await?;
    for (currency, sum) in off {
        findings.breach(
            16,
            "ledger_entry.currency",
            currency,
            format!("the ledger adds up to {sum}"),
            REMEDY,
        );
    }
    let off = tx
        .query(
            "select transaction_id, cast(sum(amount) as bigint) from ledger_entry group by transaction_id
             having sum(amount) <> 0 order by transaction_id limit 100",
            &[],
            |r| Ok((r.get::<Uuid>(0)?, r.get::<i64>(1)?)),
        )
        .await?;
    for (transaction, sum) in off {
        findings.breach(
            16,
            "ledger_entry.transaction_id",
            transaction,
            format!("the transaction adds up to {sum}"),
            REMEDY,
        );
    }
    let off = tx
        .query(
            "select p.id, p.authorized - p.captured - p.released, coalesce(l.aside, 0), p.captured - p.refunded,
                    coalesce(l.held, 0)
             from payment p
               left join (select payment_id,
                   cast(sum(case when account = 'authorized' then amount else 0 end) as bigint) as aside,
                   cast(sum(case when account = 'provider_clearing' then amount else 0 end) as bigint) as held
                 from ledger_entry group by payment_id) l on l.payment_id = p.id
             where p.authorized - p.captured - p.released <> coalesce(l.aside, 0)
                or p.captured - p.refunded <> coalesce(l.held, 0)
             order by p.id limit 100",
            &[],
            |r| Ok((r.id::<PaymentId>(0)?, [r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?])),
        )
        .await?;
    for (payment, [aside, booked_aside, held, booked]) in off {
        let _: [i64; 4] = [aside, booked_aside, held, booked];
        let detail =
            format!("set aside {aside}, booked {booked_aside}; held by the provider {held}, booked {booked}");
        findings.breach(16, "payment.id", payment, detail, REMEDY);
    }
    Ok(())
}

/// The test provider's books are at hand, so what it has moved can be compared with what was asked for.
async fn provider_books(tx: &mut Tx, since: Timestamp, findings: &mut Findings) -> Result<(), DbError> {
    let off = tx
        .query(
            "select p.id, p.captured, c.captured, p.refunded, c.refunded
             from payment p
               join intent i on i.payment_id = p.id and i.kind = 'authorize'
               join test_charge c on c.key = i.id
             where p.updated_at < $1 and (p.captured <> c.captured or p.refunded <> c.refunded)
               and not exists (select 1 from intent o where o.payment_id = p.id
                 and o.phase in ('flying', 'unknown', 'waiting'))
             order by p.id limit 100",
            &[&since],
            |r| {
                Ok((
                    r.id::<PaymentId>(0)?,
                    r.get::<i64>(1)?,
                    r.get::<i64>(2)?,
                    r.get::<i64>(3)?,
                    r.get::<i64>(4)?,
                ))
            },
        )
        .await?;
    for (payment, captured, theirs, refunded, back) in off {
        let detail =
            format!("captured {captured}, at the provider {theirs}; refunded {refunded}, there {back}");
        findings.breach(5, "payment.id", payment, detail, REMEDY);
    }
    Ok(())
}

struct Fact {
    id: PaymentId,
    order: OrderId,
    json: serde_json::Value,
    at_rest: Timestamp,
    sound: bool,
}

fn fact(r: &Row<'_>) -> Result<Fact, DbError> {
    let state: String = r.get(2)?;
    let [authorized, captured, refunded, released]: [i64; 4] = [r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?];
    let asking = matches!(state.as_str(), "authorizing" | "unknown" | "action_required");
    Ok(Fact {
        id: r.id(0)?,
        order: r.id(1)?,
        json: json!({
            "order_id": r.id::<hanse_kernel::OrderId>(1)?,
            "state": state,
            "authorized": authorized,
            "captured": captured,
            "refunded": refunded,
            "released": released,
            "currency": r.get::<String>(7)?,
            "live_authorization": asking || authorized - captured - released > 0,
        }),
        at_rest: r.get(8)?,
        sound: refunded <= captured && captured + released <= authorized,
    })
}

async fn payments(
    tx: &mut Tx,
    since: Timestamp,
    (order, payment): (OrderId, PaymentId),
    findings: &mut Findings,
) -> Result<(), DbError> {
    let page = tx
        .query(
            "select id, order_id, state, authorized, captured, refunded, released, currency, updated_at from payment
             where (order_id, id) > ($1, $2) order by order_id, id limit $3",
            &[&order, &payment, &PAGE],
            fact,
        )
        .await?;
    for fact in &page {
        if !fact.sound {
            findings.breach(5, "payment.id", fact.id, fact.json.to_string(), REMEDY);
        }
        match fact.at_rest < since {
            true => findings.fact("payment", fact.id, &fact.json),
            false => findings.moving("payment", fact.id, fact.order),
        }
    }
    let full = page.len() as i64 == PAGE;
    findings.next = page.last().filter(|_| full).map(|f| format!("{}/{}", f.order, f.id));
    Ok(())
}
