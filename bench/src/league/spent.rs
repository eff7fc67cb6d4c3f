//! Where the time goes: processor milliseconds of every process of the league for one operation.

use super::census::Census;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Spent(pub BTreeMap<String, f64>);

impl Spent {
    pub fn per(operations: usize, now: &Census, before: &Census) -> Self {
        let each = |seconds: f64| seconds * 1000.0 / operations.max(1) as f64;
        Self(now.seconds_since(before).into_iter().map(|(name, seconds)| (name, each(seconds))).collect())
    }

    pub fn total(&self) -> f64 {
        self.0.values().sum()
    }
}
