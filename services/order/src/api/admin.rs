//! `/api/admin/orders`: what the staff do with orders.

use super::Api;
use super::body::{AdminOrderBody, OrderPage, admin_body, line_body};
use super::checkout::once;
use super::problems::{limit, problem};
use super::shopper::{Nothing, place};
use crate::application::fulfil::Sending;
use crate::application::ports::Filter;
use crate::application::refund::GivingBack;
use crate::application::waiting::Settled;
use crate::domain::order::{RefundAsk, Status};
use crate::domain::saga::Reason;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Fingerprint, IdempotencyKey, Json, Path, Problem, Query, StatusCode};
use hanse_kernel::{ItemId, Money, OrderId, RefundId, ShipmentId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// pending | awaiting_payment | confirmed | rejected | cancelled | refunded | fulfilled
    status: Option<String>,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shipping {
    items: Vec<Pieces>,
    /// What the carrier calls the parcel; at most 200 characters.
    tracking: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pieces {
    item_id: ItemId,
    quantity: i64,
}

/// An amount, certain pieces (that came back or will not be sent), or everything that is left when neither is given.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refunding {
    amount: Option<Money>,
    #[serde(default)]
    items: Vec<Pieces>,
    /// For the books; 1 to 200 characters.
    reason: String,
}

fn pieces(items: &[Pieces]) -> Vec<(ItemId, i64)> {
    items.iter().map(|p| (p.item_id, p.quantity)).collect()
}

fn text(field: &str, text: &str, shortest: usize) -> Result<String, Problem> {
    let text = text.trim();
    let length = text.chars().count();
    if length < shortest || length > 200 || text.chars().any(char::is_control) {
        let rule = format!("must be {shortest} to 200 characters on one line");
        return Err(Problem::validation(format!("{field} {rule}")).field(field, "length", rule));
    }
    Ok(text.to_string())
}

/// All orders, the newest first.
#[utoipa::path(get, path = "/api/admin/orders", params(OrdersQuery), responses((status = 200, body = OrderPage)))]
pub(crate) async fn list_orders(
    State(api): State<Api>,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<OrderPage>, Problem> {
    let status = query.status.as_deref().map(str::parse::<Status>).transpose().map_err(|rule| {
        Problem::validation(format!("status: {rule}")).field("status", "enum", rule.to_string())
    })?;
    let filter = Filter { status, customer: None, after: place(query.cursor.as_deref())? };
    let page = api.list.run(filter, limit(query.limit)?).await.map_err(problem)?.map(line_body);
    Ok(Json(OrderPage { items: page.items, next_cursor: page.next.map(|c| c.to_string()) }))
}

/// One order with how it works inside.
#[utoipa::path(get, path = "/api/admin/orders/{id}", params(("id" = OrderId, Path)),
    responses((status = 200, body = AdminOrderBody)))]
pub(crate) async fn get_order(
    State(api): State<Api>,
    Path(id): Path<OrderId>,
) -> Result<Json<AdminOrderBody>, Problem> {
    let shown = api.get.run(id).await.map_err(problem)?;
    Ok(Json(admin_body(shown)))
}

fn answer(settled: Settled) -> Response {
    let status = if settled.settled { StatusCode::OK } else { StatusCode::ACCEPTED };
    (status, Json(admin_body(settled.shown))).into_response()
}

/// A shipment leaves.
#[utoipa::path(post, path = "/api/admin/orders/{id}/fulfil", params(("id" = OrderId, Path), IdempotencyKey),
    request_body = Shipping, responses((status = 200, body = AdminOrderBody)))]
pub(crate) async fn fulfil_order(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    Json(body): Json<Shipping>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&(id, &body))?;
    let (fulfil, caller) = (api.fulfil.clone(), ctx.clone());
    let work = async move |operation| {
        let tracking = body.tracking.as_deref().map(|t| text("tracking", t, 1)).transpose()?;
        let sending = Sending { id: ShipmentId::new(operation), items: pieces(&body.items), tracking };
        Ok(answer(fulfil.run(&caller, id, sending).await.map_err(problem)?))
    };
    once(&api, &ctx, id, ("POST /api/admin/orders/{id}/fulfil", &key, fingerprint), work).await
}

/// Cancels what has not been sent. 200 when that is done, else 202. Of an order that was paid the money is given back, for which
/// staff need `orders:refund`, and have just shown who they are, as for a refund.
#[utoipa::path(post, path = "/api/admin/orders/{id}/cancel", params(("id" = OrderId, Path), IdempotencyKey),
    request_body(content = Nothing, description = "May be left out"),
    responses((status = 200, body = AdminOrderBody), (status = 202, body = AdminOrderBody)))]
pub(crate) async fn cancel_order(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    _: Option<Json<Nothing>>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&id)?;
    let (cancel, caller) = (api.cancel.clone(), ctx.clone());
    let work = async move |operation| {
        Ok(answer(cancel.run(&caller, id, operation, Reason::Staff).await.map_err(problem)?))
    };
    once(&api, &ctx, id, ("POST /api/admin/orders/{id}/cancel", &key, fingerprint), work).await
}

/// Gives money back. 200 when that is done, else 202.
#[utoipa::path(post, path = "/api/admin/orders/{id}/refund", params(("id" = OrderId, Path), IdempotencyKey),
    request_body = Refunding,
    responses((status = 200, body = AdminOrderBody), (status = 202, body = AdminOrderBody)))]
pub(crate) async fn refund_order(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    Json(body): Json<Refunding>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&(id, &body))?;
    let (refund, caller) = (api.refund.clone(), ctx.clone());
    let work = async move |operation| {
        let reason = text("reason", &body.reason, 1)?;
        let ask = RefundAsk { amount: body.amount, items: pieces(&body.items) };
        let giving = GivingBack { id: RefundId::new(operation), ask, reason };
        Ok(answer(refund.run(&caller, id, giving).await.map_err(problem)?))
    };
    once(&api, &ctx, id, ("POST /api/admin/orders/{id}/refund", &key, fingerprint), work).await
}

/// Erases whom a guest's order is for, who has asked for it. It cannot be taken back. The order stays, without the person; one that is
/// on its way keeps its address until it has ended. An order of a customer's goes with their account: 409 `order_of_customer`.
#[utoipa::path(post, path = "/api/admin/orders/{id}/erase-person", params(("id" = OrderId, Path)),
    responses((status = 202, description = "They are being erased, or were before")))]
pub(crate) async fn erase_person(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<OrderId>,
) -> Result<StatusCode, Problem> {
    api.erase_person.run(&ctx, id).await.map_err(problem)?;
    Ok(StatusCode::ACCEPTED)
}
