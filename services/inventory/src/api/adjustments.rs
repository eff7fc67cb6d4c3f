//! `/api/admin/inventory/adjustments`: changing a count by hand, and the ledger of all changes.

use super::Api;
use super::problems::{cursor, limit, problem};
use crate::application::adjust::{Adjust, Adjusted, Wanted};
use crate::application::lists::ListAdjustments;
use crate::domain::{Adjustment, Change, Reason};
use axum::extract::State;
use axum::response::Response;
use hanse_http::{Caller, Created, Fingerprint, IdempotencyKey, Json, Problem, Query};
use hanse_kernel::{AdjustmentId, LocationId, OrderId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdjustStock {
    variant_id: VariantId,
    /// The main location unless told.
    location_id: Option<LocationId>,
    /// So many more or fewer; either this or `set_on_hand`.
    delta: Option<i64>,
    /// So many lie on the shelf.
    set_on_hand: Option<i64>,
    /// Kept in the ledger; 1 to 200 characters.
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentItem {
    id: AdjustmentId,
    variant_id: VariantId,
    location_id: LocationId,
    /// `manual`, `import` or `shipment` (owed goods that left without ever being counted in).
    origin: &'static str,
    delta: i64,
    /// What lay on the shelf afterwards.
    on_hand: i64,
    reason: String,
    /// Who, such as `staff:user_…` or `service:product`.
    actor: String,
    order_id: Option<OrderId>,
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustedStock {
    #[serde(flatten)]
    adjustment: AdjustmentItem,
    sku: String,
    /// What can still be promised, over all locations.
    available: i64,
    level_version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentPage {
    items: Vec<AdjustmentItem>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerQuery {
    variant_id: VariantId,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

fn item(a: Adjustment) -> AdjustmentItem {
    AdjustmentItem {
        id: a.id,
        variant_id: a.variant,
        location_id: a.location,
        origin: a.origin.as_str(),
        delta: a.delta,
        on_hand: a.on_hand,
        reason: a.reason,
        actor: a.actor,
        order_id: a.order,
        created_at: a.at,
    }
}

fn adjusted(Adjusted { adjustment, stock }: Adjusted) -> AdjustedStock {
    AdjustedStock {
        available: stock.promisable(),
        level_version: stock.version,
        sku: stock.sku,
        adjustment: item(adjustment),
    }
}

fn wanted(body: &AdjustStock, operation: uuid::Uuid) -> Result<Wanted, Problem> {
    let change = match (body.delta, body.set_on_hand) {
        (Some(delta), None) => Change::Delta(delta),
        (None, Some(on_hand)) => Change::SetOnHand(on_hand),
        _ => {
            let rule = "either delta or set_on_hand must be given";
            return Err(Problem::validation(rule).field("delta", "exclusive", rule).field(
                "set_on_hand",
                "exclusive",
                rule,
            ));
        }
    };
    let reason = Reason::new(&body.reason)
        .map_err(|rule| Problem::validation(format!("reason {rule}")).field("reason", "length", rule))?;
    let id = AdjustmentId::new(operation);
    Ok(Wanted { id, variant: body.variant_id, location: body.location_id, change, reason })
}

/// Changes how much of a variant lies at a location.
#[utoipa::path(post, path = "/api/admin/inventory/adjustments", params(IdempotencyKey), request_body = AdjustStock,
    responses((status = 201, body = AdjustedStock)))]
pub(crate) async fn adjust_stock(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: IdempotencyKey,
    Json(body): Json<AdjustStock>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let (desk, caller) = (api.desk.clone(), ctx.clone());
    let work = async move |operation| {
        let done = Adjust(desk).run(&caller, wanted(&body, operation)?).await.map_err(problem)?;
        let place = format!("/api/admin/inventory/adjustments?variant_id={}", done.adjustment.variant);
        Ok(Created(place, adjusted(done)))
    };
    api.idempotency.run(&ctx, "POST /api/admin/inventory/adjustments", &key, fingerprint, work).await
}

/// The ledger of a variant, the newest first.
#[utoipa::path(get, path = "/api/admin/inventory/adjustments", params(LedgerQuery),
    responses((status = 200, body = AdjustmentPage)))]
pub(crate) async fn list_adjustments(
    State(api): State<Api>,
    Query(query): Query<LedgerQuery>,
) -> Result<Json<AdjustmentPage>, Problem> {
    let before = cursor(query.cursor.as_deref())?;
    let page = ListAdjustments(api.desk).run(query.variant_id, before, limit(query.limit)?).await;
    let page = page.map_err(problem)?.map(item);
    Ok(Json(AdjustmentPage { items: page.items, next_cursor: page.next.map(|c| c.to_string()) }))
}
