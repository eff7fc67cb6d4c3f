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
/// Kills at no point in particular, after those.
const AT_RANDOM: u32 = 6;
/// Somebody comes to a point within so long: everybody does everything all the time, or when a process begins.
const COMES: Duration = Duration::from_secs(40);
/// Undisturbed, everything has been come to within so long.
const LEARNS: Duration = Duration::from_secs(120);
/// With all points it takes as long as there are points.
const LONGEST: Duration = Duration::from_secs(3600);

/// Consumers that nothing in this shop brings a message to, and why.
const NOT_COME_TO: [(&str, &str); 6] = [
    ("analytics.user_erased", "nobody can erase an account yet"),
    ("notification.user_erased", "nobody can erase an account yet"),
    ("cart.forget_user", "nobody can erase an account yet"),
    ("order.forget", "nobody can erase an account yet"),
    ("product.prices_refused", "no price is refused here"),
    ("payment.void_rest", "only where money is taken with the parcel"),
];
/// Only asked for when something was lost for longer than usual: may be come to or not.
const ASKED_AGAIN: [&str; 2] = ["inventory.reserve", "inventory.commit"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_process_may_die_at_any_point() -> Result<()> {
    let mut league = League::with_brinks().await?;
    let mut bazaar = Bazaar::open(&league, LONGEST).await?;
    let known = all_are_seen(&league, &mut bazaar).await?;
    let (count, chosen) = (known.len(), chosen(known));
    println!("{count} points");
    ensure!(!chosen.is_empty(), "none of them is what {HOW_MANY} says");
    let mut missed = vec![];
    for (number, point) in chosen.iter().enumerate() {
        bazaar.still_open()?;
        let Some(name) = falls(&mut league, point).await? else {
            missed.push(point.to_string());
            continue;
        };
        bazaar.goes_on(1).await.with_context(|| format!("after {name} fell at {point}"))?;
        println!("{} of {}: {name} fell at {point}", number + 1, chosen.len());
    }
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
    println!("{} points, {kills} kills besides, {told:?}", chosen.len());
    ensure!(kills == AT_RANDOM && league.trap.fallen().len() == chosen.len());
    ensure!(told.cancelled > 0 && told.sent > 0 && told.given_back > 0 && told.rejected > 0, "{told:?}");
    league.close().await
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

/// Waits until everything that the program says it takes has been come to, but for what is told above; every service has
/// its points.
async fn all_are_seen(league: &League, bazaar: &mut Bazaar) -> Result<Vec<Point>> {
    let services = listed(league).await?;
    let began = Instant::now();
    let known = loop {
        let known: Vec<Point> = league.trap.seen().into_keys().collect();
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
    for service in services {
        ensure!(known.iter().any(|p| p.service == service.name), "{} comes to no point", service.name);
    }
    Ok(known)
}

fn is_come_to(known: &[Point], consumer: &str) -> bool {
    known.iter().any(|point| point.what == consumer && point.moment == Moment::Committed)
}

fn missing(services: &[Listed], known: &[Point]) -> BTreeSet<String> {
    let takes = services.iter().flat_map(|service| &service.takes).map(|(_, consumer)| consumer);
    takes
        .filter(|consumer| !ASKED_AGAIN.contains(&consumer.as_str()))
        .filter(|consumer| !NOT_COME_TO.iter().any(|(name, _)| name == consumer))
        .filter(|consumer| !is_come_to(known, consumer))
        .cloned()
        .collect()
}

/// All of them, or some: one of each service first, then of any.
fn chosen(mut known: Vec<Point>) -> Vec<Point> {
    known.shuffle(&mut rand::rng());
    if let Ok(which) = std::env::var(HOW_MANY) {
        known.retain(|point| which == "all" || point.to_string().contains(&which));
        return known;
    }
    let mut firsts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut first, mut rest) = (vec![], vec![]);
    for point in known {
        let before = firsts.entry(point.service).or_default();
        *before += 1;
        if *before == 1 { first.push(point) } else { rest.push(point) }
    }
    first.extend(rest);
    first.truncate(FEW);
    first
}

#[test]
fn a_short_run_has_a_point_of_every_service() {
    let point = |service, n: usize| Point { service, what: format!("t{n}"), moment: Moment::Committed };
    let known: Vec<Point> = Layout::services().flat_map(|s| (0..9).map(move |n| point(s, n))).collect();
    let (count, chosen) = (known.len(), chosen(known));
    println!("{count} points");
    assert_eq!(chosen.len(), FEW);
    assert!(Layout::services().all(|service| chosen.iter().any(|point| point.service == service)));
}
