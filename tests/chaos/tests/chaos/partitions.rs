//! The line between a service and one of its stores is cut, goes dead, or becomes slow, while shoppers check out.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{League, Store, Trade};
use hanse_journeys::until;
use hanse_testkit::proxy::Line;
use std::time::Duration;

/// A checkout needs each of these.
const LINES: [(&str, Store); 11] = [
    ("order", Store::Postgres),
    ("order", Store::RabbitMq),
    ("inventory", Store::Postgres),
    ("inventory", Store::RabbitMq),
    ("payment", Store::Postgres),
    ("payment", Store::RabbitMq),
    ("cart", Store::Postgres),
    ("cart", Store::RabbitMq),
    ("cart", Store::Redis),
    ("pricing", Store::Postgres),
    ("product", Store::Redis),
];
/// So long a line stays as it is after the fault was felt for the first time.
const LASTS: Duration = Duration::from_millis(1200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_to_a_store_may_break_and_come_back() -> Result<()> {
    let mut league = League::with_lines(&LINES).await?;
    let mut trade = Trade::open(&league).await?;
    for (service, store) in LINES {
        for fault in [Line::Cut, Line::HalfOpen, Line::Slow(Duration::from_millis(20))] {
            let line = &league.lines[&(service, store)];
            let before = line.faults();
            line.set(fault);
            until(&format!("{fault:?} between {service} and {store:?} to be felt"), async || {
                Ok(Some(()).filter(|()| line.faults() > before))
            })
            .await?;
            tokio::time::sleep(LASTS).await;
            line.set(Line::Clear);
            let after = format!("after {fault:?} between {service} and {store:?}");
            trade.goes_on(2).await.context(after)?;
        }
    }
    // Nobody had to be started again.
    ensure!(league.running().len() == league.layout.manned.len());
    for name in league.running() {
        league.ready(&name).await?;
    }
    trade.reckon(&league).await?;
    league.close().await
}
