//! How often the shop audits itself, and how much of it.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The audit that a shop does by itself; docs/operations/audit.md tells what it judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// So many minutes from one to the next; 0: none.
    pub every_minutes: u64,
    /// What has changed within so many seconds is left alone: it is still moving.
    pub rest_seconds: u64,
    /// Orders of the last so many hours are looked at each time,
    pub recent_hours: u64,
    /// and all orders once in so many hours.
    pub all_hours: u64,
    /// One that takes longer than so many minutes is given up, counted and begun anew.
    pub limit_minutes: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self { every_minutes: 15, rest_seconds: 60, recent_hours: 48, all_hours: 24, limit_minutes: 30 }
    }
}

impl Audit {
    pub(super) fn check(&self) -> Result<()> {
        for (key, value, least, most, unit) in [
            ("every_minutes", self.every_minutes, 0, 10_080, "minutes; 0 for none"),
            ("rest_seconds", self.rest_seconds, 1, 3_600, "seconds"),
            ("recent_hours", self.recent_hours, 1, 8_760, "hours"),
            ("all_hours", self.all_hours, 1, 744, "hours"),
            ("limit_minutes", self.limit_minutes, 1, 1_440, "minutes"),
        ] {
            if !(least..=most).contains(&value) {
                bail!("audit.{key} must be between {least} and {most} ({unit})");
            }
        }
        Ok(())
    }

    /// None: the shop does not audit itself.
    pub fn every(&self) -> Option<Duration> {
        (self.every_minutes > 0).then(|| Duration::from_secs(self.every_minutes * 60))
    }
    pub fn rest(&self) -> Duration {
        Duration::from_secs(self.rest_seconds)
    }
    pub fn recent(&self) -> Duration {
        Duration::from_secs(self.recent_hours * 3600)
    }
    pub fn all_within(&self) -> Duration {
        Duration::from_secs(self.all_hours * 3600)
    }
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.limit_minutes * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_allowed_and_what_cannot_be_meant_is_refused_by_its_key() {
        assert!(Audit::default().check().is_ok() && Audit::default().every().is_some());
        let none = Audit { every_minutes: 0, ..Audit::default() };
        assert!(none.check().is_ok() && none.every().is_none());
        let never = Audit { all_hours: 0, ..Audit::default() }.check().unwrap_err().to_string();
        assert!(never.contains("audit.all_hours must be between 1 and 744"), "{never}");
    }
}
