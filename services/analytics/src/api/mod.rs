//! Analytics' endpoints: figures for staff, and what staff did.

mod audit_log;

use crate::application::ports::Day;
use crate::application::read_log::ReadLog;
use crate::application::report::Report;
use axum::extract::State;
use hanse_http::{Access, BuiltRoutes, Class, Json, Problem, Query, Routes, routes};
use hanse_kernel::{Currency, Money, Permission, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What the handlers share.
#[derive(Clone)]
pub struct Api {
    pub report: Report,
    pub log: ReadLog,
}

pub(crate) fn routes_of(api: Api) -> BuiltRoutes {
    let read = Access::Staff(Permission::AnalyticsRead);
    Routes::new("analytics")
        .class(Class::Background)
        .route(read, routes!(summary))
        .route(read, routes!(top_variants))
        .route(Access::Staff(Permission::AuditRead), routes!(audit_log::read_audit_log))
        .with_state(api)
        .build()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// First day, `2026-11-01`, UTC.
    from: String,
    /// Last day, included.
    to: String,
}

impl Range {
    fn checked(self) -> Result<(String, String), Problem> {
        for (field, day) in [("from", &self.from), ("to", &self.to)] {
            let plausible = day.len() == 10 && format!("{day}T00:00:00Z").parse::<Timestamp>().is_ok();
            if !plausible {
                return Err(Problem::validation(format!("{field} must be a day such as 2026-11-23")).field(
                    field,
                    "day",
                    "must be a day such as 2026-11-23",
                ));
            }
        }
        if self.from > self.to {
            return Err(Problem::validation("from must not be after to").field(
                "from",
                "range",
                "is after to",
            ));
        }
        Ok((self.from, self.to))
    }
}

#[derive(Serialize, ToSchema)]
pub struct DayBody {
    day: String,
    orders_placed: i64,
    orders_confirmed: i64,
    orders_cancelled: i64,
    units: i64,
    /// Of confirmed orders, before refunds.
    revenue: Money,
    refunded: Money,
}

#[derive(Serialize, ToSchema)]
pub struct Summary {
    days: Vec<DayBody>,
    registrations: i64,
}

fn day(d: Day) -> Result<DayBody, Problem> {
    let currency = Currency::parse(&d.currency).map_err(|e| Problem::internal(&e))?;
    Ok(DayBody {
        day: d.day,
        orders_placed: d.placed,
        orders_confirmed: d.confirmed,
        orders_cancelled: d.cancelled,
        units: d.units,
        revenue: Money::new(d.revenue, currency),
        refunded: Money::new(d.refunded, currency),
    })
}

/// Orders, revenue and units by day
#[utoipa::path(get, path = "/api/admin/analytics/summary", params(Range), responses((status = 200, body = Summary)))]
pub async fn summary(
    State(Api { report, .. }): State<Api>,
    Query(range): Query<Range>,
) -> Result<Json<Summary>, Problem> {
    let (from, to) = range.checked()?;
    let (days, registrations) = report.summary(from, to).await.map_err(|e| Problem::store(&e))?;
    Ok(Json(Summary { days: days.into_iter().map(day).collect::<Result<_, _>>()?, registrations }))
}

#[derive(Serialize, ToSchema)]
pub struct TopVariant {
    variant_id: VariantId,
    units: i64,
}

#[derive(Serialize, ToSchema)]
pub struct TopVariants {
    items: Vec<TopVariant>,
}

/// The twenty variants that sold most
#[utoipa::path(get, path = "/api/admin/analytics/top-variants", params(Range), responses((status = 200, body = TopVariants)))]
pub async fn top_variants(
    State(Api { report, .. }): State<Api>,
    Query(range): Query<Range>,
) -> Result<Json<TopVariants>, Problem> {
    let (from, to) = range.checked()?;
    let top = report.top(from, to, 20).await.map_err(|e| Problem::store(&e))?;
    Ok(Json(TopVariants {
        items: top.into_iter().map(|(variant_id, units)| TopVariant { variant_id, units }).collect(),
    }))
}
