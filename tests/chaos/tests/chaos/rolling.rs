//! A new version goes out process by process, under a load that comes whether or not the last request was answered. Not
//! one request may fail.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{League, Load, SETTLES};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_process_is_replaced_and_no_request_fails() -> Result<()> {
    let mut league = League::start().await?;
    let load = Load::begin(&league).await?;
    let manned = league.layout.manned.clone();
    let mut replaced = 0;
    for name in &manned {
        let (service, place) = name.rsplit_once('-').context("a name without its place")?;
        let other = format!("{service}-{}", if place == "1" { "2" } else { "1" });
        // Never fewer than before: a second one first, where there is none.
        let alone = !league.running().contains(&other);
        if alone {
            league.man(&other)?;
            league.ready(&other).await?;
        }
        league.end(name).await?;
        replaced += 1;
        if !alone {
            league.man(name)?;
            league.ready(name).await?;
        }
        load.goes_on(20).await.with_context(|| format!("after {name} was replaced"))?;
    }
    // One replica of each that has two is taken away for good.
    for name in ["product-2", "cart-2", "order-2"] {
        league.end(name).await?;
        load.goes_on(20).await.with_context(|| format!("after {name} was taken away"))?;
    }
    let report = load.end().await?;
    println!("{replaced} processes replaced, {} requests, {:?} in all", report.requests, report.took);
    ensure!(report.failures.is_empty(), "{} failed: {:#?}", report.failures.len(), report.failures);
    ensure!(report.requests > 500 && report.took > Duration::from_secs(10));
    hanse_journeys::audited(&league.reach(), report.orders, SETTLES).await?;
    league.close().await
}
