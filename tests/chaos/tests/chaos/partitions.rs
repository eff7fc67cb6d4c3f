//! The lines between services and their stores are cut, go dead, or become slow, while shoppers check out and others open
//! accounts and look around.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{Layout, League, Passers, Store, Trade, listed};
use hanse_journeys::{Carts, until};
use hanse_testkit::proxy::Line;
use std::collections::BTreeMap;
use std::time::Duration;

const FAULTS: [Line; 3] = [Line::Cut, Line::HalfOpen, Line::Slow(Duration::from_millis(20))];
/// A checkout waits for them: their lines are disturbed one by one, so that each has the shoppers' traffic on it. Those of
/// the others that lead to the same server are disturbed together.
const AT_CHECKOUT: [&str; 5] = ["order", "inventory", "payment", "cart", "pricing"];
/// So long lines stay as they are after the fault was felt on each of them.
const LASTS: Duration = Duration::from_millis(1200);

type Place = (&'static str, Store);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_to_a_store_may_break_and_come_back() -> Result<()> {
    let lines = Layout::lines();
    let mut league = League::with_lines(&lines).await?;
    listed(&league).await?;
    let mut trade = Trade::open(&league, Carts::MaybeOlder).await?;
    let passers = Passers::come(&league);
    passers.go_on().await?;
    let mut felt = BTreeMap::new();
    for places in groups(&lines) {
        for fault in FAULTS {
            for (place, times) in disturb(&league, &places, fault).await? {
                felt.insert((place, format!("{fault:?}")), times);
            }
            let after = || format!("after {fault:?} on {places:?}");
            trade.goes_on(2).await.with_context(after)?;
            if !AT_CHECKOUT.contains(&places[0].0) {
                passers.go_on().await.with_context(after)?;
            }
        }
    }
    println!("{felt:#?}");
    ensure!(felt.len() == lines.len() * FAULTS.len() && felt.values().all(|times| *times > 0));
    // Nobody had to be started again.
    ensure!(league.running().len() == league.layout.manned.len());
    for name in league.running() {
        league.ready(&name).await?;
    }
    trade.reckon(&league).await?;
    league.close().await
}

/// The lines that are disturbed together.
fn groups(lines: &[Place]) -> Vec<Vec<Place>> {
    let (alone, together): (Vec<Place>, Vec<Place>) =
        lines.iter().copied().partition(|(service, _)| AT_CHECKOUT.contains(service));
    let mut by_store: BTreeMap<Store, Vec<Place>> = BTreeMap::new();
    for place in together {
        by_store.entry(place.1).or_default().push(place);
    }
    alone.into_iter().map(|place| vec![place]).chain(by_store.into_values()).collect()
}

/// Lets the fault last until each line has felt it, and a little longer; how often each did.
async fn disturb(league: &League, places: &[Place], fault: Line) -> Result<Vec<(Place, u64)>> {
    let before: Vec<u64> = places.iter().map(|place| league.lines[place].faults()).collect();
    places.iter().for_each(|place| league.lines[place].set(fault));
    for (place, before) in places.iter().zip(&before) {
        until(&format!("{fault:?} to be felt on {place:?}"), async || {
            Ok(Some(()).filter(|()| league.lines[place].faults() > *before))
        })
        .await?;
    }
    tokio::time::sleep(LASTS).await;
    let felt =
        places.iter().zip(before).map(|(place, before)| (*place, league.lines[place].faults() - before));
    let felt = felt.collect();
    places.iter().for_each(|place| league.lines[place].set(Line::Clear));
    Ok(felt)
}

#[test]
fn every_line_is_in_one_group() -> Result<()> {
    let lines = Layout::lines();
    let mut grouped: Vec<Place> = groups(&lines).concat();
    ensure!(grouped.len() == lines.len() && lines.iter().all(|line| grouped.contains(line)));
    grouped.dedup();
    ensure!(grouped.len() == lines.len());
    Ok(())
}
