//! `hanse backup`: the whole shop as it is at one moment, in a new folder, while it goes on; and whether one is whole.

use crate::backup::{self, Manifest};
use crate::cli::Backup;
use crate::control::Reached;
use crate::say;
use anyhow::{Context, Result};
use hanse_kernel::Timers;
use hanse_runtime::TokioTimers;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const LOOK: Duration = Duration::from_millis(200);

pub async fn run(options: &Backup) -> Result<ExitCode> {
    match (&options.to, &options.verify) {
        (Some(to), _) => make(options, to).await,
        (None, Some(backup)) => verify(options, backup),
        (None, None) => anyhow::bail!("say --to DIR to make a backup there, or --verify DIR to look at one"),
    }
}

async fn make(options: &Backup, to: &Path) -> Result<ExitCode> {
    let to = std::path::absolute(to).with_context(|| format!("{} is no path", to.display()))?;
    let shop = Reached::open(&options.reach).await?;
    let bar = bar(options.reach.json)?;
    let body = json!({"to": to, "without_keys": options.without_keys});
    let made = {
        let made = std::pin::pin!(shop.post_json("/control/backup", &body));
        let watched = std::pin::pin!(watch(&shop, &bar));
        match futures::future::select(made, watched).await {
            futures::future::Either::Left((made, _)) => made,
            futures::future::Either::Right(((), made)) => made.await,
        }
    };
    bar.finish_and_clear();
    shop.close().await;
    let manifest: Manifest = serde_json::from_value(made?.ok()?)?;
    if options.reach.json {
        let told = json!({"backup": to, "bytes": manifest.bytes(), "manifest": manifest});
        say!("{}", serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    say!(
        "{} holds the shop as it was at {}: {} files, {:.1} MiB.",
        to.display(),
        manifest.taken_at,
        manifest.files.len(),
        mib(manifest.bytes())
    )?;
    say!("Nobody could write for {:.1} ms meanwhile. It was read through and compared.", manifest.pause_ms)?;
    match manifest.without_keys {
        true => say!(
            "It holds customers' data; what is sealed of them is read with the shop's keys only, which are not in it."
        )?,
        false => say!("It holds customers' data and the shop's keys: keep it where only you can read it.")?,
    }
    for needed in &manifest.elsewhere {
        say!("Not in it: {needed}.")?;
    }
    let keys = if manifest.without_keys { " --keys FILE" } else { "" };
    say!("\nNext: `hanse restore --from {} --data NEW{keys}` makes a shop of it.", to.display())?;
    say!(
        "Keep `hanse erasures --json` beside it, always newer: who is erased from now on comes back with it."
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Shows how far it is, for as long as it is polled.
async fn watch(shop: &Reached, bar: &ProgressBar) {
    loop {
        TokioTimers.sleep(LOOK).await;
        // Only the bar suffers where this fails.
        let Ok(reply) = shop.get("/control/backup").await else { continue };
        let told: &Value = &reply.body["under_way"];
        if let (Some(bytes), Some(of)) = (told["bytes"].as_u64(), told["of"].as_u64()) {
            bar.set_length(of);
            bar.set_position(bytes);
            bar.set_message(told["doing"].as_str().unwrap_or_default().to_string());
        }
    }
}

fn verify(options: &Backup, backup: &Path) -> Result<ExitCode> {
    let bar = bar(options.reach.json)?;
    bar.set_length(Manifest::read(backup)?.bytes());
    let manifest = backup::verify(backup, &mut |name, read| {
        bar.set_message(name.to_string());
        bar.inc(read);
    });
    bar.finish_and_clear();
    let manifest = manifest?;
    if options.reach.json {
        say!("{}", serde_json::to_string_pretty(&json!({"whole": true, "manifest": manifest}))?)?;
    } else {
        say!(
            "{} is whole: the shop as it was at {}, {:.1} MiB in {} files.",
            backup.display(),
            manifest.taken_at,
            mib(manifest.bytes()),
            manifest.files.len()
        )?;
        if manifest.without_keys {
            say!("The shop's keys are not in it: restoring it needs them (--keys FILE).")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn bar(json: bool) -> Result<ProgressBar> {
    let shown = !json && std::io::stderr().is_terminal();
    let bar = if shown { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}  {eta} left  {msg}")?);
    Ok(bar)
}

pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
