//! The operator's door of a process: probes and metrics, open from the first moment, so that whoever started the process
//! can see what it waits for.

use anyhow::{Context, Result};
use hanse_gateway::Health;
use hanse_runtime::Stop;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub struct Admin {
    pub address: SocketAddr,
    serving: JoinSet<()>,
}

impl Admin {
    pub async fn open(listen: SocketAddr, health: Arc<dyn Health>, stop: Stop) -> Result<Self> {
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("admin.listen: {listen} cannot be listened on; is something else running there?")
        })?;
        let address = listener.local_addr()?;
        let router = hanse_gateway::probes(health);
        let serving = JoinSet::from_iter([async move {
            let ended =
                axum::serve(listener, router).with_graceful_shutdown(async move { stop.asked().await });
            if let Err(e) = ended.await {
                tracing::error!(error = %e, "probes and metrics are not answered any more");
            }
        }]);
        Ok(Self { address, serving })
    }

    pub async fn ended(self) {
        self.serving.join_all().await;
    }
}
