//! Who is connected, no more than there is room for. A connection that nothing is asked on makes way for a new one; so
//! does one whose client takes no more of its answer. When all are at work, the new one is refused.

use super::resting;
use hanse_kernel::{Clock, Timestamp};
use metrics::{Counter, Gauge};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

const OPEN: &str = "http_server_connections";
const CLOSED: &str = "http_server_connections_closed_total";
/// A client that has not taken its answer for so long is taken to be gone, where there is no room.
const SLOW: Duration = Duration::from_secs(30);
/// So many are looked at to find one that can go: with thousands, one of them is about as long idle as any.
const LOOK_AT: usize = 64;

/// All connections of one listener.
pub(super) struct Guests {
    most: usize,
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
    open: Gauge,
    idle: Counter,
    slow: Counter,
    refused: Counter,
}

#[derive(Default)]
struct Book {
    all: BTreeMap<u64, Arc<Guest>>,
    next: u64,
    /// Where the last look ended.
    looked: u64,
}

/// One connection.
pub(super) struct Guest {
    state: Mutex<State>,
    /// Until when its next request has to wait.
    rests: Mutex<Option<Timestamp>>,
    leave: Notify,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Nothing is asked, or not yet in full.
    Idle(Timestamp),
    Working,
    Answering(Timestamp),
    /// It was told to go.
    Leaving,
}

/// A connection's place, until it is dropped.
pub(super) struct Place {
    pub guest: Arc<Guest>,
    number: u64,
    pub guests: Arc<Guests>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Guests {
    pub fn new(most: usize, clock: Arc<dyn Clock>) -> Arc<Self> {
        metrics::describe_gauge!(OPEN, metrics::Unit::Count, "Connections of clients");
        metrics::describe_counter!(CLOSED, "Connections that were ended for want of room");
        let closed = |reason: &'static str| metrics::counter!(CLOSED, "reason" => reason);
        Arc::new(Self {
            most,
            clock,
            book: Mutex::default(),
            open: metrics::gauge!(OPEN),
            idle: closed("idle"),
            slow: closed("slow"),
            refused: closed("refused"),
        })
    }

    /// A place for a new connection; none when all are taken by connections at work.
    pub fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut book = locked(&self.book);
        if book.all.len() >= self.most && !self.make_room(&mut book) {
            self.refused.increment(1);
            return None;
        }
        let state = Mutex::new(State::Idle(self.clock.now()));
        let guest = Arc::new(Guest { state, rests: Mutex::default(), leave: Notify::new() });
        let number = book.next;
        book.next += 1;
        book.all.insert(number, guest.clone());
        self.open.set(book.all.len() as f64);
        Some(Place { guest, number, guests: self.clone() })
    }

    /// One of them was refused: it is left alone for a while, longer when they are many.
    pub fn refused(&self, guest: &Guest) {
        let rest = resting::rest(locked(&self.book).all.len());
        *locked(&guest.rests) = Some(self.clock.now().plus(rest));
    }

    fn make_room(&self, book: &mut Book) -> bool {
        let now = self.clock.now();
        let after = book.all.range((Excluded(book.looked), Unbounded));
        let some: Vec<u64> = after.chain(book.all.iter()).take(LOOK_AT).map(|(number, _)| *number).collect();
        book.looked = some.last().copied().unwrap_or_default();
        let found = some.iter().filter_map(|number| {
            let guest = book.all.get(number)?;
            let state = *locked(&guest.state);
            match state {
                // Idle ones first, of each kind the longest.
                State::Idle(since) => Some((0, since, *number)),
                State::Answering(since) if now.since(since) > SLOW => Some((1, since, *number)),
                _ => None,
            }
        });
        let Some((kind, since, number)) = found.min() else { return false };
        let Some(guest) = book.all.get(&number) else { return false };
        let expected = if kind == 0 { State::Idle(since) } else { State::Answering(since) };
        {
            // Something may just have been asked.
            let mut state = locked(&guest.state);
            if *state != expected {
                return false;
            }
            *state = State::Leaving;
        }
        guest.leave.notify_one();
        book.all.remove(&number);
        if kind == 0 {
            self.idle.increment(1)
        } else {
            self.slow.increment(1)
        }
        true
    }
}

impl Guest {
    /// Resolves when the connection has to make way.
    pub async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }

    /// A request has come in full; false when the connection is to go, and the request with it.
    pub fn asks(&self) -> bool {
        let mut state = locked(&self.state);
        let stays = *state != State::Leaving;
        if stays {
            *state = State::Working;
        }
        stays
    }

    /// How long a request that comes now has to wait, told once. Nothing when the client came back late enough by itself.
    pub fn has_to_rest(&self, now: Timestamp) -> Option<Duration> {
        let until = locked(&self.rests).take()?;
        Some(until.since(now)).filter(|rest| !rest.is_zero())
    }

    pub fn is_answered(&self, now: Timestamp) {
        self.becomes(State::Answering(now));
    }

    pub fn is_idle(&self, now: Timestamp) {
        self.becomes(State::Idle(now));
    }

    fn becomes(&self, next: State) {
        let mut state = locked(&self.state);
        if *state != State::Leaving {
            *state = next;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut book = locked(&self.guests.book);
        book.all.remove(&self.number);
        self.guests.open.set(book.all.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::ManualClock;

    #[test]
    fn the_longest_idle_makes_way_and_who_is_at_work_does_not() {
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let guests = Guests::new(3, clock.clone());
        let enter = || {
            clock.advance(Duration::from_secs(1));
            guests.enter()
        };
        let places: Vec<Place> = (0..3).filter_map(|_| enter()).collect();
        assert!(places[0].guest.asks(), "at work");
        let fourth = enter().expect("the second makes way");
        assert!(!places[1].guest.asks(), "it was told to go");
        assert!(places[2].guest.asks() && fourth.guest.asks());
        assert!(enter().is_none(), "all are at work");
        places[0].guest.is_answered(clock.now());
        assert!(enter().is_none(), "its client may be taking its answer");
        clock.advance(SLOW);
        assert!(enter().is_some(), "it does not");
        drop(fourth);
        assert!(enter().is_some(), "there is room");
        assert_eq!(locked(&guests.book).all.len(), 1, "places were given back");
    }
}
