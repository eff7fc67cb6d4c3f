//! The simulator in the form that every change passes: some hundred seeds, and one for each planted defect.

#![allow(clippy::expect_used, clippy::panic)]

use hanse_simulation::{Campaign, Defect, Fault, KEPT, Stage, WANTED, play};
use std::collections::BTreeSet;

const SEEDS: u64 = 500;
/// Shoppers of each seed.
const ORDERS: u64 = 20;

fn seeds(first: u64, seeds: u64, defect: Option<Defect>) -> Campaign {
    Campaign { first, seeds, orders: ORDERS, threads: 2, defect, until_wrong: defect.is_some() }
}

#[test]
fn whatever_goes_wrong_stock_money_and_orders_agree_in_the_end() {
    let summary = seeds(1, SEEDS, None).run().expect("the seeds are played");
    let stories: Vec<String> =
        summary.wrong.iter().map(|ended| format!("seed {}:\n{}", ended.seed, ended.story)).collect();
    assert!(stories.is_empty(), "{}", stories.join("\n"));
    assert_eq!(summary.seeds, SEEDS);
    assert!(summary.orders > SEEDS * 10, "only {} orders were placed", summary.orders);
    assert!(summary.twice >= 3 && summary.differed.is_empty(), "went otherwise: {:?}", summary.differed);
    // A way that nobody goes is told, and only that.
    assert_eq!(
        summary.never(&["order: confirmed", "order: carried off by pirates"]),
        ["order: carried off by pirates"]
    );
    // What goes wrong really went wrong.
    for fault in Fault::ALL {
        let times = summary.tally.get(fault.told()).copied().unwrap_or(0);
        assert!(times > 10, "{}: {times} times", fault.told());
    }
    let never: Vec<&str> = summary.never(&WANTED);
    assert!(never.is_empty(), "ways that were never gone: {never:?}");
}

#[test]
fn a_seed_is_all_there_is_to_a_run() {
    let (one, other) = (Stage::open().expect("a shop"), Stage::open().expect("another shop"));
    let on = |stage: &Stage, seed| play(stage, seed, ORDERS, None, false).expect("a seed is played");
    // Elsewhere, and after others.
    let first = on(&one, 7);
    on(&other, 8);
    let second = on(&other, 7);
    assert_eq!((first.print, first.turns, &first.tally), (second.print, second.turns, &second.tally));
    assert_ne!(first.print, on(&one, 8).print, "another seed is another world");
}

#[test]
fn seeds_that_found_something_find_it_again() {
    let stage = Stage::open().expect("a shop");
    let kept: BTreeSet<Defect> = KEPT.iter().filter_map(|kept| kept.defect).collect();
    let without: Vec<_> = Defect::ALL.iter().filter(|d| !kept.contains(d)).map(|d| d.name()).collect();
    assert!(without.is_empty(), "keep the seeds that `cargo xtask simulate --defects` tells for {without:?}");
    for kept in KEPT {
        let ended = play(&stage, kept.seed, ORDERS, kept.defect, false).expect("a seed is played");
        match kept.defect {
            Some(defect) => assert!(
                !ended.wrong.is_empty(),
                "seed {} does not find {}; `cargo xtask simulate --defects` tells one that does",
                kept.seed,
                defect.name()
            ),
            None => assert!(ended.wrong.is_empty(), "{} is back: {}", kept.told, ended.story),
        }
    }
}
