//! `/api/admin/shipping-zones` and `/api/admin/shipping-methods`.

use super::problem::{invalid, problem, same_currency};
use super::{Api, nullable};
use crate::application::settings::MethodChange;
use crate::domain::country::CountryError;
use crate::domain::shipping::Localised;
use crate::domain::{Bracket, Country, Method, Zone};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hanse_http::{
    Caller, Created, ETag, Fingerprint, IdempotencyKey, IfMatch, Json, OptionalIdempotencyKey, Path, Problem,
};
use hanse_kernel::{ChannelId, Currency, Locale, Money, ShippingMethodId, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, utoipa::ToSchema)]
pub struct ZoneBody {
    id: String,
    name: String,
    /// ISO 3166-1 alpha-2.
    countries: Vec<String>,
}

impl From<Zone> for ZoneBody {
    fn from(z: Zone) -> Self {
        Self { id: z.id, name: z.name, countries: z.countries.iter().map(ToString::to_string).collect() }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ZonesBody {
    items: Vec<ZoneBody>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewZoneBody {
    name: String,
    countries: Vec<String>,
}

impl NewZoneBody {
    fn read(self, id: Option<String>) -> Result<Zone, Problem> {
        let id = id.unwrap_or_else(|| text::slug(&self.name));
        if id.is_empty() || self.name.chars().count() > 100 {
            return Err(invalid(
                "name",
                "length",
                "must be 1 to 100 characters, some of them letters or digits",
            ));
        }
        let countries = self.countries.iter().enumerate().map(|(i, c)| {
            c.parse().map_err(|e: CountryError| invalid(&format!("countries[{i}]"), "format", e))
        });
        let mut countries: Vec<Country> = countries.collect::<Result<_, _>>()?;
        countries.sort();
        countries.dedup();
        Ok(Zone { id, name: self.name, countries })
    }
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BracketBody {
    /// Null: any weight.
    max_weight_grams: Option<i64>,
    /// Worth of the goods after discounts from which it applies; absent: any.
    min_items: Option<Money>,
    price: Money,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MethodBody {
    id: ShippingMethodId,
    channel: String,
    zone_id: String,
    /// By language.
    title: BTreeMap<String, String>,
    estimate: BTreeMap<String, String>,
    /// The cheapest that fits counts.
    brackets: Vec<BracketBody>,
    /// Goods worth so much after discounts travel free.
    free_from: Option<Money>,
    position: i64,
    active: bool,
    version: i64,
}

impl From<Method> for MethodBody {
    fn from(m: Method) -> Self {
        let money = |minor| Money::new(minor, m.currency);
        let texts = |t: Localised| t.0.into_iter().map(|(l, t)| (l.as_str().to_string(), t)).collect();
        let bracket = |b: &Bracket| BracketBody {
            max_weight_grams: b.max_weight_grams,
            min_items: Some(b.min_items).filter(|m| *m > 0).map(money),
            price: money(b.price),
        };
        Self {
            id: m.id,
            channel: m.channel.to_string(),
            zone_id: m.zone,
            brackets: m.brackets.iter().map(bracket).collect(),
            free_from: m.free_from.map(money),
            title: texts(m.title),
            estimate: texts(m.estimate),
            position: m.position,
            active: m.active,
            version: m.version,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MethodsBody {
    items: Vec<MethodBody>,
}

#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMethodBody {
    channel: Option<String>,
    zone_id: String,
    title: BTreeMap<String, String>,
    #[serde(default)]
    estimate: BTreeMap<String, String>,
    brackets: Vec<BracketBody>,
    free_from: Option<Money>,
    /// Smaller ones are shown first; 100 unless given.
    position: Option<i64>,
    /// True unless given.
    active: Option<bool>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodChangeBody {
    zone_id: Option<String>,
    title: Option<BTreeMap<String, String>>,
    estimate: Option<BTreeMap<String, String>>,
    brackets: Option<Vec<BracketBody>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Money>)]
    free_from: Option<Option<Money>>,
    position: Option<i64>,
    active: Option<bool>,
}

fn localised(field: &str, texts: BTreeMap<String, String>) -> Result<Localised, Problem> {
    let mut found = BTreeMap::new();
    for (tag, text) in texts {
        let locale = Locale::new(&tag);
        if locale.as_str() != tag {
            return Err(invalid(field, "locale", format!("`{tag}` is no language such as en")));
        }
        if text.chars().count() > 200 || text.contains(['<', '>']) || text.chars().any(char::is_control) {
            return Err(invalid(field, "text", "must be plain text of at most 200 characters"));
        }
        found.insert(locale, text);
    }
    Ok(Localised(found))
}

/// The brackets and the one currency that all their amounts, and `free_from`, are in.
fn brackets(
    bodies: Vec<BracketBody>,
    free_from: Option<Money>,
) -> Result<(Vec<Bracket>, Option<Currency>), Problem> {
    let amounts: Vec<Money> =
        bodies.iter().flat_map(|b| [Some(b.price), b.min_items]).flatten().chain(free_from).collect();
    same_currency("brackets", &amounts)?;
    let bracket = |b: BracketBody| Bracket {
        max_weight_grams: b.max_weight_grams,
        min_items: b.min_items.map_or(0, Money::minor),
        price: b.price.minor(),
    };
    Ok((bodies.into_iter().map(bracket).collect(), amounts.first().map(|a| a.currency())))
}

#[utoipa::path(get, path = "/api/admin/shipping-zones", responses((status = 200, body = ZonesBody)))]
pub async fn list_zones(State(api): State<Api>) -> Result<Json<ZonesBody>, Problem> {
    let zones = api.settings.zones().await.map_err(problem)?;
    Ok(Json(ZonesBody { items: zones.into_iter().map(ZoneBody::from).collect() }))
}

#[utoipa::path(post, path = "/api/admin/shipping-zones", params(OptionalIdempotencyKey), request_body = NewZoneBody,
    responses((status = 201, body = ZoneBody), (status = 409, description = "zone_taken, country_in_other_zone")))]
pub async fn create_zone(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewZoneBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let zone = body.read(None)?;
    let create = async || {
        let made = api.settings.put_zone(&ctx, zone.clone(), true).await.map_err(problem)?;
        Ok::<_, Problem>(Created(format!("/api/admin/shipping-zones/{}", made.id), ZoneBody::from(made)))
    };
    match key {
        None => create().await.map(IntoResponse::into_response),
        Some(key) => {
            let scope = "POST /api/admin/shipping-zones";
            api.idempotency.run(&ctx, scope, &key, fingerprint, async |_| create().await).await
        }
    }
}

/// Replaces a zone's name and countries.
#[utoipa::path(put, path = "/api/admin/shipping-zones/{id}", params(("id" = String, Path)), request_body = NewZoneBody,
    responses((status = 200, body = ZoneBody)))]
pub async fn change_zone(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    Json(body): Json<NewZoneBody>,
) -> Result<Json<ZoneBody>, Problem> {
    let zone = api.settings.put_zone(&ctx, body.read(Some(id))?, false).await.map_err(problem)?;
    Ok(Json(zone.into()))
}

#[utoipa::path(get, path = "/api/admin/shipping-methods", responses((status = 200, body = MethodsBody)))]
pub async fn list_methods(State(api): State<Api>) -> Result<Json<MethodsBody>, Problem> {
    let methods = api.settings.methods().await.map_err(problem)?;
    Ok(Json(MethodsBody { items: methods.into_iter().map(MethodBody::from).collect() }))
}

#[utoipa::path(post, path = "/api/admin/shipping-methods", request_body = NewMethodBody,
    params(OptionalIdempotencyKey), responses((status = 201, body = MethodBody)))]
