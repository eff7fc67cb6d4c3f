//! `POST /api/store/checkout`: a cart becomes an order.

use super::Api;
use super::body::{OrderBody, order_body};
use super::problems::problem;
use crate::application::place::Wish;
use crate::application::ports::PaymentChoice;
use crate::application::waiting::Settled;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Fingerprint, IdempotencyKey, Json, Problem, StatusCode};
use hanse_kernel::{CartId, Ctx, Money, OrderId, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkout {
    cart_id: CartId,
    /// The version that the shopper saw.
    cart_version: i64,
    /// The total that the shopper saw; another one is refused with the cart as it is now.
    expected_total: Money,
    /// May be left out when there is nothing to pay.
    payment: Option<PaymentBody>,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentBody {
    /// Such as `test`.
    pub provider: String,
    /// What the provider gave the shopper for their means of payment.
    pub token: String,
}

impl PaymentBody {
    pub fn choice(self) -> Result<PaymentChoice, Problem> {
        let refuse = |field: &str, longest: usize| {
            let rule = format!("must be 1 to {longest} characters");
            Problem::validation(format!("{field} {rule}")).field(field, "length", rule)
        };
        if !(1..=40).contains(&self.provider.len()) {
            return Err(refuse("payment.provider", 40));
        }
        if !(1..=500).contains(&self.token.len()) {
            return Err(refuse("payment.token", 500));
        }
        Ok(PaymentChoice { provider: self.provider, token: Secret::from(self.token) })
    }
}

/// Orders the cart. 201 when the order has come to its end or waits for the shopper, else 202: follow it.
#[utoipa::path(post, path = "/api/store/checkout", params(IdempotencyKey), request_body = Checkout,
    responses((status = 201, body = OrderBody), (status = 202, body = OrderBody)))]
pub(crate) async fn checkout(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: IdempotencyKey,
    Json(body): Json<Checkout>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let (place, caller, tokens) = (api.place.clone(), ctx.clone(), api.tokens.clone());
    let work = async move |operation: Uuid| {
        let order = OrderId::new(operation);
        let wish = Wish {
            order,
            cart: body.cart_id,
            cart_version: body.cart_version,
            expected: body.expected_total,
            payment: body.payment.map(PaymentBody::choice).transpose()?,
        };
        let settled = place.run(&caller, wish).await.map_err(problem)?;
        Ok::<_, Problem>(answer(settled, StatusCode::CREATED, tokens.issue(order)))
    };
    let secret = |operation: Uuid| vec![api.tokens.issue(OrderId::new(operation))];
    api.idempotency.run_sealed(&ctx, "POST /api/store/checkout", &key, fingerprint, secret, work).await
}

/// The order with `status` when it has settled, else 202; in both cases with its place.
pub(crate) fn answer(settled: Settled, status: StatusCode, token: String) -> Response {
    let place = format!("/api/store/orders/{}", settled.shown.order.id);
    let status = if settled.settled { status } else { StatusCode::ACCEPTED };
    let mut response = (status, Json(order_body(settled.shown, token))).into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// A token in an answer is not stored with it: it is made again when the answer is replayed.
pub(crate) async fn once<F, Fut>(
    api: &Api,
    ctx: &Ctx,
    order: OrderId,
    (scope, key, fingerprint): (&'static str, &IdempotencyKey, Fingerprint),
    work: F,
) -> Result<Response, Problem>
where
    F: FnOnce(Uuid) -> Fut,
    Fut: Future<Output = Result<Response, Problem>>,
{
    let secret = |_| vec![api.tokens.issue(order)];
    api.idempotency.run_sealed(ctx, scope, key, fingerprint, secret, work).await
}
