//! `hanse erasures`: who was erased, as a list, and erasing them once more.

use crate::cli::Erasures;
use crate::control::Reached;
use crate::erasures::{self, AT_ONCE, Erased, List, Repeated};
use crate::say;
use anyhow::{Result, bail};
use hanse_runtime::{Tasks, TokioTimers};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

pub async fn run(options: &Erasures) -> Result<ExitCode> {
    if options.dry_run && options.apply.is_none() && !options.again {
        bail!("--dry-run goes with --apply or --again");
    }
    // What is wrong with the list is found out before anything is opened.
    let now = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new()).now();
    let listed = options.apply.as_ref().map(|from| erasures::read(from, now)).transpose()?;
    let shop = Reached::open(&options.reach).await?;
    let outcome = on(&shop, options, listed).await;
    shop.close().await;
    outcome
}

async fn on(shop: &Reached, options: &Erasures, listed: Option<List>) -> Result<ExitCode> {
    let all = match listed {
        Some(_) => vec![],
        None => all(shop).await?,
    };
    if options.apply.is_none() && !options.again {
        return tell(options, &all);
    }
    let people = listed.as_ref().map_or(&all, |list| &list.people);
    let would = repeat(shop, people, true).await?;
    refuse_staff(&would, "Nothing was changed")?;
    let done = if options.dry_run { would } else { repeat(shop, people, false).await? };
    // Hired between the two.
    refuse_staff(&done, "The others are erased")?;
    told(options, &done)
}

/// Everybody whom the shop knows to be erased.
async fn all(shop: &Reached) -> Result<Vec<Erased>> {
    let (mut people, mut path) = (vec![], "/control/erasures".to_string());
    loop {
        let mut page = shop.get(&path).await?.ok()?;
        people.extend(serde_json::from_value::<Vec<Erased>>(page["erased"].take())?);
        let (Some(next), Some(until)) = (page["next"].as_str(), page["until"].as_str()) else {
            return Ok(people);
        };
        path = super::by_hand::query("/control/erasures", &[("after", Some(next)), ("until", Some(until))]);
    }
}

/// Page by page; whoever was interrupted begins anew, which does no harm.
async fn repeat(shop: &Reached, people: &[Erased], look_only: bool) -> Result<Repeated> {
    let mut all = Repeated::default();
    for some in people.chunks(AT_ONCE) {
        let asked = json!({"erased": some, "look_only": look_only});
        let done: Value = shop.post_json("/control/erasures", &asked).await?.ok()?;
        all.and(serde_json::from_value(done)?);
    }
    Ok(all)
}

/// People who work for the merchant are dismissed, and not erased as customers are: the list is another shop's, or was changed.
pub(super) fn refuse_staff(repeated: &Repeated, what_became: &str) -> Result<()> {
    match repeated.of_staff.first() {
        Some(staff) => bail!(
            "{staff} works here, and is not erased as a customer is: take {} out of the list. {what_became}",
            if repeated.of_staff.len() == 1 {
                "that id".into()
            } else {
                format!("those {} ids", repeated.of_staff.len())
            }
        ),
        None => Ok(()),
    }
}

fn tell(options: &Erasures, people: &[Erased]) -> Result<ExitCode> {
    if options.reach.json {
        say!("{}", erasures::render(people)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for Erased { id, erased_at } in people {
        say!("{erased_at}  {id}")?;
    }
    if people.is_empty() {
        say!("Nobody was erased.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn told(options: &Erasures, done: &Repeated) -> Result<ExitCode> {
    if options.reach.json {
        let told = json!({"applied": !options.dry_run, "people": done.people, "unheard_of": done.unheard_of,
            "known_again": done.known_again});
        say!("{}", serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Repeated { people, unheard_of, known_again, .. } = done;
    let be = if options.dry_run { "would be told" } else { "are told" };
    say!("All services {be} of {people} people once more that they are erased.")?;
    say!("Of {unheard_of} of them the shop did not know it; of {known_again} it had a profile again.")?;
    if !options.dry_run {
        say!("\nNext: `hanse audit` says of whom anything is left (invariant 20).")?;
    }
    Ok(ExitCode::SUCCESS)
}
