//! `/api/store/carts/{id}/shipping-methods`: the ways in which the cart can be sent.

use super::Api;
use super::problem::problem;
use crate::application::ports::Offer;
use axum::extract::State;
use hanse_http::{Caller, Json, Path, Problem};
use hanse_kernel::{CartId, Money, ShippingMethodId};
use serde::Serialize;

#[derive(Serialize, utoipa::ToSchema)]
pub struct ShippingMethodBody {
    id: ShippingMethodId,
    title: String,
    price: Money,
    estimate: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ShippingMethodsBody {
    items: Vec<ShippingMethodBody>,
}

/// With their prices for this cart. Empty when nothing must be sent, or when the address's country is not served.
#[utoipa::path(get, path = "/api/store/carts/{cart_id}/shipping-methods", params(("cart_id" = String, Path)),
    responses((status = 200, body = ShippingMethodsBody)))]
pub async fn list_shipping_methods(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(cart): Path<CartId>,
) -> Result<Json<ShippingMethodsBody>, Problem> {
    let offers = api.methods.run(&ctx, cart).await.map_err(problem)?;
    let body =
        |o: Offer| ShippingMethodBody { id: o.id, title: o.title, price: o.price, estimate: o.estimate };
    Ok(Json(ShippingMethodsBody { items: offers.into_iter().map(body).collect() }))
}
