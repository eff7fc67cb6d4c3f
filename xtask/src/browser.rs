//! The browser's stories: all of them in a shop that is one process, and those about who somebody is once more in a
//! league, where logins, sessions and personal data go over other stores and other wires.

use crate::cluster::Cluster;
use crate::logins::Providers;
use crate::process::{self, Server};
use crate::test::{Shape, build_tests};
use crate::{private_postgres, tools, web};
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

/// Who works in the shop of these stories.
const STAFF: (&str, &str) = ("harbour@example.org", "all hands of the browser stories");
/// Files of stories about who somebody is.
const IDENTITY: [&str; 8] = [
    "account.e2e.ts",
    "facebook.e2e.ts",
    "factors.e2e.ts",
    "hostile.e2e.ts",
    "passkeys.e2e.ts",
    "provider.e2e.ts",
    "step-up.e2e.ts",
    "wrecker.e2e.ts",
];
const READY_LIMIT: Duration = Duration::from_secs(120);

pub fn stories() -> Result<()> {
    let browser = tools::chromium()?;
    web::build(false)?;
    build_tests()?;
    let hanse = process::target_dir()?.join("debug/hanse");
    embedded(&hanse, &browser)?;
    println!("\n== e2e: who somebody is, again, in {}", Shape::League.told());
    league(&hanse, &browser)
}

fn embedded(hanse: &Path, browser: &Path) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let port = process::free_port()?;
    let mut up = process::command(hanse);
    up.arg("up").arg("--data").arg(&data).args(["--listen", &format!("127.0.0.1:{port}")]);
    let providers = Providers::at_free_ports()?;
    providers.tell(&mut up);
    let shop = Server::start(&up, &dir.path().join("hanse.log"))?;
    shop.await_ready(port, READY_LIMIT)?;
    let place = ["--data".as_ref(), data.as_os_str()];
    let tested = staff(hanse, place).and_then(|()| {
        let store = [("HANSE_DATA", data.as_os_str())];
        tell(&format!("http://127.0.0.1:{port}"), browser, &providers, &store, &[])
    });
    if tested.is_err() {
        println!("the shop's last words:\n{}", shop.last_words());
    }
    let stopped = shop.stop();
    tested.and(stopped)
}

fn league(hanse: &Path, browser: &Path) -> Result<()> {
    let providers = Providers::at_free_ports()?;
    let league = Cluster::start(hanse, |serve| providers.tell(serve))?;
    let psql = private_postgres::binaries().context("no PostgreSQL")?.join("psql");
    let tested = staff(hanse, ["--league".as_ref(), league.config.as_os_str()]).and_then(|()| {
        let database = league.database("auth");
        let store = [("HANSE_AUTH_DATABASE", database.as_ref()), ("PSQL", psql.as_os_str())];
        tell(&format!("http://127.0.0.1:{}", league.storefront), browser, &providers, &store, &IDENTITY)
    });
    if tested.is_err() {
        println!("the league's last words:\n{}", league.last_words());
    }
    let stopped = league.stop();
    tested.and(stopped)
}

fn staff(hanse: &Path, place: [&OsStr; 2]) -> Result<()> {
    let (email, password) = STAFF;
    let mut create = process::command(hanse);
    create.args(["admin", "create", "--email", email, "--password", password]).args(place);
    process::run(&mut create)
}

/// Lets the stories of these files (or all) run in the shop at `url`, whose store of auth is where `store` says.
fn tell(
    url: &str,
    browser: &Path,
    providers: &Providers,
    store: &[(&str, &OsStr)],
    files: &[&str],
) -> Result<()> {
    let (email, password) = STAFF;
    let mut more = store.to_vec();
    more.extend(
        [("HANSE_STAFF", email), ("HANSE_STAFF_PASSWORD", password)].map(|(k, v)| (k, OsStr::new(v))),
    );
    more.extend(providers.environment().map(|(name, value)| (name, OsStr::new(value))));
    web::e2e(url, browser, &more, files)
}
