//! `hanse erasures`: its options.

use super::Reach;
use clap::Args;
use std::path::PathBuf;

pub const HELP: &str = "\
A shop that is restored from a backup knows everybody again who was erased since. Keep such a list beside the backups, newer than they
are, and apply it before the restored shop opens: `hanse restore --erased`, or --apply where services were restored by other means.
It has ids and times and nothing else. Applying it again changes nothing more. Exit code 1: something was refused.

  hanse erasures --json > /backups/erased.json                   who was erased, as a file
  hanse erasures --apply /backups/erased.json --dry-run          whom the shop knows again
  hanse erasures --apply /backups/erased.json --league hanse.toml
  hanse erasures --again                                         tells all services of all erasures once more";

#[derive(Args)]
pub struct Erasures {
    /// Erase these people again: a file that `hanse erasures --json` has written, or the data folder of the shop that was
    /// replaced, which is only read.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "again")]
    pub apply: Option<PathBuf>,
    /// Tell all services once more of everybody who was erased: where a service's store was restored by itself, or the audit finds
    /// something left.
    #[arg(long)]
    pub again: bool,
    /// Only tell what would be done.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub reach: Reach,
}
