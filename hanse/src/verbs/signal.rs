//! How a running process is told to end.

use anyhow::Result;
use hanse_runtime::Stop;

/// Ctrl-C and SIGTERM end the process in good order; a second one at once.
pub fn ends(stop: Stop) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    #[allow(clippy::disallowed_methods)]
    tokio::spawn(async move {
        futures::future::select(std::pin::pin!(interrupt.recv()), std::pin::pin!(terminate.recv())).await;
        stop.now();
        futures::future::select(std::pin::pin!(interrupt.recv()), std::pin::pin!(terminate.recv())).await;
        eprintln!("hanse: ended at once; what was acknowledged is safe");
        std::process::exit(130);
    });
    Ok(())
}
