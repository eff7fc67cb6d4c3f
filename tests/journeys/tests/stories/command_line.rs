//! The verbs on a running and on a stopped shop: the same answers, help that teaches, errors that say what to do.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, csv, hanse, login};
use serde_json::Value;

async fn json(args: &[&str], [way, place]: &[String; 2]) -> Result<Value> {
    let ended = hanse(&[args, &["--json", way, place]].concat()).await?;
    anyhow::ensure!(ended.status.success(), "{args:?}: {ended:?}");
    serde_json::from_str(&ended.stdout).with_context(|| format!("{args:?} is no JSON: {}", ended.stdout))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_verb_works_on_a_running_shop_and_on_a_folder_also_while_it_is_closed() -> Result<()> {
    let mut shop = Shop::open().await?;
    let reach = shop.reach();
    let folder = tempfile::tempdir()?;
    let goods = folder.path().join("goods.csv");
    std::fs::write(&goods, csv(&[("rope", "10.00", 50), ("sail", "12.oo", 5)]))?;
    let goods = goods.display().to_string();
    let listens = shop.http.origin().replace("http://", "");

    let mut services = Vec::new();
    // The verbs reach a league by its processes.
    let states: &[bool] = if shop.is_league() { &[true] } else { &[true, false] };
    for running in states.iter().copied() {
        if !running {
            shop.stop().await?;
        }
        let mut listed = json(&["services"], &reach).await?;
        // A shop that was started on any free port tells which it got.
        assert!(listed["gateway"]["port"].take().is_u64(), "{listed}");
        let names: Vec<_> =
            listed["items"].as_array().context("no items")?.iter().map(|s| &s["name"]).collect();
        assert_eq!(names.len(), 10, "{listed}");
        services.push(listed);

        let config = json(&["config"], &reach).await?;
        let in_force = !shop.is_league() && running;
        assert_eq!(config["server"]["listen"] == listens.as_str(), in_force, "what is in force: {config}");
        assert_eq!(config["shop"]["sample"] == false, in_force, "{config}");

        let email = if running { "running@example.org" } else { "stopped@example.org" };
        let made = json(&["admin", "create", "--email", email, "--password", "a long enough secret"], &reach)
            .await?;
        assert!(made["user_id"].as_str().is_some_and(|id| id.starts_with("user_")), "{made}");
        assert!(made["password"].is_null(), "a password that was given is not told again: {made}");
        let again = hanse(&["admin", "create", "--email", email, &reach[0], &reach[1]]).await?;
        assert!(!again.status.success() && again.stderr.contains("has an account"), "{again:?}");

        let report = json(&["import", &goods], &reach).await?;
        let (done, told) = (&report["products"], &report["problems"][0]);
        assert_eq!(
            (done["created"].as_i64(), done["unchanged"].as_i64()),
            if running { (Some(1), Some(0)) } else { (Some(0), Some(1)) },
            "{report}"
        );
        assert_eq!(
            (told["line"].as_i64(), told["column"].as_str()),
            (Some(3), Some("Variant Price")),
            "{report}"
        );

        let audit = json(&["audit", "--rest", "0"], &reach).await?;
        assert_eq!(audit["clean"], true, "{audit}");
    }
    assert!(services.iter().all(|listed| *listed == services[0]));

    if !shop.is_league() {
        shop.start().await?;
    }
    let made = ["running@example.org", "stopped@example.org"];
    for email in &made[..states.len()] {
        let token = login(&shop.http, email, "a long enough secret").await?;
        shop.http.get("/api/admin/staff").bearer(&token).expect(200).await?;
    }
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn help_teaches_and_errors_say_what_to_do() -> Result<()> {
    for verb in [&["up"][..], &["services"], &["config"], &["admin", "create"], &["import"], &["audit"]] {
        let help = hanse(&[verb, &["--help"]].concat()).await?;
        let example = format!("hanse {}", verb.join(" "));
        let (_, after) = help.stdout.split_once("Print help").context("no options")?;
        let taught = after.matches(&example).count() >= 2;
        assert!(
            help.status.success() && taught && help.stdout.contains("--data"),
            "{verb:?}: {}",
            help.stdout
        );
        let json = help.stdout.contains("--json");
        assert!(json, "{verb:?} answers programs, too");
    }
    for verb in [&["services"][..], &["audit"], &["admin", "create", "--email", "a@example.org"]] {
        let nowhere = hanse(&[verb, &["--data", "/nowhere/at/all"]].concat()).await?;
        let told =
            nowhere.stderr.contains("no shop in /nowhere/at/all") && nowhere.stderr.contains("hanse up");
        assert!(!nowhere.status.success() && told, "{nowhere:?}");
    }
    Ok(())
}

/// `hanse services | head -1`: whoever reads has had enough, which is nobody's fault.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_read_to_the_end() -> Result<()> {
    let mut shop = Shop::open().await?;
    let [way, place] = shop.reach();
    for verb in [&["services"][..], &["config"], &["audit", "--rest", "0"], &["parked", "ls"]] {
        let ended = hanse_journeys::hanse_unheard(&[verb, &[&way, &place]].concat()).await?;
        assert!(ended.status.success() && ended.stderr.is_empty(), "{verb:?}: {ended:?}");
    }
    shop.stop().await
}
