//! Where traces go, and how many of them.

use anyhow::{Context, Result, bail};
use http::Uri;
use serde::{Deserialize, Serialize};

/// Traces of requests through all services, for an OpenTelemetry collector. Logs carry trace ids without one, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// `http://collector:4318`: where a collector takes OTLP over HTTP. Empty: no spans are gathered.
    pub otlp_endpoint: String,
    /// The share of traces that are gathered, from 0 to 1. Who calls with a `traceparent` has decided for theirs.
    pub sample_ratio: f64,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: String::new(), sample_ratio: 1.0 }
    }
}

impl Telemetry {
    pub(super) fn check(&self) -> Result<()> {
        self.settings()?;
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            bail!(
                "telemetry.sample_ratio must be from 0 (none) to 1 (all), such as 0.05 for one trace in twenty"
            );
        }
        Ok(())
    }

    /// `None`: no spans are gathered.
    pub fn settings(&self) -> Result<Option<hanse_telemetry::Settings>> {
        let endpoint = &self.otlp_endpoint;
        if endpoint.is_empty() {
            return Ok(None);
        }
        if endpoint.starts_with("https://") {
            bail!(
                "telemetry.otlp_endpoint must begin with http://: run a collector beside the process, and let it speak \
                 TLS to whatever is farther away"
            );
        }
        if endpoint.contains('@') {
            bail!("telemetry.otlp_endpoint must hold no login; let a collector beside the process add it");
        }
        let wrong = "telemetry.otlp_endpoint must be an address such as http://collector:4318";
        let uri: Uri = endpoint.parse().context(wrong)?;
        if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            bail!("{wrong}; leave it out to gather no traces");
        }
        Ok(Some(hanse_telemetry::Settings { endpoint: uri, sample_ratio: self.sample_ratio }))
    }
}
