//! An answer as it is recorded: status, the headers that belong to it, the body with its secrets taken out.

use crate::problem::Problem;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, LINK, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};

/// Headers that are part of the answer; cookies, dates and ids of one exchange are not.
const KEPT: [HeaderName; 7] =
    [CONTENT_TYPE, LOCATION, ETAG, RETRY_AFTER, CACHE_CONTROL, CONTENT_LANGUAGE, LINK];
/// Larger answers are not recorded, so no endpoint that takes a key may give them.
const MAX_BODY: usize = 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub status: u16,
    /// `[["content-type", "application/json"], …]`
    pub headers: String,
    pub body: String,
}

#[derive(Debug, thiserror::Error)]
#[error("an answer cannot be recorded: {0}")]
struct Unrecordable(String);

fn unrecordable(why: impl ToString) -> Problem {
    Problem::internal(&Unrecordable(why.to_string()))
}

/// A control character cannot stand in JSON text, so a place marked with it is unmistakable.
pub(super) const MARK: char = '\u{1}';

fn place(index: usize) -> String {
    format!("{MARK}{index}{MARK}")
}

impl Recorded {
    pub async fn take(response: Response, secrets: &[String]) -> Result<Self, Problem> {
        let (head, body) = response.into_parts();
        let bytes = Limited::new(body, MAX_BODY).collect().await.map_err(unrecordable)?.to_bytes();
        let mut body = String::from_utf8(bytes.into()).map_err(unrecordable)?;
        if body.contains([MARK, '\0']) {
            return Err(unrecordable("its body is not JSON"));
        }
        for (index, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
            body = body.replace(secret.as_str(), &place(index));
        }
        let headers: Vec<(&str, &str)> = KEPT
            .iter()
            .filter_map(|name| Some((name.as_str(), head.headers.get(name)?.to_str().ok()?)))
            .collect();
        let headers = serde_json::to_string(&headers).map_err(unrecordable)?;
        Ok(Self { status: head.status.as_u16(), headers, body })
    }

    /// The answer again, byte for byte.
    pub fn give(self, secrets: &[String]) -> Result<Response, Problem> {
        let mut body = self.body;
        for (index, secret) in secrets.iter().enumerate() {
            body = body.replace(&place(index), secret);
        }
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(self.status).map_err(unrecordable)?;
        let headers: Vec<(String, String)> = serde_json::from_str(&self.headers).map_err(unrecordable)?;
        for (name, value) in headers {
            let name = HeaderName::try_from(name).map_err(unrecordable)?;
            response.headers_mut().insert(name, HeaderValue::try_from(value).map_err(unrecordable)?);
        }
        Ok(response)
    }
}
