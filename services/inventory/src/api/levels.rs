//! `GET /api/admin/inventory`: the stock by sku.

use super::Api;
use super::problems::{cursor, limit, problem};
use crate::application::lists::ListLevels;
use crate::application::ports::{ListStock, StockRow};
use axum::extract::State;
use hanse_http::{Json, Problem, Query};
use hanse_kernel::{LocationId, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StockQuery {
    /// Only skus that begin so.
    #[serde(default)]
    sku: String,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StockItem {
    variant_id: VariantId,
    sku: String,
    location_id: LocationId,
    /// `deny`, `continue` or `untracked`.
    policy: &'static str,
    /// What lies on the shelf: available, reserved and sold.
    on_hand: i64,
    reserved: i64,
    /// Sold and not yet shipped.
    sold: i64,
    available: i64,
    /// Shipped, ever.
    out: i64,
    /// Sold or held without being there, over all locations.
    backordered: i64,
    level_version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StockPage {
    items: Vec<StockItem>,
    next_cursor: Option<String>,
}

fn item(row: StockRow) -> StockItem {
    StockItem {
        variant_id: row.variant,
        sku: row.sku,
        location_id: row.location,
        policy: row.policy.as_str(),
        on_hand: row.on_hand,
        reserved: row.reserved,
        sold: row.sold,
        available: row.available,
        out: row.shipped,
        backordered: row.backordered,
        level_version: row.version,
    }
}

/// What lies where, by sku: one item per variant and location.
#[utoipa::path(get, path = "/api/admin/inventory", params(StockQuery), responses((status = 200, body = StockPage)))]
pub(crate) async fn list_stock(
    State(api): State<Api>,
    Query(query): Query<StockQuery>,
) -> Result<Json<StockPage>, Problem> {
    let after = cursor(query.cursor.as_deref())?;
    let wanted = ListStock { sku: query.sku, after, limit: limit(query.limit)? };
    let page = ListLevels(api.desk).run(wanted).await.map_err(problem)?.map(item);
    Ok(Json(StockPage { items: page.items, next_cursor: page.next.map(|c| c.to_string()) }))
}
