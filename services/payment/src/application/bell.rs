//! Rings when there is something to ask of a provider, so that the worker need not wait for its next look.

use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

/// More are left to the worker's look into the store.
const MOST: usize = 10_000;

#[derive(Default)]
pub struct Bell {
    waiting: Mutex<VecDeque<Uuid>>,
    rung: Notify,
}

impl Bell {
    /// Hands over an intent that the caller's unit has claimed for this process.
    pub fn ring(&self, intent: Uuid) {
        let mut waiting = self.waiting.lock().unwrap_or_else(|e| e.into_inner());
        if waiting.len() < MOST {
            waiting.push_back(intent);
        }
        drop(waiting);
        self.rung.notify_one();
    }

    /// What was handed over, at most `limit`.
    pub fn take(&self, limit: usize) -> Vec<Uuid> {
        let mut waiting = self.waiting.lock().unwrap_or_else(|e| e.into_inner());
        let n = waiting.len().min(limit);
        waiting.drain(..n).collect()
    }

    pub async fn rung(&self) {
        self.rung.notified().await;
    }
}
