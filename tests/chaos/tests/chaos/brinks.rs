//! Processes die at named points: just before a commit, just after, between a publication and its confirm, before an
//! acknowledgement; and at any moment besides. Meanwhile everything goes on that goes on in a shop.

use anyhow::{Context, Result, ensure};
use hanse_chaos::bazaar::{Bazaar, reckon};
use hanse_chaos::brink::{Moment, Point};
use hanse_chaos::{Layout, League, Listed, listed};
use rand::Rng;
use rand::seq::SliceRandom;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Set to `all`, every point is died at; to anything else, those with it in their names. Unset, as many as a short run has
/// time for, others each time.
const HOW_MANY: &str = "HANSE_CRASH_POINTS";
const FEW: usize = 16;
/// There are more than these by far; fewer would mean that the lines are not read any more.
const AT_LEAST: usize = 150;
/// Kills at no point in particular, after those.
const AT_RANDOM: u32 = 6;
/// Somebody comes to a point within so long: everybody does everything all the time, or when a process begins.
const COMES: Duration = Duration::from_secs(40);
/// Undisturbed, everything has been come to within so long.
const LEARNS: Duration = Duration::from_secs(120);
/// What was come to less often while nothing was wrong may not be come to again: two people have to cross each other's way for
/// it, or something has to be lost.
const OFTEN: u64 = 3;
/// With all points it takes as long as there are points.
const LONGEST: Duration = Duration::from_secs(3600);

/// Consumers that nothing in this shop brings a message to, and why.
const NOT_COME_TO: [(&str, &str); 5] = [
    ("product.prices_refused", "no price is refused here"),
    ("user.keep_log_end", "nobody does anything in analytics that is written down"),
    (
        "notification.order_person_erased",
        "no guest is forgotten: all are asked in the end for the answers that they had",
    ),
    ("cart.forget_guest", "as above"),
    ("payment.void_rest", "only where money is taken with the parcel"),
];
/// Only asked for when something was lost for longer than usual: may be come to or not.
const ASKED_AGAIN: [&str; 2] = ["inventory.reserve", "inventory.commit"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_process_may_die_at_any_point() -> Result<()> {
    let mut league = League::with_brinks().await?;
    // What is done once in a shop's life is done the first time. What a process does that begins a second time, while nobody asks for
    // anything, each does.
    begins_again(&mut league).await?;
    league.trap.forget();
    begins_again(&mut league).await?;
    let beginning = league.trap.seen();
    let mut bazaar = Bazaar::open(&league, LONGEST).await?;
    league.trap.forget();
    let mut known = all_are_seen(&league, &mut bazaar).await?;
    known.extend(beginning.into_keys().map(|point| (point, OFTEN)));
    let count = known.len();
    ensure!(count >= AT_LEAST, "only {count} points are known");
    let (chosen, rare) = chosen(known);
    println!("{count} points, {} of them rare", rare.len());
    ensure!(!chosen.is_empty(), "none of them is what {HOW_MANY} says");
    let mut missed = vec![];
    for (number, point) in chosen.iter().enumerate() {
        bazaar.still_open()?;
        let Some(name) = falls(&mut league, point).await? else {
            println!("{} of {}: nobody came to {point}", number + 1, chosen.len());
            missed.push(point.clone());
            continue;
        };
        bazaar.goes_on(1).await.with_context(|| format!("after {name} fell at {point}"))?;
        println!("{} of {}: {name} fell at {point}", number + 1, chosen.len());
    }
    let (rarely, missed): (Vec<_>, Vec<_>) = missed.into_iter().partition(|point| rare.contains(point));
    ensure!(missed.is_empty(), "nobody came to {missed:#?}");
    let mut names = league.layout.manned.clone();
    names.shuffle(&mut rand::rng());
    let mut kills = 0;
    for name in names.into_iter().cycle().take(AT_RANDOM as usize) {
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..300))).await;
        league.kill(&name).await?;
        kills += 1;
        league.man(&name)?;
        league.ready(&name).await?;
        bazaar.goes_on(2).await.with_context(|| format!("after {name} was killed"))?;
    }
    let told = reckon(&league, &bazaar.close().await?).await?;
    let fallen = league.trap.fallen().len();
    println!("{fallen} points, {} rare ones missed, {kills} kills besides, {told:?}", rarely.len());
    ensure!(kills == AT_RANDOM && fallen == chosen.len() - rarely.len());
    ensure!(told.cancelled > 0 && told.sent > 0 && told.given_back > 0 && told.rejected > 0, "{told:?}");
    league.close().await
}

/// One process of each service ends and another takes its place, as where nobody comes to a point by themselves: what all of them
/// do only when they begin together is not among what one does.
async fn begins_again(league: &mut League) -> Result<()> {
    let first = |service: &'static str| {
        let of_it = |name: &&String| name.rsplit_once('-').is_some_and(|(s, _)| s == service);
        league.layout.manned.iter().find(of_it).cloned()
    };
    let names: Vec<String> = Layout::services().filter_map(first).collect();
    for name in &names {
        league.kill(name).await?;
    }
    for name in &names {
        league.man(name)?;
    }
    for name in &names {
        league.ready(name).await?;
    }
    Ok(())
}

