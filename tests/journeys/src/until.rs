//! Waiting for something to become true, with an end.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// Long enough for a busy machine; nothing ever waits so long when it works.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Between two looks.
pub async fn pause() {
    tokio::time::sleep(Duration::from_millis(15)).await;
}

/// Looks again and again until there is an answer.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    until_within(DEADLINE, what, look).await
}

/// As [`until`], for what takes its own time.
pub async fn until_within<T>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if started.elapsed() > deadline {
            bail!("waited {deadline:?} in vain for: {what}");
        }
        pause().await;
    }
}
