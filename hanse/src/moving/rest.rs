//! What of a shop is not in its data folder: messages on their way through a broker, and changes of carts that Redis has alone.
//! The folder's shop has to let them come to rest; what is left there would be lost.

use crate::compose::{Neighbours, rabbit_settings, redis};
use crate::config::Config;
use anyhow::{Context, Result, bail};
use hanse_kernel::Effects;
use hanse_messaging::rabbit;
use hanse_redis::cmd;
use std::path::Path;
use std::time::Duration;

/// For an answer of Redis.
const PATIENCE: Duration = Duration::from_secs(5);
const REMEDY: &str = "let the shop settle first: start it with `hanse up` on its folder, keep shoppers away until everything has been \
                      dealt with (`hanse audit --rest 5`), and stop it again";

/// An error unless all that the shop in the folder has done is in the folder.
pub async fn is_all_in_the_folder(data: &Path, effects: &Effects) -> Result<()> {
    let shop = Config::load(data).context("the shop's own configuration")?;
    no_messages_elsewhere(&shop, effects).await?;
    no_carts_behind(&shop, effects).await
}

async fn no_messages_elsewhere(shop: &Config, effects: &Effects) -> Result<()> {
    let Some(settings) = rabbit_settings(shop)? else { return Ok(()) };
    let known = Neighbours::draw(shop, effects).await?;
    let consumers: Vec<&str> = known.flows.iter().map(|flow| flow.consumer).collect();
    let waiting = rabbit::waiting(&settings, &consumers, effects).await;
    let waiting = waiting.context("the shop's own broker cannot be asked what of the shop is still there")?;
    if !waiting.is_empty() {
        let told: Vec<String> = waiting.iter().map(|(queue, count)| format!("{count} in {queue}")).collect();
        bail!(
            "there are messages of the shop at its broker (broker.url), which are not in the folder: {}. {REMEDY}; those \
             that are dead are dealt with by `hanse dlq`",
            told.join(", ")
        );
    }
    Ok(())
}

pub(super) async fn no_carts_behind(shop: &Config, effects: &Effects) -> Result<()> {
    let Some(redis) = redis(shop, effects)? else { return Ok(()) };
    let redis = redis.limited(PATIENCE);
    let mut count = cmd("ZCARD");
    count.arg(redis.key(hanse_cart::BEHIND));
    let behind: u64 = redis
        .ask("move_behind", &count)
        .await
        .context("the shop's own Redis (redis.url) cannot be asked which carts it has alone")?;
    if behind > 0 {
        bail!(
            "{behind} carts have been changed in the shop's own Redis (redis.url), and not in the folder yet. {REMEDY}"
        );
    }
    Ok(())
}
