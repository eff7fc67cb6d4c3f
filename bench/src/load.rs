//! Driving load: so many connections, so many seconds; latencies, processor time and memory of the server meanwhile.

use crate::client::Client;
use crate::process::Watched;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How often the server's memory is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(100);

/// One connection's part in a scenario.
pub struct Worker {
    pub index: usize,
    pub client: Client,
    until: Instant,
    latencies: Vec<u32>,
    operations_left: Option<usize>,
}

impl Worker {
    /// Whether to begin another operation.
    pub fn goes_on(&self) -> bool {
        self.operations_left.map_or_else(|| Instant::now() < self.until, |left| left > 0)
    }

    pub fn done(&mut self, began: Instant) {
        let micros = began.elapsed().as_micros();
        self.latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
        if let Some(left) = &mut self.operations_left {
            *left -= 1;
        }
    }
}

/// How much to do.
#[derive(Clone, Copy)]
pub enum Amount {
    For(Duration),
    /// In all, divided among the connections.
    Operations(usize),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figures {
    pub connections: usize,
    pub operations: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Processor time of the server per operation.
    pub cpu_ms: f64,
    /// How busy the server's core was, 0 to 1. Well below 1 under full load: the generator was the limit.
    pub server_busy: f64,
    pub memory_mib: f64,
}

/// Runs `scenario` on every connection at once and measures the whole.
pub async fn drive<F, W>(
    server: &impl Watched,
    connections: usize,
    amount: Amount,
    scenario: F,
) -> Result<Figures>
where
    F: Fn(Worker) -> W,
    W: Future<Output = Result<Worker>>,
{
    let until =
        Instant::now() + if let Amount::For(time) = amount { time } else { Duration::from_secs(3600) };
    let share = |index: usize| match amount {
        Amount::For(_) => None,
        Amount::Operations(all) => Some(all / connections + usize::from(index < all % connections)),
    };
    let workers = (0..connections).map(|index| {
        let client = Client::new(server.address());
        scenario(Worker { index, client, until, latencies: Vec::new(), operations_left: share(index) })
    });
    let highest = Rc::new(Cell::new(server.memory()?));
    let before = server.usage()?;
    let began = Instant::now();
    let working = futures::future::try_join_all(workers);
    let watching = watch_memory(server, highest.clone());
    let workers = tokio::select! {
        biased;
        workers = working => workers?,
        failed = watching => return Err(failed),
    };
    let seconds = began.elapsed().as_secs_f64();
    let cpu = server.usage()?.seconds_since(&before);
    let mut latencies: Vec<u32> = workers.into_iter().flat_map(|worker| worker.latencies).collect();
    latencies.sort_unstable();
    Ok(figures(connections, &latencies, seconds, cpu, highest.get()))
}

async fn watch_memory(server: &impl Watched, highest: Rc<Cell<f64>>) -> anyhow::Error {
    loop {
        tokio::time::sleep(MEMORY_EVERY).await;
        match server.memory() {
            Ok(now) => highest.set(highest.get().max(now)),
            Err(error) => return error.context("the server is gone"),
        }
    }
}

pub fn figures(connections: usize, sorted: &[u32], seconds: f64, cpu: f64, memory_mib: f64) -> Figures {
    let operations = sorted.len();
    let at = |share: f64| {
        let index = ((operations as f64 * share).ceil() as usize).clamp(1, operations.max(1)) - 1;
        sorted.get(index).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    };
    Figures {
        connections,
        operations,
        per_second: operations as f64 / seconds,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        max_ms: at(1.0),
        cpu_ms: cpu * 1000.0 / operations.max(1) as f64,
        server_busy: cpu / seconds,
        memory_mib,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_rates() {
        let latencies: Vec<u32> = (1..=100).map(|n| n * 1000).collect();
        let found = figures(4, &latencies, 2.0, 0.5, 80.0);
        assert_eq!((found.p50_ms, found.p99_ms, found.max_ms), (50.0, 99.0, 100.0));
        assert_eq!((found.per_second, found.cpu_ms, found.server_busy), (50.0, 5.0, 0.25));
        assert_eq!(figures(1, &[], 1.0, 0.0, 0.0).p99_ms, 0.0);
    }
}
