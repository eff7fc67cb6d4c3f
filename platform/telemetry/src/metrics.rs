//! The process's metrics, rendered for Prometheus on demand.

use hanse_kernel::system::SystemClock;
use hanse_kernel::{Clock, Timers};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Seconds; from a cached answer to a slow import.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Things handled together.
const COUNTS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// How often samples are counted into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }

    /// Counts samples into their buckets from time to time, for ever: each is kept by itself until then, and where nobody
    /// asks for the metrics nothing else would do it.
    pub async fn keep(self, timers: Arc<dyn Timers>) {
        loop {
            timers.sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

/// The recorder is the process's, so a second call gets the same.
pub fn metrics() -> anyhow::Result<Metrics> {
    static INSTALLED: OnceLock<Metrics> = OnceLock::new();
    if let Some(metrics) = INSTALLED.get() {
        return Ok(metrics.clone());
    }
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_messages".into()), &COUNTS)?;
    let handle = Metrics(builder.install_recorder()?);
    tell_of_the_process();
    Ok(INSTALLED.get_or_init(|| handle).clone())
}

/// What runs, and since when.
fn tell_of_the_process() {
    metrics::describe_gauge!("hanse_build_info", "The version that runs; always 1");
    metrics::gauge!("hanse_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::describe_gauge!(
        "process_start_time_seconds",
        metrics::Unit::Seconds,
        "When the process was started, in seconds since 1970"
    );
    metrics::gauge!("process_start_time_seconds").set(SystemClock.now().micros() as f64 / 1e6);
}
