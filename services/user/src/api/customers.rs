//! `/api/admin/customers`: people who buy, as staff see them.

use crate::api::Api;
use crate::api::addresses::AddressBody;
use crate::api::consents::ConsentBody;
use crate::api::me::MeBody;
use crate::application::{Customer, CustomerQuery};
use axum::extract::State;
use hanse_http::{Caller, Json, Path, Problem, Query};
use hanse_kernel::{Cursor, Limit, Personal, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct CustomersBody {
    items: Vec<MeBody>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomersQuery {
    /// An e-mail address, or beginnings of words of a name.
    q: Option<String>,
    /// 1 to 100, 20 unless given.
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl CustomersQuery {
    fn read(self) -> Result<CustomerQuery, Problem> {
        let refuse = |field: &str, code: &str, rule: String| {
            Problem::validation(format!("{field} {rule}")).field(field, code, rule)
        };
        if self.q.as_ref().is_some_and(|q| q.len() > 254) {
            return Err(refuse("q", "length", "must be at most 254 bytes long".into()));
        }
        let limit = self.limit.map_or(Some(Limit::DEFAULT), Limit::new);
        let limit = limit.ok_or_else(|| refuse("limit", "range", "must be between 1 and 100".into()))?;
        let before = self.cursor.as_deref().map(Cursor::decode).transpose();
        let before = before.map_err(|e| refuse("cursor", "cursor", e.to_string()))?;
        Ok(CustomerQuery { q: self.q.map(Personal::guest), before, limit })
    }
}

/// Lists customers, the newest first.
#[utoipa::path(get, path = "/api/admin/customers", params(CustomersQuery),
    responses((status = 200, body = CustomersBody)))]
pub async fn list_customers(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Query(query): Query<CustomersQuery>,
) -> Result<Json<CustomersBody>, Problem> {
    let page = api.list_customers.run(&ctx, query.read()?).await?;
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(CustomersBody { items: page.items.into_iter().map(Into::into).collect(), next_cursor }))
}

#[derive(Serialize, ToSchema)]
pub struct CustomerBody {
    #[serde(flatten)]
    person: MeBody,
    #[schema(value_type = Object)]
    metadata: serde_json::Value,
    addresses: Vec<AddressBody>,
    /// The last word for each purpose that anything was said about: nobody is mailed advertisements without one.
    consents: Vec<ConsentBody>,
}

impl From<Customer> for CustomerBody {
    fn from(customer: Customer) -> Self {
        // It was judged when it was written; were it ever broken, the customer is shown without it.
        let metadata = serde_json::from_str(&customer.person.profile.metadata).unwrap_or_default();
        let addresses = customer.addresses.into_iter().map(Into::into).collect();
        let consents = customer.consents.last().map(Into::into).collect();
        Self { person: customer.person.into(), metadata, addresses, consents }
    }
}

/// Shows a customer with their addresses.
#[utoipa::path(get, path = "/api/admin/customers/{id}", params(("id" = UserId, Path)),
    responses((status = 200, body = CustomerBody)))]
pub async fn show_customer(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<UserId>,
) -> Result<Json<CustomerBody>, Problem> {
    Ok(Json(api.show_customer.run(&ctx, id).await?.into()))
}
