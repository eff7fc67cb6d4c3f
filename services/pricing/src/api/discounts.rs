//! `/api/admin/discounts`: discount codes.

use super::problem::{invalid, problem};
use super::{Api, nullable};
use crate::application::discounts::{DiscountChange, NewDiscount};
use crate::domain::{Benefit, Code, Discount};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{
    Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem,
    Query,
};
use hanse_kernel::{Cursor, DiscountId, Limit, Money, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountType {
    Percentage,
    Fixed,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DiscountBody {
    id: DiscountId,
    code: String,
    #[serde(rename = "type")]
    kind: DiscountType,
    /// Of a percentage: basis points, 1,000 for 10 %.
    percentage_bp: Option<i64>,
    /// Of a fixed discount.
    amount: Option<Money>,
    minimum: Option<Money>,
    limit_total: Option<i64>,
    limit_per_customer: Option<i64>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    active: bool,
    /// Orders that are under way with it.
    held: i64,
    /// Confirmed orders with it.
    redeemed: i64,
    version: i64,
    created_at: Timestamp,
}

impl From<Discount> for DiscountBody {
    fn from(d: Discount) -> Self {
        let (kind, percentage_bp, amount) = match d.benefit {
            Benefit::Percentage(bp) => (DiscountType::Percentage, Some(bp), None),
            Benefit::Fixed(amount) => (DiscountType::Fixed, None, Some(amount)),
        };
        Self {
            id: d.id,
            code: d.code.to_string(),
            kind,
            percentage_bp,
            amount,
            minimum: d.minimum,
            limit_total: d.limit_total,
            limit_per_customer: d.limit_per_customer,
            starts_at: d.starts_at,
            ends_at: d.ends_at,
            active: d.active,
            held: d.held,
            redeemed: d.redeemed,
            version: d.version,
            created_at: d.created_at,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DiscountsBody {
    items: Vec<DiscountBody>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDiscountBody {
    code: String,
    #[serde(rename = "type")]
    kind: DiscountType,
    percentage_bp: Option<i64>,
    amount: Option<Money>,
    minimum: Option<Money>,
    limit_total: Option<i64>,
    limit_per_customer: Option<i64>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    /// True unless given.
    active: Option<bool>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountChangeBody {
    percentage_bp: Option<i64>,
    amount: Option<Money>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Money>)]
    minimum: Option<Option<Money>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    limit_total: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    limit_per_customer: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Timestamp>)]
    starts_at: Option<Option<Timestamp>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Timestamp>)]
    ends_at: Option<Option<Timestamp>>,
    active: Option<bool>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WhichDiscounts {
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Exactly one of the two; of the kind that was announced.
fn benefit(percentage_bp: Option<i64>, amount: Option<Money>) -> Result<Option<Benefit>, Problem> {
    match (percentage_bp, amount) {
        (Some(bp), None) => Ok(Some(Benefit::Percentage(bp))),
        (None, Some(amount)) => Ok(Some(Benefit::Fixed(amount))),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(invalid("amount", "exclusive", "and percentage_bp exclude each other")),
    }
}

impl NewDiscountBody {
    fn read(self) -> Result<NewDiscount, Problem> {
        let code: Code = self.code.parse().map_err(|e| invalid("code", "format", e))?;
        let benefit = match (benefit(self.percentage_bp, self.amount)?, self.kind) {
            (Some(b @ Benefit::Percentage(_)), DiscountType::Percentage) => b,
            (Some(b @ Benefit::Fixed(_)), DiscountType::Fixed) => b,
            (_, DiscountType::Percentage) => {
                return Err(invalid("percentage_bp", "required", "is required for a percentage"));
            }
            (_, DiscountType::Fixed) => {
                return Err(invalid("amount", "required", "is required for a fixed discount"));
            }
        };
        Ok(NewDiscount {
            code,
            benefit,
            minimum: self.minimum,
            limit_total: self.limit_total,
            limit_per_customer: self.limit_per_customer,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            active: self.active.unwrap_or(true),
        })
    }
}

/// Codes in alphabetical order.
#[utoipa::path(get, path = "/api/admin/discounts", params(WhichDiscounts), responses((status = 200, body = DiscountsBody)))]
pub async fn list_discounts(
    State(api): State<Api>,
    Query(which): Query<WhichDiscounts>,
) -> Result<Json<DiscountsBody>, Problem> {
    let range = || invalid("limit", "range", format!("must be between 1 and {}", Limit::MAX));
    let limit = which.limit.map_or(Some(Limit::DEFAULT), Limit::new).ok_or_else(range)?;
    let after = which.cursor.as_deref().map(Cursor::decode::<String>).transpose();
    let after = after.map_err(|e| invalid("cursor", "format", e))?;
    let page = api.discounts.list(after, limit).await.map_err(problem)?.map(DiscountBody::from);
    Ok(Json(DiscountsBody { items: page.items, next_cursor: page.next.map(|c| c.to_string()) }))
}

#[utoipa::path(post, path = "/api/admin/discounts", request_body = NewDiscountBody,
    params(OptionalIdempotencyKey),
    responses((status = 201, body = DiscountBody), (status = 409, description = "discount_code_taken")))]
pub async fn create_discount(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewDiscountBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let new = body.read()?;
    let create = async |id: DiscountId| {
        let made = api.discounts.create(&ctx, id, new).await.map_err(problem)?;
        Ok(Created(format!("/api/admin/discounts/{}", made.id), DiscountBody::from(made)))
    };
    match key {
        None => create(api.effects.id()).await.map(IntoResponse::into_response),
        Some(key) => {
            let scope = "POST /api/admin/discounts";
            let work = async |operation| create(DiscountId::new(operation)).await;
            api.idempotency.run(&ctx, scope, &key, fingerprint, work).await
        }
    }
}

#[utoipa::path(get, path = "/api/admin/discounts/{id}", params(("id" = String, Path)), responses((status = 200, body = DiscountBody)))]
pub async fn get_discount(
    State(api): State<Api>,
    Path(id): Path<DiscountId>,
) -> Result<(ETag, Json<DiscountBody>), Problem> {
    let found = api.discounts.find(id).await.map_err(problem)?;
    Ok((ETag(found.version), Json(found.into())))
}

/// Changes what is given; the code itself stays.
#[utoipa::path(patch, path = "/api/admin/discounts/{id}", params(("id" = String, Path), IfMatch), request_body = DiscountChangeBody,
    responses((status = 200, body = DiscountBody), (status = 409, description = "limit_below_use")))]
pub async fn change_discount(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<DiscountId>,
    IfMatch(version): IfMatch,
    Json(body): Json<DiscountChangeBody>,
) -> Result<(ETag, Json<DiscountBody>), Problem> {
    let change = DiscountChange {
        benefit: benefit(body.percentage_bp, body.amount)?,
        minimum: body.minimum,
        limit_total: body.limit_total,
        limit_per_customer: body.limit_per_customer,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        active: body.active,
    };
    let changed = api.discounts.change(&ctx, id, version, change).await.map_err(problem)?;
    Ok((ETag(changed.version), Json(changed.into())))
}
