//! `/api/store/carts`: open, read and change a cart.

use super::body::{AddressBody, CartBody};
use super::problem::{metadata, problem, validation};
use super::{Answer, Api};
use crate::domain::cart::MOST_CODES;
use crate::domain::{Address, Change, Code, Email, Fault};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, Path, Problem};
use hanse_kernel::{Actor, CartId, ShippingMethodId};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Who sends a guest's key again gets the guest's cart, so such a key must not be guessed.
const SHORTEST_GUEST_KEY: usize = 16;

/// Nothing to say yet.
#[derive(Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCartBody {}

fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// What is absent stays as it is, null takes it away.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartChangeBody {
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<AddressBody>)]
    shipping_address: Option<Option<AddressBody>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<AddressBody>)]
    billing_address: Option<Option<AddressBody>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    shipping_method_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>)]
    discount_codes: Option<Option<Vec<String>>>,
    /// Your own JSON object of at most 4,096 bytes.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

impl CartChangeBody {
    /// Judges every field, so that all faults are told at once.
    fn read(self) -> Result<Change, Problem> {
        let metadata = self.metadata.as_ref().map(metadata).transpose()?;
        let mut faults: Vec<Fault> = vec![];
        let email = self.email.map(|given| {
            given.and_then(|text| Email::parse("email", &text).map_err(|f| faults.push(f)).ok())
        });
        let mut address = |field: &str, given: Option<Option<AddressBody>>| {
            given.map(|given| {
                let checked = |a: AddressBody| Address::from(a).checked(field);
                given.and_then(|a| checked(a).map_err(|f| faults.extend(f)).ok())
            })
        };
        let shipping_address = address("shipping_address", self.shipping_address);
        let billing_address = address("billing_address", self.billing_address);
        let method = |text: String| {
            let unknown =
                || Fault::new("shipping_method_id", "unknown_shipping_method", "is no shipping method");
            text.parse::<ShippingMethodId>().map_err(|_| faults.push(unknown())).ok()
        };
        let shipping_method = self.shipping_method_id.map(|given| given.and_then(method));
        let codes = self.discount_codes.map(|given| read_codes(given.unwrap_or_default(), &mut faults));
        let change = Change { email, shipping_address, billing_address, shipping_method, codes, metadata };
        if faults.is_empty() { Ok(change) } else { Err(validation(faults)) }
    }
}

fn read_codes(given: Vec<String>, faults: &mut Vec<Fault>) -> Vec<Code> {
    if given.len() > MOST_CODES {
        let rule = format!("must be {MOST_CODES} at most");
        faults.push(Fault::new("discount_codes", "too_many", rule));
        return vec![];
    }
    let mut codes: Vec<Code> = vec![];
    for (i, text) in given.iter().enumerate() {
        match Code::parse(&format!("discount_codes[{i}]"), text) {
            Ok(code) if codes.contains(&code) => {}
            Ok(code) => codes.push(code),
            Err(fault) => faults.push(fault),
        }
    }
    codes
}

/// Opens an empty cart. A guest's cart belongs to whoever holds its id; keep it secret.
#[utoipa::path(post, path = "/api/store/carts", request_body(content = NewCartBody),
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again with the same body it gets the same answer, for 72 hours. Of a guest: at least 16 characters, and not to be guessed")),
    responses((status = 201, body = CartBody)))]
pub async fn create_cart(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    body: Option<Json<NewCartBody>>,
) -> Result<Response, Problem> {
    let create = async || {
        let view = api.open.run(&ctx).await.map_err(problem)?;
        let (version, id) = (view.cart.version, view.cart.id);
        Ok((ETag(version), Created(format!("/api/store/carts/{id}"), CartBody::from(view))))
    };
    let Some(key) = key else { return create().await.map(IntoResponse::into_response) };
    if ctx.actor == Actor::Anonymous && key.0.len() < SHORTEST_GUEST_KEY {
        let rule = format!("must have at least {SHORTEST_GUEST_KEY} random characters here");
        return Err(validation(vec![Fault::new("Idempotency-Key", "length", rule)]));
    }
    let fingerprint = Fingerprint::of(&body.map(|Json(b)| b).unwrap_or_default())?;
    // A retry after a crash may leave an empty cart behind; it expires.
    api.idempotency.run(&ctx, "POST /api/store/carts", &key, fingerprint, async |_| create().await).await
}

/// The whole cart. The first time a customer asks for a guest's cart, it becomes theirs alone.
#[utoipa::path(get, path = "/api/store/carts/{cart_id}", params(("cart_id" = String, Path)), responses((status = 200, body = CartBody)))]
pub async fn get_cart(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(cart): Path<CartId>,
) -> Result<Answer, Problem> {
    api.show.run(&ctx, cart).await.map(CartBody::answer).map_err(problem)
}

/// Changes e-mail, addresses, shipping method, discount codes; answers the whole cart.
#[utoipa::path(patch, path = "/api/store/carts/{cart_id}", params(("cart_id" = String, Path), IfMatch), request_body = CartChangeBody,
    responses((status = 200, body = CartBody), (status = 412, description = "precondition_failed")))]
pub async fn change_cart(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(cart): Path<CartId>,
    IfMatch(version): IfMatch,
    Json(body): Json<CartChangeBody>,
) -> Result<Answer, Problem> {
    let change = body.read()?;
    api.change.run(&ctx, cart, version, change).await.map(CartBody::answer).map_err(problem)
}
