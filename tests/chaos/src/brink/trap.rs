//! The trap at the lines: waits for one point, and kills the process that has come to it.

use super::point::{Moment, Point, Sight};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// One for all lines of a league.
#[derive(Clone, Default)]
pub struct Trap(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    sprung: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    armed: Option<Point>,
    /// The process behind each line, by its berth.
    victims: BTreeMap<String, Pid>,
    seen: BTreeMap<Point, u64>,
    /// Who died where, in the order in which it happened.
    fallen: Vec<(Point, String)>,
}

/// What is to become of what was just read off a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Pass,
    /// It does not arrive: the process is dead.
    Hold,
    /// It still arrives, and then the process dies.
    PassAndKill(Pid),
}

impl Trap {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process at this berth from now on.
    pub fn mind(&self, berth: &str, process: u32) {
        self.state().victims.insert(berth.into(), Pid::from_raw(process.cast_signed()));
    }

    pub(super) fn minded(&self, berth: &str) -> Option<Pid> {
        self.state().victims.get(berth).copied()
    }

    /// The first process that comes to the point dies of it.
    pub fn arm(&self, point: &Point) {
        self.state().armed = Some(point.clone());
    }

    /// False when it has sprung meanwhile.
    pub fn disarm(&self) -> bool {
        self.state().armed.take().is_some()
    }

    /// How often each point was come to.
    pub fn seen(&self) -> BTreeMap<Point, u64> {
        self.state().seen.clone()
    }

    /// Counts anew from now on.
    pub fn forget(&self) {
        self.state().seen.clear();
    }

    pub fn fallen(&self) -> Vec<(Point, String)> {
        self.state().fallen.clone()
    }

    /// Resolves when more than so many have fallen.
    pub async fn more_than(&self, fallen: u64) {
        let mut sprung = self.0.sprung.subscribe();
        // The sender is held by this trap itself.
        let _ = sprung.wait_for(|sprung| *sprung > fallen).await;
    }

    /// Judges what was read off the line of a process.
    pub(super) fn judge(
        &self,
        service: &'static str,
        berth: &str,
        process: Pid,
        sights: &[Sight],
    ) -> Verdict {
        let mut state = self.state();
        let points = sights.iter().map(|s| Point { service, what: s.what.clone(), moment: s.moment });
        let mut verdict = Verdict::Pass;
        for point in points {
            *state.seen.entry(point.clone()).or_default() += 1;
            // A line that outlives its process belongs to nobody.
            let alive = state.victims.get(berth) == Some(&process);
            if !alive || state.armed.as_ref() != Some(&point) {
                continue;
            }
            state.armed = None;
            verdict = match point.moment {
                Moment::Published => Verdict::PassAndKill(process),
                _ => {
                    end(process);
                    Verdict::Hold
                }
            };
            state.victims.remove(berth);
            state.fallen.push((point, berth.to_string()));
            self.0.sprung.send_modify(|sprung| *sprung += 1);
        }
        verdict
    }
}

/// As a power cut would.
pub(super) fn end(process: Pid) {
    // One that is gone already could not have come to a point.
    kill(process, Signal::SIGKILL).expect("a process that has just spoken");
}
