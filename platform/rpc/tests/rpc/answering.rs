//! A service that a story programs: it has one question, and tells in its answer what it saw.

use hanse_rpc::audit::audit_server::AuditServer;
use hanse_rpc::audit::{ExamineReply, ExamineRequest};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status};

#[derive(Clone, Default)]
pub struct Answers(Arc<Inner>);

#[derive(Default)]
struct Inner {
    name: &'static str,
    /// How often it was asked.
    asked: AtomicUsize,
    /// It answers so until it is told otherwise.
    refuses: Mutex<Option<Code>>,
    /// It answers when it is let.
    holds: Mutex<Option<Arc<Semaphore>>>,
}

impl Answers {
    pub fn named(name: &'static str) -> Self {
        Self(Arc::new(Inner { name, ..Inner::default() }))
    }
    pub fn routes(&self) -> Routes {
        Routes::new(AuditServer::new(self.clone()))
    }
    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
    pub fn refuse(&self, code: Option<Code>) {
        *self.0.refuses.lock().unwrap() = code;
    }
    /// From now on it answers only as often as permits are added.
    pub fn hold(&self) -> Arc<Semaphore> {
        let holds = Arc::new(Semaphore::new(0));
        *self.0.holds.lock().unwrap() = Some(holds.clone());
        holds
    }
}

/// A neighbour that answers `Examine` alone.
macro_rules! only_examines {
    ($who:ident { $($examine:tt)* }) => {
        #[tonic::async_trait]
        impl hanse_rpc::audit::audit_server::Audit for $who {
            $($examine)*

            async fn verify_log(
                &self,
                _: tonic::Request<hanse_rpc::audit::VerifyLogRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::VerifyLogReply>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
            async fn log_hashes(
                &self,
                _: tonic::Request<hanse_rpc::audit::LogHashesRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::LogEnds>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
            async fn log_anchors(
                &self,
                _: tonic::Request<hanse_rpc::audit::LogAnchorsRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::LogEnds>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
            async fn log_verified(
                &self,
                _: tonic::Request<hanse_rpc::audit::LogVerifiedRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::LogEnds>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
            async fn remember_log(
                &self,
                _: tonic::Request<hanse_rpc::audit::RememberLogRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::LogEnds>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
            async fn read_log(
                &self,
                _: tonic::Request<hanse_rpc::audit::ReadLogRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::ReadLogReply>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
            async fn remains(
                &self,
                _: tonic::Request<hanse_rpc::audit::RemainsRequest>,
            ) -> Result<tonic::Response<hanse_rpc::audit::RemainsReply>, tonic::Status> {
                Err(tonic::Status::unimplemented("it is only examined"))
            }
        }
    };
}
pub(crate) use only_examines;

only_examines! {
    Answers {
    /// `<caller> <name>`, after what is asked for by `after`.
    async fn examine(&self, request: Request<ExamineRequest>) -> Result<Response<ExamineReply>, Status> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let holds = self.0.holds.lock().unwrap().clone();
        if let Some(holds) = holds {
            holds.acquire().await.unwrap().forget();
        }
        if let Some(code) = *self.0.refuses.lock().unwrap() {
            return Err(Status::new(code, "as told"));
        }
        let next = format!("{} {}", hanse_rpc::caller(&request), self.0.name);
        Ok(Response::new(ExamineReply { next, ..ExamineReply::default() }))
    }
    }
}
