//! The control socket of a running shop.

use super::routes;
use crate::compose::App;
use anyhow::{Context, Result};
use futures::future::BoxFuture;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::net::UnixListener;

/// Serves the socket until `stop` resolves.
pub async fn serve(
    app: &App,
    path: &Path,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<BoxFuture<'static, ()>> {
    // The folder is ours, so a socket that is there was left by a process that is gone.
    if path.exists() {
        fs::remove_file(path).with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    let listener = UnixListener::bind(path)
        .with_context(|| format!("the control socket {} cannot be opened", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        .context("the control socket cannot be protected")?;
    let router = routes::router(app.console());
    let path = path.to_path_buf();
    Ok(Box::pin(async move {
        if let Err(e) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            tracing::error!(error = %e, "the control socket failed");
        }
        // It may be gone with its folder.
        let _ = fs::remove_file(path);
    }))
}
