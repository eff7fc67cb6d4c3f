//! `/api/admin/products`: what staff do with products.

use super::Api;
use super::body::{NewProductBody, ProductChangesBody};
use super::problems::{limit, problem};
use super::view::{self, AdminProduct, AdminProductList};
use crate::application::ProductError;
use crate::application::change_product::{ChangeProduct, DeleteProduct};
use crate::application::create_product::CreateProduct;
use crate::application::read_products::{ListAllProducts, ProductsInput, ReadProduct};
use axum::extract::State;
use axum::response::Response;
use hanse_http::{
    Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem,
    Query, StatusCode,
};
use hanse_kernel::ProductId;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductsQuery {
    /// Words to search for, in drafts too.
    q: Option<String>,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

/// All products, drafts too, newest first or by search.
#[utoipa::path(get, path = "/api/admin/products", params(ProductsQuery),
    responses((status = 200, body = AdminProductList)))]
pub(crate) async fn list_all_products(
    State(api): State<Api>,
    Query(query): Query<ProductsQuery>,
) -> Result<Json<AdminProductList>, Problem> {
    let input = ProductsInput { q: query.q, cursor: query.cursor, limit: limit(query.limit)? };
    let (page, total) = ListAllProducts(api.catalogue).run(input).await.map_err(problem)?;
    let items = page.items.iter().map(view::product).collect();
    Ok(Json(AdminProductList { items, next_cursor: page.next.map(|c| c.to_string()), total }))
}

/// Creates a product. It is a draft until prices and stock are confirmed, a moment later; `pending` tells.
#[utoipa::path(post, path = "/api/admin/products", params(OptionalIdempotencyKey), request_body = NewProductBody,
    responses((status = 201, body = AdminProduct)))]
pub(crate) async fn create_product(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewProductBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let catalogue = api.catalogue.clone();
    let caller = ctx.clone();
    let work = async move |operation| {
        let new = body.into_new(ProductId::new(operation)).map_err(|f| problem(ProductError::Invalid(f)))?;
        let id = CreateProduct(catalogue.clone()).run(&caller, new).await.map_err(problem)?;
        let made = ReadProduct(catalogue).run(id).await.map_err(problem)?;
        Ok((ETag(made.product.version), Created(format!("/api/admin/products/{id}"), view::product(&made))))
    };
    api.maybe_once(&ctx, "POST /api/admin/products", key, fingerprint, work).await
}

/// One product with what pricing and inventory told last.
#[utoipa::path(get, path = "/api/admin/products/{id}", params(("id" = ProductId, Path)),
    responses((status = 200, body = AdminProduct)))]
pub(crate) async fn read_product(
    State(api): State<Api>,
    Path(id): Path<ProductId>,
) -> Result<(ETag, Json<AdminProduct>), Problem> {
    let found = ReadProduct(api.catalogue).run(id).await.map_err(problem)?;
    Ok((ETag(found.product.version), Json(view::product(&found))))
}

/// Changes a product: fields that are left out stay, lists that are given replace the whole list. New prices and
/// stock show once they are confirmed, a moment later.
#[utoipa::path(patch, path = "/api/admin/products/{id}", params(("id" = ProductId, Path), IfMatch),
    request_body = ProductChangesBody, responses((status = 200, body = AdminProduct)))]
pub(crate) async fn change_product(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Json(body): Json<ProductChangesBody>,
) -> Result<(ETag, Json<AdminProduct>), Problem> {
    let present = ReadProduct(api.catalogue.clone()).run(id).await.map_err(problem)?;
    let own = present.own.clone();
    let names: Vec<String> = present.product.options(&own, &own).into_iter().map(str::to_string).collect();
    let changes = body.into_changes(&names).map_err(|f| problem(ProductError::Invalid(f)))?;
    // The names of the options were read at this version.
    let version = if_match.0.or(changes.variants.is_some().then_some(present.product.version));
    ChangeProduct(api.catalogue.clone()).run(&ctx, id, version, changes).await.map_err(problem)?;
    let changed = ReadProduct(api.catalogue).run(id).await.map_err(problem)?;
    Ok((ETag(changed.product.version), Json(view::product(&changed))))
}

/// Deletes a product with its variants. Orders keep what they froze.
#[utoipa::path(delete, path = "/api/admin/products/{id}", params(("id" = ProductId, Path), IfMatch),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete_product(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    DeleteProduct(api.catalogue).run(&ctx, id, if_match.0).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
