//! Who asks, in a session that goes on.

use super::{Api, logout};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hanse_http::{Caller, Problem};
use hanse_kernel::{Actor, Ctx};

/// As [`Caller`], for what lets somebody in, or on, after their session: whoever comes with what is left of one that is over has to show
/// who they are.
pub(super) struct Live(pub Ctx);

impl FromRequestParts<Api> for Live {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Caller(ctx) = Caller::from_request_parts(parts, api).await?;
        if is_over(api, &ctx, parts).await? { Err(Problem::step_up_required()) } else { Ok(Self(ctx)) }
    }
}

/// As [`Caller`]; whoever comes with what is left of a session that is over is nobody.
pub(super) struct LiveOrNobody(pub Ctx);

impl FromRequestParts<Api> for LiveOrNobody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Caller(ctx) = Caller::from_request_parts(parts, api).await?;
        let over = is_over(api, &ctx, parts).await?;
        Ok(Self(if over { Ctx { actor: Actor::Anonymous, ..ctx } } else { ctx }))
    }
}

async fn is_over(api: &Api, ctx: &Ctx, parts: &Parts) -> Result<bool, Problem> {
    let Some(user) = ctx.actor.user() else { return Ok(false) };
    let proofs = logout::proofs(api, &parts.headers);
    let over = api.use_cases.own_sessions.own_session.is_over(user, proofs).await;
    over.map_err(|error| Problem::store(&error))
}
