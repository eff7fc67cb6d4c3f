//! `/api/admin/variants`: single variants by SKU, their prices and stock.

use super::Api;
use super::body::{PolicyBody, TaxClassBody, metadata};
use super::fields::given;
use super::problems::{limit, problem};
use super::view::{self, AdminVariant, AdminVariantList};
use crate::application::ProductError;
use crate::application::change_variant::{ChangeVariant, VariantChanges};
use crate::application::create_product::Asked;
use crate::application::read_products::{FindVariants, ReadProduct, VariantsInput};
use crate::domain::content::TaxClass;
use crate::domain::stock::StockPolicy;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Accepted, Caller, ETag, IfMatch, Json, Path, Problem, Query};
use hanse_kernel::{Money, VariantId};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VariantsQuery {
    /// Exactly this SKU; left out, all variants in the order of their SKUs.
    sku: Option<String>,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

/// Fields that are left out stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantChangesBody {
    #[serde(default)]
    sku: Option<String>,
    #[serde(default)]
    price: Option<Money>,
    /// Only beside a price; a price without it has none.
    #[serde(default)]
    compare_at_price: Option<Money>,
    /// Units on the shelf.
    #[serde(default)]
    stock: Option<i64>,
    #[serde(default)]
    stock_policy: Option<PolicyBody>,
    #[serde(default, deserialize_with = "given")]
    barcode: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    weight_grams: Option<Option<i64>>,
    #[serde(default)]
    tax_class: Option<TaxClassBody>,
    #[serde(default)]
    requires_shipping: Option<bool>,
    /// A JSON object of at most 16 KiB and 5 levels.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
}

/// Variants by SKU.
#[utoipa::path(get, path = "/api/admin/variants", params(VariantsQuery),
    responses((status = 200, body = AdminVariantList)))]
pub(crate) async fn find_variants(
    State(api): State<Api>,
    Query(query): Query<VariantsQuery>,
) -> Result<Json<AdminVariantList>, Problem> {
    let input = VariantsInput { sku: query.sku, cursor: query.cursor, limit: limit(query.limit)? };
    let page = FindVariants(api.catalogue).run(input).await.map_err(problem)?;
    let items = page
        .items
        .iter()
        .filter_map(|(id, found)| found.product.variant(*id).map(|variant| view::variant(found, variant)));
    Ok(Json(AdminVariantList { items: items.collect(), next_cursor: page.next.map(|c| c.to_string()) }))
}

/// Changes one variant. 202 when prices or stock were asked for: they show once pricing and inventory have
/// confirmed, a moment later. `If-Match` is of its product.
#[utoipa::path(patch, path = "/api/admin/variants/{id}", params(("id" = VariantId, Path), IfMatch),
    request_body = VariantChangesBody,
    responses((status = 200, body = AdminVariant), (status = 202, body = AdminVariant)))]
pub(crate) async fn change_variant(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<VariantId>,
    if_match: IfMatch,
    Json(body): Json<VariantChangesBody>,
) -> Result<Response, Problem> {
    let mut faults = vec![];
    let metadata = metadata(body.metadata, "metadata", &mut faults);
    if !faults.is_empty() {
        return Err(problem(ProductError::Invalid(faults)));
    }
    let changes = VariantChanges {
        sku: body.sku,
        barcode: body.barcode,
        weight_grams: body.weight_grams,
        tax_class: body.tax_class.map(TaxClass::from),
        requires_shipping: body.requires_shipping,
        metadata,
        asked: Asked {
            price: body.price,
            compare_at: body.compare_at_price,
            stock: body.stock,
            policy: body.stock_policy.map(StockPolicy::from),
        },
    };
    let later = changes.asks();
    let product =
        ChangeVariant(api.catalogue.clone()).run(&ctx, id, if_match.0, changes).await.map_err(problem)?;
    let found = ReadProduct(api.catalogue).run(product).await.map_err(problem)?;
    let variant = found.product.variant(id).ok_or_else(|| problem(ProductError::NotFound("variant")))?;
    let (etag, shown) = (ETag(found.product.version), view::variant(&found, variant));
    Ok(if later {
        (etag, Accepted(format!("/api/admin/products/{product}"), shown)).into_response()
    } else {
        (etag, Json(shown)).into_response()
    })
}
