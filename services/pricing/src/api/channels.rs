//! `/api/admin/channels`: how each channel sells.

use super::Api;
use super::problem::{invalid, problem};
use crate::application::settings::ChannelChange;
use crate::domain::Channel;
use axum::extract::State;
use hanse_http::{Caller, ETag, IfMatch, Json, Path, Problem};
use hanse_kernel::{ChannelId, Currency};
use serde::{Deserialize, Serialize};

#[derive(Serialize, utoipa::ToSchema)]
pub struct ChannelBody {
    id: String,
    /// What carts are kept in.
    currency: Currency,
    /// All that prices may be set in.
    currencies: Vec<Currency>,
    /// Prices contain the tax; otherwise it comes on top.
    tax_included: bool,
    home_country: String,
    locales: Vec<String>,
    version: i64,
}

impl From<Channel> for ChannelBody {
    fn from(c: Channel) -> Self {
        Self {
            id: c.id.to_string(),
            currency: c.currency,
            currencies: c.currencies,
            tax_included: c.tax_included,
            home_country: c.home.to_string(),
            locales: c.locales.iter().map(|l| l.as_str().to_string()).collect(),
            version: c.version,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ChannelsBody {
    items: Vec<ChannelBody>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelChangeBody {
    currencies: Option<Vec<Currency>>,
    tax_included: Option<bool>,
    home_country: Option<String>,
}

#[utoipa::path(get, path = "/api/admin/channels", responses((status = 200, body = ChannelsBody)))]
pub async fn list_channels(State(api): State<Api>) -> Result<Json<ChannelsBody>, Problem> {
    let channels = api.settings.channels().await.map_err(problem)?;
    Ok(Json(ChannelsBody { items: channels.into_iter().map(ChannelBody::from).collect() }))
}

/// Changes what is given. Whether prices contain tax changes what they mean, not the prices.
#[utoipa::path(patch, path = "/api/admin/channels/{id}", params(("id" = String, Path), IfMatch), request_body = ChannelChangeBody,
    responses((status = 200, body = ChannelBody)))]
pub async fn change_channel(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json(body): Json<ChannelChangeBody>,
) -> Result<(ETag, Json<ChannelBody>), Problem> {
    let home = body.home_country.as_deref().map(str::parse).transpose();
    let home =
        home.map_err(|e: crate::domain::country::CountryError| invalid("home_country", "format", e))?;
    let change = ChannelChange { currencies: body.currencies, tax_included: body.tax_included, home };
    let changed =
        api.settings.change_channel(&ctx, ChannelId::new(&id), version, change).await.map_err(problem)?;
    Ok((ETag(changed.version), Json(changed.into())))
}
