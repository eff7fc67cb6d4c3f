//! Who goes first, when time passes, what ends with a process.

use super::*;

const AT_WORK: Owner = Owner { process: 1, life: 7, idles: false };

fn world(seed: u64) -> Arc<Executor> {
    Executor::new(Timestamp::from_micros(0), Chance::new(seed, 1))
}

/// Three tasks that write down when they have their turn, and the order in which they had.
fn written(seed: u64) -> Vec<u32> {
    let executor = world(seed);
    let notes = Arc::new(Mutex::new(vec![]));
    let done = Arc::new(AtomicBool::new(false));
    for number in 0..3 {
        let (notes, done) = (notes.clone(), done.clone());
        let work = async move {
            for _ in 0..4 {
                notes.lock().unwrap().push(number);
                step_aside().await;
            }
            done.store(notes.lock().unwrap().len() == 12, Ordering::Relaxed);
        };
        executor.spawn(AT_WORK, "writer", Box::pin(work));
    }
    executor.run(&done, 1_000).unwrap();
    let notes = notes.lock().unwrap();
    notes.clone()
}

#[test]
fn the_seed_decides_who_goes_first() {
    assert_eq!(written(5), written(5));
    assert!((0..20).any(|seed| written(seed) != written(5)));
}

#[test]
fn time_goes_on_only_when_nobody_is_ready() {
    let executor = world(1);
    let done = Arc::new(AtomicBool::new(false));
    let (tell, clock) = (done.clone(), executor.clone());
    executor.spawn(
        WORLD,
        "sleeper",
        Box::pin(async move {
            clock.sleep(Duration::from_secs(3600)).await;
            tell.store(true, Ordering::Relaxed);
        }),
    );
    executor.run(&done, 1_000).unwrap();
    assert_eq!(executor.now().since(Timestamp::from_micros(0)).as_secs(), 3600);
    assert_eq!(executor.run(&AtomicBool::new(false), 10), Err(Stalled::Idle));
}

#[test]
fn a_process_that_ends_takes_its_tasks_along_and_nobody_elses() {
    let executor = world(1);
    let done = Arc::new(AtomicBool::new(false));
    let (held, released) = (Arc::new(()), Arc::new(AtomicBool::new(false)));
    let (kept, ending) = (held.clone(), executor.clone());
    executor.spawn(
        AT_WORK,
        "worker",
        Box::pin(async move {
            let _kept = kept;
            // Its own end, from within.
            ending.kill(1);
            std::future::pending::<()>().await;
        }),
    );
    let (tell, clock, seen) = (done.clone(), executor.clone(), released.clone());
    executor.spawn(
        WORLD,
        "world",
        Box::pin(async move {
            clock.sleep(Duration::from_secs(1)).await;
            seen.store(Arc::strong_count(&held) == 1, Ordering::Relaxed);
            tell.store(true, Ordering::Relaxed);
        }),
    );
    executor.run(&done, 1_000).unwrap();
    assert!(released.load(Ordering::Relaxed), "what the task held is let go");
}
