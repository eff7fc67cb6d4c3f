//! Metrics that nobody asks for take no more and more memory.

use futures::future::BoxFuture;
use hanse_kernel::Timers;
use std::sync::Arc;
use std::time::Duration;

/// Time passes as fast as it is looked at; each sleep lets others go first once.
struct Hourglass;

impl Timers for Hourglass {
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

/// Memory of this process in use, in kilobytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the resident memory");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

const ROUNDS: u64 = 80;
const SAMPLES: u64 = 50_000;

#[tokio::test]
async fn samples_do_not_pile_up_where_nobody_asks_for_them() {
    let metrics = hanse_telemetry::metrics().expect("a recorder");
    let keeping = metrics.clone().keep(Arc::new(Hourglass));
    let mut keeping = std::pin::pin!(keeping);
    let before = resident();
    for _ in 0..ROUNDS {
        let histogram = metrics::histogram!("http_server_request_duration_seconds");
        (0..SAMPLES).for_each(|n| histogram.record(n as f64 / 1e6));
        // So much time passes as one sleep takes.
        assert!(futures::poll!(&mut keeping).is_pending());
    }
    let (grown, piled) = (resident().saturating_sub(before), ROUNDS * SAMPLES * 8 / 1024);
    assert!(grown < piled / 2, "{grown} kB more are in use; all samples are {piled} kB");
    let told = metrics.render();
    let count = format!("http_server_request_duration_seconds_count {}", ROUNDS * SAMPLES);
    assert!(told.contains(&count), "{told}");
}
