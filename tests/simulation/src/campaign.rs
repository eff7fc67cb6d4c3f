//! Many seeds, on as many cores as there are, and what came of them together.

use crate::defect::Defect;
use crate::run::{Ended, play};
use crate::shop::Stage;
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One in so many seeds is played twice.
const TWICE: u64 = 100;

/// Which seeds are played, and how.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub first: u64,
    pub seeds: u64,
    /// Shoppers of each.
    pub orders: u64,
    pub threads: usize,
    pub defect: Option<Defect>,
    /// Ends with the first seed that goes wrong.
    pub until_wrong: bool,
}

/// What came of them.
#[derive(Default)]
pub struct Summary {
    pub seeds: u64,
    pub orders: u64,
    pub turns: u64,
    /// Played twice, and how many of them went otherwise then.
    pub twice: u64,
    pub differed: Vec<u64>,
    /// By seed.
    pub wrong: Vec<Ended>,
    pub tally: BTreeMap<String, u64>,
    pub took: Duration,
    /// What the processor gave to it, all cores together.
    pub worked: Duration,
}

impl Summary {
    pub fn seeds_per_minute_and_core(&self) -> f64 {
        self.seeds as f64 * 60.0 / self.worked.as_secs_f64().max(0.001)
    }

    /// Which of these never happened.
    pub fn never(&self, wanted: &[&'static str]) -> Vec<&'static str> {
        wanted.iter().copied().filter(|what| !self.tally.contains_key(*what)).collect()
    }

    fn add(&mut self, ended: Ended) {
        self.seeds += 1;
        self.orders += ended.orders;
        self.turns += ended.turns;
        for (what, times) in &ended.tally {
            *self.tally.entry(what.clone()).or_default() += times;
        }
        if !ended.wrong.is_empty() {
            self.wrong.push(ended);
        }
    }
}

impl Campaign {
    pub fn run(self) -> Result<Summary> {
        let next = AtomicU64::new(0);
        let over = AtomicBool::new(false);
        let summary = Mutex::new(Summary::default());
        let began = now();
        std::thread::scope(|scope| {
            let working: Vec<_> =
                (0..self.threads.max(1)).map(|_| scope.spawn(|| self.work(&next, &over, &summary))).collect();
            working
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|_| anyhow!("the simulator itself panicked"))?)
        })?;
        let mut summary = summary.into_inner().unwrap_or_else(|e| e.into_inner());
        summary.took = began.elapsed();
        summary.wrong.sort_by_key(|ended| ended.seed);
        Ok(summary)
    }

    fn work(&self, next: &AtomicU64, over: &AtomicBool, summary: &Mutex<Summary>) -> Result<()> {
        let stage = Stage::open()?;
        let began = worked();
        while !over.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.seeds {
                break;
            }
            let seed = self.first + number;
            let ended = self.play(&stage, seed)?;
            let again = if seed.is_multiple_of(TWICE) { Some(self.play(&stage, seed)?.print) } else { None };
            let mut summary = summary.lock().unwrap_or_else(|e| e.into_inner());
            if let Some(print) = again {
                summary.twice += 1;
                if print != ended.print {
                    summary.differed.push(seed);
                }
            }
            if self.until_wrong && !ended.wrong.is_empty() {
                over.store(true, Ordering::Relaxed);
            }
            summary.add(ended);
        }
        summary.lock().unwrap_or_else(|e| e.into_inner()).worked += worked().saturating_sub(began);
        Ok(())
    }

    fn play(&self, stage: &Stage, seed: u64) -> Result<Ended> {
        play(stage, seed, self.orders, self.defect, false)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("seed {seed}"))
    }
}

/// What the processor has given to this thread, waiting for it not counted; Linux tells it here.
fn worked() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

/// How long a run takes is the real world's affair.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}
