//! `/api/admin/categories`: the tree of categories.

use super::Api;
use super::body::{TranslationBody, plain_translations};
use super::fields::given;
use super::problems::problem;
use crate::application::ProductError;
use crate::application::manage_categories::{CategoryInput, ManageCategories};
use crate::domain::category::Category;
use crate::domain::texts::Field;
use axum::extract::State;
use axum::response::Response;
use hanse_http::{
    Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem,
};
use hanse_kernel::{CategoryId, Locale, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCategoryBody {
    title: String,
    /// Made from the title when left out.
    #[serde(default)]
    slug: Option<String>,
    /// The slug of the category above it.
    #[serde(default)]
    parent: Option<String>,
    /// Among its siblings, lowest first.
    #[serde(default)]
    position: i64,
    /// Title and slug in the shop's other languages.
    #[serde(default)]
    translations: BTreeMap<String, TranslationBody>,
}

/// Fields that are left out stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryChangesBody {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    slug: Option<String>,
    /// Null makes it a root.
    #[serde(default, deserialize_with = "given")]
    parent: Option<Option<String>>,
    #[serde(default)]
    position: Option<i64>,
    #[serde(default)]
    translations: BTreeMap<String, TranslationBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategory {
    id: CategoryId,
    version: i64,
    slug: String,
    title: String,
    parent_id: Option<CategoryId>,
    position: i64,
    translations: BTreeMap<String, CategoryTranslation>,
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryTranslation {
    slug: Option<String>,
    title: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategoryList {
    items: Vec<AdminCategory>,
    next_cursor: Option<String>,
}

fn shown(category: &Category, own: &Locale) -> AdminCategory {
    let text = |locale: &Locale, field| category.texts.get(locale, field).map(str::to_string);
    let others = category.texts.locales().into_iter().filter(|locale| locale != own);
    AdminCategory {
        id: category.id,
        version: category.version,
        slug: text(own, Field::Slug).unwrap_or_default(),
        title: text(own, Field::Title).unwrap_or_default(),
        parent_id: category.parent,
        position: category.position,
        translations: others
            .map(|l| {
                let texts =
                    CategoryTranslation { slug: text(&l, Field::Slug), title: text(&l, Field::Title) };
                (l.as_str().to_string(), texts)
            })
            .collect(),
        created_at: category.created_at,
    }
}

/// All categories.
#[utoipa::path(get, path = "/api/admin/categories", responses((status = 200, body = AdminCategoryList)))]
pub(crate) async fn list_all_categories(State(api): State<Api>) -> Result<Json<AdminCategoryList>, Problem> {
    let own = api.catalogue.own();
    let all = ManageCategories(api.catalogue).list().await.map_err(problem)?;
    Ok(Json(AdminCategoryList { items: all.iter().map(|c| shown(c, &own)).collect(), next_cursor: None }))
}

/// Makes a category.
#[utoipa::path(post, path = "/api/admin/categories", params(OptionalIdempotencyKey), request_body = NewCategoryBody,
    responses((status = 201, body = AdminCategory)))]
pub(crate) async fn create_category(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewCategoryBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let (catalogue, caller) = (api.catalogue.clone(), ctx.clone());
    let work = async move |operation| {
        let translations = plain_translations(body.translations);
        let input = CategoryInput {
            title: Some(body.title),
            slug: body.slug,
            parent: body.parent.map(Some),
            position: Some(body.position),
            translations: translations.map_err(|f| problem(ProductError::Invalid(f)))?,
        };
        let id = CategoryId::new(operation);
        let made = ManageCategories(catalogue.clone()).create(&caller, id, input).await.map_err(problem)?;
        let place = format!("/api/admin/categories/{id}");
        Ok((ETag(made.version), Created(place, shown(&made, &catalogue.own()))))
    };
    api.maybe_once(&ctx, "POST /api/admin/categories", key, fingerprint, work).await
}

/// Renames or moves a category. Products show its new name within moments.
#[utoipa::path(patch, path = "/api/admin/categories/{id}", params(("id" = CategoryId, Path), IfMatch),
    request_body = CategoryChangesBody, responses((status = 200, body = AdminCategory)))]
pub(crate) async fn change_category(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Json(body): Json<CategoryChangesBody>,
) -> Result<(ETag, Json<AdminCategory>), Problem> {
    let translations = plain_translations(body.translations);
    let input = CategoryInput {
        title: body.title,
        slug: body.slug,
        parent: body.parent,
        position: body.position,
        translations: translations.map_err(|f| problem(ProductError::Invalid(f)))?,
    };
    let own = api.catalogue.own();
    let changed =
        ManageCategories(api.catalogue).change(&ctx, id, if_match.0, input).await.map_err(problem)?;
    Ok((ETag(changed.version), Json(shown(&changed, &own))))
}
