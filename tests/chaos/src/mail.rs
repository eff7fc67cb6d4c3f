//! The mail server of a league, behind a line that can be disturbed.

use hanse_testkit::mail_server::MailServer;
use hanse_testkit::proxy::FaultProxy;

pub struct Mail {
    pub server: MailServer,
    pub line: FaultProxy,
}

impl Mail {
    pub(crate) async fn start() -> Self {
        let server = MailServer::start().await;
        let line = FaultProxy::to(server.address()).await;
        Self { server, line }
    }
}
