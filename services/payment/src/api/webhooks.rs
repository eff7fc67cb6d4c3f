//! `POST /api/store/payments/webhooks/{provider}`: where providers call when something has become of a payment.

use super::problems::problem;
use crate::application::Till;
use crate::application::hear::Hear;
use crate::application::ports::Call;
use axum::extract::{Request, State};
use hanse_http::{Caller, Path, Problem, StatusCode, body};

/// Bytes of a webhook: more than any provider sends of one event.
pub(super) const LARGEST: usize = 64 * 1024;

/// For payment providers: something has become of a payment. The call is signed over its raw body; what it says is not
/// believed, the provider is asked. An event that was told before is thanked for and has no effect.
#[utoipa::path(post, path = "/api/store/payments/webhooks/{provider}", params(("provider" = String, Path)),
    request_body(content = String, content_type = "application/json", description = "As the provider signs it, at most 64 KiB"),
    responses((status = 204)))]
pub(crate) async fn hear_webhook(
    State(till): State<Till>,
    Caller(ctx): Caller,
    Path(provider): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let headers = request.headers().clone();
    let body = body::read(request).await?;
    let header = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let only = all.next().filter(|_| all.next().is_none())?;
        only.to_str().ok().map(str::to_string)
    };
    let call = Call { body: &body, header: &header, now: till.effects.now() };
    Hear(till.clone()).run(&ctx, &provider, &call).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
