//! `/api/store/products`, `/api/store/products/{slug}`, `/api/store/categories`: what shoppers see. Bodies come ready
//! made from the catalogue; the types here describe them.

use super::Api;
use super::problems::{limit, problem};
use crate::application::answers::Body;
use crate::application::list_products::{ListInput, ListProducts, Sort};
use crate::application::show_product::{ListCategories, ShowProduct, Shown};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{Caller, Path, Problem, Query, StatusCode};
use hanse_kernel::{Currency, Money};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, VARY};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Words to search for: all must be found, the last may be the beginning of one.
    q: Option<String>,
    /// The slug of a category; what is below it counts too.
    category: Option<String>,
    /// The slug of a collection.
    collection: Option<String>,
    /// `newest`, `price`, `-price`, `title` or `relevance`; `newest` unless something is searched.
    sort: Option<String>,
    /// One of the channel's currencies, its first unless told.
    currency: Option<String>,
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// One of the channel's currencies, its first unless told.
    currency: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedImage {
    pub url: String,
    pub alt: String,
    /// Pixels; null when the picture lies elsewhere.
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// The sizes that it is there in, as an image's `srcset` has them; null when it was not uploaded here.
    pub srcset: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedProduct {
    pub id: String,
    pub slug: String,
    pub title: String,
    pub subtitle: Option<String>,
    /// The slug of its category.
    pub category: Option<String>,
    pub image: Option<ListedImage>,
    /// Of the cheapest variant.
    pub price: Money,
    /// Of the dearest.
    pub price_max: Money,
    /// What the cheapest variant cost before.
    pub compare_at_price: Option<Money>,
    pub tax_included: bool,
    /// `in_stock`, `low_stock`, `out_of_stock`, `backorder` or `unknown`.
    pub availability: String,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductList {
    pub items: Vec<ListedProduct>,
    pub next_cursor: Option<String>,
    pub total: i64,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageCategory {
    pub slug: String,
    pub title: String,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageImage {
    pub id: String,
    pub url: String,
    pub alt: String,
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// As in a list.
    pub srcset: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageOption {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageVariant {
    pub id: String,
    pub sku: String,
    /// Its option values; empty for a product without options.
    pub title: String,
    /// Values by the names of the options.
    pub options: BTreeMap<String, String>,
    pub image_id: Option<String>,
    /// Null: not for sale in this currency.
    pub price: Option<Money>,
    pub compare_at_price: Option<Money>,
    pub availability: String,
    /// Null when stock is not counted.
    pub available_quantity: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductPage {
    pub id: String,
    pub slug: String,
    pub title: String,
    pub subtitle: Option<String>,
    /// Safe to show as it is.
    pub description_html: String,
    pub vendor: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub tags: Vec<String>,
    pub category: Option<PageCategory>,
    pub images: Vec<PageImage>,
    pub options: Vec<PageOption>,
    pub variants: Vec<PageVariant>,
    pub tax_included: bool,
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreCategory {
    pub slug: String,
    pub title: String,
    /// The slug of the one above it.
    pub parent: Option<String>,
    /// Products for sale in it and below it.
    pub product_count: i64,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreCategoryList {
    pub items: Vec<StoreCategory>,
}

fn currency(code: Option<&str>) -> Result<Option<Currency>, Problem> {
    let parsed = code.map(Currency::parse).transpose();
    parsed
        .map_err(|e| Problem::validation(format!("currency: {e}")).field("currency", "format", e.to_string()))
}

fn sort(name: Option<&str>) -> Result<Option<Sort>, Problem> {
    let Some(name) = name else { return Ok(None) };
    Sort::parse(name).map(Some).ok_or_else(|| {
        let rule = "must be newest, price, -price, title or relevance";
        Problem::validation(format!("sort {rule}")).field("sort", "enum", rule)
    })
}

/// The body, or 304 where the client has it already.
fn answer(headers: &HeaderMap, body: Body) -> Response {
    let known = headers.get(IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == body.etag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(body.bytes.into()) };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(VARY, HeaderValue::from_static("accept-language"));
    if let Ok(etag) = HeaderValue::from_str(&body.etag) {
        out.insert(ETAG, etag);
    }
    response
}

/// Products for sale, page by page. A category or collection that does not exist is a 404.
#[utoipa::path(get, path = "/api/store/products", params(ListQuery), responses((status = 200, body = ProductList)))]
pub(crate) async fn list_products(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let input = ListInput {
        sort: sort(query.sort.as_deref())?,
        currency: currency(query.currency.as_deref())?,
        limit: limit(query.limit)?,
        q: query.q,
        category: query.category,
        collection: query.collection,
        cursor: query.cursor,
    };
    let body = ListProducts(api.catalogue).run(&ctx, input).await.map_err(problem)?;
    Ok(answer(&headers, body))
}

/// One product. An old slug is answered with 308 and the place of the present one.
#[utoipa::path(get, path = "/api/store/products/{slug}",
    params(("slug" = String, Path, description = "The product's slug"), PageQuery),
    responses((status = 200, body = ProductPage), (status = 308, description = "The product has another slug now")))]
pub(crate) async fn show_product(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    let currency = currency(query.currency.as_deref())?;
    match ShowProduct(api.catalogue).run(&ctx, &slug, currency).await.map_err(problem)? {
        Shown::Page(body) => Ok(answer(&headers, body)),
        Shown::Moved(slug) => {
            let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
            // A slug is letters, digits and hyphens.
            let place = HeaderValue::from_str(&format!("/api/store/products/{slug}"));
            response.headers_mut().insert(LOCATION, place.map_err(|e| Problem::internal(&e))?);
            Ok(response)
        }
    }
}

/// All categories, parents before or after their children; `parent` tells the tree.
#[utoipa::path(get, path = "/api/store/categories", responses((status = 200, body = StoreCategoryList)))]
pub(crate) async fn list_categories(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let body = ListCategories(api.catalogue).run(&ctx).await.map_err(problem)?;
    Ok(answer(&headers, body))
}