pub async fn create_method(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewMethodBody>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of(&body)?;
    let (brackets, currency) = brackets(body.brackets, body.free_from)?;
    let currency = currency.ok_or_else(|| invalid("brackets", "required", "must be one at least"))?;
    let method = Method {
        id: api.effects.id(),
        channel: body.channel.map_or_else(ChannelId::default, |c| ChannelId::new(&c)),
        zone: body.zone_id,
        title: localised("title", body.title)?,
        estimate: localised("estimate", body.estimate)?,
        currency,
        brackets,
        free_from: body.free_from.map(Money::minor),
        position: body.position.unwrap_or(100),
        active: body.active.unwrap_or(true),
        version: 1,
    };
    let create = async |method: Method| {
        let made = api.settings.create_method(&ctx, method).await.map_err(problem)?;
        Ok(Created(format!("/api/admin/shipping-methods/{}", made.id), MethodBody::from(made)))
    };
    match key {
        None => create(method).await.map(IntoResponse::into_response),
        Some(key) => {
            let scope = "POST /api/admin/shipping-methods";
            let work =
                async |operation| create(Method { id: ShippingMethodId::new(operation), ..method }).await;
            api.idempotency.run(&ctx, scope, &key, fingerprint, work).await
        }
    }
}

/// Changes what is given. Amounts stay in the method's currency.
#[utoipa::path(patch, path = "/api/admin/shipping-methods/{id}", params(("id" = String, Path), IfMatch), request_body = MethodChangeBody,
    responses((status = 200, body = MethodBody)))]
pub async fn change_method(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<ShippingMethodId>,
    IfMatch(version): IfMatch,
    Json(body): Json<MethodChangeBody>,
) -> Result<(ETag, Json<MethodBody>), Problem> {
    let free_from = body.free_from.flatten();
    let (changed, currency) = match body.brackets {
        Some(bodies) => {
            let (brackets, currency) = brackets(bodies, free_from)?;
            (Some(brackets), currency)
        }
        None => (None, free_from.map(Money::currency)),
    };
    let change = MethodChange {
        title: body.title.map(|t| localised("title", t)).transpose()?,
        estimate: body.estimate.map(|t| localised("estimate", t)).transpose()?,
        zone: body.zone_id,
        brackets: changed,
        currency,
        free_from: body.free_from.map(|f| f.map(Money::minor)),
        position: body.position,
        active: body.active,
    };
    let changed = api.settings.change_method(&ctx, id, version, change).await.map_err(problem)?;
    Ok((ETag(changed.version), Json(changed.into())))
}
