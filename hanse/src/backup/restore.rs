//! A data folder from a backup, and whether a backup could be one.

use super::files;
use super::keys::Keys;
use super::manifest::Manifest;
use anyhow::{Context, Result, bail};
use hanse_kernel::Timestamp;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// In a restored folder: where it comes from. `hanse reconcile` looks back to then.
const RESTORED: &str = "restored.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// What the shop is restored to.
    pub taken_at: Timestamp,
    pub restored_at: Timestamp,
    /// Who did it, by the operating system's word; empty in marks of before.
    #[serde(default)]
    pub by: String,
}

impl Restored {
    /// None: the folder's shop was not restored.
    pub fn of(data: &Path) -> Result<Option<Self>> {
        let mark = data.join(RESTORED);
        let text = match std::fs::read_to_string(&mark) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).with_context(|| format!("{} cannot be read", mark.display())),
        };
        serde_json::from_str(&text).map(Some).with_context(|| format!("{} is damaged", mark.display()))
    }
}

/// Reads every byte of a backup; an error tells what is wrong with it.
pub fn verify(backup: &Path, step: &mut dyn FnMut(&str, u64)) -> Result<Manifest> {
    let manifest = Manifest::read(backup)?;
    for file in &manifest.files {
        let path = backup.join(file.name.as_str());
        let told = files::digest(&path, &mut |read| step(file.name.as_str(), read))?;
        same(&file.sha256, file.bytes, &told, &path)?;
        if !file.schema.is_empty() {
            hanse_database::sound(&path)?;
        }
    }
    Ok(manifest)
}

fn same(sha256: &str, bytes: u64, told: &(String, u64), file: &Path) -> Result<()> {
    if (sha256, bytes) != (told.0.as_str(), told.1) {
        bail!(
            "{} is not as it was written ({} bytes, not {bytes}, or another digest): use another backup",
            file.display(),
            told.1
        );
    }
    Ok(())
}

/// A data folder that is whole and has no name yet; gone again unless it is published.
pub struct Rebuilt {
    made: tempfile::TempDir,
    to: PathBuf,
    manifest: Manifest,
}

impl Rebuilt {
    pub fn folder(&self) -> &Path {
        self.made.path()
    }

    pub fn publish(self) -> Result<Manifest> {
        files::publish(self.made, &self.to)?;
        Ok(self.manifest)
    }
}

/// Makes a new data folder, whole or not at all. Every byte is compared with the manifest's digests on its way. `keys`: the file
/// with them, of a backup that has none.
pub fn rebuild(
    backup: &Path,
    to: &Path,
    keys: Option<&Path>,
    now: Timestamp,
    step: &mut dyn FnMut(&str, u64),
) -> Result<Rebuilt> {
    let manifest = Manifest::read(backup)?;
    let keys = Keys::given(backup, &manifest, keys)?;
    let made = files::workshop(to)?;
    files::room_for(manifest.bytes(), files::parent(to))?;
    for file in &manifest.files {
        let (from, to) = (backup.join(file.name.as_str()), made.path().join(file.name.as_str()));
        let told = files::copy(&from, &to, &mut |read| step(file.name.as_str(), read))?;
        same(&file.sha256, file.bytes, &told, &from)?;
        if !file.schema.is_empty() {
            hanse_database::sound(&to)?;
        }
    }
    if let Some(keys) = keys {
        keys.put(made.path())?;
    }
    let by = crate::control::login();
    let restored = Restored { taken_at: manifest.taken_at, restored_at: now, by };
    let mark = made.path().join(RESTORED);
    std::fs::write(&mark, serde_json::to_vec_pretty(&restored)?)
        .and_then(|()| std::fs::File::open(&mark)?.sync_all())
        .with_context(|| format!("{} cannot be written", mark.display()))?;
    Ok(Rebuilt { made, to: to.to_path_buf(), manifest })
}

/// Only read, and nothing is made beside it.
pub fn open(file: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<Connection> {
        Ok(Connection::open_with_flags(crate::moving::without_a_change(file)?, flags)?)
    };
    open().with_context(|| format!("{} cannot be read", file.display()))
}
