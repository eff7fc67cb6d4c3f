//! The process is killed again and again while shoppers check out. Whoever got no answer asks again with the same key.
//! At the end every order that was acknowledged is there, once, and everything agrees.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Carts, Crowd, DEADLINE, Shop, WARES, csv, import, reckon, variants};
use rand::Rng;
use std::path::Path;
use std::time::{Duration, Instant};

const CHECKOUTS: usize = 200;
const KILLS: usize = 30;
/// So many of the kills must hit a saga between its first step and its end.
const IN_FLIGHT: usize = 20;
const SHOPPERS: usize = 12;
const LONGEST: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_loses_an_order_or_makes_two_of_one() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&WARES).as_bytes()).await?;
    let goods = variants(&shop.http, &WARES.map(|(sku, ..)| sku)).await?;
    let began = Instant::now();
    let mut crowd = Crowd::enter(&shop.http, goods, SHOPPERS, LONGEST, Carts::AsTheyAre);
    let (kills, in_flight) = kill_often(&mut shop, &mut crowd, began).await?;
    if let Some(missing) = CHECKOUTS.checked_sub(crowd.done()) {
        crowd.more(missing).await?;
    }
    let acknowledged = crowd.leave().await?;
    println!(
        "{} checkouts, {kills} kills, {in_flight} of them with a saga in flight, {:?}",
        acknowledged.len(),
        began.elapsed()
    );
    ensure!(acknowledged.len() >= CHECKOUTS && kills >= KILLS && in_flight >= IN_FLIGHT);

    let reckoned = reckon(&shop.http, &shop.staff().await?, &acknowledged, DEADLINE).await?;
    ensure!(reckoned.confirmed > CHECKOUTS / 2, "{} orders were confirmed", reckoned.confirmed);
    shop.audit(reckoned.orders).await?;
    shop.stop().await
}

/// Kills at random moments while checkouts wait, and starts again; how often, and how often a saga was under way.
async fn kill_often(shop: &mut Shop, crowd: &mut Crowd, began: Instant) -> Result<(usize, usize)> {
    let (mut kills, mut in_flight) = (0, 0);
    while kills < KILLS || in_flight < IN_FLIGHT {
        ensure!(began.elapsed() < LONGEST, "{kills} kills, {in_flight} with a saga in flight in {LONGEST:?}");
        crowd.under_way().await?;
        let moment = rand::rng().random_range(0..150);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        shop.kill().await?;
        kills += 1;
        in_flight += usize::from(sagas_under_way(&shop.data())? > 0);
        shop.start().await.context("after a kill")?;
    }
    Ok((kills, in_flight))
}

/// Orders whose saga has begun and not come to rest, in a copy of what the killed process left on the disk.
fn sagas_under_way(data: &Path) -> Result<i64> {
    let copy = tempfile::tempdir()?;
    for name in ["order.sqlite", "order.sqlite-wal"] {
        if data.join(name).exists() {
            std::fs::copy(data.join(name), copy.path().join(name))?;
        }
    }
    let store = rusqlite::Connection::open(copy.path().join("order.sqlite"))?;
    let moving = "select count(*) from orders where state in ('awaiting_stock', 'awaiting_authorization', 'awaiting_commit', \
                  'awaiting_capture', 'refunding', 'compensating')";
    Ok(store.query_row(moving, [], |row| row.get(0))?)
}
