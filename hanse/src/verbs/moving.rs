//! `hanse move`: a shop leaves its data folder for a league.

use crate::cli::Move;
use crate::config::Config;
use crate::moving::{self, Progress, Report};
use crate::say;
use anyhow::Result;
use hanse_runtime::{Tasks, TokioTimers};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

pub async fn run(options: &Move) -> Result<ExitCode> {
    let config = Config::load_from(&options.league)?;
    config.check_league()?;
    hanse_telemetry::logs(&config.log.filter, config.log.json, "hanse")?;
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    let progress = Progress::new(options.json);
    let work =
        moving::Move { config: &config, effects: &effects, progress: &progress, dry_run: options.dry_run };
    let outcome = work.run(&options.data).await;
    progress.end();
    let report = outcome?;
    if options.json {
        say!("{}", json!({"report": report}))?;
    } else {
        tell(&report, options, &config)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(report: &Report, options: &Move, config: &Config) -> Result<()> {
    let (data, league) = (options.data.display(), options.league.display());
    for service in &report.services {
        say!("{:<13} {:>3} tables {:>10} rows", service.name, service.tables.len(), service.rows)?;
    }
    if report.before {
        return say!(
            "\nThe shop in {data} was moved to this league before, and has not changed since. Nothing was done."
        );
    }
    if report.dry_run {
        let keys = match report.keys {
            "there" => "has the shop's keys already",
            _ => "will be made, with the shop's keys",
        };
        say!("\n{} rows would be moved. {} {keys}.", report.rows, config.keys.shown())?;
        return say!("Everything is ready; nothing was changed.");
    }
    say!(
        "\n{} rows are in the league and were compared with the folder, in {:.1} s{}.",
        report.rows,
        report.seconds,
        if report.resumed { " (the move had been interrupted)" } else { "" }
    )?;
    say!("{} holds the shop's keys: give it to all services, and keep a copy.", config.keys.shown())?;
    say!(
        "{data} is as it was. Do not start its shop again: the league would not know of what is sold there."
    )?;
    say!("\nNext: `hanse serve … --config {league}`, and `hanse audit --league {league}` once it runs.")
}
