//! What shoppers and staff are answered while something is away: each cell of the table in docs/operations/degraded.md,
//! which is read here, so that it cannot say anything else than what happens.

use anyhow::{Context, Result, bail, ensure};
use hanse_chaos::{Layout, League, Store};
use hanse_journeys::{
    Answer, Http, WARES, checkout_body, csv, fill_cart, import, key, pay, until_within, variants,
};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Connections end, breakers open, kept answers run out: then the answer is the one that stays.
const SETTLES: Duration = Duration::from_secs(20);
const HEALS: Duration = Duration::from_secs(90);
/// No shopper waits longer for an answer, good or bad; a checkout waits for its order.
const PATIENCE: Duration = Duration::from_secs(10);

/// In the order of the table's columns.
const CALLS: [&str; 10] = [
    "home page",
    "list",
    "product",
    "read a cart",
    "add to a cart",
    "checkout",
    "read an order",
    "login",
    "own account",
    "staff: stock",
];

/// What the calls are made with; carts are filled while all is well.
struct Stall {
    http: Http,
    rope: String,
    /// Read and added to.
    cart: Value,
    /// Checked out.
    basket: Value,
    key: String,
    order: Value,
    staff: String,
    customer: String,
}

const CUSTOMER: (&str, &str) = ("ana@example.org", "a-long-way-to-malmo");

impl Stall {
    async fn set_up(http: &Http, staff: &str, rope: &str) -> Result<Self> {
        let goods = [(rope, 1)];
        let order = pay(http, &fill_cart(http, &goods).await?, "tok_success").await?;
        let (email, password) = CUSTOMER;
        let answer = http
            .post("/api/auth/login")
            .json(&json!({"email": email, "password": password}))
            .expect(200)
            .await?;
        Ok(Self {
            http: http.clone(),
            rope: rope.into(),
            cart: fill_cart(http, &goods).await?,
            basket: fill_cart(http, &goods).await?,
            key: key(),
            order,
            staff: staff.into(),
            customer: answer["access_token"].as_str().context("no token")?.into(),
        })
    }

    /// Waits until the cart database has the carts as they are: their snapshots follow within a second or so, and one that
    /// is behind is checked out as 409 `cart_changed`.
    async fn kept(&self, league: &League) -> Result<()> {
        let carts = league.servers.database("hanse_cart").await?;
        for cart in [&self.cart, &self.basket] {
            let (email, version) = (cart["email"].as_str(), cart["version"].as_i64());
            let snapshot = "select count(*) from carts where email = $1 and version = $2";
            until_within(SETTLES, "a cart to be in its database", async || {
                let found: i64 = carts.query_one(snapshot, &[&email, &version]).await?.get(0);
                Ok(Some(()).filter(|()| found == 1))
            })
            .await?;
        }
        Ok(())
    }

    async fn call(&self, name: &str) -> Result<Answer> {
        let id = |of: &Value| of["id"].as_str().unwrap_or_default().to_string();
        let cart = format!("/api/store/carts/{}", id(&self.cart));
        let (email, password) = CUSTOMER;
        let call = match name {
            "home page" => self.http.get("/"),
            "list" => self.http.get("/api/store/products"),
            "product" => self.http.get("/api/store/products/rope"),
            "read a cart" => self.http.get(&cart),
            "add to a cart" => {
                let line = json!({"variant_id": self.rope, "quantity": 1});
                self.http.post(&format!("{cart}/items")).json(&line)
            }
            "checkout" => {
                let body = checkout_body(&self.basket, "tok_success");
                self.http.post("/api/store/checkout").key(&self.key).json(&body)
            }
            "read an order" => {
                let access = self.order["access_token"].as_str().unwrap_or_default();
                self.http.get(&format!("/api/store/orders/{}", id(&self.order))).order(access)
            }
            "login" => self.http.post("/api/auth/login").json(&json!({"email": email, "password": password})),
            "own account" => self.http.get("/api/store/me").bearer(&self.customer),
            "staff: stock" => self.http.get("/api/admin/inventory?sku=rope").bearer(&self.staff),
            other => bail!("there is no call {other}"),
        };
        call.send().await
    }
}

/// As a cell of the table says it: the status, and the problem's code, the order's status or what is wrong with a cart.
fn told(call: &str, answer: &Answer) -> String {
    let body = answer.json();
    let word = match call {
        _ if answer.status >= 400 => body["code"].as_str(),
        "checkout" | "read an order" => body["status"].as_str(),
        "read a cart" | "add to a cart" => body["problems"][0]["code"].as_str(),
        _ => None,
    };
    word.map_or_else(|| answer.status.to_string(), |word| format!("{} {word}", answer.status))
}

