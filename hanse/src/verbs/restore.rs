//! `hanse restore`: a data folder from a backup, without those who were erased since.

use crate::backup::{self, Manifest};
use crate::cli::Restore;
use crate::control::login;
use crate::erasures::{self, Repeated};
use crate::say;
use anyhow::Result;
use hanse_runtime::{Tasks, TokioTimers};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

pub async fn run(options: &Restore) -> Result<ExitCode> {
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    // What is wrong with the list is found out before anything is written.
    let erased = options.erased.as_ref().map(|from| erasures::read(from, effects.now())).transpose()?;
    let bar = super::backup::bar(options.json)?;
    bar.set_length(Manifest::read(&options.from)?.bytes());
    let (from, data, keys) = (&options.from, &options.data, options.keys.as_deref());
    let made = backup::rebuild(from, data, keys, effects.now(), &mut |name, read| {
        bar.set_message(name.to_string());
        bar.inc(read);
    });
    bar.finish_and_clear();
    let made = made?;
    let repeated = match &erased {
        Some(list) => Some(backup::erase(made.folder(), &list.people, &login()).await?),
        None => None,
    };
    if let Some(repeated) = &repeated {
        super::erasures::refuse_staff(repeated, "No folder was made")?;
    }
    let manifest = made.publish()?;
    drop(erased);
    if options.json {
        let erased = repeated.map(|done| json!({"people": done.people, "known_again": done.known_again}));
        let told =
            json!({"data": data, "taken_at": manifest.taken_at, "bytes": manifest.bytes(), "erased": erased});
        say!("{}", serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    tell(options, &manifest, repeated.as_ref())?;
    Ok(ExitCode::SUCCESS)
}

fn tell(options: &Restore, manifest: &Manifest, repeated: Option<&Repeated>) -> Result<()> {
    let data = options.data.display();
    say!("{data} holds the shop as it was at {}; every file is as it was written.", manifest.taken_at)?;
    for needed in &manifest.elsewhere {
        say!("Not in the backup: {needed}.")?;
    }
    if let Some(Repeated { people, known_again, .. }) = repeated {
        say!(
            "{people} people are erased in it, of whom it had known {known_again}: all services are told at its first start."
        )?;
    }
    say!("What happened since then the shop does not know, but the payment provider does. Next:")?;
    say!("  hanse up --data {data}                 the shop opens")?;
    say!(
        "  hanse reconcile --data {data}          what differs from the provider's books, and what would be done"
    )?;
    say!("  hanse reconcile --data {data} --apply  does it")?;
    say!("  hanse audit --data {data}              does everything agree?")?;
    if repeated.is_some() {
        return Ok(());
    }
    say!("\nWhoever was erased after {} is back in it, and nothing in it knows that.", manifest.taken_at)?;
    say!(
        "Before it opens, erase them again; FILE is of `hanse erasures --json`, DIR the folder of the shop that it replaces:"
    )?;
    say!("  hanse erasures --apply FILE|DIR --data {data}")
}
