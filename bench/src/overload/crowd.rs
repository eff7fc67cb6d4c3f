//! Shoppers who come whether there is room or not: each look and each checkout begins when it is due.

use super::tally::{End, Tally};
use crate::buying::{self, Good};
use crate::client::{Client, Refused};
use crate::process::{Server, Watched};
use anyhow::{Result, ensure};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// Connections that looks may have open at once: beyond the shop's own bound, so that it is the shop that refuses.
const CONNECTIONS: usize = 3_000;
const TICK: Duration = Duration::from_millis(1);
/// After the last was begun, so long is waited for answers.
const AFTER: Duration = Duration::from_secs(20);
const PROBE_EVERY: Duration = Duration::from_millis(250);
const MEMORY_EVERY: Duration = Duration::from_millis(200);
/// So many odd answers are shown.
const SHOWN: usize = 5;

pub struct Crowd<'a> {
    pub server: &'a Server,
    pub paths: &'a [String],
    pub goods: &'a [Good],
    /// Whole checkouts for each look.
    pub orders: f64,
    /// Whoever is told to come again later goes. Others ask again at once.
    pub heeds: bool,
}

impl Crowd<'_> {
    /// So many looks a second, and the orders that belong to them, for so long.
    pub async fn come(&self, per_second: f64, time: Duration) -> Result<Tally> {
        let tally = RefCell::new(Tally::over(time.as_secs() as usize));
        let began = Instant::now();
        let over = Cell::new(false);
        let all = async {
            tokio::join!(
                self.look(&tally, began, per_second, time),
                self.buy(&tally, began, per_second, time)
            );
            over.set(true);
        };
        let (_, probed, watched) = tokio::join!(all, self.probe(&tally, &over), self.watch(&tally, &over));
        probed?;
        watched?;
        let mut tally = tally.into_inner();
        tally.time = time;
        Ok(tally)
    }

    async fn look(&self, tally: &RefCell<Tally>, began: Instant, per_second: f64, time: Duration) {
        let idle = RefCell::new(Vec::<Client>::new());
        let (opened, next) = (Cell::new(0usize), Cell::new(0usize));
        let mut under_way = FuturesUnordered::new();
        let mut begun = 0u64;
        while began.elapsed() < time {
            let due = (began.elapsed().as_secs_f64() * per_second) as u64;
            while begun < due {
                begun += 1;
                tally.borrow_mut().meant += 1;
                // The one that was free last is the warmest; one that was not used for long may have been closed.
                let client = idle.borrow_mut().pop().or_else(|| {
                    (opened.get() < CONNECTIONS).then(|| {
                        opened.set(opened.get() + 1);
                        Client::new(self.server.address())
                    })
                });
                let Some(client) = client else {
                    tally.borrow_mut().held_up += 1;
                    continue;
                };
                let path = &self.paths[next.get() % self.paths.len()];
                next.set(next.get() + 1);
                let (idle, opened) = (&idle, &opened);
                under_way.push(async move {
                    let (client, wait) = look(client, path, began, tally).await;
                    if wait.is_some() && self.heeds {
                        // Somebody else comes instead, over a connection of their own.
                        opened.set(opened.get() - 1);
                    } else {
                        idle.borrow_mut().push(client);
                    }
                });
            }
            drain_for(&mut under_way, TICK).await;
        }
        let rest = async { while under_way.next().await.is_some() {} };
        let _ = tokio::time::timeout(AFTER, rest).await;
        let lost = under_way.len();
        for _ in 0..lost {
            tally.borrow_mut().looks.count(time.as_secs() as usize, End::Badly, AFTER);
        }
    }

    async fn buy(&self, tally: &RefCell<Tally>, began: Instant, per_second: f64, time: Duration) {
        let per_second = per_second * self.orders;
        let idle = RefCell::new(Vec::<Client>::new());
        let mut under_way = FuturesUnordered::new();
        let mut begun = 0u64;
        while began.elapsed() < time {
            while (begun as f64) < began.elapsed().as_secs_f64() * per_second {
                begun += 1;
                let client = idle.borrow_mut().pop().unwrap_or_else(|| Client::new(self.server.address()));
                under_way.push(self.buy_one(client, begun as usize, began, tally, &idle));
            }
            drain_for(&mut under_way, TICK * 5).await;
        }
        let rest = async { while under_way.next().await.is_some() {} };
        let _ = tokio::time::timeout(AFTER, rest).await;
        let lost = under_way.len();
        for _ in 0..lost {
            tally.borrow_mut().orders.count(time.as_secs() as usize, End::Badly, AFTER);
        }
    }

    /// A whole checkout, as a shopper's page does it: what is refused for want of room is not tried again.
    async fn buy_one(
        &self,
        mut client: Client,
        number: usize,
        began: Instant,
        tally: &RefCell<Tally>,
        idle: &RefCell<Vec<Client>>,
    ) {
        let (second, start) = (began.elapsed().as_secs() as usize, Instant::now());
        let end = match buying::buy(&mut client, number, self.goods).await {
            Ok(()) => End::Well,
            Err(error) if error.downcast_ref::<Refused>().is_some_and(|r| r.status == 503) => End::Shed,
            Err(error) => {
                note(tally, format!("an order: {error:#}"));
                End::Badly
            }
        };
        tally.borrow_mut().orders.count(second, end, start.elapsed());
        idle.borrow_mut().push(client);
    }

    async fn probe(&self, tally: &RefCell<Tally>, over: &Cell<bool>) -> Result<()> {
        let mut client = Client::new(self.server.address());
        while !over.get() {
            let start = Instant::now();
            let answer = client.get("/livez").await?;
            ensure!(answer.status == 200, "/livez answered {}", answer.status);
            tally.borrow_mut().probe_micros.push(u32::try_from(start.elapsed().as_micros())?);
            tokio::time::sleep(PROBE_EVERY).await;
        }
        Ok(())
    }

    async fn watch(&self, tally: &RefCell<Tally>, over: &Cell<bool>) -> Result<()> {
        while !over.get() {
            let now = self.server.memory()?;
            let most = tally.borrow().memory_mib.max(now);
            tally.borrow_mut().memory_mib = most;
            tokio::time::sleep(MEMORY_EVERY).await;
        }
        Ok(())
    }
}

