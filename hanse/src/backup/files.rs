//! Files of a backup: their names, their digests, the room that they need.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const PIECE: usize = 1 << 20;
/// Left free beside what is written: logs and indexes of logs of the stores, and whatever else is on that disk.
const SPARE: u64 = 16 << 20;

/// Of a file right in the folder. A manifest is not trusted to name another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileName(String);

impl FileName {
    pub fn new(name: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(plain) {
            bail!("{name:?} is no name of a file in a data folder");
        }
        Ok(Self(name.into()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// The digest of a file and its size; `step` is told of every piece that was read.
pub fn digest(file: &Path, step: &mut dyn FnMut(u64)) -> Result<(String, u64)> {
    read_through(file, &mut |_| Ok(()), step)
}

/// Copies a file to a new one that only its owner reads, on the disk when this returns; its digest and size.
pub fn copy(from: &Path, to: &Path, step: &mut dyn FnMut(u64)) -> Result<(String, u64)> {
    let shown = to.display();
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(to);
    let mut target = made.with_context(|| format!("{shown} cannot be made"))?;
    let told = read_through(
        from,
        &mut |piece| {
            target.write_all(piece).with_context(|| format!("{shown} cannot be written; is the disk full?"))
        },
        step,
    )?;
    target.sync_all().with_context(|| format!("{shown} cannot be written; is the disk full?"))?;
    Ok(told)
}

fn read_through(
    file: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<()>,
    step: &mut dyn FnMut(u64),
) -> Result<(String, u64)> {
    let unread = || format!("{} cannot be read", file.display());
    let mut source = File::open(file).with_context(unread)?;
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let read = source.read(&mut piece).with_context(unread)?;
        if read == 0 {
            let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok((hex, size));
        }
        hash.update(&piece[..read]);
        take(&piece[..read])?;
        size += read as u64;
        step(read as u64);
    }
}

/// Refuses to begin what would fill the disk.
pub fn room_for(bytes: u64, folder: &Path) -> Result<()> {
    let disk = nix::sys::statvfs::statvfs(folder)
        .with_context(|| format!("{} cannot be looked at", folder.display()))?;
    let free = disk.blocks_available() as u64 * disk.fragment_size() as u64;
    let wanted = bytes.saturating_add(SPARE);
    if free < wanted {
        bail!(
            "there is not enough room in {}: {} MiB are needed and {} MiB are free; nothing was written",
            folder.display(),
            wanted.div_ceil(1 << 20),
            free >> 20
        );
    }
    Ok(())
}

/// Gives a folder that was made beside it its name, on the disk when this returns. Whatever is there stays.
pub fn publish(made: tempfile::TempDir, name: &Path) -> Result<()> {
    let write = || -> std::io::Result<()> {
        File::open(made.path())?.sync_all()?;
        // Over a folder with something in it this fails.
        fs::rename(made.path(), name)?;
        File::open(parent(name))?.sync_all()
    };
    write().with_context(|| format!("{} cannot be given its name; is it there already?", name.display()))?;
    // It is not there under its first name any more.
    let _ = made.keep();
    Ok(())
}

/// The folder in which something of this name is made.
pub fn parent(name: &Path) -> &Path {
    name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A folder beside `name` in which it is made; gone again unless it is published.
pub fn workshop(name: &Path) -> Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    if fs::read_dir(name).is_ok_and(|mut there| there.next().is_some()) || name.is_file() {
        bail!("{} is there already and has something in it; name a new folder", name.display());
    }
    let last = name.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if last.is_empty() {
        bail!("{} is no name of a new folder", name.display());
    }
    let made = tempfile::Builder::new()
        .prefix(&format!(".{last}.unfinished-"))
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(parent(name));
    made.with_context(|| {
        format!("nothing can be written in {}; is it there, and yours?", parent(name).display())
    })
}
