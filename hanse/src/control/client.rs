//! One call to the shop, wherever it is.

use super::routes;
use crate::cli::Reach;
use crate::compose::App;
use crate::config::Config;
use crate::folder::{self, Folder};
use crate::league::Operator;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;
use tower::ServiceExt;

/// A shop that can be called.
pub enum Reached {
    /// Another process runs it.
    Running(PathBuf),
    /// This process has started it for the verb.
    Here(Box<App>, Router),
    /// Its services are processes of their own; this one asks them as the operator.
    League(Box<Operator>, Router),
}

pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
}

impl Reply {
    /// The body, or the problem as an error for people.
    pub fn ok(self) -> Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let text = |key: &str| self.body[key].as_str().unwrap_or_default().to_string();
        let mut message = text("title");
        if message.is_empty() {
            message = format!("the shop answered {}", self.status);
        }
        if !text("detail").is_empty() {
            message = format!("{message}: {}", text("detail"));
        }
        for error in self.body["errors"].as_array().into_iter().flatten() {
            let (field, told) =
                (error["field"].as_str().unwrap_or_default(), error["message"].as_str().unwrap_or_default());
            message = format!("{message}\n  {field}: {told}");
        }
        bail!(message)
    }
}

impl Reached {
    /// The shop in `data`, if another process runs it.
    pub async fn running(data: &Path) -> Option<Self> {
        let socket = folder::socket(data);
        UnixStream::connect(&socket).await.is_ok().then_some(Self::Running(socket))
    }

    /// Reaches the shop: through its socket when it runs, else by opening its folder here; or its services, where they
    /// are processes of their own.
    pub async fn open(reach: &Reach) -> Result<Self> {
        match &reach.league {
            Some(file) => Self::league(file, false).await,
            None => Self::open_folder(&reach.data).await,
        }
    }

    /// As [`Reached::open`], for work on the stores themselves: those of a league are opened here.
    pub async fn open_stores(reach: &Reach) -> Result<Self> {
        match &reach.league {
            Some(file) => Self::league(file, true).await,
            None => Self::open_folder(&reach.data).await,
        }
    }

    async fn league(file: &Path, stores: bool) -> Result<Self> {
        let operator = Operator::enter(file, stores).await?;
        let router = routes::router(operator.console());
        Ok(Self::League(Box::new(operator), router))
    }

    async fn open_folder(data: &Path) -> Result<Self> {
        if let Some(running) = Self::running(data).await {
            return Ok(running);
        }
        if !data.join("version").exists() {
            bail!("there is no shop in {}; `hanse up --data {}` makes one", data.display(), data.display());
        }
        let owned = Folder::own(data)?;
        let config = Config::load(data)?;
        let metrics = hanse_telemetry::metrics()?;
        let app = App::start(owned, &config, metrics).await?;
        let router = routes::router(app.console());
        Ok(Self::Here(Box::new(app), router))
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.call(Request::builder().method(Method::GET).uri(path).body(Bytes::new())?).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Result<Reply> {
        let request =
            Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
        self.call(request.body(Bytes::from(body.to_string()))?).await
    }

    pub async fn call(&self, mut request: Request<Bytes>) -> Result<Reply> {
        if let Ok(operator) = http::HeaderValue::try_from(super::login()) {
            request.headers_mut().insert(super::OPERATOR_IS, operator);
        }
        let (status, bytes) = match self {
            Self::Here(_, router) | Self::League(_, router) => {
                let response = router.clone().oneshot(request.map(Body::from)).await?;
                (response.status(), response.into_body().collect().await?.to_bytes())
            }
            Self::Running(socket) => over_socket(socket, request).await?,
        };
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Reply { status, body })
    }

    /// Lets go of the shop; one that was started here ends in good order.
    pub async fn close(self) {
        match self {
            Self::Running(_) => {}
            Self::Here(app, router) => {
                drop(router);
                app.stop().await;
            }
            Self::League(operator, router) => {
                drop(router);
                operator.leave().await;
            }
        }
    }
}

async fn over_socket(socket: &Path, request: Request<Bytes>) -> Result<(StatusCode, Bytes)> {
    let gone = || format!("the shop behind {} does not answer", socket.display());
    let stream = UnixStream::connect(socket).await.with_context(gone)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.with_context(gone)?;
    let (mut parts, body) = request.into_parts();
    parts.headers.insert("host", http::HeaderValue::from_static("hanse"));
    let exchange = async {
        let response = sender.send_request(Request::from_parts(parts, Full::new(body))).await?;
        let status = response.status();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    // The connection is driven beside the exchange and ends with it.
    let connection = std::pin::pin!(connection);
    match futures::future::select(std::pin::pin!(exchange), connection).await {
        futures::future::Either::Left((answer, _)) => answer.with_context(gone),
        futures::future::Either::Right((ended, exchange)) => {
            ended.with_context(gone)?;
            exchange.await.with_context(gone)
        }
    }
}
