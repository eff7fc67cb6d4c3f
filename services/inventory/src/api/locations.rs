//! `/api/admin/inventory/locations`: the places where stock lies.

use super::Api;
use super::problems::problem;
use crate::application::locations::{AddLocation, ListLocations};
use crate::domain::{Location, Reason};
use axum::extract::State;
use axum::response::Response;
use hanse_http::{Caller, Created, Fingerprint, IdempotencyKey, Json, Problem};
use hanse_kernel::{LocationId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLocation {
    /// 1 to 200 characters, unlike any other location's.
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LocationItem {
    id: LocationId,
    name: String,
    /// Orders are served from the lowest first.
    priority: i64,
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LocationPage {
    items: Vec<LocationItem>,
    next_cursor: Option<String>,
}

fn item(l: Location) -> LocationItem {
    LocationItem { id: l.id, name: l.name, priority: l.priority, created_at: l.created_at }
}

/// The locations, in the order in which orders are served from them.
#[utoipa::path(get, path = "/api/admin/inventory/locations", responses((status = 200, body = LocationPage)))]
pub(crate) async fn list_locations(State(api): State<Api>) -> Result<Json<LocationPage>, Problem> {
    let all = ListLocations(api.desk).run().await.map_err(problem)?;
    Ok(Json(LocationPage { items: all.into_iter().map(item).collect(), next_cursor: None }))
}

/// Adds a location; it is served from last.
#[utoipa::path(post, path = "/api/admin/inventory/locations", params(IdempotencyKey), request_body = NewLocation,
    responses((status = 201, body = LocationItem)))]
pub(crate) async fn add_location(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: IdempotencyKey,
    Json(body): Json<NewLocation>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let (desk, caller) = (api.desk.clone(), ctx.clone());
    let work = async move |operation| {
        let name = Reason::new(&body.name)
            .map_err(|rule| Problem::validation(format!("name {rule}")).field("name", "length", rule))?;
        let id = LocationId::new(operation);
        let location =
            AddLocation(desk).run(&caller, id, name.as_str().to_string()).await.map_err(problem)?;
        Ok(Created("/api/admin/inventory/locations".into(), item(location)))
    };
    api.idempotency.run(&ctx, "POST /api/admin/inventory/locations", &key, fingerprint, work).await
}
