//! The keys of a backup that has none in it: given by whoever restores it, and held against what is in it.

use super::manifest::Manifest;
use crate::compose::NAMES;
use crate::secrets::{self, Secrets};
use anyhow::{Context, Result, bail};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub struct Keys {
    file: PathBuf,
    text: String,
    keys: Secrets,
}

impl Keys {
    /// Before anything is written. None: the backup has its own.
    pub fn given(backup: &Path, manifest: &Manifest, file: Option<&Path>) -> Result<Option<Self>> {
        let shown = backup.display();
        match (manifest.without_keys, file) {
            (false, None) => Ok(None),
            (true, None) => bail!(
                "{shown} was made without the shop's keys, and nobody is known to a shop without them: name the file that has them \
                 with --keys FILE, a copy of {} of the shop that it was made of. Nothing was written",
                secrets::FILE
            ),
            (false, Some(_)) => {
                bail!("{shown} has the shop's keys in it: leave --keys away. Nothing was written")
            }
            (true, Some(file)) => {
                let (text, keys) = Secrets::beside_a_backup(file)?;
                Ok(Some(Self { file: file.to_path_buf(), text, keys }))
            }
        }
    }

    /// Puts them into a folder that they belong to: they open what its stores have wrapped.
    pub fn put(&self, folder: &Path) -> Result<()> {
        let keyring = self.keys.keyring();
        for service in NAMES {
            for master in masters(&folder.join(format!("{service}.sqlite")))? {
                if !keyring.knows(&master) {
                    bail!(
                        "--keys: {} are keys of another shop or of another time: in {service} keys of people are wrapped by the \
                         master key {master}, which they do not have. Give the keys that the shop had when the backup was made, or \
                         later ones that still have those among `former_personal`. No folder was made",
                        self.file.display()
                    );
                }
            }
        }
        let target = folder.join(secrets::FILE);
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&target)?;
            file.write_all(self.text.as_bytes())?;
            file.sync_all()
        };
        write().with_context(|| format!("{} cannot be written", target.display()))
    }
}

/// The master keys that keys of people in a store are wrapped by, as they are known there.
fn masters(store: &Path) -> Result<Vec<String>> {
    let read = || -> Result<Vec<String>> {
        let store = super::open(store)?;
        let table = "select count(*) from sqlite_schema where type = 'table' and name = 'person_key'";
        // Stores from before anything was sealed.
        if store.query_row(table, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(vec![]);
        }
        let mut masters = store.prepare("select distinct master from person_key")?;
        Ok(masters.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    };
    read().with_context(|| format!("{} does not tell which keys it needs", store.display()))
}
