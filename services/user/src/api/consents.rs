//! `GET|PUT /api/store/me/consents`: what one has agreed to, and what one said before.

use crate::api::Api;
use crate::application::Said;
use crate::domain::consent::{Consent, Consents};
use axum::extract::State;
use hanse_http::{Caller, Json, Problem};
use hanse_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ConsentsBody {
    /// The last word for each purpose that anything was said about.
    consents: Vec<ConsentBody>,
    /// All of them, the oldest first.
    history: Vec<ConsentBody>,
}

#[derive(Serialize, ToSchema)]
pub struct ConsentBody {
    /// marketing
    purpose: &'static str,
    granted: bool,
    /// Which text was read.
    wording: String,
    /// registration | account | checkout
    place: &'static str,
    at: Timestamp,
}

impl From<&Consent> for ConsentBody {
    fn from(consent: &Consent) -> Self {
        Self {
            purpose: consent.purpose.as_str(),
            granted: consent.granted,
            wording: consent.wording.to_string(),
            place: consent.place.as_str(),
            at: consent.at,
        }
    }
}

impl From<&Consents> for ConsentsBody {
    fn from(consents: &Consents) -> Self {
        Self {
            consents: consents.last().map(Into::into).collect(),
            history: consents.said().iter().map(Into::into).collect(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayBody {
    /// marketing
    purpose: String,
    granted: bool,
    /// The name of the text that was read: 1 to 40 of a-z, 0-9, `.` and `-`.
    #[schema(max_length = 40)]
    wording: String,
    /// registration | account | checkout
    place: String,
}

/// What one has agreed to.
#[utoipa::path(get, path = "/api/store/me/consents", responses((status = 200, body = ConsentsBody)))]
pub async fn list_consents(
    State(api): State<Api>,
    Caller(ctx): Caller,
) -> Result<Json<ConsentsBody>, Problem> {
    Ok(Json((&api.consents.list(&ctx).await?).into()))
}

/// Agrees to something, or no longer. What was said before is kept; the same word again changes nothing.
#[utoipa::path(put, path = "/api/store/me/consents", request_body = SayBody,
    responses((status = 200, body = ConsentsBody)))]
pub async fn say_consent(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<SayBody>,
) -> Result<Json<ConsentsBody>, Problem> {
    let SayBody { purpose, granted, wording, place } = body;
    let consents = api.consents.say(&ctx, Said { purpose, granted, wording, place }).await?;
    Ok(Json((&consents).into()))
}
