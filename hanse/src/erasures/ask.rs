//! What is asked of `user`, wherever it runs.

use super::{Erased, REMEMBERS};
use hanse_kernel::{Clock, Ctx, Timestamp, UserId};
use hanse_rpc::{Network, RpcError};
use hanse_user_contract::rpc::erasures_client::ErasuresClient;
use hanse_user_contract::rpc::{Erasure, ListErasuresRequest, RepeatErasuresRequest};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How it went, or would go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Repeated {
    /// All services were told of so many, or would be.
    pub people: usize,
    /// Of so many the shop did not know that they were erased.
    pub unheard_of: i64,
    /// So many it knew again.
    pub known_again: i64,
    /// These work here, and are left as they are.
    pub of_staff: Vec<UserId>,
}

impl Repeated {
    /// With another page's.
    pub fn and(&mut self, other: Self) {
        self.people += other.people;
        self.unheard_of += other.unheard_of;
        self.known_again += other.known_again;
        self.of_staff.extend(other.of_staff);
    }
}

/// One page of those of whom all were last told at the latest at a time, and after whom to go on; None: that was the last.
pub async fn list(
    network: &Arc<dyn Network>,
    (ctx, clock): (&Ctx, &dyn Clock),
    until: Timestamp,
    after: Option<UserId>,
) -> Result<(Vec<Erased>, Option<UserId>), RpcError> {
    let asked_after = after;
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let ask = ListErasuresRequest { told_after: 0, told_until: until.micros(), after };
    let page = ErasuresClient::new(network.link(REMEMBERS)).list(hanse_rpc::request(ctx, clock, ask)).await;
    let page = page.map_err(|status| RpcError::from_status(REMEMBERS, status))?.into_inner();
    let person =
        |e: &Erasure| Ok(Erased { id: id(&e.user_id)?, erased_at: Timestamp::from_micros(e.erased_at) });
    let people = page.erasures.iter().map(person).collect::<Result<Vec<_>, RpcError>>()?;
    let next = if page.next.is_empty() { None } else { Some(id(&page.next)?) };
    if next.is_some_and(|next| asked_after.is_some_and(|after| next <= after)) {
        let message = format!("its pages of erasures do not go on after {}", page.next);
        return Err(RpcError::Unavailable { service: REMEMBERS, message });
    }
    Ok((people, next))
}

/// Erases people once more and tells all services of it; at most [`super::AT_ONCE`]. `look_only`: tells what that would do.
pub async fn repeat(
    network: &Arc<dyn Network>,
    (ctx, clock): (&Ctx, &dyn Clock),
    people: &[Erased],
    look_only: bool,
) -> Result<Repeated, RpcError> {
    let erasure = |person: &Erased| Erasure {
        user_id: person.id.to_string(),
        erased_at: person.erased_at.micros(),
        told_at: 0,
    };
    let ask = RepeatErasuresRequest { erasures: people.iter().map(erasure).collect(), look_only };
    let reply =
        ErasuresClient::new(network.link(REMEMBERS)).repeat(hanse_rpc::request(ctx, clock, ask)).await;
    let reply = reply.map_err(|status| RpcError::from_status(REMEMBERS, status))?.into_inner();
    let of_staff = reply.of_staff.iter().map(|staff| id(staff)).collect::<Result<Vec<_>, _>>()?;
    Ok(Repeated {
        people: people.len() - of_staff.len(),
        unheard_of: reply.unheard_of,
        known_again: reply.known_again,
        of_staff,
    })
}

fn id(text: &str) -> Result<UserId, RpcError> {
    text.parse().map_err(|e| RpcError::Unavailable {
        service: REMEMBERS,
        message: format!("it told of {text:?}, which {e}"),
    })
}
