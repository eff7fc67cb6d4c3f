//! The outbox in the browser: what would have been sent, readable on this machine.

use super::Api;
use crate::application::ports::KeptMail;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use hanse_http::{Json, Path, Problem};
use hanse_kernel::{MailId, Timestamp};
use serde::Serialize;
use std::fmt::Write;
use utoipa::ToSchema;

const STYLE: &str = include_str!("outbox.css");
/// A mail's own markup: styles of its own, pictures, nothing that runs or sends.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";

#[derive(Serialize, ToSchema)]
pub struct MailBody {
    id: MailId,
    kind: String,
    to: String,
    subject: String,
    text: String,
    created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct MailList {
    items: Vec<MailBody>,
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <link rel=\"stylesheet\" href=\"/mail/style.css\"></head><body><main>{body}</main></body></html>",
        escape(title)
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

async fn find(api: &Api, id: MailId) -> Result<KeptMail, Problem> {
    let found = api.mails.get(id).await.map_err(|e| Problem::internal(&e))?;
    found.ok_or_else(|| Problem::not_found("that mail"))
}

/// The outbox as a page
#[utoipa::path(get, path = "/mail", responses((status = 200, description = "A page", content_type = "text/html")))]
pub async fn mail_list_page(State(api): State<Api>) -> Result<Response, Problem> {
    let mails = api.mails.newest().await.map_err(|e| Problem::internal(&e))?;
    let mut body = String::from(
        "<h1>Outbox</h1><p>This shop has no SMTP server, so its mails lie here, newest first. \
         To send them set <code>mail.smtp_url</code> in <code>hanse.toml</code>.</p>",
    );
    if mails.is_empty() {
        body.push_str(
            "<p class=\"empty\">No mail yet. Place an order and its confirmation will lie here.</p>",
        );
    }
    body.push_str("<ul>");
    for mail in &mails {
        let _ = write!(
            body,
            "<li><a href=\"/mail/{}\"><b>{}</b><span>{}</span><time datetime=\"{4}\">{4}</time><small>{}</small></a></li>",
            mail.id,
            escape(&mail.subject),
            escape(mail.to.reveal()),
            mail.kind,
            mail.created_at,
        );
    }
    body.push_str("</ul>");
    Ok(page("Outbox", &body))
}

/// One mail as a page
#[utoipa::path(get, path = "/mail/{id}", params(("id" = MailId, Path)),
    responses((status = 200, description = "A page", content_type = "text/html")))]
pub async fn mail_page(State(api): State<Api>, Path(id): Path<MailId>) -> Result<Response, Problem> {
    let mail = find(&api, id).await?;
    let body = format!(
        "<p><a href=\"/mail\">Outbox</a></p><h1>{}</h1><p>To {}, {}</p><iframe title=\"The mail\" src=\"/mail/{}/body\"></iframe>\
         <h2>As plain text</h2><pre>{}</pre>",
        escape(&mail.subject),
        escape(mail.to.reveal()),
        mail.created_at,
        mail.id,
        escape(&mail.text)
    );
    let mut response = page(&mail.subject, &body);
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        header::HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    );
    Ok(response)
}

/// A mail's own markup, for the frame of its page
#[utoipa::path(get, path = "/mail/{id}/body", params(("id" = MailId, Path)),
    responses((status = 200, description = "The mail", content_type = "text/html")))]
pub async fn mail_body(State(api): State<Api>, Path(id): Path<MailId>) -> Result<Response, Problem> {
    let mail = find(&api, id).await?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Html(mail.html)).into_response())
}

/// The outbox's style sheet
#[utoipa::path(get, path = "/mail/style.css", responses((status = 200, description = "CSS", content_type = "text/css")))]
pub async fn mail_style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// The outbox for programs
#[utoipa::path(get, path = "/api/dev/mails", responses((status = 200, body = MailList)))]
pub async fn list_mails(State(api): State<Api>) -> Result<Json<MailList>, Problem> {
    let mails = api.mails.newest().await.map_err(|e| Problem::internal(&e))?;
    let items = mails.into_iter().map(|m| MailBody {
        id: m.id,
        kind: m.kind.to_string(),
        to: m.to.into_revealed(),
        subject: m.subject,
        text: m.text,
        created_at: m.created_at,
    });
    Ok(Json(MailList { items: items.collect() }))
}
