//! `/api/store/orders`: what shoppers do with their orders.

use super::Api;
use super::body::{OrderBody, OrderPage, line_body, order_body};
use super::checkout::{PaymentBody, answer, once};
use super::problems::{cursor, limit, problem};
use crate::application::ports::Filter;
use crate::domain::saga::Reason;
use axum::extract::State;
use axum::response::Response;
use hanse_http::{Caller, Fingerprint, IdempotencyKey, Json, OrderToken, Path, Problem, Query, StatusCode};
use hanse_kernel::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MyOrdersQuery {
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

/// For requests that need no fields: an empty object, or no body at all.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The customer's own orders, the newest first.
#[utoipa::path(get, path = "/api/store/orders", params(MyOrdersQuery), responses((status = 200, body = OrderPage)))]
pub(crate) async fn list_my_orders(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Query(query): Query<MyOrdersQuery>,
) -> Result<Json<OrderPage>, Problem> {
    let customer = ctx.actor.user().ok_or_else(Problem::unauthenticated)?;
    let filter = Filter { after: place(query.cursor.as_deref())?, ..Filter::default() };
    let page =
        api.list.of_customer(customer, filter, limit(query.limit)?).await.map_err(problem)?.map(line_body);
    Ok(Json(OrderPage { items: page.items, next_cursor: page.next.map(|c| c.to_string()) }))
}

pub(crate) fn place(text: Option<&str>) -> Result<Option<(Timestamp, OrderId)>, Problem> {
    let place: Option<(i64, OrderId)> = cursor(text)?;
    Ok(place.map(|(at, id)| (Timestamp::from_micros(at), id)))
}

/// One order, for the holder of its token or its customer.
#[utoipa::path(get, path = "/api/store/orders/{id}", params(("id" = OrderId, Path)),
    responses((status = 200, body = OrderBody)))]
pub(crate) async fn get_my_order(
    State(api): State<Api>,
    Caller(ctx): Caller,
    token: OrderToken,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderBody>, Problem> {
    let shown = api.get.for_shopper(&ctx, token.0.as_deref(), id).await.map_err(problem)?;
    Ok(Json(order_body(shown, api.tokens.issue(id))))
}

/// Another payment for an order whose payment was declined. 201 when it has settled, else 202.
#[utoipa::path(post, path = "/api/store/orders/{id}/payments", params(("id" = OrderId, Path), IdempotencyKey),
    request_body = PaymentBody, responses((status = 201, body = OrderBody), (status = 202, body = OrderBody)))]
pub(crate) async fn pay_again(
    State(api): State<Api>,
    Caller(ctx): Caller,
    token: OrderToken,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    Json(body): Json<PaymentBody>,
) -> Result<Response, Problem> {
    api.get.for_shopper(&ctx, token.0.as_deref(), id).await.map_err(problem)?;
    let fingerprint = Fingerprint::of(&(id, &body))?;
    let (retry, caller, token) = (api.retry.clone(), ctx.clone(), api.tokens.issue(id));
    let work = async move |operation| {
        let settled = retry.run(&caller, id, operation, body.choice()?).await.map_err(problem)?;
        Ok(answer(settled, StatusCode::CREATED, token))
    };
    once(&api, &ctx, id, ("POST /api/store/orders/{id}/payments", &key, fingerprint), work).await
}

/// Cancels what has not been sent. 200 when that is done, else 202.
#[utoipa::path(post, path = "/api/store/orders/{id}/cancel", params(("id" = OrderId, Path), IdempotencyKey),
    request_body(content = Nothing, description = "May be left out"),
    responses((status = 200, body = OrderBody), (status = 202, body = OrderBody)))]
pub(crate) async fn cancel_my_order(
    State(api): State<Api>,
    Caller(ctx): Caller,
    token: OrderToken,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    _: Option<Json<Nothing>>,
) -> Result<Response, Problem> {
    api.get.for_shopper(&ctx, token.0.as_deref(), id).await.map_err(problem)?;
    let fingerprint = Fingerprint::of(&id)?;
    let (cancel, caller, token) = (api.cancel.clone(), ctx.clone(), api.tokens.issue(id));
    let work = async move |operation| {
        let settled = cancel.run(&caller, id, operation, Reason::Customer).await.map_err(problem)?;
        Ok(answer(settled, StatusCode::OK, token))
    };
    once(&api, &ctx, id, ("POST /api/store/orders/{id}/cancel", &key, fingerprint), work).await
}
