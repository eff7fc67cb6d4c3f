//! All that goes on in a shop, at once, for as long as a test wants: people buy, pay with a second card, cancel, find
//! things sold out, use codes, open accounts; staff change goods and prices, send parcels and give money back. Whoever
//! gets no answer asks again under the same key, and keeps what was answered.

mod history;
mod insist;
mod reckoning;
mod shopper;
mod staff;

pub use history::{History, Purchase};
pub use reckoning::{Told, reckon};

use crate::league::League;
use crate::passers::Passers;
use anyhow::{Context, Result, bail, ensure};
use hanse_journeys::{Http, csv, import, key, pause, variants};
use insist::Patience;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// Each of them goes through all that [`shopper`] tells, over and over, and begins at another place.
const SHOPPERS: usize = 8;
/// With a code that everybody may use, on a good that nobody runs out of.
const CODE: &str = "FAIRWIND";
const PLENTY: i64 = 100_000;

pub struct Bazaar {
    market: Arc<Market>,
    people: JoinSet<Result<()>>,
    passers: Passers,
}

/// What all people of the bazaar know.
struct Market {
    http: Http,
    /// What staff show at the door; good for five minutes, and fetched anew before.
    badge: Mutex<String>,
    /// Variants by SKU.
    goods: BTreeMap<String, String>,
    history: History,
    patience: Patience,
    closing: AtomicBool,
    rounds: AtomicUsize,
}

impl Bazaar {
    /// Goods are brought in and people come; they call it a failure after so long.
    pub async fn open(league: &League, longest: Duration) -> Result<Self> {
        let (http, staff) = (league.http.clone(), league.staff().await?);
        let lonely: Vec<String> = (0..SHOPPERS).map(|n| format!("lamp-{n}")).collect();
        let mut lines = vec![("rope", "10.00", PLENTY), ("sail", "80.00", PLENTY), ("chart", "5.00", PLENTY)];
        lines.extend(lonely.iter().map(|sku| (sku.as_str(), "25.00", 0)));
        import(&http, &staff, "goods.csv", csv(&lines).as_bytes()).await?;
        let code = json!({"code": CODE, "type": "percentage", "percentage_bp": 1000});
        http.post("/api/admin/discounts").bearer(&staff).json(&code).expect(201).await?;
        let slugs: Vec<&str> = lines.iter().map(|(slug, ..)| *slug).collect();
        let goods = variants(&http, &slugs).await?;
        let market = Arc::new(Market {
            http,
            badge: Mutex::new(staff),
            goods,
            history: History::default(),
            patience: Patience::of(longest),
            closing: AtomicBool::new(false),
            rounds: AtomicUsize::new(0),
        });
        let mut people = JoinSet::new();
        for number in 0..SHOPPERS {
            people.spawn(shopper::shops(market.clone(), number));
        }
        people.spawn(staff::changes_goods(market.clone()));
        people.spawn(staff::imports(market.clone()));
        people.spawn(staff::sends_and_gives_back(market.clone()));
        people.spawn(staff::logs_in_again(market.clone()));
        let mut bazaar = Self { market, people, passers: Passers::come(league) };
        bazaar.goes_on(SHOPPERS).await.context("before the first fault")?;
        Ok(bazaar)
    }

    /// Waits until so many more errands were done.
    pub async fn goes_on(&mut self, errands: usize) -> Result<()> {
        let enough = self.errands() + errands;
        while self.errands() < enough {
            self.still_open()?;
            pause().await;
        }
        Ok(())
    }

    pub async fn accounts_are_opened(&self) -> Result<()> {
        self.passers.go_on().await
    }

    pub fn errands(&self) -> usize {
        self.market.rounds.load(Ordering::SeqCst)
    }

    /// An error when somebody left because of what they were told.
    pub fn still_open(&mut self) -> Result<()> {
        if let Some(ended) = self.people.try_join_next() {
            ended??;
            bail!("somebody left early");
        }
        ensure!(!self.market.patience.is_over(), "nothing goes on any more");
        Ok(())
    }

    /// Everybody ends what was begun and goes; what they have been told.
    pub async fn close(mut self) -> Result<Vec<Purchase>> {
        self.market.closing.store(true, Ordering::SeqCst);
        while let Some(ended) = self.people.join_next().await {
            ended??;
        }
        Ok(self.market.history.all())
    }
}

impl Market {
    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    fn badge(&self) -> String {
        self.badge.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn takes_badge(&self, badge: String) {
        *self.badge.lock().unwrap_or_else(PoisonError::into_inner) = badge;
    }

    fn errand_done(&self) {
        self.rounds.fetch_add(1, Ordering::SeqCst);
    }

    /// More or fewer of a good lie on the shelf.
    async fn adjust(&self, sku: &str, delta: i64) -> Result<()> {
        let (key, body) =
            (key(), json!({"variant_id": self.goods[sku], "delta": delta, "reason": "counted"}));
        let path = "/api/admin/inventory/adjustments";
        let answer =
            self.patience.insist(|| self.http.post(path).bearer(&self.badge()).key(&key).json(&body)).await?;
        ensure!(answer.status < 300, "{sku} by {delta}: {}", answer.text());
        Ok(())
    }
}
