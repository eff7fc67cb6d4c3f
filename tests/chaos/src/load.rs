//! A load that comes at its own pace, whether or not the last request was answered, through whichever gateway says that it
//! is ready: what a load balancer does.

use crate::layout::GATEWAY;
use crate::league::League;
use anyhow::{Context, Result, bail, ensure};
use hanse_journeys::{Http, checkout, csv, fill_cart, import, new_cart, pause, variants};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// One visitor comes so often.
const PACE: Duration = Duration::from_millis(40);
/// The balancer asks so often who is ready.
const PROBE: Duration = Duration::from_millis(50);
const PIECES: i64 = 1_000_000;

struct Gateways {
    /// Where shoppers go, and where it is asked whether it is ready.
    all: Vec<(Http, Http)>,
    ready: Mutex<Vec<Http>>,
}

struct Street {
    gateways: Gateways,
    rope: String,
    visits: AtomicU64,
    orders: AtomicU64,
    failures: Mutex<Vec<String>>,
}

pub struct Load {
    street: Arc<Street>,
    pace: tokio::task::JoinHandle<()>,
    _probing: JoinSet<()>,
    began: Instant,
}

pub struct Report {
    pub requests: u64,
    pub orders: u64,
    pub failures: Vec<String>,
    pub took: Duration,
}

impl Load {
    pub async fn begin(league: &League) -> Result<Self> {
        let staff = league.staff().await?;
        import(&league.http, &staff, "goods.csv", csv(&[("rope", "10.00", PIECES)]).as_bytes()).await?;
        let rope = variants(&league.http, &["rope"]).await?["rope"].clone();
        let berths = league.layout.berths.iter().filter(|berth| berth.service == GATEWAY);
        let at = |port: u16| Http::new(&format!("http://127.0.0.1:{port}"));
        let all = berths.map(|berth| Ok((at(berth.front)?, at(berth.probes)?))).collect::<Result<_>>()?;
        let street = Arc::new(Street {
            gateways: Gateways { all, ready: Mutex::default() },
            rope,
            visits: AtomicU64::new(0),
            orders: AtomicU64::new(0),
            failures: Mutex::default(),
        });
        street.gateways.look().await;
        let mut probing = JoinSet::new();
        let probed = street.clone();
        probing.spawn(async move {
            loop {
                tokio::time::sleep(PROBE).await;
                probed.gateways.look().await;
            }
        });
        let pace = tokio::spawn(come(street.clone()));
        Ok(Self { street, pace, _probing: probing, began: Instant::now() })
    }

    /// Waits until so many more visits have ended well or badly.
    pub async fn goes_on(&self, visits: u64) -> Result<()> {
        let enough = self.street.visits.load(Ordering::SeqCst) + visits;
        let began = Instant::now();
        while self.street.visits.load(Ordering::SeqCst) < enough {
            ensure!(began.elapsed() < Duration::from_secs(120), "visits do not end any more");
            pause().await;
        }
        Ok(())
    }

    pub async fn end(self) -> Result<Report> {
        self.pace.abort();
        let (mut last, mut since) = (0, Instant::now());
        // Those that are in the shop finish.
        while since.elapsed() < Duration::from_secs(3) {
            let now = self.street.visits.load(Ordering::SeqCst);
            if now != last {
                (last, since) = (now, Instant::now());
            }
            pause().await;
        }
        let failures = std::mem::take(&mut *self.street.failures.lock().unwrap_or_else(|e| e.into_inner()));
        let orders = self.street.orders.load(Ordering::SeqCst);
        Ok(Report { requests: last, orders, failures, took: self.began.elapsed() })
    }
}

impl Gateways {
    async fn look(&self) {
        let mut ready = vec![];
        for (front, probes) in &self.all {
            if probes.get("/readyz").send().await.is_ok_and(|answer| answer.status == 200) {
                ready.push(front.clone());
            }
        }
        *self.ready.lock().unwrap_or_else(|e| e.into_inner()) = ready;
    }

    fn pick(&self, turn: u64) -> Result<Http> {
        let ready = self.ready.lock().unwrap_or_else(|e| e.into_inner());
        let turn = usize::try_from(turn)? % ready.len().max(1);
        ready.get(turn).cloned().context("no gateway is ready")
    }
}

async fn come(street: Arc<Street>) {
    let mut visitors = JoinSet::new();
    for turn in 0.. {
        tokio::time::sleep(PACE).await;
        while visitors.try_join_next().is_some() {}
        let street = street.clone();
        visitors.spawn(async move {
            if let Err(error) = street.visit(turn).await {
                street.failures.lock().unwrap_or_else(|e| e.into_inner()).push(format!("{error:#}"));
            }
            street.visits.fetch_add(1, Ordering::SeqCst);
        });
    }
}

impl Street {
    async fn visit(&self, turn: u64) -> Result<()> {
        let http = self.gateways.pick(turn)?;
        match turn % 10 {
            0 => {
                // Several requests: a balancer may send each elsewhere, and a gateway may leave meanwhile.
                let cart = fill_cart(&http, &[(&self.rope, 1)]).await?;
                let http = self.gateways.pick(turn)?;
                let answer = checkout(&http, &cart, "tok_success").await?;
                let order = answer.json();
                // One that still runs is as good: it is never rejected for what happens here.
                let taken = answer.status == 202 && order["status"] == "pending";
                if !taken && (answer.status, &order["status"]) != (201, &json!("confirmed")) {
                    bail!("a checkout was answered {}: {}", answer.status, answer.text());
                }
                self.orders.fetch_add(1, Ordering::SeqCst);
            }
            1 | 2 => _ = new_cart(&http, &[(&self.rope, 1)]).await?,
            3..=5 => _ = http.get("/api/store/products/rope").expect(200).await?,
            6 => _ = http.get("/").expect(200).await?,
            _ => _ = http.get("/api/store/products").expect(200).await?,
        }
        Ok(())
    }
}
