//! A service's part of the audit: what it finds in its own store, served over gRPC with what the messages tell.

use crate::host::Host;
use async_trait::async_trait;
use hanse_database::DbError;
use hanse_kernel::Timestamp;
use hanse_rpc::audit::audit_server::{Audit, AuditServer};
use hanse_rpc::audit::{Breach, ExamineReply, ExamineRequest, Fact};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// What one page of an examination found.
#[derive(Debug, Default)]
pub struct Findings {
    pub breaches: Vec<Breach>,
    pub facts: Vec<Fact>,
    /// Where the next page begins; None at the end.
    pub next: Option<String>,
}

impl Findings {
    pub fn breach(
        &mut self,
        invariant: u32,
        subject: impl ToString,
        detail: impl Into<String>,
        remedy: &str,
    ) {
        self.breaches.push(Breach {
            invariant,
            subject: subject.to_string(),
            detail: detail.into(),
            remedy: remedy.into(),
        });
    }
    pub fn fact(&mut self, kind: &str, subject: impl ToString, json: &serde_json::Value) {
        self.facts.push(Fact { kind: kind.into(), subject: subject.to_string(), json: json.to_string() });
    }
}

/// Examines the service's own store, one bounded page at a time (`after` is "" at first). Only what has not changed
/// since `at_rest_since` is judged: what is still moving is not wrong yet.
#[async_trait]
pub trait Examine: Send + Sync + 'static {
    async fn examine(&self, at_rest_since: Timestamp, after: &str) -> Result<Findings, DbError>;
}

/// The gRPC server of a service's part of the audit. The first page also tells what is wrong with its messages.
pub fn audit_server(host: &Host, examine: Arc<dyn Examine>) -> AuditServer<impl Audit> {
    AuditServer::new(Server { host: host.clone(), examine })
}

struct Server {
    host: Host,
    examine: Arc<dyn Examine>,
}

#[async_trait]
impl Audit for Server {
    async fn examine(&self, request: Request<ExamineRequest>) -> Result<Response<ExamineReply>, Status> {
        let request = request.into_inner();
        let since = Timestamp::from_micros(request.at_rest_since);
        let internal = |e: DbError| Status::internal(e.to_string());
        let mut findings = self.examine.examine(since, &request.after).await.map_err(internal)?;
        if request.after.is_empty() {
            for found in hanse_messaging::audit::examine(&self.host.db, since).await.map_err(internal)? {
                let subject = format!("{}: {}", self.host.service, found.subject);
                findings.breach(found.invariant, subject, found.detail, found.remedy);
            }
        }
        Ok(Response::new(ExamineReply {
            breaches: findings.breaches,
            facts: findings.facts,
            next: findings.next.unwrap_or_default(),
        }))
    }
}
