//! A client that says what it got: every refusal shows the whole answer.

use anyhow::{Context, Result, bail};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// Speaks to one shop, wherever it listens after each start.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    origin: Arc<RwLock<String>>,
}

impl Http {
    pub fn new(origin: &str) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build()?;
        Ok(Self { client, origin: Arc::new(RwLock::new(origin.to_string())) })
    }

    pub fn origin(&self) -> String {
        self.origin.read().map(|origin| origin.clone()).unwrap_or_default()
    }

    pub fn moved(&self, origin: &str) {
        if let Ok(mut known) = self.origin.write() {
            *known = origin.to_string();
        }
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        let what = format!("{method} {path}");
        Call { request: self.client.request(method, format!("{}{path}", self.origin())), what }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }
}

/// A request that is being made up.
pub struct Call {
    request: RequestBuilder,
    what: String,
}

impl Call {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), what: self.what }
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string().into_bytes())
    }

    pub fn raw(self, kind: &str, body: Vec<u8>) -> Self {
        Self { request: self.request.header("content-type", kind).body(body), what: self.what }
    }

    pub fn form(self, form: reqwest::multipart::Form) -> Self {
        Self { request: self.request.multipart(form), what: self.what }
    }

    /// In the name of a customer or of staff.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the token that checkout gave.
    pub fn order(self, token: &str) -> Self {
        self.header("authorization", &format!("Order {token}"))
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn if_match(self, version: &Value) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    /// An error only when there was no whole answer.
    pub async fn send(self) -> Result<Answer> {
        let response = self.request.send().await.with_context(|| self.what.clone())?;
        let status = response.status().as_u16();
        let location = response.headers().get("location").and_then(|v| v.to_str().ok()).map(str::to_string);
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_string();
        let headers = response.headers().clone();
        let body = response.bytes().await.with_context(|| self.what.clone())?.to_vec();
        Ok(Answer { status, location, kind, body, headers, what: self.what })
    }

    /// The JSON of an answer with this status; anything else is an error that shows the answer.
    pub async fn expect(self, status: u16) -> Result<Value> {
        self.send().await?.expect(status)
    }

    /// The problem of a refusal, which must be one as RFC 9457 has it.
    pub async fn refused(self, status: u16, code: &str) -> Result<Value> {
        self.send().await?.refused(status, code)
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub kind: String,
    pub body: Vec<u8>,
    headers: HeaderMap,
    what: String,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Null where there is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn expect(&self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("{} answered {} in place of {status}: {}", self.what, self.status, self.text());
        }
        Ok(self.json())
    }

    pub fn refused(&self, status: u16, code: &str) -> Result<Value> {
        let problem = self.expect(status)?;
        let whole = self.kind.starts_with("application/problem+json")
            && problem["status"] == status
            && problem["code"] == code
            && problem["title"].as_str().is_some_and(|t| !t.is_empty())
            && problem["correlation_id"].as_str().is_some_and(|id| !id.is_empty());
        if !whole {
            bail!(
                "{} should have answered a problem `{code}`, not {}: {}",
                self.what,
                self.kind,
                self.text()
            );
        }
        Ok(problem)
    }
}
