//! Asking again until there is an answer that ends it.

use anyhow::{Result, ensure};
use hanse_journeys::{Answer, Call, pause};
use std::time::{Duration, Instant};

pub(super) struct Patience {
    began: Instant,
    longest: Duration,
}

impl Patience {
    pub(super) fn of(longest: Duration) -> Self {
        Self { began: Instant::now(), longest }
    }

    pub(super) fn is_over(&self) -> bool {
        self.began.elapsed() > self.longest
    }

    /// The same request (under the same key) until the shop is there and has answered it for good.
    pub(super) async fn insist(&self, call: impl Fn() -> Call) -> Result<Answer> {
        loop {
            let last = match call().send().await {
                Ok(answer) if matches!(answer.status, 502..=504) => answer.text(),
                Ok(answer) if answer.json()["code"] == "idempotency_in_flight" => answer.text(),
                Ok(answer) => {
                    ensure!(answer.status < 500, "answered {}: {}", answer.status, answer.text());
                    return Ok(answer);
                }
                Err(error) => format!("{error:#}"),
            };
            ensure!(!self.is_over(), "never answered: {last}");
            pause().await;
        }
    }

    /// Before what did not go well (a cart, say) is begun anew.
    pub(super) async fn again(&self, trouble: anyhow::Error) -> Result<()> {
        if self.is_over() {
            return Err(trouble.context("it never goes well"));
        }
        pause().await;
        Ok(())
    }
}
