//! `hanse keys`: its options.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Keys {
    #[command(subcommand)]
    pub verb: Option<KeysVerb>,
    /// The file to make; one that is there is left alone. `-`: they are printed, for a store of secrets that takes them in.
    #[arg(long, value_name = "FILE", default_value = "secrets.json")]
    pub file: PathBuf,
}

#[derive(Subcommand)]
pub enum KeysVerb {
    /// Put a new master key for personal data in place of the present one, which goes on opening what it has wrapped.
    Rotate {
        #[command(flatten)]
        place: KeysPlace,
        /// Make the next one known and use it for nothing yet: where processes are replaced one by one, all of them have to
        /// know it first.
        #[arg(long)]
        announce: bool,
    },
    /// Add the keys that files of earlier versions do not have.
    Complete(KeysPlace),
}

/// Where a shop's keys are.
#[derive(Args)]
pub struct KeysPlace {
    /// The file with a league's keys, instead of a folder.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The folder with the shop's data; the shop must not be running.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "HANSE_DATA")]
    pub data: PathBuf,
}