/// The rows of the table: what is away, and a cell per call.
fn table() -> Result<Vec<(String, Vec<String>)>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/degraded.md");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    let mut rows = rows.map(cells);
    let head = rows.next().context("no table")?;
    ensure!(head.len() == CALLS.len() + 1 && head[1..] == CALLS, "the table's calls are {head:?}");
    let rows: Vec<_> = rows.map(|mut row| (row.remove(0), row)).collect();
    ensure!(rows.iter().all(|(_, cells)| cells.len() == CALLS.len()), "a row lacks cells");
    Ok(rows)
}

enum Away {
    Nothing,
    Service(Vec<String>),
    Server(Store),
}

fn away(league: &League, name: &str) -> Result<Away> {
    let server = match name {
        "nothing" => return Ok(Away::Nothing),
        "PostgreSQL" => Some(Store::Postgres),
        "RabbitMQ" => Some(Store::RabbitMq),
        "Redis" => Some(Store::Redis),
        _ => None,
    };
    if let Some(store) = server {
        return Ok(Away::Server(store));
    }
    let manned = league.layout.manned.iter();
    let processes: Vec<String> =
        manned.filter(|process| process.rsplit_once('-').is_some_and(|(s, _)| s == name)).cloned().collect();
    ensure!(!processes.is_empty(), "{name} is nothing that can be away");
    Ok(Away::Service(processes))
}

/// What differs from the table, told with what was answered instead.
async fn differences(stall: &Stall, row: &str, cells: &[String], patience: Duration) -> Result<String> {
    let mut wrong = String::new();
    for (call, wanted) in CALLS.iter().zip(cells) {
        let mut last = String::new();
        let mut slowest = Duration::ZERO;
        let settled = until_within(patience, wanted, async || {
            let began = Instant::now();
            let answer = stall.call(call).await?;
            slowest = slowest.max(began.elapsed());
            last = told(call, &answer);
            Ok(Some(()).filter(|()| last == *wanted))
        })
        .await;
        if settled.is_err() {
            writeln!(wrong, "{row} × {call}: the table says {wanted}, answered was {last}")?;
        }
        if slowest > PATIENCE {
            writeln!(wrong, "{row} × {call}: answered after {slowest:?}")?;
        }
    }
    Ok(wrong)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_away_the_answers_are_those_of_the_operators_table() -> Result<()> {
    let rows = table()?;
    let mut league = League::start().await?;
    let staff = league.staff().await?;
    let http = league.http.clone();
    import(&http, &staff, "goods.csv", csv(&WARES).as_bytes()).await?;
    let rope = variants(&http, &["rope"]).await?["rope"].clone();
    let (email, password) = CUSTOMER;
    let account = json!({"email": email, "password": password, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).send().await?;
    let mut wrong = String::new();
    for (name, cells) in &rows {
        let staff = league.staff().await?;
        let stall = until_within(HEALS, &format!("all to be well before {name} goes away"), async || {
            Ok(Stall::set_up(&http, &staff, &rope).await.ok())
        })
        .await?;
        match away(&league, name)? {
            Away::Nothing => {
                wrong.push_str(&differences(&stall, name, cells, SETTLES).await?);
                // The comparison finds a cell that says something else than what happens.
                let planted: Vec<String> = cells.iter().map(|cell| format!("{cell} planted")).collect();
                let found = differences(&stall, "planted", &planted, Duration::from_millis(50)).await?;
                ensure!(found.lines().count() == CALLS.len(), "planted cells pass: {found}");
            }
            Away::Service(processes) => {
                for process in &processes {
                    league.kill(process).await?;
                }
                wrong.push_str(&differences(&stall, name, cells, SETTLES).await?);
                for process in &processes {
                    league.man(process)?;
                    league.ready(process).await?;
                }
            }
            Away::Server(store) => {
                stall.kept(&league).await?;
                league.servers.take_down(store)?;
                wrong.push_str(&differences(&stall, name, cells, SETTLES).await?);
                league.servers.bring_back(store)?;
            }
        }
    }
    ensure!(wrong.is_empty(), "\n{wrong}");
    league.close().await
}

#[test]
fn the_table_has_a_row_for_every_service_and_server() -> Result<()> {
    let rows = table()?;
    for name in Layout::services().chain(["nothing", "PostgreSQL", "RabbitMQ", "Redis"]) {
        ensure!(rows.iter().any(|(row, _)| row == name), "no row for {name}");
    }
    ensure!(rows[0].0 == "nothing" && rows[0].1[5] == "201 confirmed", "{:?}", rows[0]);
    Ok(())
}
