//! `hanse backup` and `hanse restore`: their options.

use super::Reach;
use clap::Args;
use std::path::PathBuf;

pub const BACKUP: &str = "\
The shop goes on meanwhile: for some milliseconds nobody can write, so that all services' files are of one moment. The folder
has its name only when it is whole; it holds customers' data, and keys unless --without-keys leaves them out: what is sealed in it is
then read by nobody who has not the keys too. A league's databases have their own ways, which docs/operations/backup.md describes.

  hanse backup --to /backups/monday            of the shop in ./data, running or stopped
  hanse backup --to /backups/monday --without-keys   its secrets.json is kept elsewhere
  hanse backup --to /backups/monday --json     for a program: the manifest, with digests
  hanse backup --verify /backups/monday        reads every byte of one";

pub const RESTORE: &str = "\
Every file is compared with the digest that the backup has of it; the folder is there whole or not at all. What happened after
the backup the shop does not know: `hanse reconcile` compares it with the payment provider's books. The shop that is replaced
must not run any more. Whoever was erased after the backup is back, unless --erased tells who that was.

  hanse restore --from /backups/monday --data /srv/shop --erased /backups/erased.json
  hanse restore --from /backups/monday --data /srv/new --erased /srv/shop     the shop that is replaced tells who was erased
  hanse restore --from /backups/monday --data /srv/shop --keys /safe/secrets.json   of a backup without keys
  hanse up --data /srv/shop";

#[derive(Args)]
pub struct Backup {
    /// The new folder that the backup is.
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    pub to: Option<PathBuf>,
    /// A backup that is to be looked at instead: is it whole?
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    pub verify: Option<PathBuf>,
    /// Leave the shop's keys out, and the first admin's password: whoever restores it brings the keys. Keep a copy of secrets.json
    /// elsewhere: without it the backup is worth nothing.
    #[arg(long, conflicts_with = "verify")]
    pub without_keys: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The new data folder; what is there already is not written over.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "HANSE_DATA")]
    pub data: PathBuf,
    /// Who was erased and is not to be known again: a file that `hanse erasures --json` has written, or the data folder of the
    /// shop that is replaced, which is only read.
    #[arg(long, value_name = "FILE|DIR")]
    pub erased: Option<PathBuf>,
    /// The shop's keys, where the backup was made --without-keys.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Answer in JSON, for programs.
    #[arg(long)]
    pub json: bool,
}
