//! `/api/admin/products/{id}/images`: a merchant's pictures come in, are described, ordered and taken away.

use super::Api;
use super::fields::given;
use super::form::{Bound, field_problem, opened, unknown_part};
use super::problems::problem;
use super::view::{self, AdminImage, AdminProduct};
use crate::application::ProductError;
use crate::application::add_image::{AddImage, Added, NewImage};
use crate::application::arrange_images::{ChangeImage, ImageChanges, OrderImages, RemoveImage};
use crate::application::catalogue::Catalogue;
use crate::application::read_products::ReadProduct;
use crate::domain::image_head::limits;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hanse_http::body::read;
use hanse_http::{
    Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem,
    Query, StatusCode,
};
use hanse_kernel::{ImageId, Locale, ProductId};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const BOUND: Bound = Bound { bytes: limits::FILE, remedy: "save the picture smaller" };
/// The whole upload: the file and what is around it.
pub(crate) const UPLOAD: usize = limits::FILE + 64 * 1024;

/// Beside a file that is the whole body; a form has them as parts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// What the picture shows, for whoever cannot see it.
    alt: Option<String>,
    /// Its place among the others, counted from 0; behind them unless told.
    position: Option<usize>,
}

/// The upload as a form, as the document describes it.
#[derive(ToSchema)]
#[allow(dead_code)]
pub(crate) struct ImageUploadBody {
    /// JPEG, PNG or WebP by its content; at most 10 MiB, 40 megapixels and 12,000 pixels a side.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What the picture shows, for whoever cannot see it.
    alt: Option<String>,
    /// Its place among the others, counted from 0; behind them unless told.
    position: Option<String>,
}

/// The file as the whole body.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code)]
pub(crate) struct ImageBytes(Vec<u8>);

/// Fields that are left out stay as they are; null takes a text away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageChangesBody {
    #[serde(default, deserialize_with = "given")]
    alt: Option<Option<String>>,
    /// In the shop's other languages, by language tag.
    #[serde(default)]
    alt_translations: BTreeMap<String, Option<String>>,
    /// Its place among the others, counted from 0.
    #[serde(default)]
    position: Option<usize>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageOrderBody {
    /// All of the product's images, the one for lists first.
    order: Vec<ImageId>,
}

struct Upload {
    file: Bytes,
    alt: Option<String>,
    position: Option<usize>,
}

fn content_type(headers: &HeaderMap) -> String {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let essence = text(&CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Reads the whole upload before anything is done with it, and nothing of one that says it is too large.
async fn upload(query: UploadQuery, request: Request) -> Result<Upload, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > UPLOAD as u64) {
        return Err(BOUND.too_large());
    }
    let upload = match content_type(request.headers()).as_str() {
        "multipart/form-data" => parts(query, opened(Multipart::from_request(request, &()).await)?).await?,
        kind if kind.starts_with("image/") || kind == "application/octet-stream" => {
            let too_large = |p: Problem| if p.code() == "payload_too_large" { BOUND.too_large() } else { p };
            let file = read(request).await.map_err(too_large)?;
            Upload { file, alt: query.alt, position: query.position }
        }
        _ => {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body must be a picture",
            )
            .detail("send the file itself with a content type such as image/jpeg, or a form (multipart/form-data) with a part named file"));
        }
    };
    if upload.file.len() > BOUND.bytes {
        return Err(BOUND.too_large());
    }
    let alt = upload.alt.map(|alt| alt.trim().to_string()).filter(|alt| !alt.is_empty());
    Ok(Upload { alt, ..upload })
}

async fn parts(query: UploadQuery, mut parts: Multipart) -> Result<Upload, Problem> {
    let mut file = None;
    let UploadQuery { mut alt, mut position } = query;
    while let Some(field) = parts.next_field().await.map_err(|e| BOUND.broken(&e))? {
        match field.name().unwrap_or_default().to_string().as_str() {
            "file" if file.is_some() => return Err(field_problem("file", "duplicate", "was given twice")),
            "file" => file = Some(BOUND.whole(field).await?),
            "alt" => alt = Some(BOUND.short(field, "alt").await?),
            "position" => {
                let text = BOUND.short(field, "position").await?;
                let parsed = text.trim().parse();
                position =
                    Some(parsed.map_err(|_| field_problem("position", "type", "must be a whole number"))?);
            }
            other => return Err(unknown_part(other, "file, alt, position")),
        }
    }
    let file = file.ok_or_else(|| field_problem("file", "required", "is required"))?;
    Ok(Upload { file: file.into(), alt, position })
}

