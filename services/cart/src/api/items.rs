//! `/api/store/carts/{id}/items`: put in, another quantity, take out.

use super::body::CartBody;
use super::problem::{metadata, problem, validation};
use super::{Answer, Api};
use crate::application::add_item::NewItem;
use crate::domain::Fault;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem};
use hanse_kernel::{CartId, ItemId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItemBody {
    variant_id: String,
    /// 1 to 999.
    quantity: i64,
    /// Your own JSON object; pieces with another one are a line of their own.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityBody {
    /// 1 to 999.
    quantity: i64,
}

/// Puts pieces of a variant into the cart; answers the whole cart.
#[utoipa::path(post, path = "/api/store/carts/{cart_id}/items", request_body = NewItemBody,
    params(("cart_id" = String, Path), IfMatch,
        OptionalIdempotencyKey),
    responses((status = 200, body = CartBody), (status = 409, description = "out_of_stock")))]
pub async fn add_item(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(cart): Path<CartId>,
    IfMatch(version): IfMatch,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewItemBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&(cart, &body))?;
    let metadata = metadata(&body.metadata)?;
    let unknown = || Fault::new("variant_id", "unknown_variant", "is not for sale here");
    let variant = body.variant_id.parse().map_err(|_| validation(vec![unknown()]))?;
    let add = async |operation: Option<Uuid>| {
        let new = NewItem { variant, quantity: body.quantity, metadata, operation };
        api.add.run(&ctx, cart, version, new).await.map(CartBody::answer).map_err(problem)
    };
    match key {
        None => add(None).await.map(IntoResponse::into_response),
        Some(key) => {
            // The cart is in the fingerprint, not in the scope: its id is a secret and keys outlive carts.
            let scope = "POST /api/store/carts/{id}/items";
            let work = async |operation| add(Some(operation)).await;
            api.idempotency.run(&ctx, scope, &key, fingerprint, work).await
        }
    }
}

/// Another quantity of a line.
#[utoipa::path(patch, path = "/api/store/carts/{cart_id}/items/{item_id}",
    params(("cart_id" = String, Path), ("item_id" = String, Path), IfMatch), request_body = QuantityBody,
    responses((status = 200, body = CartBody), (status = 412, description = "precondition_failed")))]
pub async fn change_item(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path((cart, item)): Path<(CartId, ItemId)>,
    IfMatch(version): IfMatch,
    Json(body): Json<QuantityBody>,
) -> Result<Answer, Problem> {
    let changed = api.items.set_quantity(&ctx, cart, version, item, body.quantity).await;
    changed.map(CartBody::answer).map_err(problem)
}

/// Takes a line out.
#[utoipa::path(delete, path = "/api/store/carts/{cart_id}/items/{item_id}",
    params(("cart_id" = String, Path), ("item_id" = String, Path), IfMatch),
    responses((status = 200, body = CartBody), (status = 412, description = "precondition_failed")))]
pub async fn remove_item(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path((cart, item)): Path<(CartId, ItemId)>,
    IfMatch(version): IfMatch,
) -> Result<Answer, Problem> {
    api.items.remove(&ctx, cart, version, item).await.map(CartBody::answer).map_err(problem)
}
