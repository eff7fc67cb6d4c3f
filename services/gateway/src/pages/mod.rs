//! Storefront pages: the built index.html with the head, the shell and the state of the page that was asked for, made
//! from what the services answer. Readable without JavaScript; unknown things are real 404s.

mod assets;
mod head;
mod html;
mod route;
mod shell;
mod words;

use crate::config::GatewayConfig;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hanse_http::Problem;
use hanse_kernel::Ctx;
use http_body_util::BodyExt;
use route::Page;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// An answer of a service that a page is made from is at most so long.
const ANSWER_LIMIT: usize = 1 << 20;

#[derive(Clone)]
struct Pages {
    /// The API itself, asked as a browser would ask it.
    api: Router,
    index: Arc<str>,
    public_url: Arc<str>,
    shop_name: Arc<str>,
}

pub(crate) fn router(api: Router, config: &GatewayConfig) -> Router {
    let index =
        hanse_web_assets::storefront("index.html").map(|a| String::from_utf8_lossy(&a.bytes).into_owned());
    let pages = Pages {
        api,
        index: index.unwrap_or_default().into(),
        public_url: config.public_url.trim_end_matches('/').into(),
        shop_name: config.shop_name.as_str().into(),
    };
    Router::new().fallback(serve).with_state(pages)
}

async fn serve(State(pages): State<Pages>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path.starts_with("/media/") {
        return Problem::not_found("that address").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::of_status(StatusCode::METHOD_NOT_ALLOWED).into_response();
    }
    if let Some(asset) = assets::answer(path, request.headers()) {
        return asset;
    }
    let Some(ctx) = request.extensions().get::<Ctx>().cloned() else {
        return Problem::unavailable("the page").into_response();
    };
    let page = Page::of(request.uri());
    pages.render(&ctx, request.uri(), page).await
}

/// What a page shows: the answers it is made from, by the API path they came from.
pub(crate) struct Content {
    pub(crate) page: Page,
    pub(crate) queries: Map<String, Value>,
    pub(crate) status: StatusCode,
}

impl Content {
    pub(crate) fn get(&self, path: &str) -> Option<&Value> {
        self.queries.get(path)
    }
}

impl Pages {
    async fn render(&self, ctx: &Ctx, uri: &Uri, page: Page) -> Response {
        let content = self.gather(ctx, page).await;
        let site = head::Site {
            public_url: &self.public_url,
            shop_name: &self.shop_name,
            locale: ctx.locale.as_str(),
        };
        let state = json!({"route": uri.to_string(), "queries": content.queries});
        let html = html::fill(
            &self.index,
            ctx.locale.as_str(),
            &head::head(&site, uri, &content),
            &shell::shell(&content, ctx.locale.as_str()),
            &html::json_script("hanse-state", &state),
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            // Prices and stock are in the page, so it is asked for again each time.
            (header::CACHE_CONTROL, "no-cache"),
            (header::VARY, "accept-language"),
        ];
        (content.status, headers, html).into_response()
    }

    async fn gather(&self, ctx: &Ctx, page: Page) -> Content {
        let wanted = page.queries();
        let answers = wanted.iter().map(|path| self.ask(ctx, path));
        let answers = futures::future::join_all(answers).await;
        let mut content = Content { status: page.status(), page, queries: Map::new() };
        for (i, (path, answer)) in wanted.into_iter().zip(answers).enumerate() {
            match answer {
                Ok(value) => {
                    content.queries.insert(path, value);
                }
                // The first answer is what the page is about; the others are by the way.
                Err(StatusCode::NOT_FOUND) if i == 0 => {
                    content.status = StatusCode::NOT_FOUND;
                    content.page = Page::NotFound;
                }
                // The page asks for the rest by itself and shows its own error with a way to try again.
                Err(status) => {
                    tracing::warn!(%path, %status, "a page is rendered without one of its answers")
                }
            }
        }
        content
    }

    /// Asks the API in the name of whoever asks for the page.
    async fn ask(&self, ctx: &Ctx, path: &str) -> Result<Value, StatusCode> {
        let mut request =
            Request::builder().uri(path).body(Body::empty()).map_err(|_| StatusCode::BAD_REQUEST)?;
        request.extensions_mut().insert(ctx.clone());
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if response.status() != StatusCode::OK {
            return Err(response.status());
        }
        let body = http_body_util::Limited::new(response.into_body(), ANSWER_LIMIT);
        let bytes = body.collect().await.map_err(|_| StatusCode::BAD_GATEWAY)?.to_bytes();
        serde_json::from_slice(&bytes).map_err(|_| StatusCode::BAD_GATEWAY)
    }
}

/// Whether the client has this version already.
pub(crate) fn unchanged(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(", ").any(|e| e == etag))
}
