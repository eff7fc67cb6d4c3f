//! A load that comes at its own pace, whether or not the last request was answered, through whichever gateway says that it
//! is ready: what a load balancer does. Between them its visitors ask every service.

use crate::layout::GATEWAY;
use crate::league::{ADMIN, CUSTOMER, League};
use anyhow::{Result, bail, ensure};
use hanse_journeys::{Http, checkout, csv, fill_cart, import, key, login, new_cart, pause, until, variants};
use serde_json::json;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// One visitor comes so often.
const PACE: Duration = Duration::from_millis(40);
/// The balancer asks so often who is ready.
const PROBE: Duration = Duration::from_millis(50);
/// Well within what an access token lives.
const LOGGED_IN: Duration = Duration::from_secs(20);
const PIECES: i64 = 1_000_000;
/// What staff look at, of each service that shoppers do not ask by its own name.
const OFFICE: [&str; 5] = [
    "/api/admin/inventory?sku=rope",
    "/api/admin/discounts",
    "/api/admin/payments",
    "/api/admin/notification-templates",
    "/api/admin/analytics/summary?from=2026-01-01&to=2026-02-01",
];

/// What shoppers and staff speak to: each request goes to a gateway that was ready a moment ago.
struct Balancer {
    http: Http,
    /// Where each gateway listens, and where it is asked whether it is ready.
    gateways: Vec<(String, Http)>,
    turn: AtomicUsize,
}

/// Somebody who logs in seldom and comes often.
struct Regular {
    login: (&'static str, &'static str),
    token: tokio::sync::Mutex<Option<(String, Instant)>>,
}

struct Street {
    balancer: Balancer,
    customer: Regular,
    staff: Regular,
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
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        let gateways = berths.map(|berth| Ok((at(berth.front), Http::new(&at(berth.probes))?)));
        let http = Http::new(&league.http.origin())?;
        let regular = |login| Regular { login, token: tokio::sync::Mutex::default() };
        let street = Arc::new(Street {
            balancer: Balancer {
                http,
                gateways: gateways.collect::<Result<_>>()?,
                turn: AtomicUsize::new(0),
            },
            customer: regular(CUSTOMER),
            staff: regular(ADMIN),
            rope,
            visits: AtomicU64::new(0),
            orders: AtomicU64::new(0),
            failures: Mutex::default(),
        });
        ensure!(street.balancer.look().await, "no gateway is ready");
        street.someone_registers(CUSTOMER.0).await?;
        until("the customer's account", async || Ok(street.customer_looks().await.ok())).await?;
        let mut probing = JoinSet::new();
        let probed = street.clone();
        probing.spawn(async move {
            loop {
                tokio::time::sleep(PROBE).await;
                if !probed.balancer.look().await {
                    probed.failed("no gateway is ready".into());
                }
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

impl Balancer {
    /// Whoever comes next goes to another one of those that are ready. False: none is.
    async fn look(&self) -> bool {
        let mut ready = vec![];
        for (front, probes) in &self.gateways {
            if probes.get("/readyz").send().await.is_ok_and(|answer| answer.status == 200) {
                ready.push(front);
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % ready.len().max(1);
        let Some(front) = ready.get(turn) else { return false };
        self.http.moved(front);
        true
    }
}

impl Regular {
    async fn token(&self, http: &Http) -> Result<String> {
        let mut held = self.token.lock().await;
        if let Some((token, since)) = &*held
            && since.elapsed() < LOGGED_IN
        {
            return Ok(token.clone());
        }
        let token = login(http, self.login.0, self.login.1).await?;
        *held = Some((token.clone(), Instant::now()));
        Ok(token)
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
                street.failed(format!("{error:#}"));
            }
            street.visits.fetch_add(1, Ordering::SeqCst);
        });
    }
}

impl Street {
    fn failed(&self, why: String) {
        self.failures.lock().unwrap_or_else(|e| e.into_inner()).push(why);
    }

    /// Of twenty visitors one registers, one has an account, two work here, two buy, four fill a cart and ten look.
    async fn visit(&self, turn: u64) -> Result<()> {
        let http = &self.balancer.http;
        match turn % 20 {
            0 | 10 => self.someone_buys().await,
            1 | 2 | 11 | 12 => new_cart(http, &[(&self.rope, 1)]).await.map(drop),
            3 => self.someone_registers(&format!("{}@example.org", key())).await,
            8 => self.customer_looks().await,
            9 | 19 => self.staff_look().await,
            4 | 5 | 13..=15 => http.get("/api/store/products/rope").expect(200).await.map(drop),
            6 | 16 => http.get("/").expect(200).await.map(drop),
            _ => http.get("/api/store/products").expect(200).await.map(drop),
        }
    }

    async fn someone_buys(&self) -> Result<()> {
        let http = &self.balancer.http;
        let cart = fill_cart(http, &[(&self.rope, 1)]).await?;
        let answer = checkout(http, &cart, "tok_success").await?;
        let order = answer.json();
        // One that still runs is as good: it is never rejected for what happens here.
        let taken = answer.status == 202 && order["status"] == "pending";
        if !taken && (answer.status, &order["status"]) != (201, &json!("confirmed")) {
            bail!("a checkout was answered {}: {}", answer.status, answer.text());
        }
        self.orders.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn someone_registers(&self, email: &str) -> Result<()> {
        let account = json!({"email": email, "password": CUSTOMER.1, "name": "Ana Lund"});
        self.balancer.http.post("/api/auth/register").json(&account).expect(201).await.map(drop)
    }

    async fn customer_looks(&self) -> Result<()> {
        let http = &self.balancer.http;
        let token = self.customer.token(http).await?;
        http.get("/api/store/me").bearer(&token).expect(200).await.map(drop)
    }

    async fn staff_look(&self) -> Result<()> {
        let http = &self.balancer.http;
        let token = self.staff.token(http).await?;
        for list in OFFICE {
            http.get(list).bearer(&token).expect(200).await?;
        }
        Ok(())
    }
}
