//! What a backup says of itself.

use super::files::FileName;
use anyhow::{Context, Result, bail};
use hanse_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

pub const FILE: &str = "manifest.json";
/// What this program writes and reads.
pub const FORMAT: u32 = 1;
/// Nobody writes a larger one.
const LARGEST: u64 = 1 << 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Of the program that wrote it.
    pub hanse: String,
    /// The layout of the data folder.
    pub layout: u32,
    /// The moment at which all stores were as they are here.
    pub taken_at: Timestamp,
    /// For how long nobody could write meanwhile, in milliseconds.
    pub pause_ms: f64,
    pub files: Vec<File>,
    /// The shop's keys are not among them, nor the first admin's password: they are kept elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_keys: bool,
    /// What the shop needs and is not in here, such as settings that were kept elsewhere.
    pub elsewhere: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    pub name: FileName,
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// Of a service's store: its histories, and how far each has come.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schema: BTreeMap<String, i64>,
}

impl Manifest {
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub fn read(backup: &Path) -> Result<Self> {
        let (file, shown) = (backup.join(FILE), backup.display());
        let size = std::fs::metadata(&file)
            .with_context(|| format!("{shown} is no backup: it has no {FILE}"))?
            .len();
        if size > LARGEST {
            bail!("{shown} is no backup: its {FILE} is too large");
        }
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged = || format!("{} is damaged; use another backup", file.display());
        let format: Format = serde_json::from_str(&text).with_context(damaged)?;
        if format.format != FORMAT {
            bail!(
                "{shown} was written by another Hanse (format {}, this one reads {FORMAT}); use that version",
                format.format
            );
        }
        let manifest: Self = serde_json::from_str(&text).with_context(damaged)?;
        manifest.check().with_context(|| format!("{shown} cannot be restored by this version of Hanse"))?;
        Ok(manifest)
    }

    /// Whether this program would open its stores: a newer one has changed them.
    fn check(&self) -> Result<()> {
        if self.without_keys && self.files.iter().any(|file| file.name.as_str() == crate::secrets::FILE) {
            bail!("it says that it is without keys, and has {}: use another backup", crate::secrets::FILE);
        }
        if self.layout > crate::folder::VERSION {
            bail!("it was written by a newer one (layout {}); use that version", self.layout);
        }
        for service in crate::compose::NAMES {
            let name = format!("{service}.sqlite");
            let Some(file) = self.files.iter().find(|file| file.name.as_str() == name) else {
                bail!("it has no {name}: it does not hold a whole shop");
            };
            for history in crate::compose::histories(service)? {
                let known = (history.sqlite)().get_migrations().iter().map(|m| i64::from(m.version())).max();
                let had = file.schema.get(history.name).copied().unwrap_or(0);
                if had > known.unwrap_or(0) {
                    bail!(
                        "{name} was written by a newer one, {} ({} {had}); use that version",
                        self.hanse,
                        history.name
                    );
                }
            }
        }
        Ok(())
    }
}
