//! What the league is compared with, measured before it starts: the same calls on the embedded shape, and on a server
//! that does nothing but return the same bodies. All of it on one core, as the league's reads later.

use super::Options;
use super::reads::{self, World};
use crate::admin::{self, Admin};
use crate::browsing::{self, Visibility};
use crate::client::Client;
use crate::load::{Amount, Figures};
use crate::process::{Server, Watched};
use crate::report::{self, CHECKOUT, LIST_CACHED, PRODUCT_CACHED, Scenario};
use crate::run::{await_answer, fixed_server, last_words, step};
use crate::{buying, catalogue};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

pub const EMBEDDED: &str = "embedded";
pub const FIXED: &str = "fixed";

#[derive(Serialize, Deserialize)]
pub struct Baseline {
    pub scenarios: Vec<Scenario>,
    pub visibility: Visibility,
}

pub async fn run(options: &Options) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("hanse-bench-").tempdir()?;
    let measured = measure(options, folder.path()).await;
    if measured.is_err() {
        println!("the shop's last words:\n{}", last_words(&folder.path().join("hanse.log")));
    }
    report::write(&measured?, &options.baseline)
}

async fn measure(options: &Options, folder: &Path) -> Result<Baseline> {
    let mut baseline = Baseline { scenarios: vec![], visibility: Visibility::default() };
    let data = folder.join("data");
    step("the embedded shape, to compare with");
    let up = data.display().to_string();
    let core = options.server_core.to_string();
    let mut shop = Server::start(&options.hanse, &core, &folder.join("hanse.log"), |address| {
        ["up", "--data", &up, "--listen", &address.to_string()].map(String::from).to_vec()
    })?;
    await_answer(&mut shop, "/readyz").await?;
    admin::create_account(&options.hanse, "--data", &data)?;
    let mut admin = Admin::login(shop.address).await?;
    admin.import(&catalogue::csv(options.products)).await?;
    let world = World::learn(&shop, options.products).await?;
    keep_bodies(&shop, folder).await?;
    for (round, connections) in options.connections.iter().copied().enumerate() {
        let mut reads = vec![];
        if round == 0 {
            reads = reads::cold(&shop, &[], connections, &world).await?;
        }
        let changes = (&mut admin, &mut baseline.visibility);
        reads.extend(reads::cached(&shop, &[], options, connections, &world, changes).await?);
        let checkouts = buying::checkouts(&shop, connections, options.time(), &world.goods).await?;
        let reads = reads.into_iter().map(|read| (read.name, read.figures));
        baseline.record(EMBEDDED, reads.chain([(CHECKOUT, checkouts)]));
    }
    shop.stop()?;
    let server = fixed_server(folder, options.server_core).await?;
    for connections in options.connections.iter().copied() {
        for (name, path) in [(LIST_CACHED, "/list"), (PRODUCT_CACHED, "/product")] {
            let paths = [path.to_string()];
            let time = Amount::For(options.time());
            baseline.record(FIXED, [(name, browsing::ask(&server, connections, time, &paths).await?)]);
        }
    }
    Ok(baseline)
}

/// For the server that returns nothing else.
async fn keep_bodies(shop: &Server, folder: &Path) -> Result<()> {
    let bodies = folder.join("bodies");
    fs::create_dir_all(&bodies)?;
    let mut client = Client::new(shop.address());
    fs::write(bodies.join("list"), client.get(browsing::FIRST_PAGE).await?.body)?;
    Ok(fs::write(bodies.join("product"), client.get(&browsing::product_path(0)).await?.body)?)
}

impl Baseline {
    fn record(&mut self, server: &'static str, figures: impl IntoIterator<Item = (&'static str, Figures)>) {
        for (name, figures) in figures {
            let Figures { connections, per_second, cpu_ms, .. } = figures;
            println!("   {name} × {connections}: {per_second:.0}/s, {cpu_ms:.3} ms CPU");
            self.scenarios.push(Scenario { name: name.into(), server: server.into(), figures });
        }
    }
}
