//! The answering side of a service: its servers behind its allow-list, whichever way the question came.

use crate::allow::Allow;
use crate::{call, trace};
use hanse_kernel::Effects;
use http::uri::PathAndQuery;
use http::{Request, Response};
use std::sync::Arc;
use tonic::body::Body;
use tonic::service::Routes;
use tower::util::ServiceExt;

#[derive(Clone)]
pub(crate) struct Answering {
    routes: Routes,
    allow: Arc<Allow>,
}

impl Answering {
    pub fn new(routes: Routes, allow: Allow) -> Self {
        Self { routes: routes.prepare(), allow: Arc::new(allow) }
    }

    pub fn may_be_repeated(&self, path: &str) -> bool {
        self.allow.methods().may_be_repeated(path)
    }

    /// `caller` is who the transport says asks.
    pub async fn answer(self, caller: &str, mut request: Request<Body>, effects: &Effects) -> Response<Body> {
        let (work, scope) = trace::answering(effects, self.allow.service(), caller, &mut request);
        let answered = async {
            if let Err(refused) = self.allow.check(request.uri().path(), caller) {
                return refused.into_http();
            }
            let path = request.uri().path_and_query().cloned();
            let response = match self.routes.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let code = call::code_of(&response);
            tracing::debug!(
                caller,
                method = path.as_ref().map_or("", PathAndQuery::as_str),
                ?code,
                "answered"
            );
            response
        };
        let response = scope.around(answered).await;
        trace::end(work, &response);
        response
    }
}
