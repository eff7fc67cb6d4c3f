//! The merchant's mail texts.

use super::Api;
use crate::application::error::NotificationError;
use crate::application::ports::Template;
use crate::domain::Kind;
use axum::extract::State;
use hanse_http::{Caller, Json, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct TemplateBody {
    kind: String,
    locale: String,
    subject: String,
    text: String,
    html: String,
    /// By the merchant; otherwise it follows the defaults of the version in use.
    edited: bool,
}

#[derive(Serialize, ToSchema)]
pub struct TemplateList {
    items: Vec<TemplateBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutTemplate {
    /// One line.
    subject: String,
    text: String,
    html: String,
}

impl From<Template> for TemplateBody {
    fn from(t: Template) -> Self {
        let kind = t.kind.to_string();
        Self { kind, locale: t.locale, subject: t.subject, text: t.text, html: t.html, edited: t.edited }
    }
}

fn problem(error: NotificationError) -> Problem {
    match error {
        NotificationError::Store(e) => Problem::store(&e),
        NotificationError::Template(text) => {
            Problem::validation("the template does not render, so it was not kept")
                .field("template", "template", text)
        }
        NotificationError::NotTheirKey => Problem::forbidden()
            .detail("a key to somebody's account stands in this mail: to change it needs staff:write"),
        NotificationError::StepUp => Problem::step_up_required(),
        NotificationError::UnknownTemplate => Problem::not_found("a template of that kind and language"),
    }
}

/// All mail templates
#[utoipa::path(get, path = "/api/admin/notification-templates", responses((status = 200, body = TemplateList)))]
pub async fn list_templates(State(api): State<Api>) -> Result<Json<TemplateList>, Problem> {
    let items = api.templates.list().await.map_err(problem)?.into_iter().map(Into::into).collect();
    Ok(Json(TemplateList { items }))
}

/// Change a mail template
///
/// It is rendered against sample data first and refused, with the line, when that fails. The texts with a link into an
/// account (`verify_email`, `reset_password`, `change_email`, `invitation`) need `staff:write` besides, and a recent proof.
#[utoipa::path(put, path = "/api/admin/notification-templates/{kind}/{locale}",
    params(("kind" = String, Path), ("locale" = String, Path)),
    request_body = PutTemplate, responses((status = 200, body = TemplateBody)))]
pub async fn put_template(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(place): Path<(String, String)>,
    Json(put): Json<PutTemplate>,
) -> Result<Json<TemplateBody>, Problem> {
    let (kind, locale) = place;
    let kind: Kind = kind.parse().map_err(|_| Problem::not_found("a template of that kind and language"))?;
    let template =
        Template { kind, locale, subject: put.subject, text: put.text, html: put.html, edited: true };
    Ok(Json(api.templates.put(&ctx, template).await.map_err(problem)?.into()))
}
