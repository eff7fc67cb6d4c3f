//! Processes are killed as a power cut would, while shoppers check out.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{League, Trade};
use hanse_journeys::Carts;
use rand::Rng;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_service_may_be_killed_during_checkouts() -> Result<()> {
    let mut league = League::start().await?;
    let mut trade = Trade::open(&league, Carts::AsTheyAre).await?;
    let (mut kills, mut under_way) = (0, 0);
    for name in league.layout.manned.clone() {
        trade.saga_under_way(&league).await.with_context(|| format!("before {name} is killed"))?;
        let moment = rand::rng().random_range(0..50);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        league.kill(&name).await?;
        kills += 1;
        under_way += u32::from(league.servers.sagas_under_way().await? > 0);
        league.man(&name)?;
        league.ready(&name).await?;
        trade.goes_on(4).await.with_context(|| format!("after {name} was killed"))?;
    }
    println!("{kills} kills, {under_way} of them with a saga under way");
    ensure!(kills == league.layout.manned.len() && under_way > 0);
    trade.reckon(&league).await?;
    league.close().await
}
