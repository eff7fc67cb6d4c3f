//! A service's part of the audit: what it finds in its own store, served over gRPC with what the messages tell.

use crate::host::Host;
use crate::ledger::Ledger;
use crate::remains::{Erased, Remains};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
use hanse_rpc::audit::audit_server::{Audit, AuditServer};
use hanse_rpc::audit::{self as wire, Breach, ExamineReply, ExamineRequest, Fact};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// What is asked of one page of an examination.
#[derive(Debug, Clone)]
pub struct Page {
    /// Only what has not changed since then is judged: what is still moving is not wrong yet.
    pub at_rest_since: Timestamp,
    /// Where the page before ended, as its [`Findings::next`]; or, on the first one, the id of an order after which orders
    /// begin. Empty: at the beginning.
    pub after: String,
    /// What is asked of whole tables, and not row by row, is told on the first page.
    pub first: bool,
}

/// What one page of an examination found.
#[derive(Debug, Default)]
pub struct Findings {
    pub breaches: Vec<Breach>,
    pub facts: Vec<Fact>,
    /// Where the next page begins; None at the end. Of who tells facts of orders it begins with the id of the last order
    /// that was told.
    pub next: Option<String>,
}

impl Findings {
    /// `key`: the table and column by which the subject is found, such as `stock_level.variant_id`.
    pub fn breach(
        &mut self,
        invariant: u32,
        key: &str,
        subject: impl ToString,
        detail: impl Into<String>,
        remedy: &str,
    ) {
        let subject = subject.to_string();
        self.breaches.push(Breach {
            invariant,
            rows: vec![format!("{key} = {subject}")],
            subject,
            detail: detail.into(),
            remedy: remedy.into(),
        });
    }
    pub fn fact(&mut self, kind: &str, subject: impl ToString, json: &serde_json::Value) {
        self.facts.push(Fact { kind: kind.into(), subject: subject.to_string(), json: json.to_string() });
    }
    /// In place of a fact that may change while it is told: whoever judges leaves its order alone.
    pub fn moving(&mut self, kind: &str, subject: impl ToString, order: impl ToString) {
        let json = serde_json::json!({"moving": true, "order_id": order.to_string()});
        self.fact(kind, subject, &json);
    }
}

/// Examines the service's own store, one bounded page at a time.
#[async_trait]
pub trait Examine: Send + Sync + 'static {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError>;

    /// Adds what its tables still have of people who were erased. Keys of theirs are looked for by the runtime, so a service that
    /// knows no people has nothing to add.
    async fn remains(&self, _: &mut Tx, _: &Erased, _: &mut Remains) -> Result<(), DbError> {
        Ok(())
    }
}

/// The gRPC server of a service's part of the audit. The first page also tells what is wrong with its messages.
pub fn audit_server(host: &Host, examine: Arc<dyn Examine>) -> AuditServer<impl Audit> {
    AuditServer::new(Server { host: host.clone(), ledger: Ledger(host.clone()), examine })
}

struct Server {
    host: Host,
    ledger: Ledger,
    examine: Arc<dyn Examine>,
}

#[async_trait]
impl Audit for Server {
    async fn examine(&self, request: Request<ExamineRequest>) -> Result<Response<ExamineReply>, Status> {
        let request = request.into_inner();
        let since = Timestamp::from_micros(request.at_rest_since);
        let internal = |e: DbError| Status::internal(e.to_string());
        let first = request.after.is_empty();
        let after = if first { request.orders_after } else { request.after };
        let page = Page { at_rest_since: since, after, first };
        let mut findings = self.examine.examine(&page).await.map_err(internal)?;
        if first {
            for found in hanse_messaging::audit::examine(&self.host.db, since).await.map_err(internal)? {
                let subject = format!("{}: {}", self.host.service, found.subject);
                findings.breaches.push(Breach {
                    invariant: found.invariant,
                    subject,
                    detail: found.detail,
                    remedy: found.remedy.into(),
                    rows: vec![found.row],
                });
            }
        }
        for row in findings.breaches.iter_mut().flat_map(|breach| &mut breach.rows) {
            *row = format!("{}.{row}", self.host.service);
        }
        Ok(Response::new(ExamineReply {
            breaches: findings.breaches,
            facts: findings.facts,
            next: findings.next.unwrap_or_default(),
        }))
    }

    async fn remains(
        &self,
        request: Request<wire::RemainsRequest>,
    ) -> Result<Response<wire::RemainsReply>, Status> {
        let erased = Erased::asked(request.into_inner())?;
        if erased.is_nobody() {
            return Ok(Response::new(wire::RemainsReply::default()));
        }
        let input = (self.examine.clone(), erased);
        let found = self.host.db.scan(input, |tx, (examine, erased)| {
            Box::pin(async move {
                let mut remains = Remains::default();
                examine.remains(tx, erased, &mut remains).await?;
                remains.keys(tx, erased).await?;
                Ok::<_, DbError>(remains)
            })
        });
        let found = found.await.map_err(|e| Status::internal(e.to_string()))?;
        Ok(Response::new(wire::RemainsReply { breaches: found.breaches(self.host.service) }))
    }

    async fn verify_log(
        &self,
        request: Request<wire::VerifyLogRequest>,
    ) -> Result<Response<wire::VerifyLogReply>, Status> {
        self.ledger.verify(request.into_inner()).await.map(Response::new)
    }

    async fn log_hashes(
        &self,
        request: Request<wire::LogHashesRequest>,
    ) -> Result<Response<wire::LogEnds>, Status> {
        self.ledger.hashes(request.into_inner()).await.map(Response::new)
    }

    async fn log_anchors(
        &self,
        request: Request<wire::LogAnchorsRequest>,
    ) -> Result<Response<wire::LogEnds>, Status> {
        self.ledger.anchors(request.into_inner()).await.map(Response::new)
    }

    async fn log_verified(
        &self,
        request: Request<wire::LogVerifiedRequest>,
    ) -> Result<Response<wire::LogEnds>, Status> {
        self.ledger.verified(request.into_inner()).await.map(Response::new)
    }

    async fn remember_log(
        &self,
        request: Request<wire::RememberLogRequest>,
    ) -> Result<Response<wire::LogEnds>, Status> {
        self.ledger.remember(request.into_inner()).await.map(Response::new)
    }

    async fn read_log(
        &self,
        request: Request<wire::ReadLogRequest>,
    ) -> Result<Response<wire::ReadLogReply>, Status> {
        self.ledger.read(request.into_inner()).await.map(Response::new)
    }
}
