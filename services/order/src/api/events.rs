//! `GET /api/store/orders/{id}/events`: an order followed by server-sent events, until it is at rest.

use super::Api;
use super::body::order_body;
use super::problems::problem;
use crate::application::OrderError;
use crate::application::waiting::Waiting;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use futures::stream::{Stream, unfold};
use hanse_http::{Caller, OrderToken, Path, Problem};
use hanse_kernel::{OrderId, Timestamp};
use std::convert::Infallible;
use std::time::Duration;

/// Looked at again so often when nobody in this process moves the order.
const POLL: Duration = Duration::from_secs(2);
/// A line now and then keeps proxies from closing a quiet stream.
const QUIET: Duration = Duration::from_secs(15);
/// Clients come back after this; no stream lives for ever.
const LONGEST: Duration = Duration::from_secs(5 * 60);

struct Following {
    api: Api,
    order: OrderId,
    waiting: Waiting,
    /// The version told last.
    told: Option<i64>,
    ended: bool,
    until: Timestamp,
    spoke: Timestamp,
}

/// Follows an order: one `order` event with the whole order now and whenever it has moved, until it is at rest.
#[utoipa::path(get, path = "/api/store/orders/{id}/events", params(("id" = OrderId, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn follow_order(
    State(api): State<Api>,
    Caller(ctx): Caller,
    token: OrderToken,
    Path(id): Path<OrderId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Waiting begins before the first look, so that no move falls between.
    let waiting = api.desk.waiters.wait_for(id, false);
    api.get.for_shopper(&ctx, token.0.as_deref(), id).await.map_err(problem)?;
    let now = api.desk.effects.now();
    let following =
        Following { api, order: id, waiting, told: None, ended: false, until: now.plus(LONGEST), spoke: now };
    Ok(Sse::new(unfold(following, next)))
}

async fn next(mut this: Following) -> Option<(Result<Event, Infallible>, Following)> {
    loop {
        if this.ended || this.api.desk.waiters.is_closed() {
            return None;
        }
        match this.look().await {
            Ok(Some(event)) => return Some((Ok(event), this)),
            Ok(None) => {}
            Err(error) => {
                // The client asks anew and is told then what is wrong.
                tracing::warn!(order = %this.order, %error, "an order cannot be followed any further");
                return None;
            }
        }
        let effects = this.api.desk.effects.clone();
        effects.within(POLL, this.waiting.moved()).await;
        let now = effects.now();
        if now >= this.until {
            return None;
        }
        if now.since(this.spoke) >= QUIET {
            this.spoke = now;
            return Some((Ok(Event::default().comment("")), this));
        }
    }
}

impl Following {
    /// The order as an event, when it has moved since it was told last.
    async fn look(&mut self) -> Result<Option<Event>, OrderError> {
        let shown = self.api.get.run(self.order).await?;
        let version = shown.order.version;
        if self.told == Some(version) {
            return Ok(None);
        }
        self.told = Some(version);
        self.ended = shown.order.saga.state.is_at_rest();
        self.spoke = self.api.desk.effects.now();
        let body = order_body(shown, self.api.tokens.issue(self.order));
        let json = serde_json::to_string(&body).map_err(|e| OrderError::Broken(e.to_string()))?;
        Ok(Some(Event::default().event("order").id(version.to_string()).data(json)))
    }
}
