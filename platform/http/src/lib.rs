//! The HTTP edge that every service shares: strict extractors, RFC 9457 problems, the access table, the caller's
//! context, access tokens, recorded answers for idempotency keys, and the OpenAPI document. Owns no endpoint.

pub mod access;
pub mod auth;
pub mod body;
pub mod context;
mod decode;
pub mod extract;
pub mod headers;
pub mod idempotency;
pub mod jwt;
pub mod limits;
pub mod openapi;
pub mod problem;
pub mod routes;

pub use access::Access;
pub use auth::{AuthError, Authenticator};
pub use body::{Accepted, BodyLimit, Created, Json};
pub use context::{Authenticated, ContextLayer};
pub use extract::{Caller, Path, Query};
pub use headers::{ETag, IdempotencyKey, IfMatch, OrderToken};
pub use idempotency::{Fingerprint, Idempotency};
pub use jwt::{Claims, JwtVerifier, KeySource};
pub use problem::{FieldError, Problem};
pub use routes::{BuiltRoutes, RouteRule, Routes, routes};

pub use http::StatusCode;
