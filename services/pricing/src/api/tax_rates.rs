//! `/api/admin/tax-rates`: rates by country and class.

use super::Api;
use super::problem::{invalid, problem};
use crate::domain::country::CountryError;
use crate::domain::tax::TaxClassError;
use axum::extract::State;
use hanse_http::{Caller, Json, Path, Problem};
use serde::{Deserialize, Serialize};

#[derive(Serialize, utoipa::ToSchema)]
pub struct TaxRateBody {
    country: String,
    /// standard, reduced or zero
    class: String,
    /// Basis points: 1,900 for 19 %.
    rate_bp: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TaxRatesBody {
    items: Vec<TaxRateBody>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRateBody {
    rate_bp: i64,
}

#[utoipa::path(get, path = "/api/admin/tax-rates", responses((status = 200, body = TaxRatesBody)))]
pub async fn list_tax_rates(State(api): State<Api>) -> Result<Json<TaxRatesBody>, Problem> {
    let rates = api.settings.rates().await.map_err(problem)?.into_iter();
    let items = rates.map(|(country, class, rate_bp)| TaxRateBody {
        country: country.to_string(),
        class: class.to_string(),
        rate_bp,
    });
    Ok(Json(TaxRatesBody { items: items.collect() }))
}

/// Sets one rate; it holds from the next quote on. Orders keep the rate they were made with.
#[utoipa::path(put, path = "/api/admin/tax-rates/{country}/{class}",
    params(("country" = String, Path), ("class" = String, Path)), request_body = NewRateBody, responses((status = 200, body = TaxRateBody)))]
pub async fn set_tax_rate(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path((country, class)): Path<(String, String)>,
    Json(body): Json<NewRateBody>,
) -> Result<Json<TaxRateBody>, Problem> {
    let to = country.parse().map_err(|e: CountryError| invalid("country", "format", e))?;
    let of = class.parse().map_err(|e: TaxClassError| invalid("class", "enum", e))?;
    api.settings.put_rate(&ctx, to, of, body.rate_bp).await.map_err(problem)?;
    Ok(Json(TaxRateBody { country, class, rate_bp: body.rate_bp }))
}
