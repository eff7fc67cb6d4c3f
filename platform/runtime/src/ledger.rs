//! What a service answers about its audit log and about the ends of others' logs that it keeps.

use crate::host::Host;
use hanse_database::DbError;
use hanse_kernel::Timestamp;
use hanse_record::seal::End;
use hanse_record::{GENESIS, Stored, anchors, read, verify};
use hanse_rpc::audit as wire;
use tonic::Status;
use uuid::Uuid;

/// The invariant that a chain is held to.
const VERIFIES: u32 = 19;
/// Numbers in one question.
const SEQS: usize = 500;

pub(crate) struct Ledger(pub Host);

fn internal(error: DbError) -> Status {
    Status::internal(error.to_string())
}

fn end(end: Option<wire::LogEnd>) -> End {
    match end {
        Some(wire::LogEnd { seq, hash }) if seq > 0 => End { seq, hash },
        _ => End { seq: 0, hash: GENESIS.to_vec() },
    }
}

fn told(End { seq, hash }: End) -> wire::LogEnd {
    wire::LogEnd { seq, hash }
}

fn all(ends: impl IntoIterator<Item = End>) -> wire::LogEnds {
    wire::LogEnds { ends: ends.into_iter().map(told).collect() }
}

impl Ledger {
    pub async fn verify(&self, ask: wire::VerifyLogRequest) -> Result<wire::VerifyLogReply, Status> {
        let since = Timestamp::from_micros(ask.at_rest_since);
        let service = self.0.service;
        let page = verify::page(&self.0.db, service, end(ask.after), since).await.map_err(internal)?;
        let breach = |fault: verify::Fault| wire::Breach {
            invariant: VERIFIES,
            subject: format!("{service}: {}", fault.row),
            detail: format!("{service}: {}", fault.what),
            remedy: fault.remedy.into(),
            rows: vec![format!("{service}.{}", fault.row)],
        };
        Ok(wire::VerifyLogReply {
            breaches: page.faults.into_iter().map(breach).collect(),
            end: Some(told(page.end)),
            entries: page.entries as i64,
            more: page.more,
        })
    }

    pub async fn hashes(&self, ask: wire::LogHashesRequest) -> Result<wire::LogEnds, Status> {
        if ask.seqs.len() > SEQS {
            return Err(Status::invalid_argument(format!("at most {SEQS} at once")));
        }
        verify::hashes(&self.0.db, ask.seqs).await.map(all).map_err(internal)
    }

    pub async fn anchors(&self, ask: wire::LogAnchorsRequest) -> Result<wire::LogEnds, Status> {
        anchors::after(&self.0.db, &ask.service, ask.after).await.map(all).map_err(internal)
    }

    pub async fn verified(&self, ask: wire::LogVerifiedRequest) -> Result<wire::LogEnds, Status> {
        anchors::verified(&self.0.db, &ask.service).await.map(all).map_err(internal)
    }

    pub async fn remember(&self, ask: wire::RememberLogRequest) -> Result<wire::LogEnds, Status> {
        if ask.service.is_empty() || ask.end.as_ref().is_none_or(|end| end.seq <= 0) {
            return Err(Status::invalid_argument("whose log, and how far?"));
        }
        let now = self.0.effects.now();
        anchors::remember(&self.0.db, &ask.service, end(ask.end), now).await.map_err(internal)?;
        Ok(wire::LogEnds::default())
    }

    pub async fn read(&self, ask: wire::ReadLogRequest) -> Result<wire::ReadLogReply, Status> {
        let given = |text: String| (!text.is_empty()).then_some(text);
        let time = |micros: i64| (micros != 0).then_some(Timestamp::from_micros(micros));
        let before_id = Uuid::from_slice(&ask.before_id).ok();
        let wanted = read::Wanted {
            action: given(ask.action),
            actor: given(ask.actor),
            subject: given(ask.subject),
            correlation: given(ask.correlation),
            from: time(ask.from),
            until: time(ask.until),
            before: time(ask.before_at).zip(before_id),
            limit: ask.limit,
        };
        let entries = read::newest(&self.0.db, wanted).await.map_err(internal)?;
        Ok(wire::ReadLogReply { entries: entries.into_iter().map(entry).collect() })
    }
}

fn entry(stored: Stored) -> wire::LogEntry {
    wire::LogEntry {
        id: stored.id.as_bytes().to_vec(),
        at: stored.at.micros(),
        actor_kind: stored.actor_kind,
        actor: stored.actor.unwrap_or_default(),
        api_key: stored.api_key.unwrap_or_default(),
        operator: stored.operator.unwrap_or_default(),
        action: stored.action,
        subject_kind: stored.subject_kind,
        subject: stored.subject,
        was: stored.was.unwrap_or_default(),
        became: stored.became.unwrap_or_default(),
        times: stored.times,
        address: stored.address.unwrap_or_default(),
        agent: stored.agent.unwrap_or_default(),
        correlation: stored.correlation,
        seq: stored.link.map_or(0, |link| link.seq),
    }
}
