//! The services' audit logs, asked over gRPC.

use crate::application::ports::{Away, Listed, Logs, Wanted};
use async_trait::async_trait;
use hanse_kernel::{Clock, Ctx, Timestamp};
use hanse_rpc::Network;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{LogEntry, ReadLogRequest};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Whoever does not answer within this is away: the others' entries are shown all the same.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct AskedLogs {
    pub network: Arc<dyn Network>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Logs for AskedLogs {
    async fn newest(
        &self,
        ctx: &Ctx,
        service: &'static str,
        wanted: &Wanted,
        count: i64,
    ) -> Result<Vec<Listed>, Away> {
        let mut ctx = ctx.clone();
        let soon = self.clock.now().plus(PATIENCE);
        ctx.deadline = Some(ctx.deadline.map_or(soon, |deadline| deadline.min(soon)));
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let time = |time: Option<Timestamp>| time.map_or(0, Timestamp::micros);
        let ask = ReadLogRequest {
            action: text(&wanted.action),
            actor: text(&wanted.actor),
            subject: text(&wanted.subject),
            correlation: text(&wanted.correlation),
            from: time(wanted.from),
            until: time(wanted.until),
            before_at: wanted.before.map_or(0, |place| place.at),
            before_id: wanted.before.map(|place| place.id.as_bytes().to_vec()).unwrap_or_default(),
            limit: count,
        };
        let mut client = AuditClient::new(self.network.link(service));
        let reply = client.read_log(hanse_rpc::request(&ctx, &*self.clock, ask)).await;
        let reply = reply.map_err(|status| Away(status.message().to_string()))?;
        reply.into_inner().entries.into_iter().map(|entry| listed(service, entry)).collect()
    }
}

fn listed(service: &'static str, entry: LogEntry) -> Result<Listed, Away> {
    let given = |text: String| (!text.is_empty()).then_some(text);
    Ok(Listed {
        service,
        id: Uuid::from_slice(&entry.id).map_err(|e| Away(e.to_string()))?,
        seq: (entry.seq > 0).then_some(entry.seq),
        at: Timestamp::from_micros(entry.at),
        actor_kind: entry.actor_kind,
        actor: given(entry.actor),
        api_key: given(entry.api_key),
        operator: given(entry.operator),
        action: entry.action,
        subject_kind: entry.subject_kind,
        subject: entry.subject,
        was: given(entry.was),
        became: given(entry.became),
        times: entry.times,
        address: given(entry.address),
        agent: given(entry.agent),
        correlation: entry.correlation,
    })
}