async fn drain_for<F: Future<Output = ()>>(under_way: &mut FuturesUnordered<F>, time: Duration) {
    let pause = tokio::time::sleep(time);
    let mut pause = std::pin::pin!(pause);
    loop {
        tokio::select! {
            biased;
            () = &mut pause => return,
            Some(()) = under_way.next(), if !under_way.is_empty() => {}
        }
    }
}

/// The connection again, and for how long its shopper is to stay away.
async fn look(
    mut client: Client,
    path: &str,
    began: Instant,
    tally: &RefCell<Tally>,
) -> (Client, Option<Duration>) {
    let (second, start) = (began.elapsed().as_secs() as usize, Instant::now());
    let mut wait = None;
    let end = match client.get(path).await {
        Ok(answer) if answer.status == 200 => End::Well,
        Ok(answer) if answer.status == 503 && answer.retry_after.is_some() => {
            wait = answer.retry_after;
            End::Shed
        }
        Ok(answer) => {
            note(tally, format!("{path}: {} {}", answer.status, answer.text()));
            End::Badly
        }
        Err(error) => {
            note(tally, format!("{path}: {error:#}"));
            End::Badly
        }
    };
    tally.borrow_mut().looks.count(second, end, start.elapsed());
    (client, wait)
}

fn note(tally: &RefCell<Tally>, what: String) {
    let mut tally = tally.borrow_mut();
    if tally.odd.len() < SHOWN {
        tally.odd.push(what);
    }
}
