//! Whole checkouts on the league: how many, what each costs in every process, what each writes and sends, and how soon
//! its messages are taken.

use super::map::League;
use super::rows::{self, Rows};
use super::stores::{Stores, now};
use super::{Options, Spent, metrics};
use crate::buying::{self, Good};
use crate::load::{Figures, figures};
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;

/// So many are sold to count what one writes; one after the other, so that nothing is tried twice.
pub const COUNTED: usize = 60;
const COUNTING_CONNECTIONS: usize = 1;

/// What one checkout sets in motion.
#[derive(Serialize)]
pub struct Traffic {
    pub published: f64,
    pub consumed: f64,
}

/// From the writing of a message to the beginning of its handling.
#[derive(Serialize)]
pub struct Delay {
    pub checkouts_per_second: f64,
    pub deliveries: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// The p99 of each sender's messages, by its database.
    pub p99_ms_by_sender: BTreeMap<String, f64>,
}

/// At full load. Work that is left when the last order is confirmed (mails, counts of the day) is waited for and
/// counted with it.
pub async fn loaded(
    league: &League,
    stores: &Stores,
    options: &Options,
    connections: usize,
    goods: &[Good],
) -> Result<(Figures, Spent)> {
    let before = league.census()?;
    let mut figures = buying::checkouts(league, connections, options.time(), goods).await?;
    stores.settled(league).await?;
    let spent = Spent::per(figures.operations, &league.census()?, &before);
    figures.cpu_ms = spent.total();
    Ok((figures, spent))
}

/// A few, with nobody else about: the rows and the messages of each.
pub async fn counted(league: &League, stores: &Stores, goods: &[Good]) -> Result<(Rows, Traffic)> {
    let before = stores.rows().await?;
    let (published, consumed) = messages(league).await?;
    buying::some_checkouts(league, COUNTING_CONNECTIONS, COUNTED, goods).await?;
    stores.settled(league).await?;
    let (published_then, consumed_then) = messages(league).await?;
    let each = |then: f64, before: f64| (then - before) / COUNTED as f64;
    let traffic =
        Traffic { published: each(published_then, published), consumed: each(consumed_then, consumed) };
    Ok((rows::since(&stores.rows().await?, &before), traffic))
}

async fn messages(league: &League) -> Result<(f64, f64)> {
    let published = metrics::sum(league, "messaging_client_sent_messages_total").await?;
    Ok((published, metrics::sum(league, "messaging_client_consumed_messages_total").await?))
}

/// At half of what was reached.
pub async fn delayed(
    league: &League,
    stores: &Stores,
    options: &Options,
    connections: usize,
    goods: &[Good],
    reached: f64,
) -> Result<Delay> {
    let from = now();
    let rate = reached / 2.0;
    let sold = buying::paced_checkouts(league, connections, options.time(), goods, rate).await?;
    let to = now();
    stores.settled(league).await?;
    let by_sender = stores.delays(from, to).await?;
    let mut delays: Vec<u32> = by_sender.values().flatten().copied().collect();
    delays.sort_unstable();
    if delays.is_empty() {
        anyhow::bail!("{} checkouts, and not one message of them was found", sold.operations);
    }
    let shown = figures(connections, &delays, to - from, 0.0, 0.0);
    Ok(Delay {
        checkouts_per_second: sold.per_second,
        deliveries: delays.len(),
        p50_ms: shown.p50_ms,
        p99_ms: shown.p99_ms,
        max_ms: shown.max_ms,
        p99_ms_by_sender: by_sender.into_iter().map(p99).collect(),
    })
}

fn p99((sender, mut delays): (String, Vec<u32>)) -> (String, f64) {
    delays.sort_unstable();
    (sender, figures(1, &delays, 1.0, 0.0, 0.0).p99_ms)
}
