//! The trade that goes on while things break, and the reckoning at its end.

use crate::league::League;
use anyhow::{Context, Result, ensure};
use hanse_journeys::{Carts, Crowd, WARES, audited, csv, import, reckon, variants};
use std::time::{Duration, Instant};

/// Enough that something is under way at any moment; what is left of the machine is for those who come back.
const SHOPPERS: usize = 6;
const LOOKS: Duration = Duration::from_millis(400);
/// Sagas may have to wait for whatever was away.
pub const SETTLES: Duration = Duration::from_secs(120);
/// Whatever happens, nobody waits for so long: processes have to start, and lines that are dead to be found so.
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Trade {
    crowd: Crowd,
    began: Instant,
}

impl Trade {
    /// Goods are brought in and shoppers come.
    pub async fn open(league: &League, carts: Carts) -> Result<Self> {
        let staff = league.staff().await?;
        import(&league.http, &staff, "goods.csv", csv(&WARES).as_bytes()).await?;
        let goods = variants(&league.http, &WARES.map(|(sku, ..)| sku)).await?;
        let mut crowd = Crowd::stroll(&league.http, goods, (SHOPPERS, LOOKS), PATIENCE, carts);
        crowd.more(SHOPPERS).await.context("before the first fault")?;
        Ok(Self { crowd, began: Instant::now() })
    }

    /// Waits until a saga is between its first step and its end.
    pub async fn saga_under_way(&mut self, league: &League) -> Result<()> {
        let began = Instant::now();
        self.crowd.under_way().await?;
        while league.servers.sagas_under_way().await? == 0 {
            ensure!(began.elapsed() < PATIENCE, "no saga is under way");
            self.crowd.under_way().await?;
        }
        Ok(())
    }

    /// Waits until so many more checkouts were answered.
    pub async fn goes_on(&mut self, checkouts: usize) -> Result<()> {
        self.crowd.more(checkouts).await
    }

    pub fn checkouts(&self) -> usize {
        self.crowd.done()
    }

    /// Shoppers go; everything that was acknowledged must be there, every saga ended, nothing parked for good, and the
    /// audit clean.
    pub async fn reckon(self, league: &League) -> Result<u64> {
        let acknowledged = self.crowd.leave().await?;
        let staff = league.staff().await?;
        let orders = reckon(&league.http, &staff, &acknowledged, SETTLES).await?.orders;
        audited(&league.reach(), orders, SETTLES).await?;
        println!("{} checkouts, {orders} orders, {:?}", acknowledged.len(), self.began.elapsed());
        Ok(orders)
    }
}
