//! Making a backup while the shop goes on.

use super::files::{self, FileName};
use super::manifest::{FILE, FORMAT, File, Manifest};
use anyhow::{Context, Result, bail};
use hanse_database::{Cut, Db};
use hanse_kernel::Clock;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What in a data folder is no part of the shop.
const NOT_KEPT: [&str; 2] = ["lock", "hanse.sock"];
/// What a backup without keys leaves out: what opens the stores, and what opens the shop.
const SECRET: [&str; 2] = [crate::secrets::FILE, crate::sample::ADMIN];
/// More than any of the folder's small files ever has.
const SMALL: u64 = 64 << 20;

/// How far it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Progress {
    pub doing: String,
    pub bytes: u64,
    pub of: u64,
}

/// The one place from which backups of a shop are made, one at a time.
#[derive(Clone)]
pub struct Backup {
    stores: Arc<Vec<(&'static str, Db)>>,
    folder: Arc<PathBuf>,
    clock: Arc<dyn Clock>,
    /// None: none is being made.
    under_way: Arc<Mutex<Option<Progress>>>,
}

/// Ends what is shown as under way, however it ends.
struct UnderWay<'a>(&'a Backup);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.0.shown() = None;
    }
}

impl Backup {
    pub fn new(stores: Vec<(&'static str, Db)>, folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        let stores = Arc::new(stores);
        Self { stores, folder: Arc::new(folder), clock, under_way: Arc::default() }
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Option<Progress>> {
        self.under_way.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn progress(&self) -> Option<Progress> {
        self.shown().clone()
    }

    fn at(&self, doing: &str, more: u64) {
        if let Some(progress) = self.shown().as_mut() {
            progress.doing = doing.into();
            progress.bytes += more;
        }
    }

    /// Makes a backup in a new folder. Blocks its thread for as long as it takes. Without the shop's keys nobody reads what is
    /// sealed in it who has nothing else.
    pub fn make(&self, to: &Path, without_keys: bool) -> Result<Manifest> {
        if !to.is_absolute() {
            bail!("{} is no whole path", to.display());
        }
        {
            let mut shown = self.shown();
            if shown.is_some() {
                bail!("a backup is being made already; wait for it, or look whether it was asked for twice");
            }
            *shown = Some(Progress::default());
        }
        let _under_way = UnderWay(self);
        let made = files::workshop(to)?;
        let mut small = self.small_files()?;
        if without_keys {
            small.retain(|(name, _)| !SECRET.contains(&name.as_str()));
            self.refuse_copies_of_keys(&small)?;
        }
        let sizes = small.iter().map(|(_, size)| size).sum::<u64>();
        // Before anybody has to wait for it; logs are written into the files meanwhile, so it is an estimate.
        files::room_for(sizes.saturating_add(self.store_bytes()?), files::parent(to))?;
        let dbs: Vec<Db> = self.stores.iter().map(|(_, db)| db.clone()).collect();
        let cut = Db::cut(&dbs, &*self.clock).context("the stores cannot be pictured")?;
        let stores = cut.pictures.iter().map(|p| Ok(p.bytes()?)).sum::<Result<u64>>()?;
        files::room_for(sizes.saturating_add(stores), files::parent(to))?;
        if let Some(progress) = self.shown().as_mut() {
            // Each store is written, and then read for its digest.
            progress.of = sizes + stores * 2;
        }
        let mut written = self.write_stores(&cut, made.path())?;
        for (name, _) in &small {
            let (from, to) = (self.folder.join(name.as_str()), made.path().join(name.as_str()));
            let (sha256, bytes) = files::copy(&from, &to, &mut |read| self.at(name.as_str(), read))?;
            written.push(File { name: name.clone(), bytes, sha256, schema: BTreeMap::new() });
        }
        let manifest = Manifest {
            format: FORMAT,
            hanse: env!("CARGO_PKG_VERSION").into(),
            layout: crate::folder::VERSION,
            taken_at: cut.at,
            pause_ms: cut.pause.as_secs_f64() * 1e3,
            files: written,
            elsewhere: elsewhere(&small, without_keys),
            without_keys,
        };
        write_manifest(made.path(), &manifest)?;
        files::publish(made, to)?;
        Ok(manifest)
    }

    /// Somebody has turned the keys, say, and kept the former ones beside them.
    fn refuse_copies_of_keys(&self, small: &[(FileName, u64)]) -> Result<()> {
        let keys = self.folder.join(crate::secrets::FILE);
        let text = fs::read_to_string(&keys).with_context(|| format!("{} cannot be read", keys.display()))?;
        let words = crate::secrets::Secrets::words(&text, &keys.display().to_string())?;
        for (name, _) in small {
            let file = self.folder.join(name.as_str());
            let bytes = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            if words.iter().any(|word| text.contains(&word.to_lowercase())) {
                bail!(
                    "{name} in {} has keys of the shop in it, which the backup would then have: move it out of the folder",
                    self.folder.display()
                );
            }
        }
        Ok(())
    }

    fn write_stores(&self, cut: &Cut, folder: &Path) -> Result<Vec<File>> {
        let mut written = vec![];
        for ((service, _), picture) in self.stores.iter().zip(&cut.pictures) {
            let name = FileName::new(&format!("{service}.sqlite"))?;
            let file = folder.join(name.as_str());
            let mut before = 0;
            picture.write(&file, &mut |bytes, _| {
                self.at(name.as_str(), bytes.saturating_sub(before));
                before = bytes.max(before);
            })?;
            private(&file)?;
            let (sha256, bytes) = files::digest(&file, &mut |read| self.at(name.as_str(), read))?;
            written.push(File { name, bytes, sha256, schema: schema(&file)? });
        }
        Ok(written)
    }

    /// The stores' files, with what their logs may still bring.
    fn store_bytes(&self) -> Result<u64> {
        let size = |name: String| match fs::metadata(self.folder.join(name)) {
            Ok(there) => Ok(there.len()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(e),
        };
        let names = self.stores.iter().flat_map(|(s, _)| [format!("{s}.sqlite"), format!("{s}.sqlite-wal")]);
        names.map(|name| Ok(size(name)?)).sum()
    }

    /// Keys, settings and marks beside the stores.
    fn small_files(&self) -> Result<Vec<(FileName, u64)>> {
        let mut found = vec![];
        let unread = || format!("{} cannot be read", self.folder.display());
        for entry in fs::read_dir(&*self.folder).with_context(unread)? {
            let entry = entry.with_context(unread)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let there = entry.metadata().with_context(unread)?;
            let store = name.contains(".sqlite");
            if !there.is_file() || store || name.starts_with('.') || NOT_KEPT.contains(&name.as_str()) {
                continue;
            }
            if there.len() > SMALL {
                bail!("{name} in {} is no file of a shop; move it elsewhere", self.folder.display());
            }
            found.push((FileName::new(&name)?, there.len()));
        }
        found.sort();
        Ok(found)
    }
}

/// What is needed besides, in words for people.
fn elsewhere(small: &[(FileName, u64)], without_keys: bool) -> Vec<String> {
    let settings = small.iter().any(|(name, _)| name.as_str() == "hanse.toml");
    let mut told = vec!["the payment provider's own books: `hanse reconcile` compares with them".to_string()];
    if !settings {
        told.push("settings, if any were given: the file of HANSE_CONFIG, and HANSE__… variables".into());
    }
    if without_keys {
        let keys = crate::secrets::FILE;
        told.push(format!("the shop's keys ({keys} of its data folder), without which nobody restores it: keep a copy of them elsewhere"));
    }
    told
}

fn private(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
        .with_context(|| format!("{} cannot be protected", file.display()))
}

/// Of each history how far it has come.
fn schema(file: &Path) -> Result<BTreeMap<String, i64>> {
    let conn = super::restore::open(file)?;
    let mut statement = conn.prepare(
        "select name from sqlite_schema where type = 'table' and name like '%\\_migrations' escape '\\'",
    )?;
    let tables = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut schema = BTreeMap::new();
    for table in tables {
        let version: Option<i64> =
            conn.query_row(&format!("select max(version) from \"{table}\""), [], |r| r.get(0))?;
        schema.insert(table.trim_end_matches("_migrations").to_string(), version.unwrap_or(0));
    }
    Ok(schema)
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<()> {
    let file = folder.join(FILE);
    let write = || -> Result<()> {
        let mut out = fs::File::create_new(&file)?;
        out.write_all(&serde_json::to_vec_pretty(manifest)?)?;
        Ok(out.sync_all()?)
    };
    write().with_context(|| format!("{} cannot be written", file.display()))?;
    private(&file)
}
