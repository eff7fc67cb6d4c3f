//! `/api/admin/collections`: hand-picked lists of products.

use super::Api;
use super::problems::problem;
use crate::application::collections::{CollectionInput, ManageCollections};
use crate::domain::category::Collection;
use crate::domain::texts::Field;
use axum::extract::State;
use axum::response::Response;
use hanse_http::{
    Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem,
    StatusCode,
};
use hanse_kernel::{CollectionId, Locale, ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCollectionBody {
    title: String,
    /// Made from the title when left out.
    #[serde(default)]
    slug: Option<String>,
    #[serde(default)]
    products: Vec<ProductId>,
}

/// Fields that are left out stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionChangesBody {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    slug: Option<String>,
    /// All of them, in their order.
    #[serde(default)]
    products: Option<Vec<ProductId>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminCollection {
    id: CollectionId,
    version: i64,
    slug: String,
    title: String,
    products: Vec<ProductId>,
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminCollectionList {
    items: Vec<AdminCollection>,
    next_cursor: Option<String>,
}

fn shown(collection: Collection, own: &Locale) -> AdminCollection {
    let text = |field| collection.texts.get(own, field).unwrap_or_default().to_string();
    AdminCollection {
        id: collection.id,
        version: collection.version,
        slug: text(Field::Slug),
        title: text(Field::Title),
        products: collection.products,
        created_at: collection.created_at,
    }
}

/// All collections.
#[utoipa::path(get, path = "/api/admin/collections", responses((status = 200, body = AdminCollectionList)))]
pub(crate) async fn list_collections(State(api): State<Api>) -> Result<Json<AdminCollectionList>, Problem> {
    let own = api.catalogue.own();
    let all = ManageCollections(api.catalogue).list().await.map_err(problem)?;
    Ok(Json(AdminCollectionList {
        items: all.into_iter().map(|one| shown(one, &own)).collect(),
        next_cursor: None,
    }))
}

/// Makes a collection.
#[utoipa::path(post, path = "/api/admin/collections", params(OptionalIdempotencyKey), request_body = NewCollectionBody,
    responses((status = 201, body = AdminCollection)))]
pub(crate) async fn create_collection(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewCollectionBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let (catalogue, caller) = (api.catalogue.clone(), ctx.clone());
    let work = async move |operation| {
        let input =
            CollectionInput { title: Some(body.title), slug: body.slug, products: Some(body.products) };
        let id = CollectionId::new(operation);
        let made = ManageCollections(catalogue.clone()).create(&caller, id, input).await.map_err(problem)?;
        Ok((ETag(made.version), Created("/api/admin/collections".into(), shown(made, &catalogue.own()))))
    };
    api.maybe_once(&ctx, "POST /api/admin/collections", key, fingerprint, work).await
}

/// Changes a collection.
#[utoipa::path(patch, path = "/api/admin/collections/{id}", params(("id" = CollectionId, Path), IfMatch),
    request_body = CollectionChangesBody, responses((status = 200, body = AdminCollection)))]
pub(crate) async fn change_collection(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<CollectionId>,
    if_match: IfMatch,
    Json(body): Json<CollectionChangesBody>,
) -> Result<(ETag, Json<AdminCollection>), Problem> {
    let input = CollectionInput { title: body.title, slug: body.slug, products: body.products };
    let own = api.catalogue.own();
    let changed =
        ManageCollections(api.catalogue).change(&ctx, id, if_match.0, input).await.map_err(problem)?;
    Ok((ETag(changed.version), Json(shown(changed, &own))))
}

/// Deletes a collection; its products stay.
#[utoipa::path(delete, path = "/api/admin/collections/{id}", params(("id" = CollectionId, Path)),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete_collection(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<CollectionId>,
) -> Result<StatusCode, Problem> {
    ManageCollections(api.catalogue).delete(&ctx, id).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
