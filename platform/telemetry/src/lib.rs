//! Logs and metrics of the process: set up once, by the composition root.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Seconds; from a cached answer to a slow import.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The process's metrics, rendered for Prometheus on demand.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// The recorder is the process's, so a second call gets the same.
pub fn metrics() -> anyhow::Result<Metrics> {
    static INSTALLED: OnceLock<Metrics> = OnceLock::new();
    if let Some(metrics) = INSTALLED.get() {
        return Ok(metrics.clone());
    }
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)?;
    let handle = Metrics(builder.install_recorder()?);
    Ok(INSTALLED.get_or_init(|| handle).clone())
}

/// Logs go to standard error: text for people, or one JSON object a line.
pub fn logs(filter: &str, json: bool) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|e| {
        anyhow::anyhow!("log.filter `{filter}`: {e}; write `info` or `info,hanse_order=debug`")
    })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    let installed = if json { logs.json().flatten_event(true).try_init() } else { logs.try_init() };
    installed.map_err(|e| anyhow::anyhow!("logs cannot be set up: {e}"))
}
