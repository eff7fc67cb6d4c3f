//! `GET /api/admin/payments`: what was paid, and what has been asked of the providers for it.

use super::problems::{cursor, limit, problem};
use crate::application::Till;
use crate::application::list_payments::ListPayments;
use crate::application::ports::Listed;
use crate::domain::Intent;
use axum::extract::State;
use hanse_http::{Json, Problem, Query};
use hanse_kernel::{Money, OrderId, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaymentQuery {
    /// Only those of one order.
    order_id: Option<OrderId>,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

/// One thing that was asked of the provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentStep {
    /// `authorize`, `capture`, `void` or `refund`.
    kind: &'static str,
    amount: Money,
    /// `flying`, `unknown`, `waiting`, `done`, `failed` or `dropped`.
    state: &'static str,
    attempts: i64,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentItem {
    id: PaymentId,
    order_id: OrderId,
    /// 1 for the checkout, one more for each further try.
    attempt: u32,
    provider: String,
    /// `opened`, `authorizing`, `unknown`, `action_required`, `authorized`, `captured`, `declined`, `expired`,
    /// `voided` or `refunded`.
    status: &'static str,
    amount: Money,
    authorized: Money,
    captured: Money,
    refunded: Money,
    /// Why it was declined.
    reason: Option<String>,
    steps: Vec<PaymentStep>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentPage {
    items: Vec<PaymentItem>,
    next_cursor: Option<String>,
}

fn item(listed: Listed) -> PaymentItem {
    let Listed { payment: p, created_at, updated_at } = listed;
    let step = |i: &Intent| PaymentStep {
        kind: i.kind.as_str(),
        amount: p.money(i.amount),
        state: i.phase.as_str(),
        attempts: i.attempts,
        reason: i.reason.clone(),
    };
    PaymentItem {
        id: p.id,
        order_id: p.order,
        attempt: p.attempt,
        status: p.state.as_str(),
        amount: p.amount,
        authorized: p.money(p.authorised),
        captured: p.money(p.captured),
        refunded: p.money(p.refunded),
        steps: p.intents.iter().map(step).collect(),
        provider: p.provider,
        reason: p.reason,
        created_at,
        updated_at,
    }
}

/// Payments, the newest first; those of one order with `order_id`.
#[utoipa::path(get, path = "/api/admin/payments", params(PaymentQuery), responses((status = 200, body = PaymentPage)))]
pub(crate) async fn list_payments(
    State(till): State<Till>,
    Query(query): Query<PaymentQuery>,
) -> Result<Json<PaymentPage>, Problem> {
    let before = cursor(query.cursor.as_deref())?;
    let page = ListPayments(till).run(query.order_id, before, limit(query.limit)?).await;
    let page = page.map_err(problem)?.map(item);
    Ok(Json(PaymentPage { items: page.items, next_cursor: page.next.map(|c| c.to_string()) }))
}
