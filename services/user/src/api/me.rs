//! `/api/store/me`: one's own profile.

use crate::api::Api;
use crate::application::{Me, MyChange};
use axum::extract::State;
use hanse_http::{Caller, ETag, IfMatch, Json, Problem};
use hanse_kernel::{Personal, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct MeBody {
    id: UserId,
    /// Null while it cannot be asked for.
    email: Option<String>,
    name: Option<String>,
    locale: String,
    created_at: Timestamp,
}

impl From<Me> for MeBody {
    fn from(Me { profile, email }: Me) -> Self {
        Self {
            id: profile.user,
            email: email.map(Personal::into_revealed),
            name: profile.name.map(|name| name.reveal().as_str().to_string()),
            locale: profile.locale.as_str().into(),
            created_at: profile.created_at,
        }
    }
}

/// Shows one's own profile.
#[utoipa::path(get, path = "/api/store/me", responses((status = 200, body = MeBody)))]
pub async fn show_me(State(api): State<Api>, Caller(ctx): Caller) -> Result<(ETag, Json<MeBody>), Problem> {
    let me = api.show_me.run(&ctx).await?;
    Ok((ETag(me.profile.version), Json(me.into())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMeBody {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// A language tag such as `en` or `de-AT`.
    locale: Option<String>,
}

/// Changes one's own profile.
#[utoipa::path(patch, path = "/api/store/me", params(IfMatch), request_body = ChangeMeBody,
    responses((status = 200, body = MeBody)))]
pub async fn change_me(
    State(api): State<Api>,
    Caller(ctx): Caller,
    version: IfMatch,
    Json(body): Json<ChangeMeBody>,
) -> Result<(ETag, Json<MeBody>), Problem> {
    let name = body.name.map(Personal::guest);
    let change = MyChange { name, locale: body.locale, of_version: version.0 };
    let me = api.change_me.run(&ctx, change).await?;
    Ok((ETag(me.profile.version), Json(me.into())))
}
