//! `/api/store/me/addresses`: one's own address book.

use crate::api::Api;
use crate::application::{AddressChange, NewAddress};
use crate::domain::SavedAddress;
use crate::domain::address::Parts;
use axum::extract::State;
use hanse_http::{Caller, Created, Json, Path, Problem, StatusCode};
use hanse_kernel::AddressId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AddressBody {
    id: AddressId,
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    postal_code: String,
    region: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: String,
    phone: Option<String>,
    is_default: bool,
}

impl From<SavedAddress> for AddressBody {
    fn from(saved: SavedAddress) -> Self {
        let Parts { name, line1, line2, city, postal_code, region, country, phone } =
            saved.address.into_revealed().parts().clone();
        let (id, is_default) = (saved.id, saved.is_default);
        Self { id, name, line1, line2, city, postal_code, region, country, phone, is_default }
    }
}

#[derive(Serialize, ToSchema)]
pub struct AddressesBody {
    items: Vec<AddressBody>,
    /// A book is small: it comes as one page.
    next_cursor: Option<String>,
}

/// Lists one's own addresses, the oldest first.
#[utoipa::path(get, path = "/api/store/me/addresses", responses((status = 200, body = AddressesBody)))]
pub async fn list_addresses(
    State(api): State<Api>,
    Caller(ctx): Caller,
) -> Result<Json<AddressesBody>, Problem> {
    let found = api.addresses.list(&ctx).await?;
    Ok(Json(AddressesBody { items: found.into_iter().map(Into::into).collect(), next_cursor: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAddressBody {
    #[schema(max_length = 200)]
    name: String,
    #[schema(max_length = 200)]
    line1: String,
    #[schema(max_length = 200)]
    line2: Option<String>,
    #[schema(max_length = 100)]
    city: String,
    #[schema(max_length = 20)]
    postal_code: String,
    #[schema(max_length = 100)]
    region: Option<String>,
    country: String,
    #[schema(max_length = 40)]
    phone: Option<String>,
    #[serde(default)]
    is_default: bool,
}

/// Adds an address. The first one is the default.
#[utoipa::path(post, path = "/api/store/me/addresses", request_body = NewAddressBody,
    responses((status = 201, body = AddressBody)))]
pub async fn add_address(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<NewAddressBody>,
) -> Result<Created<AddressBody>, Problem> {
    let NewAddressBody { name, line1, line2, city, postal_code, region, country, phone, is_default } = body;
    let parts = Parts { name, line1, line2, city, postal_code, region, country, phone };
    let saved = api.addresses.add(&ctx, NewAddress { parts, is_default }).await?;
    Ok(Created(format!("/api/store/me/addresses/{}", saved.id), saved.into()))
}

/// What is left out stays as it is; null empties what may be empty.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAddressBody {
    name: Option<String>,
    line1: Option<String>,
    #[serde(default, deserialize_with = "given")]
    line2: Option<Option<String>>,
    city: Option<String>,
    postal_code: Option<String>,
    #[serde(default, deserialize_with = "given")]
    region: Option<Option<String>>,
    country: Option<String>,
    #[serde(default, deserialize_with = "given")]
    phone: Option<Option<String>>,
    /// True makes it the default; the default stays what it is until another one is made it.
    #[serde(default)]
    is_default: bool,
}

/// Tells null from left out.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Changes an address of one's own.
#[utoipa::path(patch, path = "/api/store/me/addresses/{id}", params(("id" = AddressId, Path)),
    request_body = ChangeAddressBody, responses((status = 200, body = AddressBody)))]
pub async fn change_address(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<AddressId>,
    Json(body): Json<ChangeAddressBody>,
) -> Result<Json<AddressBody>, Problem> {
    let change = AddressChange {
        name: body.name,
        line1: body.line1,
        line2: body.line2,
        city: body.city,
        postal_code: body.postal_code,
        region: body.region,
        country: body.country,
        phone: body.phone,
        is_default: body.is_default,
    };
    Ok(Json(api.addresses.change(&ctx, id, change).await?.into()))
}

/// Removes an address of one's own.
#[utoipa::path(delete, path = "/api/store/me/addresses/{id}", params(("id" = AddressId, Path)),
    responses((status = 204, description = "Removed")))]
pub async fn remove_address(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<AddressId>,
) -> Result<StatusCode, Problem> {
    api.addresses.remove(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