/// Whoever comes to the point first falls there, and another takes its place; its name. What a process does when it begins, and
/// then once an hour, is come to by one that begins. None: nobody came.
async fn falls(league: &mut League, point: &Point) -> Result<Option<String>> {
    let before = league.trap.fallen().len() as u64;
    league.trap.arm(point);
    let mut begun = None;
    if !has_sprung(league, before).await {
        let of_service = |name: &&String| name.rsplit_once('-').is_some_and(|(s, _)| s == point.service);
        let name = league.layout.manned.iter().find(of_service).context("nobody of this service")?.clone();
        league.kill(&name).await?;
        league.trap.arm(point);
        league.man(&name)?;
        if !has_sprung(league, before).await {
            league.ready(&name).await?;
            return Ok(None);
        }
        begun = Some(name);
    }
    let (at, name) = league.trap.fallen().pop().context("nobody has fallen")?;
    ensure!(at == *point, "{name} fell at {at}");
    league.fallen(&name).await?;
    league.man(&name)?;
    for name in begun.iter().chain([&name]) {
        league.ready(name).await?;
    }
    Ok(Some(name))
}

/// False when nobody came in time; the trap is disarmed then.
async fn has_sprung(league: &League, before: u64) -> bool {
    tokio::time::timeout(COMES, league.trap.more_than(before)).await.is_ok() || !league.trap.disarm()
}

/// Waits until everything that the program says it takes has been come to, but for what is told above, and every service has
/// points that it comes to often.
async fn all_are_seen(league: &League, bazaar: &mut Bazaar) -> Result<BTreeMap<Point, u64>> {
    let services = listed(league).await?;
    let began = Instant::now();
    let known = loop {
        let known = league.trap.seen();
        let missing = missing(&services, &known);
        if missing.is_empty() {
            break known;
        }
        ensure!(began.elapsed() < LEARNS, "nobody comes to {missing:#?}");
        bazaar.goes_on(1).await?;
    };
    for (consumer, why) in NOT_COME_TO {
        ensure!(!is_come_to(&known, consumer), "{consumer} is come to, although {why}");
    }
    Ok(known)
}

fn is_come_to(known: &BTreeMap<Point, u64>, consumer: &str) -> bool {
    known.keys().any(|point| point.what == consumer && point.moment == Moment::Committed)
}

fn missing(services: &[Listed], known: &BTreeMap<Point, u64>) -> BTreeSet<String> {
    let takes = services.iter().flat_map(|service| &service.takes).map(|(_, consumer)| consumer);
    let unheard = takes
        .filter(|consumer| !ASKED_AGAIN.contains(&consumer.as_str()))
        .filter(|consumer| !NOT_COME_TO.iter().any(|(name, _)| name == consumer))
        .filter(|consumer| !is_come_to(known, consumer))
        .cloned();
    let often = |name: &str| known.iter().any(|(point, times)| point.service == name && *times >= OFTEN);
    let idle = services.iter().map(|service| service.name.clone()).filter(|name| !often(name));
    unheard.chain(idle).collect()
}

/// All of them, or some: one of each service first, then of any; and which of them are rare. A short run leaves those out.
fn chosen(known: BTreeMap<Point, u64>) -> (Vec<Point>, BTreeSet<Point>) {
    let rare: BTreeSet<Point> = known.iter().filter(|(_, n)| **n < OFTEN).map(|(p, _)| p.clone()).collect();
    let mut known: Vec<Point> = known.into_keys().collect();
    known.shuffle(&mut rand::rng());
    if let Ok(which) = std::env::var(HOW_MANY) {
        known.retain(|point| which == "all" || point.to_string().contains(&which));
        return (known, rare);
    }
    known.retain(|point| !rare.contains(point));
    let mut firsts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut first, mut rest) = (vec![], vec![]);
    for point in known {
        let before = firsts.entry(point.service).or_default();
        *before += 1;
        if *before == 1 { first.push(point) } else { rest.push(point) }
    }
    first.extend(rest);
    first.truncate(FEW);
    (first, rare)
}

#[test]
fn a_short_run_has_a_point_of_every_service_and_none_that_is_rare() {
    let point = |service, n: u64| (Point { service, what: format!("t{n}"), moment: Moment::Committed }, n);
    let known = Layout::services().flat_map(|s| (1..9).map(move |n| point(s, n))).collect();
    let (chosen, rare) = chosen(known);
    assert_eq!(chosen.len(), FEW);
    assert!(Layout::services().all(|service| chosen.iter().any(|point| point.service == service)));
    assert!(rare.iter().all(|point| ["t1", "t2"].contains(&point.what.as_str())));
    assert_eq!(rare.len(), 2 * Layout::services().count());
    assert!(chosen.iter().all(|point| !rare.contains(point)));
}
