//! What became of all that was asked, second by second.

use serde::Serialize;
use std::time::Duration;

/// What became of one request, or of one whole checkout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Well,
    /// 503 with `Retry-After`.
    Shed,
    /// Any other answer, none, or no connection.
    Badly,
}

/// Of one kind of requests.
#[derive(Default)]
pub struct Kind {
    seconds: Vec<[u64; 3]>,
    well_micros: Vec<u32>,
    shed_micros: Vec<u32>,
}

/// Of one phase.
pub struct Tally {
    pub looks: Kind,
    pub orders: Kind,
    pub probe_micros: Vec<u32>,
    /// Looks that were due.
    pub meant: u64,
    /// Those that could not begin, because every connection there may be was waiting for an answer.
    pub held_up: u64,
    /// The first few answers that were neither.
    pub odd: Vec<String>,
    pub time: Duration,
    pub memory_mib: f64,
}

impl Kind {
    fn over(seconds: usize) -> Self {
        Self { seconds: vec![[0; 3]; seconds + 1], ..Self::default() }
    }

    /// `second` is that in which it was due.
    pub fn count(&mut self, second: usize, end: End, took: Duration) {
        let last = self.seconds.len() - 1;
        self.seconds[second.min(last)][end as usize] += 1;
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        match end {
            End::Well => self.well_micros.push(micros),
            End::Shed => self.shed_micros.push(micros),
            End::Badly => {}
        }
    }

    fn sum(&self, end: End) -> u64 {
        self.seconds.iter().map(|second| second[end as usize]).sum()
    }

    fn figures(&self, time: Duration) -> Figures {
        let (well, shed, badly) = (self.sum(End::Well), self.sum(End::Shed), self.sum(End::Badly));
        let percent =
            |part: u64, whole: u64| if whole == 0 { 100.0 } else { part as f64 * 100.0 / whole as f64 };
        Figures {
            well,
            shed,
            badly,
            well_per_second: well as f64 / time.as_secs_f64(),
            well_percent: percent(well, well + shed + badly),
            shed_percent: percent(shed, shed + badly),
            well_p50_ms: at(&self.well_micros, 0.5),
            well_p99_ms: at(&self.well_micros, 0.99),
            shed_p50_ms: at(&self.shed_micros, 0.5),
            shed_p99_ms: at(&self.shed_micros, 0.99),
            shed_max_ms: at(&self.shed_micros, 1.0),
        }
    }
}

/// Milliseconds that this share of all took at most; 0 when there are none.
fn at(micros: &[u32], share: f64) -> f64 {
    let mut sorted = micros.to_vec();
    sorted.sort_unstable();
    let index = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(index).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

impl Tally {
    pub fn over(seconds: usize) -> Self {
        Self {
            looks: Kind::over(seconds),
            orders: Kind::over(seconds),
            probe_micros: vec![],
            meant: 0,
            held_up: 0,
            odd: vec![],
            time: Duration::ZERO,
            memory_mib: 0.0,
        }
    }

    /// The first second from which on everything was answered well, to the end.
    pub fn seconds_until_well(&self) -> f64 {
        let both = self.looks.seconds.iter().zip(&self.orders.seconds);
        let unwell = both.map(|(a, b)| a[1] + a[2] + b[1] + b[2]).collect::<Vec<_>>();
        unwell.iter().rposition(|count| *count > 0).map_or(0.0, |second| (second + 1) as f64)
    }

    pub fn phase(&self) -> Phase {
        let begun = self.meant - self.held_up;
        Phase {
            looks: self.looks.figures(self.time),
            orders: self.orders.figures(self.time),
            meant_per_second: self.meant as f64 / self.time.as_secs_f64(),
            come_percent: begun as f64 * 100.0 / self.meant.max(1) as f64,
            probe_max_ms: at(&self.probe_micros, 1.0),
            memory_mib: self.memory_mib,
            odd: self.odd.clone(),
        }
    }
}

#[derive(Serialize)]
pub struct Figures {
    pub well: u64,
    pub shed: u64,
    pub badly: u64,
    pub well_per_second: f64,
    pub well_percent: f64,
    /// Of those that did not end well.
    pub shed_percent: f64,
    pub well_p50_ms: f64,
    pub well_p99_ms: f64,
    pub shed_p50_ms: f64,
    pub shed_p99_ms: f64,
    pub shed_max_ms: f64,
}

#[derive(Serialize)]
pub struct Phase {
    pub looks: Figures,
    pub orders: Figures,
    pub meant_per_second: f64,
    /// Of what was meant, how much was begun.
    pub come_percent: f64,
    pub probe_max_ms: f64,
    pub memory_mib: f64,
    pub odd: Vec<String>,
}

impl Phase {
    pub fn print(&self, name: &str) {
        println!(
            "\n{name}: {:.0} looks a second were due, {:.1} % of them begun; at most {:.0} MiB; probes within {:.1} ms",
            self.meant_per_second, self.come_percent, self.memory_mib, self.probe_max_ms
        );
        println!(
            "{:<10}{:>10}{:>10}{:>8}{:>10}{:>12}{:>12}{:>12}{:>12}{:>12}",
            "", "well", "shed", "badly", "well/s", "p50 ms", "p99 ms", "shed p50", "shed p99", "shed max"
        );
        for (name, kind) in [("looks", &self.looks), ("orders", &self.orders)] {
            println!(
                "{name:<10}{:>10}{:>10}{:>8}{:>10.1}{:>12.2}{:>12.2}{:>12.2}{:>12.2}{:>12.2}",
                kind.well,
                kind.shed,
                kind.badly,
                kind.well_per_second,
                kind.well_p50_ms,
                kind.well_p99_ms,
                kind.shed_p50_ms,
                kind.shed_p99_ms,
                kind.shed_max_ms
            );
        }
        for odd in &self.odd {
            println!("   {odd}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_that_was_not_well_ends_the_recovery() {
        let mut tally = Tally::over(5);
        let took = Duration::from_millis(2);
        tally.looks.count(0, End::Shed, took);
        tally.looks.count(1, End::Well, took);
        tally.orders.count(2, End::Badly, took);
        tally.looks.count(9, End::Well, took);
        assert_eq!(tally.seconds_until_well(), 3.0);
        assert_eq!(Tally::over(3).seconds_until_well(), 0.0);
    }

    #[test]
    fn figures_tell_shares_and_times() {
        let mut kind = Kind::over(2);
        for n in 1..=100u64 {
            kind.count(0, End::Shed, Duration::from_millis(n));
        }
        kind.count(0, End::Well, Duration::from_millis(7));
        kind.count(1, End::Badly, Duration::ZERO);
        let told = kind.figures(Duration::from_secs(2));
        assert_eq!((told.well, told.shed, told.badly), (1, 100, 1));
        assert_eq!((told.shed_p50_ms, told.shed_p99_ms, told.well_p50_ms), (50.0, 99.0, 7.0));
        assert!((told.shed_percent - 99.0099).abs() < 0.001, "{}", told.shed_percent);
    }
}
