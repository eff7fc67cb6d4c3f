//! A service's route table: every route is added with its access, which is enforced around it and written into the
//! OpenAPI document.

use crate::access::{Access, AccessLayer};
use crate::body::{self, BodyLimit, DEFAULT_BODY_LIMIT};
use crate::openapi;
use crate::overload::Class;
use crate::problem::Problem;
use axum::extract::{DefaultBodyLimit, Request};
use hanse_kernel::{Actor, CorrelationId, Ctx};
use http::Method;
use std::time::Duration;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

pub use utoipa_axum::routes;

/// One line of the route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRule {
    pub method: Method,
    pub path: String,
    pub access: Access,
    pub operation_id: String,
    /// What it counts as when more is asked than can be done; none where the table does not say, which is a mistake that
    /// [`BuiltRoutes::unclassed`] finds.
    pub class: Option<Class>,
    /// So long its answer may be kept in front of the service: it is the same for everybody.
    pub keep: Option<Duration>,
    /// Bytes of a body that it takes.
    pub body: usize,
}

impl RouteRule {
    /// Whether a request announces a longer body than the route takes. Whoever may not come in at all is told that.
    ///
    /// # Errors
    /// The refusal.
    pub fn takes(&self, request: &Request) -> Result<(), Problem> {
        match body::announced_within(request.headers(), self.body) {
            Ok(()) => Ok(()),
            Err(too_large) => self.access.check(request).and(Err(too_large)),
        }
    }
}

/// What some routes have besides their access.
#[derive(Default)]
struct Traits {
    /// Bytes of a body.
    limit: Option<usize>,
    keep: Option<Duration>,
}

/// Collects the routes of one service. `S` is the state its handlers take.
pub struct Routes<S = ()> {
    tag: &'static str,
    /// Of the routes that are added next.
    class: Option<Class>,
    inner: OpenApiRouter<S>,
    table: Vec<RouteRule>,
}

/// What a service hands to whoever serves it.
#[derive(Clone)]
pub struct BuiltRoutes {
    pub router: axum::Router,
    pub openapi: OpenApi,
    pub table: Vec<RouteRule>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// `tag` groups the operations in the document: the service's name.
    pub fn new(tag: &'static str) -> Self {
        Self { tag, class: None, inner: OpenApiRouter::default(), table: Vec::new() }
    }

    /// What the routes that follow count as when more is asked of the process than it can do.
    #[must_use]
    pub fn class(self, class: Class) -> Self {
        Self { class: Some(class), ..self }
    }

    /// Adds the handlers of one path, all with the same access; add the path again for methods with another one.
    ///
    /// # Panics
    /// When the handlers are of different paths or a method is added twice: a mistake in the table itself, found by
    /// whichever test or start builds it first.
    #[must_use]
    pub fn route(self, access: Access, routes: UtoipaMethodRouter<S>) -> Self {
        self.add(access, Traits::default(), routes)
    }

    /// As [`Routes::route`], taking bodies of up to `limit` bytes.
    #[must_use]
    pub fn route_sized(self, access: Access, limit: usize, routes: UtoipaMethodRouter<S>) -> Self {
        self.add(access, Traits { limit: Some(limit), ..Traits::default() }, routes)
    }

    /// Adds a public GET whose answer is the same for everybody in one language, and may be so old.
    #[must_use]
    pub fn route_kept(self, keep: Duration, routes: UtoipaMethodRouter<S>) -> Self {
        self.add(Access::Public, Traits { keep: Some(keep), ..Traits::default() }, routes)
    }

    fn add(
        mut self,
        access: Access,
        Traits { limit, keep }: Traits,
        (schemas, mut paths, mut methods): UtoipaMethodRouter<S>,
    ) -> Self {
        assert!(
            paths.paths.len() == 1,
            "the handlers of one route() must share their path: {:?}",
            paths.paths.keys()
        );
        for (path, item) in &mut paths.paths {
            for (method, operation) in openapi::operations_mut(item) {
                openapi::describe(operation, self.tag, access);
                self.table.push(RouteRule {
                    method,
                    path: path.clone(),
                    access,
                    operation_id: operation.operation_id.clone().unwrap_or_default(),
                    class: self.class,
                    keep,
                    body: limit.unwrap_or(DEFAULT_BODY_LIMIT),
                });
            }
        }
        if let Some(limit) = limit {
            methods = methods.route_layer(BodyLimit(limit)).route_layer(DefaultBodyLimit::max(limit));
        }
        // Outermost, so that nothing of a request is looked at before its sender may send it.
        methods = methods.route_layer(AccessLayer(access, self.tag));
        Self { inner: self.inner.routes((schemas, paths, methods)), ..self }
    }

    /// Takes in another table of the same service.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        Self { inner: self.inner.merge(other.inner), ..self }
    }

    /// Gives the handlers what they need.
    #[must_use]
    pub fn with_state<S2: Clone + Send + Sync + 'static>(self, state: S) -> Routes<S2> {
        Routes { tag: self.tag, class: self.class, inner: self.inner.with_state(state), table: self.table }
    }
}

impl Routes<()> {
    pub fn build(self) -> BuiltRoutes {
        let (router, mut openapi) = self.inner.split_for_parts();
        openapi::complete(&mut openapi, self.tag);
        BuiltRoutes { router, openapi, table: self.table }
    }
}

impl BuiltRoutes {
    /// The routes that no class was declared for. Empty when all is well; for the test of all tables.
    pub fn unclassed(&self) -> Vec<String> {
        let without = self.table.iter().filter(|rule| rule.class.is_none());
        without
            .map(|rule| format!("{} {} counts as nothing: say .class(…)", rule.method, rule.path))
            .collect()
    }

    /// Calls every guarded route as nobody and tells those that do not refuse with 401, and those that the document
    /// lists without access. Empty when all is well; for the test of each service's table.
    pub async fn unguarded(&self) -> Vec<String> {
        let mut found = Vec::new();
        for rule in &self.table {
            let name = format!("{} {}", rule.method, rule.path);
            if openapi::access_of(&self.openapi, &rule.method, &rule.path) != Some(rule.access.label()) {
                found.push(format!("{name}: the document does not tell its access"));
            }
            if rule.access == Access::Public {
                continue;
            }
            let uri: String = rule
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { "x" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            let mut request = Request::new(axum::body::Body::empty());
            *request.method_mut() = rule.method.clone();
            match uri.parse() {
                Ok(uri) => *request.uri_mut() = uri,
                Err(e) => found.push(format!("{name}: {e}")),
            }
            request
                .extensions_mut()
                .insert(Ctx::new(Actor::Anonymous, CorrelationId::new(uuid::Uuid::nil())));
            match self.router.clone().oneshot(request).await {
                Ok(response)
                    if response
                        .extensions()
                        .get::<Problem>()
                        .is_some_and(|p| p.code() == "unauthenticated") => {}
                Ok(response) => found.push(format!("{name}: answered nobody with {}", response.status())),
                Err(never) => match never {},
            }
        }
        found
    }
}
