//! The shop audits itself now and then: one process at a time, whichever runs `order`; what it found is told by all of
//! them.

use super::NAMES;
use crate::audit::{self, JUDGED, Reach, Report, Scope, Sight};
use crate::config::Audit;
use hanse_database::{Db, DbError};
use hanse_kernel::{Effects, Timestamp};
use hanse_rpc::Network;
use hanse_runtime::Stop;
use hanse_runtime::jobs::{Ended, Job};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// In whose database it stands whose turn it is, and as who the others are asked.
pub const HOME: &str = "order";
/// How often it is looked whether it is time, and what others have found.
const LOOK: Duration = Duration::from_secs(10);
/// Beyond the time that an audit may take, before another process takes it over.
const GRACE: Duration = Duration::from_secs(60);
/// So many breaches are logged; `hanse audit` tells all.
const LOGGED: usize = 20;

pub struct Auditor {
    job: Job,
    network: Arc<dyn Network>,
    effects: Effects,
    settings: Audit,
}

/// How an audit went, for the processes that did not do it and for the next one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Outcome {
    /// Breaches by invariant; of one that could not be done those of the one before.
    found: BTreeMap<u32, u64>,
    seconds: f64,
    /// When one was done at all, and when one was done on all orders, in µs since 1970.
    done_at: i64,
    all_at: i64,
    /// Why it could not be done.
    failure: Option<String>,
}

impl Auditor {
    /// `network`: as [`HOME`] reaches the others.
    pub fn new(home: Db, network: Arc<dyn Network>, effects: Effects, settings: Audit) -> Self {
        Self { job: Job::new("audit", home, effects.clone()), network, effects, settings }
    }

    /// Runs until asked to stop; an audit that is under way then is begun anew by whoever is next.
    pub async fn run(self, stop: Stop) {
        let Some(every) = self.settings.every() else { return };
        let look = LOOK.min(every / 2);
        let mut announced = false;
        while !stop.is_set() {
            let work = async {
                if !announced {
                    self.job.announce(every).await?;
                    announced = true;
                }
                self.turn(every).await
            };
            match futures::future::select(std::pin::pin!(stop.asked()), std::pin::pin!(work)).await {
                futures::future::Either::Left(_) => break,
                futures::future::Either::Right((Ok(()), _)) => {}
                futures::future::Either::Right((Err(error), _)) => {
                    tracing::warn!(%error, "the shop could not look whether to audit itself; it looks again");
                }
            }
            futures::future::select(std::pin::pin!(stop.asked()), self.effects.timers.sleep(look)).await;
        }
        if let Err(error) = self.job.give_back().await {
            tracing::warn!(%error, "an audit that was not ended is begun anew later");
        }
    }

    async fn turn(&self, every: Duration) -> Result<(), DbError> {
        if self.job.begin(every, self.settings.limit() + GRACE).await? {
            let before = self.job.last().await?.map(read).unwrap_or_default();
            let outcome = self.audit(before).await;
            let text = serde_json::to_string(&outcome).map_err(|e| DbError::Other(e.to_string()))?;
            if !self.job.end(&text, every).await? {
                tracing::warn!("an audit took so long that another process has begun it anew");
            }
        }
        if let Some(ended) = self.job.last().await? {
            show(&read(ended));
        }
        Ok(())
    }

    async fn audit(&self, before: Outcome) -> Outcome {
        let began = self.effects.now();
        let all = began.since(Timestamp::from_micros(before.all_at)) >= self.settings.all_within();
        let scope = Scope {
            rest: self.settings.rest(),
            placed_within: (!all).then(|| self.settings.recent()),
            log: if all { Reach::Whole } else { Reach::New },
            within: self.settings.limit(),
        };
        let looked = audit::look(Sight::new(&self.network, NAMES, &self.effects, HOME), scope).await;
        match looked {
            Ok(report) => {
                tell(&report);
                let done_at = self.effects.now().micros();
                let all_at = if all { began.micros() } else { before.all_at };
                Outcome { found: report.found, seconds: report.seconds, done_at, all_at, failure: None }
            }
            Err(error) => {
                metrics::counter!("hanse_audit_failures_total").increment(1);
                tracing::error!(%error, "the shop could not audit itself; it tries again at its next turn");
                Outcome { failure: Some(error.to_string()), ..before }
            }
        }
    }
}

fn read(ended: Ended) -> Outcome {
    serde_json::from_str(&ended.outcome).unwrap_or_else(|error| {
        tracing::warn!(%error, "what another version wrote of its audit does not read");
        Outcome::default()
    })
}

fn tell(report: &Report) {
    for breach in report.breaches.iter().take(LOGGED) {
        tracing::error!(
            invariant = breach.invariant,
            subject = breach.subject,
            detail = breach.detail,
            rows = breach.rows.join("; "),
            remedy = breach.remedy,
            "the audit found a breach"
        );
    }
    let all: u64 = report.found.values().sum();
    if all > LOGGED as u64 {
        tracing::error!(breaches = all, "the audit found more breaches than are logged; see `hanse audit`");
    }
}

/// The same in every process, since whoever collects them should not have to know which of them did it.
fn show(outcome: &Outcome) {
    if outcome.done_at == 0 {
        return;
    }
    for invariant in JUDGED {
        let found = outcome.found.get(&invariant).copied().unwrap_or(0);
        metrics::gauge!("hanse_audit_breaches", "invariant" => invariant.to_string()).set(found as f64);
    }
    let seconds = |micros: i64| micros as f64 / 1e6;
    metrics::gauge!("hanse_audit_last_run_timestamp_seconds").set(seconds(outcome.done_at));
    metrics::gauge!("hanse_audit_last_whole_timestamp_seconds").set(seconds(outcome.all_at));
    metrics::gauge!("hanse_audit_duration_seconds").set(outcome.seconds);
    metrics::gauge!("hanse_audit_failed").set(if outcome.failure.is_some() { 1.0 } else { 0.0 });
}
