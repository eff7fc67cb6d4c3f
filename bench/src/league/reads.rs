//! The reads that both shapes are asked for in the same way: every key once, then a few of them over and over while
//! prices change.

use super::census::{Census, Root};
use super::{Options, Spent};
use crate::admin::Admin;
use crate::browsing::{self, Priced, Visibility};
use crate::buying::Good;
use crate::client::Client;
use crate::load::{Amount, Figures};
use crate::process::Watched;
use crate::report::{LIST_CACHED, LIST_COLD, PRODUCT_CACHED, PRODUCT_COLD};
use crate::run::variants;
use anyhow::{Result, bail};

/// How many products' variants the shoppers buy; their pages are known before anybody measures.
const BOUGHT: usize = 40;

/// What shoppers ask for and buy.
pub struct World {
    lists: Vec<String>,
    /// Pages that nobody has asked for yet.
    products: Vec<String>,
    priced: Vec<Priced>,
    pub goods: Vec<Good>,
}

pub struct Read {
    pub name: &'static str,
    pub figures: Figures,
    pub spent: Spent,
}

impl World {
    pub async fn learn(server: &impl Watched, products: usize) -> Result<Self> {
        let mut client = Client::new(server.address());
        let mut goods = vec![];
        for product in 0..BOUGHT.min(products) {
            goods.extend(variants(&mut client, product).await?);
        }
        let priced = browsing::first_page(&mut client).await?;
        let known: Vec<String> = priced.iter().map(page).collect();
        let unknown = (BOUGHT..products).map(browsing::product_path).filter(|path| !known.contains(path));
        let products: Vec<String> = unknown.collect();
        if products.is_empty() {
            bail!("the catalogue is too small: more than {} products are needed", BOUGHT + browsing::PAGE);
        }
        Ok(Self { lists: browsing::list_paths(&mut client).await?, products, priced, goods })
    }
}

fn page(product: &Priced) -> String {
    format!("/api/store/products/{}", product.slug)
}

/// Every key once: they are asked for the first time.
pub async fn cold(
    server: &impl Watched,
    roots: &[Root],
    connections: usize,
    world: &World,
) -> Result<Vec<Read>> {
    let mut reads = vec![];
    for (name, paths) in [(LIST_COLD, &world.lists), (PRODUCT_COLD, &world.products)] {
        let before = Census::take(roots)?;
        let figures = browsing::ask(server, connections, Amount::Operations(paths.len()), paths).await?;
        reads.push(read(name, figures, roots, &before)?);
    }
    Ok(reads)
}

/// The first page and the pages of what is on it, while their prices change.
pub async fn cached(
    server: &impl Watched,
    roots: &[Root],
    options: &Options,
    connections: usize,
    world: &World,
    (admin, seen): (&mut Admin, &mut Visibility),
) -> Result<Vec<Read>> {
    let (first, hot) = (vec![browsing::FIRST_PAGE.to_string()], world.priced.iter().map(page).collect());
    let time = options.time();
    let mut reads = vec![];
    for (name, paths) in [(LIST_CACHED, &first), (PRODUCT_CACHED, &hot)] {
        let before = Census::take(roots)?;
        let priced = &world.priced;
        let asking = browsing::ask_while_prices_change(server, connections, time, paths, admin, priced, seen);
        let figures = asking.await?;
        reads.push(read(name, figures, roots, &before)?);
    }
    Ok(reads)
}

fn read(name: &'static str, figures: Figures, roots: &[Root], before: &Census) -> Result<Read> {
    let spent = Spent::per(figures.operations, &Census::take(roots)?, before);
    Ok(Read { name, figures, spent })
}
