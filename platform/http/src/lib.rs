//! The HTTP edge that every service shares: strict extractors, RFC 9457 problems, the access table, the caller's
//! context, access tokens, recorded answers for idempotency keys, what is refused under too much load, and the OpenAPI
//! document. Owns no endpoint.
//!
//! A service's endpoint and its row of the route table:
//! ```
//! use axum::extract::State;
//! use hanse_http::{Access, Caller, Class, ETag, IfMatch, Json, Path, Problem, Routes, routes};
//! use hanse_kernel::{ItemId, Permission};
//! use serde::{Deserialize, Serialize};
//! use utoipa::ToSchema;
//!
//! #[derive(Deserialize, ToSchema)]
//! #[serde(deny_unknown_fields)]
//! struct ChangeItem {
//!     quantity: u32,
//! }
//!
//! #[derive(Serialize, ToSchema)]
//! struct ItemBody {
//!     id: ItemId,
//!     quantity: u32,
//! }
//!
//! #[derive(Clone)]
//! struct Shop;
//!
//! /// Changes a line's quantity.
//! #[utoipa::path(patch, path = "/api/admin/items/{id}", params(("id" = ItemId, Path), IfMatch),
//!     request_body = ChangeItem, responses((status = 200, body = ItemBody)))]
//! async fn change_item(
//!     State(_shop): State<Shop>,
//!     Caller(ctx): Caller,
//!     Path(id): Path<ItemId>,
//!     version: IfMatch,
//!     Json(change): Json<ChangeItem>,
//! ) -> Result<(ETag, Json<ItemBody>), Problem> {
//!     version.check(3)?;
//!     if !(1..=999).contains(&change.quantity) {
//!         let rule = "must be between 1 and 999";
//!         return Err(Problem::validation(format!("quantity {rule}")).field("quantity", "range", rule));
//!     }
//!     tracing::debug!(actor = ctx.actor.label(), "an item was changed");
//!     Ok((ETag(4), Json(ItemBody { id, quantity: change.quantity })))
//! }
//!
//! let built = Routes::new("order")
//!     .class(Class::Checkout)
//!     .route(Access::Staff(Permission::OrdersWrite), routes!(change_item))
//!     .with_state(Shop)
//!     .build();
//! assert_eq!(built.table[0].operation_id, "change_item");
//! ```

pub mod access;
pub mod auth;
pub mod body;
pub mod context;
mod decode;
mod depth;
pub mod extract;
pub mod headers;
pub mod idempotency;
pub mod jwt;
pub mod limits;
pub mod linger;
mod nul;
pub mod openapi;
pub mod overload;
pub mod problem;
pub mod routes;

pub use access::Access;
pub use auth::{AuthError, Authenticator, Known, NoTokens, Shown};
pub use body::{Accepted, BodyLimit, Created, Json};
pub use context::{Authenticated, ClientAddress, ContextLayer, Forwarded, seal};
pub use extract::{Caller, Path, Query};
pub use headers::{ETag, IdempotencyKey, IfMatch, OptionalIdempotencyKey, OrderToken};
pub use idempotency::{Fingerprint, Idempotency};
pub use jwt::{Claims, JwtVerifier, KeySource};
pub use overload::{Class, Classes, Overload};
pub use problem::{FieldError, Problem};
pub use routes::{BuiltRoutes, RouteRule, Routes, routes};

pub use http::StatusCode;
