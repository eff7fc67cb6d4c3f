//! `hanse keys`: the keys that all services of a shop share, and turning the one that wraps the keys of people.

use crate::cli::{Keys, KeysPlace, KeysVerb};
use crate::folder::Folder;
use crate::say;
use crate::secrets::{KeysIn, Secrets, Turn};
use anyhow::Result;
use hanse_kernel::system::SystemRng;
use std::path::Path;
use std::process::ExitCode;

pub fn run(options: &Keys) -> Result<ExitCode> {
    match &options.verb {
        None => make(options)?,
        Some(KeysVerb::Complete(place)) => turn(place, Turn::Complete)?,
        Some(KeysVerb::Rotate { place, announce: true }) => turn(place, Turn::Announce)?,
        Some(KeysVerb::Rotate { place, announce: false }) => turn(place, Turn::Rotate)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn make(options: &Keys) -> Result<()> {
    if options.file == Path::new("-") {
        say!("{}", Secrets::made(&SystemRng)?)?;
        return Ok(());
    }
    Secrets::make(&options.file, &SystemRng)?;
    say!(
        "{} holds the shop's keys. Give it to all services as keys.file, and keep a copy.",
        options.file.display()
    )
}

fn turn(place: &KeysPlace, turn: Turn) -> Result<()> {
    let (keys, shown) = match (&place.file, &place.data) {
        (Some(file), _) => (KeysIn::File(file.clone()), file.display().to_string()),
        (None, data) => (KeysIn::Folder(Folder::hold(data)?), format!("the shop in {}", data.display())),
    };
    let changed = Secrets::turn_in(&keys, turn, &SystemRng)?;
    match turn {
        Turn::Complete if !changed => say!("{shown} has all keys already. Nothing was changed."),
        Turn::Complete => say!("{shown} has a key `personal` now. Keep a copy."),
        Turn::Announce => say!(
            "{shown} has a key `next_personal` now. Give it to all processes, then run `hanse keys rotate` without --announce."
        ),
        Turn::Rotate => say!(
            "{shown} has a new key `personal`; the one before is the first of `former_personal`. Start the shop with it, wait until \
             `vault_keys_under_former_master` is 0 for every service, then take the former one away: what backups of before hold \
             of people is read by nobody after that, those that have keys beside them left aside. Keep a copy."
        ),
    }
}
