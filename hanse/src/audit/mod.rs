//! `hanse audit`: asks every service for its own breaches and its facts, judges the facts across services, and reports
//! what is wrong twice, a rest apart: what was only on its way the first time is not wrong.

mod facts;
mod judge;

use facts::Facts;
use hanse_kernel::{Ctx, Effects, Timestamp};
use hanse_rpc::Network;
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Largest answer a service gives on one page.
const PAGE_BYTES: usize = 64 << 20;

/// A broken invariant; numbers as in ARCHITECTURE.md.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Breach {
    pub invariant: u32,
    pub subject: String,
    pub detail: String,
    pub remedy: String,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub clean: bool,
    pub breaches: Vec<Breach>,
    /// Facts looked at, by kind.
    pub examined: BTreeMap<String, usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("{service} could not be examined: {message}")]
    Service { service: &'static str, message: String },
    #[error("{service} told a fact that does not read: {message}")]
    Fact { service: &'static str, message: String },
}

/// Examines the live shop. Takes at least `rest` when something looks wrong, else not.
pub async fn run(
    network: &Arc<dyn Network>,
    services: &[&'static str],
    effects: &Effects,
    rest: Duration,
) -> Result<Report, AuditError> {
    let mut report = once(network, services, effects, rest).await?;
    if !report.breaches.is_empty() {
        effects.timers.sleep(rest).await;
        let again = once(network, services, effects, rest).await?;
        let still: BTreeSet<(u32, String)> =
            again.breaches.iter().map(|b| (b.invariant, b.subject.clone())).collect();
        report.breaches.retain(|b| still.contains(&(b.invariant, b.subject.clone())));
    }
    report.breaches.sort();
    report.clean = report.breaches.is_empty();
    Ok(report)
}

async fn once(
    network: &Arc<dyn Network>,
    services: &[&'static str],
    effects: &Effects,
    rest: Duration,
) -> Result<Report, AuditError> {
    let now = effects.now();
    let since = now.minus(rest);
    let mut breaches = vec![];
    let mut facts = Facts::default();
    for service in services {
        examine(network, service, effects, since, &mut breaches, &mut facts).await?;
    }
    breaches.extend(judge::judge(&facts, now));
    Ok(Report { clean: breaches.is_empty(), breaches, examined: facts.counts() })
}

async fn examine(
    network: &Arc<dyn Network>,
    service: &'static str,
    effects: &Effects,
    since: Timestamp,
    breaches: &mut Vec<Breach>,
    facts: &mut Facts,
) -> Result<(), AuditError> {
    let mut client = AuditClient::new(network.link(service)).max_decoding_message_size(PAGE_BYTES);
    let mut after = String::new();
    loop {
        let ctx = Ctx::background("hanse", effects.ids.uuid());
        let ask = ExamineRequest { at_rest_since: since.micros(), after };
        let reply = client.examine(hanse_rpc::request(&ctx, &*effects.clock, ask)).await;
        let reply = reply
            .map_err(|s| AuditError::Service { service, message: s.message().to_string() })?
            .into_inner();
        breaches.extend(reply.breaches.into_iter().map(|b| Breach {
            invariant: b.invariant,
            subject: b.subject,
            detail: b.detail,
            remedy: b.remedy,
        }));
        for fact in reply.facts {
            let told = facts.add(&fact.kind, fact.subject, &fact.json);
            told.map_err(|e| AuditError::Fact { service, message: e.to_string() })?;
        }
        if reply.next.is_empty() {
            return Ok(());
        }
        after = reply.next;
    }
}
