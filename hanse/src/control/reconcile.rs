//! Bringing a restored shop together, in the order in which it has to be: first payment's books with the provider's, so that
//! nothing is asked for twice; then what others keep for orders that there are not; then messages once more, for those
//! whose store is older than their sender's.

use super::Console;
use super::console::note;
use crate::audit::{self, Lost, Scope, Sight};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hanse_database::DbError;
use hanse_http::Problem;
use hanse_inventory_contract::ReleaseStock;
use hanse_kernel::{Ctx, OrderId, PaymentId, Timestamp};
use hanse_payment_contract::CancelPayment;
use hanse_payment_contract::rpc::payments_client::PaymentsClient;
use hanse_payment_contract::rpc::{Difference, ReconcileRequest};
use hanse_record::Entry;
use hanse_rpc::OPERATOR;
use hanse_runtime::Host;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// So many differences are told one by one; the rest is counted.
const MOST: usize = 1_000;
const BOOKKEEPER: &str = "payment";
const KEEPER_OF_ORDERS: &str = "order";

pub(super) fn router(console: Arc<Console>) -> Router {
    Router::new().route("/control/reconcile", post(run)).with_state(console)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    since: Timestamp,
    apply: bool,
    by: String,
    rest_ms: u64,
}

#[derive(Serialize)]
struct Report {
    since: Timestamp,
    applied: bool,
    /// Authorisations that were compared with the provider's.
    compared: u64,
    differences: Vec<Value>,
    /// How many there are, by kind.
    found: BTreeMap<String, u64>,
    /// Providers whose books a program cannot read.
    unread: Vec<String>,
    lost_orders: Vec<Lost>,
    /// Orders that order knows nothing of, and of which something has changed a moment ago: whether there is anything to let go of is
    /// to be seen when they are at rest.
    undecided: usize,
    /// Messages that are published anew, by service.
    published_again: BTreeMap<&'static str, u64>,
    /// Everything was compared, and nothing differs, or all that did has been set right or needs nothing.
    settled: bool,
}

async fn run(State(console): State<Arc<Console>>, Json(asked): Json<Asked>) -> Response {
    match reconcile(&console, &asked).await {
        Ok(report) => Json(report).into_response(),
        Err(told) => Problem::unavailable("the comparison").detail(told).into_response(),
    }
}

async fn reconcile(console: &Console, asked: &Asked) -> Result<Report, String> {
    let mut report = Report {
        since: asked.since,
        applied: asked.apply,
        compared: 0,
        differences: vec![],
        found: BTreeMap::new(),
        unread: vec![],
        lost_orders: vec![],
        undecided: 0,
        published_again: BTreeMap::new(),
        settled: true,
    };
    books(console, asked, &mut report).await?;
    lost_orders(console, asked, &mut report).await?;
    if asked.apply {
        for host in &console.hosts {
            let told = |e: DbError| format!("{}: {e}", host.service);
            let entry = Entry::new("messages.published_again", "service", host.service)
                .became(json!({"since": asked.since}));
            note(host, console.operator(&asked.by), entry).await.map_err(told)?;
            report
                .published_again
                .insert(host.service, publish_again(host, asked.since).await.map_err(told)?);
        }
    }
    Ok(report)
}

/// Page by page.
async fn books(console: &Console, asked: &Asked, report: &mut Report) -> Result<(), String> {
    let mut client = PaymentsClient::new(console.network.link(BOOKKEEPER));
    let mut after = String::new();
    loop {
        let ctx = Ctx::background(OPERATOR, console.effects.ids.uuid());
        let ask =
            ReconcileRequest { since: asked.since.micros(), after, apply: asked.apply, by: asked.by.clone() };
        let reply = client.reconcile(hanse_rpc::request(&ctx, &*console.effects.clock, ask)).await;
        let reply = reply.map_err(|status| format!("payment: {}", status.message()))?.into_inner();
        report.compared += u64::from(reply.compared);
        // What nobody can read may differ in anything.
        report.settled &= reply.unread.is_empty();
        report.unread.extend(reply.unread);
        for difference in reply.differences {
            *report.found.entry(difference.kind.clone()).or_default() += 1;
            // What needs nothing is told and no reason to go on.
            let open = !difference.done && difference.kind != "let_go";
            report.settled &= !open;
            if report.differences.len() < MOST {
                report.differences.push(shown(&difference));
            }
        }
        if reply.next.is_empty() {
            return Ok(());
        }
        after = reply.next;
    }
}

fn shown(d: &Difference) -> Value {
    json!({
        "provider": d.provider,
        "key": d.key,
        "payment_id": d.payment_id,
        "order_id": d.order_id,
        "kind": d.kind,
        "detail": d.detail,
        "remedy": d.remedy,
        "done": d.done,
        "by_hand": d.by_hand,
    })
}

/// As the audit finds them, twice. They end by order's own commands, as those of an order that is cancelled do.
async fn lost_orders(console: &Console, asked: &Asked, report: &mut Report) -> Result<(), String> {
    let names: Vec<&'static str> = console.services.iter().map(|s| s.name).collect();
    let sight = Sight::new(&console.network, &names, &console.effects, OPERATOR);
    let scope = Scope::all(Duration::from_millis(asked.rest_ms.min(3_600_000)));
    let audited = audit::look(sight, scope).await.map_err(|e| e.to_string())?;
    report.lost_orders = audited.lost;
    report.undecided = audited.undecided;
    report.settled &= report.undecided == 0;
    if report.lost_orders.is_empty() {
        return Ok(());
    }
    report.settled &= asked.apply;
    if asked.apply {
        let host = console.hosts.iter().find(|host| host.service == KEEPER_OF_ORDERS);
        let host = host.ok_or("the store of order is not open here")?;
        for lost in &report.lost_orders {
            let_go(console, host, lost, &asked.by).await?;
        }
    }
    Ok(())
}

async fn let_go(console: &Console, host: &Host, lost: &Lost, by: &str) -> Result<(), String> {
    let order = lost.order.parse::<OrderId>().map_err(|e| format!("{}: {e}", lost.order))?;
    let payments = lost.payments.iter().map(|id| id.parse::<PaymentId>().map_err(|e| format!("{id}: {e}")));
    let payments = payments.collect::<Result<Vec<_>, _>>()?;
    tracing::warn!(%order, by, stock = lost.stock, payments = payments.len(), "what is kept for an order that there is not is let go");
    let kept = json!({"stock": lost.stock, "payments": payments});
    let books =
        (host.outbox.clone(), host.record.clone(), Entry::new("order.let_go", "order", order).was(kept));
    let input = (books, console.operator(by), order, lost.stock, payments);
    let unit = host.db.tx(input, |tx, ((outbox, record, entry), ctx, order, stock, payments)| {
        Box::pin(async move {
            record.note(tx, ctx, entry.clone()).await?;
            if *stock {
                outbox.command(tx, ctx, order, &ReleaseStock { order_id: *order }).await?;
            }
            for payment in payments {
                let cancel = CancelPayment { payment_id: *payment, order_id: *order };
                outbox.command(tx, ctx, order, &cancel).await?;
            }
            Ok::<_, DbError>(())
        })
    });
    unit.await.map_err(|e| format!("order: {e}"))
}

async fn publish_again(host: &Host, since: Timestamp) -> Result<u64, DbError> {
    let (mut count, mut after) = (0, Some(0));
    while let Some(seq) = after {
        let (more, next) = hanse_messaging::outbox::publish_again(&host.db, since, seq).await?;
        count += more;
        after = next;
    }
    Ok(count)
}
