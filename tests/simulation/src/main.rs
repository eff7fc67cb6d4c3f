//! `hanse-simulate`: plays seeds, tells the story of each that goes wrong, and counts what was reached.

#![allow(clippy::print_stdout)]

use anyhow::{Result, bail};
use clap::Parser;
use hanse_simulation::{Campaign, Defect, KEPT, Stage, Summary, WANTED, play};
use serde_json::json;

/// What the shop itself uses: a sixth of a seed is allocating.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From so many seeds on, everything that is wanted has to have happened.
const ENOUGH: u64 = 500;
/// A planted defect is found within so many seeds.
const FOUND_WITHIN: u64 = 2_000;

#[derive(Parser)]
#[command(about = "Plays whole shops in worlds that misbehave; a seed decides everything")]
struct Cli {
    /// How many seeds
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first of them; with --seeds 1 the one that failed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Shoppers of each
    #[arg(long, default_value_t = 20)]
    orders: u64,
    /// Cores that work on it; all of them unless told
    #[arg(long)]
    threads: Option<usize>,
    /// Plants each known defect alone and says after how many seeds it is found
    #[arg(long)]
    defects: bool,
    /// Plants this defect, by its name in --defects
    #[arg(long, conflicts_with = "defects")]
    defect: Option<String>,
    /// Plays the seeds that are kept: each finds its planted defect, and the mended ones find nothing
    #[arg(long, conflicts_with_all = ["defects", "defect"])]
    kept: bool,
    /// Goes on after a seed that went wrong
    #[arg(long)]
    keep_going: bool,
    /// Tells everything that happens in one seed
    #[arg(long)]
    story: bool,
    /// The figures as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if cli.defects {
        return defects(&cli);
    }
    if cli.kept {
        return kept(&cli);
    }
    let defect = match &cli.defect {
        None => None,
        Some(name) => match Defect::named(name) {
            Some(defect) => Some(defect),
            None => bail!("no defect is called `{name}`; --defects tells them"),
        },
    };
    if cli.story {
        let ended = play(&Stage::open()?, cli.seed, cli.orders, defect, true).map_err(anyhow::Error::msg)?;
        println!("{}{}", ended.whole_story, ended.story);
        return Ok(());
    }
    let summary = Campaign { defect, until_wrong: !cli.keep_going, ..campaign(&cli) }.run()?;
    let never = if summary.seeds >= ENOUGH { summary.never(&WANTED) } else { vec![] };
    if cli.json {
        println!("{:#}", figures(&summary, &never));
    } else {
        told(&cli, &summary, &never);
    }
    if summary.wrong.is_empty() && summary.differed.is_empty() && never.is_empty() {
        Ok(())
    } else {
        bail!("the simulation found something")
    }
}

fn campaign(cli: &Cli) -> Campaign {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Campaign {
        first: cli.seed,
        seeds: cli.seeds,
        orders: cli.orders,
        threads: cli.threads.unwrap_or(cores),
        defect: None,
        until_wrong: true,
    }
}

fn figures(summary: &Summary, never: &[&str]) -> serde_json::Value {
    json!({
        "seeds": summary.seeds, "orders": summary.orders, "turns": summary.turns,
        "breaches": summary.wrong.iter().map(|ended| json!({
            "seed": ended.seed,
            "wrong": ended.wrong.iter().map(|w| json!({
                "invariant": w.invariant, "subject": w.subject, "detail": w.detail,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "played_twice": summary.twice, "differed": summary.differed, "never_reached": never,
        "seconds": summary.took.as_secs_f64(),
        "seeds_per_minute_and_core": summary.seeds_per_minute_and_core(),
        "reached": summary.tally,
    })
}

fn told(cli: &Cli, summary: &Summary, never: &[&str]) {
    for (what, times) in &summary.tally {
        println!("{times:>9}  {what}");
    }
    println!(
        "{} seeds, {} orders, {} turns in {:.0} s: {:.0} seeds per minute and core; {} played twice",
        summary.seeds,
        summary.orders,
        summary.turns,
        summary.took.as_secs_f64(),
        summary.seeds_per_minute_and_core(),
        summary.twice
    );
    for what in never {
        println!("never reached: {what}");
    }
    for seed in &summary.differed {
        println!("seed {seed} went otherwise when it was played again");
    }
    for ended in &summary.wrong {
        let planted = cli.defect.as_deref().map(|name| format!(" --defect {name}")).unwrap_or_default();
        println!(
            "\nseed {} went wrong (cargo xtask simulate --seeds 1 --seed {0} --orders {}{planted}):\n{}",
            ended.seed, cli.orders, ended.story
        );
    }
}

fn kept(cli: &Cli) -> Result<()> {
    let stage = Stage::open()?;
    let mut otherwise = vec![];
    for kept in KEPT {
        let ended = play(&stage, kept.seed, cli.orders, kept.defect, false).map_err(anyhow::Error::msg)?;
        let by = ended.wrong.first().map(|wrong| wrong.invariant);
        if ended.wrong.is_empty() == kept.defect.is_some() {
            otherwise.push(kept.seed);
        }
        if !cli.json {
            println!(
                "seed {}: {}: {}",
                kept.seed,
                kept.told,
                by.map_or("nothing".into(), |n| format!("invariant {n}"))
            );
        }
    }
    if cli.json {
        println!("{:#}", json!({"kept": KEPT.len(), "otherwise": otherwise}));
    }
    if otherwise.is_empty() {
        return Ok(());
    }
    bail!("{otherwise:?} went otherwise; if the world draws otherwise now, --defects tells the seeds to keep")
}

fn defects(cli: &Cli) -> Result<()> {
    let mut missed = vec![];
    let mut found = serde_json::Map::new();
    for defect in Defect::ALL.iter().copied() {
        let seeds = FOUND_WITHIN.min(cli.seeds.max(1));
        let summary = Campaign { defect: Some(defect), seeds, ..campaign(cli) }.run()?;
        let first = summary.wrong.first();
        match first {
            Some(ended) => {
                let by = ended.wrong.first().map_or(0, |wrong| wrong.invariant);
                found.insert(
                    defect.name().into(),
                    json!({"seed": ended.seed, "seeds": summary.seeds, "invariant": by}),
                );
                if !cli.json {
                    println!(
                        "found after {:>4}, by seed {}: {} ({}), by invariant {by}",
                        summary.seeds,
                        ended.seed,
                        defect.name(),
                        defect.told()
                    );
                }
            }
            None => {
                missed.push(defect.name());
                if !cli.json {
                    println!("NOT FOUND in {seeds}: {} ({})", defect.name(), defect.told());
                }
            }
        }
    }
    if cli.json {
        println!("{:#}", json!({"found": found, "missed": missed}));
    } else {
        let all = Defect::ALL.len();
        println!("{} of {all} planted defects were found", all - missed.len());
    }
    if missed.is_empty() { Ok(()) } else { bail!("not found: {}", missed.join(", ")) }
}
