//! The servers below the league crash and come back, while shoppers check out.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{League, Store, Trade};
use hanse_journeys::Carts;

const ROUNDS: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_server_may_crash_and_come_back_under_load() -> Result<()> {
    let mut league = League::start().await?;
    let mut trade = Trade::open(&league, Carts::MaybeOlder).await?;
    let mut crashes = 0;
    for round in 0..ROUNDS {
        for store in Store::ALL {
            trade.saga_under_way(&league).await.with_context(|| format!("before {store:?} crashes"))?;
            league.servers.crash(store)?;
            crashes += 1;
            trade.goes_on(4).await.with_context(|| format!("after {store:?} crashed, round {round}"))?;
        }
    }
    trade.saga_under_way(&league).await?;
    league.servers.restart_rabbitmq()?;
    trade.goes_on(4).await.context("after RabbitMQ was restarted in good order")?;
    ensure!(crashes == ROUNDS * Store::ALL.len());
    // Nobody had to be started again: every process has found its servers by itself.
    ensure!(league.running().len() == league.layout.manned.len());
    trade.reckon(&league).await?;
    league.close().await
}
