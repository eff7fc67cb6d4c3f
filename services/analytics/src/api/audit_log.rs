//! `GET /api/admin/audit-log`: who did what in the whole shop.

use crate::api::Api;
use crate::application::ports::{Listed, Place, Wanted};
use crate::application::read_log::ReadLog;
use axum::extract::State;
use hanse_http::{Caller, Json, Problem, Query};
use hanse_kernel::{Cursor, Limit, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Longest text that is asked for.
const LONGEST: usize = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only what this service has written down.
    service: Option<String>,
    /// An action, `order.refunded`, or all of an area, `order`.
    action: Option<String>,
    /// The id of who did it.
    actor: Option<String>,
    /// The id of what it was done to.
    subject: Option<String>,
    /// Everything that one request did: its `X-Correlation-Id`.
    correlation: Option<String>,
    /// From this time on, RFC 3339.
    from: Option<String>,
    /// Before this time.
    until: Option<String>,
    /// 1 to 100, 20 unless given.
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

fn wrong(field: &str, code: &str, rule: impl Into<String>) -> Problem {
    let rule = rule.into();
    Problem::validation(format!("{field} {rule}")).field(field, code, rule)
}

fn text(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) => {
            Err(wrong(field, "length", format!("must be 1 to {LONGEST} characters on one line")))
        }
        text => Ok(text),
    }
}

fn time(field: &str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    let read = text.map(|text| text.parse::<Timestamp>()).transpose();
    read.map_err(|_| wrong(field, "time", "must be a time such as 2026-11-23T08:00:00Z"))
}

impl LogQuery {
    fn read(self) -> Result<(Option<&'static str>, Wanted, Limit), Problem> {
        let service = match self.service {
            None => None,
            Some(asked) => {
                let known = ReadLog::SERVICES.into_iter().find(|name| **name == asked);
                let rule = || format!("must be one of {}", ReadLog::SERVICES.join(", "));
                Some(known.ok_or_else(|| wrong("service", "enum", rule()))?)
            }
        };
        let limit = self.limit.map_or(Some(Limit::DEFAULT), Limit::new);
        let limit = limit.ok_or_else(|| wrong("limit", "range", "must be between 1 and 100"))?;
        let before = self.cursor.as_deref().map(Cursor::decode::<Place>).transpose();
        let wanted = Wanted {
            action: text("action", self.action)?,
            actor: text("actor", self.actor)?,
            subject: text("subject", self.subject)?,
            correlation: text("correlation", self.correlation)?,
            from: time("from", self.from)?,
            until: time("until", self.until)?,
            before: before.map_err(|e| wrong("cursor", "cursor", e.to_string()))?,
        };
        Ok((service, wanted, limit))
    }
}

#[derive(Serialize, ToSchema)]
pub struct LogEntryBody {
    /// Who has written it down.
    service: &'static str,
    /// Its number in the service's chain; null until it is sealed, which takes about a second.
    seq: Option<i64>,
    at: Timestamp,
    actor: LogActorBody,
    action: String,
    subject: LogSubjectBody,
    /// Of what changed, what it was.
    #[schema(value_type = Object)]
    before: Value,
    /// And what it became.
    #[schema(value_type = Object)]
    after: Value,
    /// How often; more than 1 where it was counted for a minute.
    times: i64,
    origin: LogOriginBody,
}

#[derive(Serialize, ToSchema)]
pub struct LogActorBody {
    /// `staff`, `program`, `customer`, `guest`, `anonymous`, `operator` or `service`.
    kind: String,
    id: Option<String>,
    /// The id of the API key that a program showed; the actor's id is its owner's.
    api_key: Option<String>,
    /// Who was at the operator's command line.
    operator: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct LogSubjectBody {
    kind: String,
    id: String,
}

#[derive(Serialize, ToSchema)]
pub struct LogOriginBody {
    /// Of people who do not work here only the network is kept.
    address: Option<String>,
    /// A digest of what the client calls itself.
    agent: Option<String>,
    correlation_id: String,
}

#[derive(Serialize, ToSchema)]
pub struct LogPage {
    items: Vec<LogEntryBody>,
    next_cursor: Option<String>,
    /// Services that did not answer: what they have written down is missing from this page.
    missing: Vec<&'static str>,
}

impl LogEntryBody {
    fn of(entry: Listed) -> Self {
        // It was written as JSON; should it not read, it is shown as it is.
        let json = |text: Option<String>| match text {
            None => Value::Null,
            Some(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        Self {
            service: entry.service,
            seq: entry.seq,
            at: entry.at,
            actor: LogActorBody {
                kind: entry.actor_kind,
                id: entry.actor,
                api_key: entry.api_key,
                operator: entry.operator,
            },
            action: entry.action,
            subject: LogSubjectBody { kind: entry.subject_kind, id: entry.subject },
            before: json(entry.was),
            after: json(entry.became),
            times: entry.times,
            origin: LogOriginBody {
                address: entry.address,
                agent: entry.agent,
                correlation_id: entry.correlation,
            },
        }
    }
}

/// Who did what, the newest first: everything that security and staff actions changed, of all services.
#[utoipa::path(get, path = "/api/admin/audit-log", params(LogQuery), responses((status = 200, body = LogPage)))]
pub async fn read_audit_log(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let (service, wanted, limit) = query.read()?;
    let read = api.log.run(&ctx, service, wanted, limit).await;
    let page = read.page.map(LogEntryBody::of);
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(LogPage { items: page.items, next_cursor, missing: read.missing }))
}
