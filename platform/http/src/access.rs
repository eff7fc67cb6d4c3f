//! Who may call a route, and the guard around each route that holds it: deny unless allowed.

use crate::context::{Handing, RouteSlot, hand_over};
use crate::headers::OrderToken;
use crate::problem::Problem;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use futures::future::{Either, Ready, ready};
use hanse_kernel::{Actor, Ctx, Permission, Proof};
use std::task::{Context, Poll};
use tower::{Layer, Service};
use utoipa::openapi::security::SecurityRequirement;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A shopper who is logged in, or staff; no key.
    Customer,
    /// Somebody with an order token, a shopper who is logged in, or staff; no key. The handler checks which order.
    OrderHolder,
    /// Somebody who is logged in, also staff who have to enrol a second factor before they do anything else: what one needs for that.
    Person,
    /// Staff with this permission.
    Staff(Permission),
    /// Staff with this permission who have just shown who they are, or a program whose key has it.
    Recent(Permission),
    /// Staff with this permission who have just shown who they are: a person, no key.
    RecentPerson(Permission),
    /// A service of this deployment.
    Service,
}

impl Access {
    /// Whether `actor` may, `token` telling that an order token came along.
    pub fn allows(self, actor: &Actor, token: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Customer | Self::Person => matches!(actor, Actor::Customer { .. } | Actor::Staff { .. }),
            Self::OrderHolder => {
                matches!(actor, Actor::Customer { .. } | Actor::Staff { .. } | Actor::OrderHolder { .. })
                    || (token && *actor == Actor::Anonymous)
            }
            Self::Staff(permission) | Self::Recent(permission) | Self::RecentPerson(permission) => {
                actor.may(permission)
            }
            Self::Service => matches!(actor, Actor::Service { .. }),
        }
    }

    /// As it stands in the OpenAPI document under `x-hanse-access`.
    pub fn label(self) -> String {
        match self {
            Self::Public => "public".into(),
            Self::Customer => "customer".into(),
            Self::Person => "person".into(),
            Self::OrderHolder => "order_holder".into(),
            Self::Staff(permission) => format!("staff:{}", permission.as_str()),
            Self::Recent(permission) => format!("staff:{} recent", permission.as_str()),
            Self::RecentPerson(permission) => format!("staff:{} recent person", permission.as_str()),
            Self::Service => "service".into(),
        }
    }

    /// The alternatives of OpenAPI's `security`; none for everybody.
    pub(crate) fn security(self) -> Vec<SecurityRequirement> {
        let none: [&str; 0] = [];
        match self {
            Self::Public => vec![],
            Self::Customer | Self::Person => vec![SecurityRequirement::new("bearer", none)],
            Self::OrderHolder => {
                vec![SecurityRequirement::new("order", none), SecurityRequirement::new("bearer", none)]
            }
            Self::Staff(permission) | Self::Recent(permission) | Self::RecentPerson(permission) => {
                vec![SecurityRequirement::new("bearer", [permission.as_str()])]
            }
            Self::Service => vec![SecurityRequirement::new("service", none)],
        }
    }

    /// Whether what may be done may be done now.
    fn proven(self, proof: Proof) -> Result<(), Problem> {
        match (self, proof) {
            (Self::Recent(_) | Self::RecentPerson(_), Proof::Former | Proof::Unenrolled) => {
                Err(Problem::step_up_required())
            }
            (Self::RecentPerson(_), Proof::Key) => Err(Problem::key_not_allowed()),
            // Nothing among what a key may do says that it may act as its owner does for themselves.
            (Self::Customer | Self::OrderHolder | Self::Person, Proof::Key) => {
                Err(Problem::key_not_allowed())
            }
            _ => Ok(()),
        }
    }

    /// Whether whoever asks may.
    ///
    /// # Errors
    /// The refusal.
    pub fn check(self, request: &Request) -> Result<(), Problem> {
        if self == Self::Public {
            return Ok(());
        }
        let Some(ctx) = request.extensions().get::<Ctx>() else {
            tracing::error!("a guarded route is served without a context layer around it");
            return Err(Problem::failure());
        };
        let token = self == Self::OrderHolder && OrderToken::of(request.headers()).0.is_some();
        // Told before what they may not do, since their permissions come with the factor.
        if ctx.proof == Proof::Unenrolled && self != Self::Person {
            return Err(Problem::factor_enrolment_required());
        }
        if self.allows(&ctx.actor, token) {
            self.proven(ctx.proof)
        } else if ctx.actor == Actor::Anonymous {
            Err(Problem::unauthenticated())
        } else {
            Err(Problem::forbidden())
        }
    }
}

