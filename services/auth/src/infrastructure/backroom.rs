//! Threads for hard work that can wait: the kernel gives them the processor when nobody else of this machine wants it, or
//! a tenth of it. So a flood of passwords to check does not hold up a checkout.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

type Work = Box<dyn FnOnce() + Send>;

/// Under load a thread of this niceness gets about a tenth of what one of niceness 0 gets (sched(7): each step is a
/// quarter more or less).
const NICENESS: i32 = 10;

/// Its workers leave when this is dropped and what was given is done.
pub struct Backroom {
    give: Mutex<Sender<Work>>,
}

impl Backroom {
    /// # Errors
    /// When the system has no more threads to give.
    pub fn open(name: &str, count: usize) -> io::Result<Self> {
        let (give, take) = channel::<Work>();
        let take = Arc::new(Mutex::new(take));
        for _ in 0..count.max(1) {
            let take = take.clone();
            std::thread::Builder::new().name(name.into()).spawn(move || serve(&take))?;
        }
        Ok(Self { give: Mutex::new(give) })
    }

    /// Whoever is free first does it. Work that panics is lost, its worker is not.
    pub fn give(&self, work: impl FnOnce() + Send + 'static) {
        let give = self.give.lock().unwrap_or_else(PoisonError::into_inner);
        // Workers leave only after this is dropped, so somebody is there to take it.
        let _ = give.send(Box::new(work));
    }
}

fn serve(take: &Mutex<Receiver<Work>>) {
    // On Linux the niceness is a thread's own (setpriority(2)). Where it is not granted, work is done as fast as before.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "a worker cannot be made to stand back; a flood of logins may hold up others");
    }
    loop {
        let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;

    #[test]
    fn they_stand_back_and_whoever_opened_it_does_not() {
        let before = getpriority_process(None).unwrap();
        let (tell, told) = channel();
        let workers = Backroom::open("test", 2).unwrap();
        let also = tell.clone();
        workers.give(move || also.send(getpriority_process(None).unwrap()).unwrap());
        assert_eq!(told.recv().unwrap(), NICENESS.max(before));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }

    #[test]
    fn work_that_panics_costs_no_worker_and_what_was_given_is_done_before_they_leave() {
        let (tell, told) = channel();
        let workers = Backroom::open("test", 1).unwrap();
        workers.give(|| panic!("a bad one"));
        for number in 0..3 {
            let tell = tell.clone();
            workers.give(move || tell.send(number).unwrap());
        }
        drop((workers, tell));
        assert_eq!(told.iter().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
