//! Runs all tasks of a world on one thread, under a clock of its own. Which of those that are ready goes next, the seed
//! decides; when none is, time goes on to the next timer.

#[cfg(test)]
mod tests;
mod timer;

pub use timer::Sleep;

use crate::chance::Chance;
use crate::pace::Pace;
use futures::future::BoxFuture;
use hanse_kernel::Timestamp;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use timer::Bell;

/// What a task belongs to: a process in one of its lives, or the world around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub process: usize,
    pub life: u64,
    /// A loop beside the requests: its idle pauses are nobody's business.
    pub idles: bool,
}

/// The world around the processes.
pub const WORLD: Owner = Owner { process: usize::MAX, life: 0, idles: false };

/// Each turn of a task takes so long.
const TURN: Duration = Duration::from_micros(20);

struct Task {
    owner: Owner,
    name: &'static str,
    /// None while it has its turn.
    work: Option<BoxFuture<'static, ()>>,
    signal: Arc<Signal>,
}

#[derive(Default)]
struct Line(Mutex<Vec<u64>>);

/// Puts its task in line, once.
struct Signal {
    task: u64,
    waits: AtomicBool,
    line: Arc<Line>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        if !self.waits.swap(true, Ordering::Relaxed) {
            self.line.0.lock().unwrap_or_else(|e| e.into_inner()).push(self.task);
        }
    }
}

struct Inner {
    tasks: BTreeMap<u64, Task>,
    timers: BTreeMap<(Timestamp, u64), Arc<Bell>>,
    now: Timestamp,
    next: u64,
    turns: u64,
    /// Of everything that went on so far.
    print: u64,
    running: Owner,
    pace: Pace,
    panics: Vec<String>,
}

pub struct Executor {
    inner: Mutex<Inner>,
    line: Arc<Line>,
    chance: Chance,
}

/// Why a world stopped before it was told to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stalled {
    /// Nobody is ready and no timer is set.
    Idle,
    /// Somebody goes round and round.
    Endless,
}

impl Executor {
    pub fn new(now: Timestamp, chance: Chance) -> Arc<Self> {
        let inner = Inner {
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            now,
            next: 0,
            turns: 0,
            print: 0xcbf2_9ce4_8422_2325,
            running: WORLD,
            pace: Pace::Day,
            panics: vec![],
        };
        Arc::new(Self { inner: Mutex::new(inner), line: Arc::default(), chance })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn now(&self) -> Timestamp {
        self.inner().now
    }

    pub fn turns(&self) -> u64 {
        self.inner().turns
    }

    /// Differs as soon as anything went another way.
    pub fn print(&self) -> u64 {
        self.inner().print
    }

    /// What tasks said when they panicked.
    pub fn panics(&self) -> Vec<String> {
        self.inner().panics.clone()
    }

    pub fn spawn(&self, owner: Owner, name: &'static str, work: BoxFuture<'static, ()>) {
        let mut inner = self.inner();
        inner.next += 1;
        let id = inner.next;
        let signal = Arc::new(Signal { task: id, waits: AtomicBool::new(false), line: self.line.clone() });
        signal.clone().wake();
        inner.tasks.insert(id, Task { owner, name, work: Some(work), signal });
    }

    /// Ends all tasks of a process, in whatever they are.
    pub fn kill(&self, process: usize) -> usize {
        let mut inner = self.inner();
        let doomed: Vec<u64> =
            inner.tasks.iter().filter(|(_, t)| t.owner.process == process).map(|(id, _)| *id).collect();
        let ended: Vec<Task> = doomed.iter().filter_map(|id| inner.tasks.remove(id)).collect();
        drop(inner);
        // Outside of the lock: what they held may set timers free and wake others.
        let count = ended.len();
        drop(ended);
        count
    }

    /// Ends everything.
    pub fn clear(&self) {
        loop {
            let ended = std::mem::take(&mut self.inner().tasks);
            if ended.is_empty() {
                break;
            }
            drop(ended);
        }
    }

    /// Resolves after so long; for a loop that idles, later.
    pub fn sleep(self: &Arc<Self>, pause: Duration) -> Sleep {
        let mut inner = self.inner();
        let pause = if inner.running.idles { inner.pace.stretched(pause) } else { pause };
        inner.next += 1;
        let key = (inner.now.plus(pause), inner.next);
        let bell = Arc::<Bell>::default();
        inner.timers.insert(key, bell.clone());
        Sleep { executor: self.clone(), key, bell }
    }

    /// Goes on until `done` is set, at most so many turns.
    pub fn run(&self, done: &AtomicBool, most: u64) -> Result<(), Stalled> {
        let last = self.turns().saturating_add(most);
        while !done.load(Ordering::Relaxed) {
            if self.turns() > last {
                return Err(Stalled::Endless);
            }
            self.ring_due();
            if let Some(task) = self.next() {
                self.turn(task);
            } else if !self.pass_time() {
                return Err(Stalled::Idle);
            }
        }
        Ok(())
    }

    fn next(&self) -> Option<u64> {
        let mut line = self.line.0.lock().unwrap_or_else(|e| e.into_inner());
        if line.is_empty() {
            return None;
        }
        let at = self.chance.below(line.len() as u64);
        Some(line.swap_remove(usize::try_from(at).unwrap_or(0)))
    }

    fn turn(&self, id: u64) {
        let (mut work, signal) = {
            let mut inner = self.inner();
            let Some(task) = inner.tasks.get_mut(&id) else { return };
            let Some(work) = task.work.take() else { return };
            let (signal, owner, name) = (task.signal.clone(), task.owner, task.name);
            inner.now = inner.now.plus(TURN);
            inner.turns += 1;
            inner.running = owner;
            let seen = [id, owner.process as u64, owner.life, name.len() as u64, inner.now.micros() as u64];
            for word in seen {
                inner.print = (inner.print ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
            }
            (work, signal)
        };
        signal.waits.store(false, Ordering::Relaxed);
        let waker = Waker::from(signal);
        let mut context = Context::from_waker(&waker);
        let outcome = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context)));
        let mut inner = self.inner();
        inner.running = WORLD;
        let ended = match outcome {
            Ok(Poll::Pending) => match inner.tasks.get_mut(&id) {
                Some(task) => {
                    task.work = Some(work);
                    return;
                }
                // Its process ended meanwhile.
                None => work,
            },
            Ok(Poll::Ready(())) => {
                inner.tasks.remove(&id);
                work
            }
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(|s| (*s).to_string());
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                let name = inner.tasks.remove(&id).map_or("", |task| task.name);
                inner.panics.push(format!("{name}: {text}"));
                work
            }
        };
        drop(inner);
        drop(ended);
    }

    /// Wakes those whose time has come.
    fn ring_due(&self) {
        loop {
            let mut inner = self.inner();
            let now = inner.now;
            let Some(first) = inner.timers.first_entry().filter(|entry| entry.key().0 <= now) else { return };
            let bell = first.remove();
            drop(inner);
            bell.ring();
        }
    }

    /// Nobody is ready: it becomes as late as the first timer. False when there is none.
    fn pass_time(&self) -> bool {
        let mut inner = self.inner();
        let Some((at, _)) = inner.timers.first_key_value().map(|(key, _)| *key) else { return false };
        inner.now = inner.now.max(at);
        true
    }

    pub fn pace(&self, pace: Pace) {
        self.inner().pace = pace;
    }
}

/// Lets others go first.
pub async fn step_aside() {
    let mut gone = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut gone, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
