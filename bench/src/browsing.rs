//! Scenarios of shoppers who look around: lists, product pages and searches, cold and cached, while prices change.

use crate::admin::Admin;
use crate::catalogue;
use crate::client::Client;
use crate::load::{Amount, Figures, Worker, drive};
use crate::process::Watched;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub const PAGE: usize = 20;
const STEP: usize = 4;
pub const FIRST_PAGE: &str = "/api/store/products?limit=20";
const SORTS: [&str; 4] = ["newest", "price", "-price", "title"];

const CHANGE_EVERY: Duration = Duration::from_millis(100);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// After this a change counts as lost, and the run ends.
const CHANGE_LIMIT: Duration = Duration::from_secs(20);

pub fn product_path(product: usize) -> String {
    format!("/api/store/products/{}", catalogue::slug(product))
}

pub fn search_paths() -> Vec<String> {
    catalogue::searches().iter().map(|words| format!("{FIRST_PAGE}&q={words}")).collect()
}

/// Pages that begin at every fourth product under every sorting: a thousand different lists of a thousand products.
pub async fn list_paths(client: &mut Client) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for sort in SORTS {
        let list = format!("/api/store/products?sort={sort}");
        let mut begins = vec![String::new()];
        while let Some(begin) = begins.last() {
            let step = format!("{list}&limit={STEP}{begin}");
            match client.get(&step).await?.expect(&[200], &step)?["next_cursor"].as_str() {
                Some(cursor) => begins.push(format!("&cursor={}", escaped(cursor))),
                None => break,
            }
        }
        // The last pages have few items and would flatter the average.
        begins.truncate((begins.len() + 1).saturating_sub(PAGE / STEP));
        paths.extend(begins.iter().map(|begin| format!("{list}&limit={PAGE}{begin}")));
    }
    if paths.is_empty() {
        bail!("the shop lists fewer than {PAGE} products");
    }
    Ok(paths)
}

fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Asks for the paths in turn, over all connections.
pub async fn ask(
    server: &impl Watched,
    connections: usize,
    amount: Amount,
    paths: &[String],
) -> Result<Figures> {
    let next = Rc::new(Cell::new(0));
    drive(server, connections, amount, |worker| asking(worker, next.clone(), paths)).await
}

async fn asking(mut worker: Worker, next: Rc<Cell<usize>>, paths: &[String]) -> Result<Worker> {
    while worker.goes_on() {
        let path = &paths[next.get() % paths.len()];
        next.set(next.get() + 1);
        let began = Instant::now();
        let answer = worker.client.get(path).await?;
        if answer.status != 200 {
            bail!("{path} answered {}: {}", answer.status, answer.text());
        }
        worker.done(began);
    }
    Ok(worker)
}

/// A product whose price changes under load.
#[derive(Clone)]
pub struct Priced {
    pub slug: String,
    pub variant: String,
}

/// The products of the first page, each with its cheapest variant.
pub async fn first_page(client: &mut Client) -> Result<Vec<Priced>> {
    let page = client.get(FIRST_PAGE).await?.expect(&[200], FIRST_PAGE)?;
    let mut found = Vec::new();
    for item in page["items"].as_array().context("the list has no items")? {
        let slug = item["slug"].as_str().context("an item without a slug")?.to_string();
        let path = format!("/api/store/products/{slug}");
        let product = client.get(&path).await?.expect(&[200], &path)?;
        let variants = product["variants"].as_array().context("a product without variants")?;
        let cheapest = variants.iter().min_by_key(|variant| variant["price"]["amount"].as_i64());
        let variant =
            cheapest.and_then(|variant| variant["id"].as_str()).context("a variant without an id")?;
        found.push(Priced { slug, variant: variant.to_string() });
    }
    Ok(found)
}

/// How long price changes took to be seen, from their acknowledgement on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Visibility {
    pub changes: usize,
    pub product_max_ms: f64,
    pub list_max_ms: f64,
}

/// The same load while one price after another changes; every change is looked for on the product's page and in the list.
pub async fn ask_while_prices_change(
    server: &impl Watched,
    connections: usize,
    time: Duration,
    paths: &[String],
    admin: &mut Admin,
    priced: &[Priced],
    seen: &mut Visibility,
) -> Result<Figures> {
    let loading = ask(server, connections, Amount::For(time), paths);
    tokio::select! {
        biased;
        figures = loading => figures,
        error = change_prices(server, admin, priced, seen) => Err(error),
    }
}

async fn change_prices(
    server: &impl Watched,
    admin: &mut Admin,
    priced: &[Priced],
    seen: &mut Visibility,
) -> anyhow::Error {
    let mut client = Client::new(server.address());
    loop {
        for product in priced {
            tokio::time::sleep(CHANGE_EVERY).await;
            if let Err(error) = change_one(&mut client, admin, product, seen).await {
                return error;
            }
        }
    }
}

async fn change_one(
    client: &mut Client,
    admin: &mut Admin,
    product: &Priced,
    seen: &mut Visibility,
) -> Result<()> {
    // Always below the other variants' prices, so that the list's lowest price is this one; never the same twice.
    let amount = 100 + i64::try_from(seen.changes % 800)?;
    admin.set_price(&product.variant, &json!({"amount": amount, "currency": "EUR"})).await?;
    let acknowledged = Instant::now();
    let on_page = |page: &Value| {
        let variants = page["variants"].as_array();
        variants.is_some_and(|all| {
            all.iter().any(|v| v["id"] == product.variant.as_str() && v["price"]["amount"] == amount)
        })
    };
    let in_list = |page: &Value| {
        let items = page["items"].as_array();
        items.is_some_and(|all| {
            all.iter().any(|i| i["slug"] == product.slug.as_str() && i["price"]["amount"] == amount)
        })
    };
    let path = format!("/api/store/products/{}", product.slug);
    let product_ms = until_seen(client, &path, acknowledged, on_page).await?;
    let list_ms = until_seen(client, FIRST_PAGE, acknowledged, in_list).await?;
    seen.changes += 1;
    seen.product_max_ms = seen.product_max_ms.max(product_ms);
    seen.list_max_ms = seen.list_max_ms.max(list_ms);
    Ok(())
}

async fn until_seen(
    client: &mut Client,
    path: &str,
    since: Instant,
    seen: impl Fn(&Value) -> bool,
) -> Result<f64> {
    loop {
        let page = client.get(path).await?.expect(&[200], path)?;
        if seen(&page) {
            return Ok(since.elapsed().as_secs_f64() * 1000.0);
        }
        if since.elapsed() > CHANGE_LIMIT {
            bail!("a price change is not seen at {path} after {} s", CHANGE_LIMIT.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
