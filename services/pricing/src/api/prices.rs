//! `/api/admin/prices`: read, set and replace prices.

use super::Api;
use super::problem::{invalid, problem};
use crate::application::list_prices::Of;
use crate::domain::Price;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Fingerprint, IdempotencyKey, Json, OptionalIdempotencyKey, Problem, Query};
use hanse_kernel::{ChannelId, Money, ProductId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};

/// Prices that one request may set.
const MOST: usize = 500;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WhichPrices {
    #[param(value_type = Option<String>)]
    product_id: Option<ProductId>,
    #[param(value_type = Option<String>)]
    variant_id: Option<VariantId>,
}

/// One price and when it applies.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PriceBody {
    variant_id: VariantId,
    channel: String,
    /// Empty: everybody.
    customer_group: String,
    min_quantity: i64,
    /// Null: it has always been valid.
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    price: Money,
    compare_at_price: Option<Money>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct PricesBody {
    items: Vec<PriceBody>,
}

impl PricesBody {
    fn of(prices: Vec<Price>) -> Json<Self> {
        let body = |p: Price| PriceBody {
            variant_id: p.variant,
            channel: p.channel.to_string(),
            customer_group: p.group,
            min_quantity: p.min_quantity,
            valid_from: Some(p.from).filter(|from| from.micros() != 0),
            valid_until: p.until,
            price: p.amount,
            compare_at_price: p.compare_at,
        };
        Json(Self { items: prices.into_iter().map(body).collect() })
    }
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrice {
    variant_id: VariantId,
    price: Money,
    compare_at_price: Option<Money>,
    /// Empty or absent: everybody.
    customer_group: Option<String>,
    /// 1 unless given.
    min_quantity: Option<i64>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPricesBody {
    channel: Option<String>,
    prices: Vec<NewPrice>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacePricesBody {
    product_id: ProductId,
    channel: Option<String>,
    prices: Vec<NewPrice>,
}

fn channel(name: Option<String>) -> ChannelId {
    name.map_or_else(ChannelId::default, |name| ChannelId::new(&name))
}

fn prices(channel: &ChannelId, new: Vec<NewPrice>) -> Result<Vec<Price>, Problem> {
    if new.len() > MOST {
        return Err(invalid("prices", "too_many", format!("must be {MOST} at most")));
    }
    let price = |(i, p): (usize, NewPrice)| {
        let group = p.customer_group.unwrap_or_default();
        if group.len() > 64 || !group.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            let message = "must be at most 64 letters, digits, hyphens or underscores";
            return Err(invalid(&format!("prices[{i}].customer_group"), "format", message));
        }
        Ok(Price {
            group,
            min_quantity: p.min_quantity.unwrap_or(1),
            from: p.valid_from.unwrap_or_default(),
            until: p.valid_until,
            ..Price::base(p.variant_id, channel.clone(), p.price, p.compare_at_price)
        })
    };
    new.into_iter().enumerate().map(price).collect()
}

/// All prices of a product or of one variant, whenever they are valid.
#[utoipa::path(get, path = "/api/admin/prices", params(WhichPrices), responses((status = 200, body = PricesBody)))]
pub async fn list_prices(
    State(api): State<Api>,
    Query(which): Query<WhichPrices>,
) -> Result<Json<PricesBody>, Problem> {
    let of = match (which.product_id, which.variant_id) {
        (Some(product), None) => Of::Product(product),
        (None, Some(variant)) => Of::Variant(variant),
        _ => return Err(invalid("product_id", "required", "or variant_id must be given, one of them")),
    };
    api.list_prices.all(of).await.map(PricesBody::of).map_err(problem)
}

/// Sets prices; others stay as they are. Answers all prices of the products concerned.
#[utoipa::path(post, path = "/api/admin/prices", params(OptionalIdempotencyKey), request_body = SetPricesBody, responses((status = 200, body = PricesBody)))]
pub async fn set_prices(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<SetPricesBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let prices = prices(&channel(body.channel), body.prices)?;
    let set = async || api.set_prices.set(&ctx, prices.clone()).await.map(PricesBody::of).map_err(problem);
    match key {
        None => set().await.map(IntoResponse::into_response),
        Some(key) => {
            let scope = "POST /api/admin/prices";
            api.idempotency.run(&ctx, scope, &key, fingerprint, async |_| set().await).await
        }
    }
}

/// Puts these prices in the place of all that the product has in the channel.
#[utoipa::path(put, path = "/api/admin/prices", request_body = ReplacePricesBody, responses((status = 200, body = PricesBody)))]
pub async fn replace_prices(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<ReplacePricesBody>,
) -> Result<Json<PricesBody>, Problem> {
    let channel = channel(body.channel);
    let prices = prices(&channel, body.prices)?;
    api.set_prices.replace(&ctx, body.product_id, channel, prices).await.map(PricesBody::of).map_err(problem)
}
