//! `hanse restore`: a data folder from a backup.

use crate::backup::{self, Manifest};
use crate::cli::Restore;
use crate::say;
use anyhow::Result;
use hanse_runtime::{Tasks, TokioTimers};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

pub fn run(options: &Restore) -> Result<ExitCode> {
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    let bar = super::backup::bar(options.json)?;
    bar.set_length(Manifest::read(&options.from)?.bytes());
    let made = backup::restore(&options.from, &options.data, effects.now(), &mut |name, read| {
        bar.set_message(name.to_string());
        bar.inc(read);
    });
    bar.finish_and_clear();
    let manifest = made?;
    if options.json {
        let told = json!({"data": options.data, "taken_at": manifest.taken_at, "bytes": manifest.bytes()});
        say!("{}", serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let data = options.data.display();
    say!("{data} holds the shop as it was at {}; every file is as it was written.", manifest.taken_at)?;
    for needed in &manifest.elsewhere {
        say!("Not in it: {needed}.")?;
    }
    say!("What happened since then the shop does not know, but the payment provider does. Next:")?;
    say!("  hanse up --data {data}                 the shop opens")?;
    say!(
        "  hanse reconcile --data {data}          what differs from the provider's books, and what would be done"
    )?;
    say!("  hanse reconcile --data {data} --apply  does it")?;
    say!("  hanse audit --data {data}              does everything agree?")?;
    Ok(ExitCode::SUCCESS)
}
