//! Whether the process can serve: what readiness depends on.

use async_trait::async_trait;
use hanse_database::Db;
use hanse_gateway::{Health, Readiness};
use hanse_telemetry::Metrics;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

pub struct State {
    /// None: nothing stands in the way.
    pending: Mutex<Option<String>>,
    /// Why carts could be lost where they are kept.
    carts: Mutex<Option<String>>,
    stores: Mutex<Vec<(&'static str, Db)>>,
    started: AtomicBool,
    metrics: Metrics,
}

impl State {
    /// Of a process that is starting, with what it waits for.
    pub fn starting(metrics: Metrics, reason: &str) -> Self {
        Self {
            pending: Mutex::new(Some(reason.into())),
            carts: Mutex::default(),
            stores: Mutex::default(),
            started: AtomicBool::new(false),
            metrics,
        }
    }

    /// Configuration has been read, the stores are open and up to date.
    pub fn started(&self, stores: &[(&'static str, Db)]) {
        *self.stores.lock().unwrap_or_else(|e| e.into_inner()) = stores.to_vec();
        self.started.store(true, Ordering::Release);
        self.wait_for(None);
    }

    /// Why the process is not ready, or `None` when nothing stands in the way.
    pub fn wait_for(&self, reason: Option<String>) {
        *self.pending.lock().unwrap_or_else(|e| e.into_inner()) = reason;
    }

    /// Why carts must not be kept where they are kept, or `None` when they may.
    pub fn carts_unsafe(&self, reason: Option<String>) {
        *self.carts.lock().unwrap_or_else(|e| e.into_inner()) = reason;
    }
}

#[async_trait]
impl Health for State {
    async fn ready(&self) -> Readiness {
        if let Some(reason) = self.pending.lock().unwrap_or_else(|e| e.into_inner()).clone() {
            return Readiness::NotReady(reason);
        }
        if let Some(reason) = self.carts.lock().unwrap_or_else(|e| e.into_inner()).clone() {
            return Readiness::NotReady(reason);
        }
        let stores = self.stores.lock().unwrap_or_else(|e| e.into_inner()).clone();
        for (service, db) in stores {
            if let Err(e) = db.ping().await {
                return Readiness::NotReady(format!("the store of {service} does not answer: {e}"));
            }
        }
        Readiness::Ready
    }
    fn started(&self) -> bool {
        self.started.load(Ordering::Acquire)
    }
    fn metrics(&self) -> String {
        self.metrics.render()
    }
}
