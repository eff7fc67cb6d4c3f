//! The API's document and a reference page made from it, readable without JavaScript and without a network.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;
use utoipa::openapi::OpenApi;

const STYLE: &str = include_str!("reference.css");

pub(crate) fn router(document: &OpenApi) -> Router {
    let json: Arc<str> = document.to_json().unwrap_or_default().into();
    let page: Arc<str> = page(&serde_json::from_str(&json).unwrap_or_default()).into();
    let json_type = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    let html_type = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    let css_type = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Router::new()
        .route("/api/openapi.json", get(move || async move { (json_type, json.to_string()).into_response() }))
        .route("/api/reference", get(move || async move { (html_type, page.to_string()).into_response() }))
        .route("/api/reference.css", get(move || async move { (css_type, STYLE).into_response() }))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(document: &Value) -> String {
    let mut groups: std::collections::BTreeMap<&str, Vec<(&str, &str, &Value)>> = Default::default();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if operation["responses"].is_object() {
                let tag = operation["tags"][0].as_str().unwrap_or("other");
                groups.entry(tag).or_default().push((method, path, operation));
            }
        }
    }
    let mut nav = String::new();
    let mut body = String::new();
    for (tag, operations) in &groups {
        let _ = write!(nav, "<li><a href=\"#{tag}\">{tag}</a></li>");
        let _ = write!(body, "<section id=\"{tag}\"><h2>{tag}</h2>");
        for (method, path, operation) in operations {
            operation_html(&mut body, document, method, path, operation);
        }
        body.push_str("</section>");
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Hanse API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/api/reference.css\"></head><body>\
         <header><h1>Hanse API {}</h1><p>The same as a document: <a href=\"/api/openapi.json\">/api/openapi.json</a> \
         (OpenAPI 3.1). Money is <code>{{\"amount\": minor units, \"currency\"}}</code>; errors are RFC 9457 problems.</p>\
         <nav aria-label=\"Services\"><ul>{nav}</ul></nav></header><main>{body}</main></body></html>",
        escape(text(&document["info"], "version"))
    )
}

fn operation_html(out: &mut String, document: &Value, method: &str, path: &str, operation: &Value) {
    let access = text(operation, "x-hanse-access");
    let _ = write!(
        out,
        "<details><summary><b class=\"m-{method}\">{}</b> <code>{}</code> <span>{}</span></summary>",
        method.to_uppercase(),
        escape(path),
        escape(text(operation, "summary"))
    );
    let _ = write!(
        out,
        "<p>{}</p><p>Who may: <code>{}</code></p>",
        escape(text(operation, "description")),
        escape(access)
    );
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        out.push_str("<table><thead><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr></thead><tbody>");
        for p in parameters {
            let (name, place, meaning) = (text(p, "name"), text(p, "in"), text(p, "description"));
            let _ = write!(
                out,
                "<tr><td><code>{}</code></td><td>{place}</td><td>{}</td></tr>",
                escape(name),
                escape(meaning)
            );
        }
        out.push_str("</tbody></table>");
    }
    for content in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = write!(out, "<h4>Body, {}</h4>", escape(content.0));
        schema_html(out, document, &content.1["schema"], 0);
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let _ = write!(out, "<h4>{status} {}</h4>", escape(text(answer, "description")));
        for content in answer["content"].as_object().into_iter().flatten() {
            schema_html(out, document, &content.1["schema"], 0);
        }
    }
    out.push_str("</details>");
}

/// The fields of a schema as a nested list; references are followed a few levels down.
fn schema_html(out: &mut String, document: &Value, schema: &Value, depth: u8) {
    let mut schema = schema;
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        let _ = write!(out, "<i>{}</i>", escape(name));
        schema = &document["components"]["schemas"][name];
    }
    if let Some(items) = schema.get("items") {
        out.push_str(" list of ");
        return schema_html(out, document, items, depth);
    }
    let Some(fields) = schema["properties"].as_object().filter(|_| depth < 4) else {
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            kind => kind.as_str().unwrap_or_default().to_string(),
        };
        let _ = write!(out, " {}", escape(&kind));
        return;
    };
    out.push_str("<ul>");
    for (name, field) in fields {
        let _ = write!(out, "<li><code>{}</code>", escape(name));
        schema_html(out, document, field, depth + 1);
        let _ = write!(out, " {}</li>", escape(text(field, "description")));
    }
    out.push_str("</ul>");
}