async fn shown(
    catalogue: Arc<Catalogue>,
    product: ProductId,
    image: ImageId,
) -> Result<(ETag, AdminImage), Problem> {
    let found = ReadProduct(catalogue).run(product).await.map_err(problem)?;
    let image = found.product.image(image).ok_or_else(|| problem(ProductError::NotFound("image")))?;
    Ok((ETag(found.product.version), view::image(&found, image)))
}

/// Takes a picture in, as the whole body or as a form. It is recognised by its content, made anew in a few sizes without anything that the
/// camera wrote beside it, and shown at once. 200 when the product has shown the same picture before. `If-Match` is of the product.
#[utoipa::path(post, path = "/api/admin/products/{id}/images",
    params(("id" = ProductId, Path), OptionalIdempotencyKey, IfMatch, UploadQuery),
    request_body(content((ImageUploadBody = "multipart/form-data"), (ImageBytes = "image/jpeg"),
        (ImageBytes = "image/png"), (ImageBytes = "image/webp"))),
    responses((status = 200, body = AdminImage), (status = 201, body = AdminImage)))]
pub(crate) async fn add_image(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(product): Path<ProductId>,
    key: Option<IdempotencyKey>,
    if_match: IfMatch,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let adds = AddImage(api.catalogue.clone());
    let place = adds.place().map_err(problem)?;
    let Upload { file, alt, position } = upload(query, request).await?;
    let content = format!("{:?}", Fingerprint::of_bytes(&file));
    let fingerprint = Fingerprint::of(&(product, content, &alt, position))?;
    let (catalogue, caller) = (api.catalogue.clone(), ctx.clone());
    let work = async move |operation| {
        let id = ImageId::new(operation);
        let new = NewImage { id, product, version: if_match.0, file, alt, position };
        let Added { image, fresh } = adds.run(&caller, new, &place).await.map_err(problem)?;
        let (etag, body) = shown(catalogue, product, image).await?;
        Ok(if fresh {
            (etag, Created(format!("/api/admin/products/{product}"), body)).into_response()
        } else {
            (etag, Json(body)).into_response()
        })
    };
    api.maybe_once(&ctx, "POST /api/admin/products/{id}/images", key, fingerprint, work).await
}

/// Says what a picture shows, or moves it. `If-Match` is of the product.
#[utoipa::path(patch, path = "/api/admin/products/{id}/images/{image}",
    params(("id" = ProductId, Path), ("image" = ImageId, Path), IfMatch), request_body = ImageChangesBody,
    responses((status = 200, body = AdminImage)))]
pub(crate) async fn change_image(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path((product, image)): Path<(ProductId, ImageId)>,
    if_match: IfMatch,
    Json(body): Json<ImageChangesBody>,
) -> Result<(ETag, Json<AdminImage>), Problem> {
    let text = |alt: Option<String>| alt.map(|alt| alt.trim().to_string()).filter(|alt| !alt.is_empty());
    let others = body.alt_translations.into_iter().map(|(tag, alt)| (Locale::new(&tag), text(alt)));
    let changes = ImageChanges { alt: body.alt.map(text), alts: others.collect(), position: body.position };
    let catalogue = api.catalogue;
    ChangeImage(catalogue.clone()).run(&ctx, product, image, if_match.0, changes).await.map_err(problem)?;
    let (etag, body) = shown(catalogue, product, image).await?;
    Ok((etag, Json(body)))
}

/// Puts a product's pictures in order. `If-Match` is of the product.
#[utoipa::path(put, path = "/api/admin/products/{id}/images/order", params(("id" = ProductId, Path), IfMatch),
    request_body = ImageOrderBody, responses((status = 200, body = AdminProduct)))]
pub(crate) async fn order_images(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(product): Path<ProductId>,
    if_match: IfMatch,
    Json(body): Json<ImageOrderBody>,
) -> Result<(ETag, Json<AdminProduct>), Problem> {
    let catalogue = api.catalogue;
    OrderImages(catalogue.clone()).run(&ctx, product, if_match.0, body.order).await.map_err(problem)?;
    let found = ReadProduct(catalogue).run(product).await.map_err(problem)?;
    Ok((ETag(found.product.version), Json(view::product(&found))))
}

/// Takes a picture away from a product. Its file goes 30 days after nothing in the catalogue shows it any more. `If-Match` is of the product.
#[utoipa::path(delete, path = "/api/admin/products/{id}/images/{image}",
    params(("id" = ProductId, Path), ("image" = ImageId, Path), IfMatch),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_image(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path((product, image)): Path<(ProductId, ImageId)>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    RemoveImage(api.catalogue).run(&ctx, product, image, if_match.0).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
