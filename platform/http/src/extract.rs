//! Query, path and caller as handlers take them: strict, with a problem for everything else.

use crate::decode;
use crate::nul;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use hanse_kernel::Ctx;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The query string. Types derive `serde(deny_unknown_fields)`; anything that does not fit is a 422 naming the field.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            nul::refuse_in_text(&name, &value)?;
        }
        let from = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(from)
            .map(Self)
            .map_err(|e| decode::refusal(&e.path().to_string(), &e.inner().to_string()))
    }
}

/// The path's parameters. One that cannot be read names nothing that exists: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.path().contains("%00") {
            return Err(Problem::not_found("resource"));
        }
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(e)) => match e.into_kind() {
                kind @ (ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. }) => {
                    tracing::error!(%kind, "a handler asks for other path parameters than its route has");
                    Err(Problem::failure())
                }
                _ => Err(Problem::not_found("resource")),
            },
            Err(e) => Err(Problem::internal(&e)),
        }
    }
}

/// Who asks, from the context layer.
#[derive(Debug, Clone)]
pub struct Caller(pub Ctx);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Ctx>() {
            Some(ctx) => Ok(Self(ctx.clone())),
            None => {
                tracing::error!("a handler asks for the caller but no context layer is around its service");
                Err(Problem::failure())
            }
        }
    }
}
