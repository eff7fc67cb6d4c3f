//! The whole shop's audit log, the newest first: every service keeps its own, and is asked for what it has.

use crate::application::ports::{Listed, Logs, Place, Wanted};
use hanse_kernel::{Ctx, Limit, Page};
use std::sync::Arc;

#[derive(Clone)]
pub struct ReadLog {
    pub logs: Arc<dyn Logs>,
}

/// A page of what those services have who answered.
pub struct Read {
    pub page: Page<Listed>,
    /// Those who did not: their entries are missing here.
    pub missing: Vec<&'static str>,
}

impl ReadLog {
    /// Whoever may keep a log.
    pub const SERVICES: [&str; 10] = [
        "auth",
        "user",
        "product",
        "inventory",
        "pricing",
        "cart",
        "order",
        "payment",
        "notification",
        "analytics",
    ];

    /// `of`: one service's alone.
    pub async fn run(&self, ctx: &Ctx, of: Option<&'static str>, wanted: Wanted, limit: Limit) -> Read {
        let services = Self::SERVICES.into_iter().filter(|name| of.is_none_or(|of| of == *name));
        let asked = services.map(|service| {
            let (wanted, count) = (&wanted, limit.with_peek());
            async move { (service, self.logs.newest(ctx, service, wanted, count).await) }
        });
        let (mut found, mut missing) = (vec![], vec![]);
        for (service, answer) in futures::future::join_all(asked).await {
            match answer {
                Ok(entries) => found.extend(entries),
                Err(away) => {
                    tracing::warn!(service, why = %away, "a service's part of the audit log is not shown");
                    missing.push(service);
                }
            }
        }
        // As each service orders its own.
        found.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
        Read { page: Page::cut(found, limit, |last| Place { at: last.at.micros(), id: last.id }), missing }
    }
}
