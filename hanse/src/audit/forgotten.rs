//! Whoever was erased is known nowhere (20). `user` remembers the ids; every service is asked about a page of them at a time what it
//! still has, so memory does not grow with how many were erased.

use super::{AuditError, Found, PAGE_BYTES, Sight};
use hanse_kernel::{Ctx, Timestamp};
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ErasedPerson, RemainsRequest};
use hanse_user_contract::rpc::erasures_client::ErasuresClient;
use hanse_user_contract::rpc::{ListErasuresReply, ListErasuresRequest};
use tonic::Request;

/// The service that remembers who was erased.
pub const REMEMBERS: &str = "user";

/// Looks for what is left of those of whom all were told after a time, and early enough to have done something about it.
pub async fn look(sight: &Sight<'_>, told_after: Timestamp, found: &mut Found) -> Result<(), AuditError> {
    if !sight.services.contains(&REMEMBERS) {
        return Ok(());
    }
    let mut after = String::new();
    loop {
        let page = erased(sight, told_after, after.clone()).await?;
        let people = page.erasures.into_iter();
        let people = people.map(|person| ErasedPerson { user_id: person.user_id, told_at: person.told_at });
        let people: Vec<ErasedPerson> = people.collect();
        found.counted_all("erased_person", people.len());
        if !people.is_empty() {
            for service in sight.services {
                remains(sight, service, people.clone(), found).await?;
            }
        }
        if page.next.is_empty() {
            return Ok(());
        }
        if page.next <= after {
            let message = format!("its pages of erasures do not go on after {after}");
            return Err(AuditError::Service { service: REMEMBERS, message });
        }
        after = page.next;
    }
}

fn request<M>(sight: &Sight<'_>, message: M) -> Request<M> {
    let ctx = Ctx::background(sight.caller, sight.effects.ids.uuid());
    hanse_rpc::request(&ctx, &*sight.effects.clock, message)
}

async fn erased(
    sight: &Sight<'_>,
    told_after: Timestamp,
    after: String,
) -> Result<ListErasuresReply, AuditError> {
    let ask =
        ListErasuresRequest { told_after: told_after.micros(), told_until: sight.since.micros(), after };
    let page = ErasuresClient::new(sight.network.link(REMEMBERS)).list(request(sight, ask)).await;
    let failed = |status: tonic::Status| AuditError::Service {
        service: REMEMBERS,
        message: status.message().to_string(),
    };
    page.map(tonic::Response::into_inner).map_err(failed)
}

async fn remains(
    sight: &Sight<'_>,
    service: &'static str,
    people: Vec<ErasedPerson>,
    found: &mut Found,
) -> Result<(), AuditError> {
    let ask = RemainsRequest { people, at_rest_since: sight.since.micros() };
    let mut client = AuditClient::new(sight.network.link(service)).max_decoding_message_size(PAGE_BYTES);
    let failed =
        |status: tonic::Status| AuditError::Service { service, message: status.message().to_string() };
    let reply = client.remains(request(sight, ask)).await.map_err(failed)?.into_inner();
    reply.breaches.into_iter().for_each(|breach| found.of_service(breach));
    Ok(())
}