/// Puts the guard around a route of the service.
#[derive(Clone, Copy)]
pub(crate) struct AccessLayer(pub Access, pub &'static str);

impl<S> Layer<S> for AccessLayer {
    type Service = Guard<S>;
    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, access: self.0, service: self.1 }
    }
}

#[derive(Clone)]
pub(crate) struct Guard<S> {
    inner: S,
    access: Access,
    service: &'static str,
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, Handing<S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let (Some(slot), Some(route)) =
            (request.extensions().get::<RouteSlot>(), request.extensions().get::<MatchedPath>())
        {
            slot.set(route.as_str().to_string());
        }
        match self.access.check(&request) {
            Ok(()) => {
                if self.access == Access::Public {
                    nobody_by_key(&mut request);
                }
                let handed = hand_over(self.service, &mut request);
                Either::Right(Handing::new(self.inner.call(request), handed))
            }
            Err(problem) => Either::Left(ready(Ok(problem.into_response()))),
        }
    }
}

/// What is open to everybody is so for a program, which is nobody there: a cart that it fills is not its owner's.
fn nobody_by_key(request: &mut Request) {
    if let Some(ctx) = request.extensions_mut().get_mut::<Ctx>().filter(|ctx| ctx.proof == Proof::Key) {
        (ctx.actor, ctx.proof) = (Actor::Anonymous, Proof::Former);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::{CorrelationId, UserId};
    use std::sync::Arc;

    fn told(access: Access, proof: Proof) -> &'static str {
        let permissions = Arc::new([Permission::OrdersRefund].into());
        let actor = Actor::Staff { user: UserId::new(uuid::Uuid::nil()), permissions };
        let mut request = Request::new(axum::body::Body::empty());
        let ctx = Ctx::new(actor, CorrelationId::new(uuid::Uuid::nil()));
        request.extensions_mut().insert(Ctx { proof, ..ctx });
        access.check(&request).map_or_else(|problem| problem.code(), |()| "in")
    }

    #[test]
    fn what_wants_a_recent_proof_gets_one() {
        use Proof::{Former, Key, Recent, Unenrolled};
        let refund = Permission::OrdersRefund;
        let (enrol, step_up, no_key) = ("factor_enrolment_required", "step_up_required", "key_not_allowed");
        for (access, [former, recent, unenrolled, key]) in [
            (Access::Public, ["in", "in", "in", "in"]),
            (Access::Person, ["in", "in", "in", no_key]),
            (Access::Customer, ["in", "in", enrol, no_key]),
            (Access::OrderHolder, ["in", "in", enrol, no_key]),
            (Access::Staff(refund), ["in", "in", enrol, "in"]),
            (Access::Recent(refund), [step_up, "in", enrol, "in"]),
            (Access::RecentPerson(refund), [step_up, "in", enrol, no_key]),
            (Access::Recent(Permission::StaffWrite), ["forbidden", "forbidden", enrol, "forbidden"]),
        ] {
            let seen = [Former, Recent, Unenrolled, Key].map(|proof| told(access, proof));
            assert_eq!(seen, [former, recent, unenrolled, key], "{access:?}");
        }
    }
}
