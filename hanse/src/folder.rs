//! The data folder: one process owns it, its version is known, its files are only the owner's.

use anyhow::{Context, Result, bail};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The layout of the folder; a folder of a newer layout is refused.
pub const VERSION: u32 = 1;

/// What has to be free on its disk: room for the stores' logs and indexes of logs, which are made when they are opened.
const ROOM: usize = 1024 * 1024;
const PIECE: [u8; 16 * 1024] = [0; 16 * 1024];

/// Why a folder cannot be had, and what to do; `otherwise` where the system's reason does not tell.
fn refused(error: io::Error, path: &Path, otherwise: &str) -> anyhow::Error {
    let shown = path.display();
    let told = match error.kind() {
        ErrorKind::ReadOnlyFilesystem => format!(
            "the data folder {shown} is on a read-only disk; make that writable, or choose another with --data"
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => format!(
            "the disk of the data folder {shown} is full; make room for at least 1 MiB there. Nothing was changed"
        ),
        _ => format!("the data folder {shown} {otherwise}"),
    };
    anyhow::Error::new(error).context(told)
}

/// A folder that this process owns until it is dropped.
pub struct Folder {
    path: PathBuf,
    /// Holds the lock.
    _lock: nix::fcntl::Flock<File>,
}

impl Folder {
    /// Takes the folder for this process; makes it when it is not there.
    pub fn own(path: &Path) -> Result<Self> {
        fs::create_dir_all(path)
            .map_err(|e| refused(e, path, "cannot be made; choose another with --data"))?;
        // Customers' data lies here.
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(|e| refused(e, path, "belongs to somebody else; choose another with --data"))?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"));
        let lock = lock.map_err(|e| refused(e, path, "cannot be written; check its owner and the disk"))?;
        let folder = Self { path: path.to_path_buf(), _lock: locked(lock, path)? };
        folder.check_version()?;
        folder.check_room().map_err(|e| refused(e, path, "cannot be written; check the disk"))?;
        Ok(folder)
    }

    /// Takes a folder whose stores are only read, or whose keys are turned: no process owns it meanwhile.
    pub fn hold(path: &Path) -> Result<Self> {
        let shown = path.display();
        if !path.join("version").exists() {
            bail!("there is no shop in {shown}; name its data folder with --data");
        }
        let lock = File::open(path.join("lock"))
            .map_err(|e| refused(e, path, "has no lock that can be read; is it whole, and yours?"))?;
        let folder = Self { path: path.to_path_buf(), _lock: locked(lock, path)? };
        folder.check_version()?;
        Ok(folder)
    }

    /// Whether the stores could be opened: found out here, where it can be told, and not in the midst of it.
    fn check_room(&self) -> io::Result<()> {
        let probe = self.path.join(".room");
        let write = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&probe)?;
            (0..ROOM / PIECE.len()).try_for_each(|_| file.write_all(&PIECE))?;
            file.sync_all()
        };
        let written = write();
        match fs::remove_file(&probe) {
            Err(e) if written.is_ok() => Err(e),
            _ => written,
        }
    }

    fn check_version(&self) -> Result<()> {
        let file = self.path.join("version");
        match fs::read_to_string(&file) {
            Ok(text) => match text.trim().parse::<u32>() {
                Ok(version) if version > VERSION => bail!(
                    "the data folder {} was written by a newer Hanse (layout {version}, this one knows {VERSION}); \
                     use that version, nothing was changed",
                    self.path.display()
                ),
                Ok(_) => Ok(()),
                Err(_) => bail!(
                    "{} does not hold a version number; is this a data folder of Hanse?",
                    file.display()
                ),
            },
            Err(e) if e.kind() == ErrorKind::NotFound => {
                self.write("version", format!("{VERSION}\n").as_bytes())
            }
            Err(e) => Err(e).with_context(|| format!("{} cannot be read", file.display())),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A small file of the folder, if it is there.
    pub fn read(&self, name: &str) -> Result<Option<String>> {
        let file = self.path.join(name);
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("{} cannot be read", file.display())),
        }
    }

    /// Writes a small file whole or not at all, readable by its owner only.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let target = self.path.join(name);
        let fresh = self.path.join(format!(".{name}.new"));
        let write = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&fresh, &target)?;
            File::open(&self.path)?.sync_all()
        };
        write().with_context(|| {
            format!("{} cannot be written; is the disk full or read-only?", target.display())
        })
    }
}

fn locked(lock: File, path: &Path) -> Result<nix::fcntl::Flock<File>> {
    let shown = path.display();
    nix::fcntl::Flock::lock(lock, nix::fcntl::FlockArg::LockExclusiveNonblock).map_err(|(_, e)| match e {
        nix::errno::Errno::EWOULDBLOCK => anyhow::anyhow!(
            "the data folder {shown} is in use by another Hanse process; stop that one, or choose another with --data"
        ),
        e => anyhow::anyhow!("the data folder {shown} cannot be locked: {e}"),
    })
}

/// The control socket of the shop in `path`.
pub fn socket(path: &Path) -> PathBuf {
    path.join("hanse.sock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_owns_a_folder_and_a_newer_one_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("shop");
        let first = Folder::own(&path).expect("free");
        let second = Folder::own(&path).err().expect("in use").to_string();
        assert!(second.contains("in use by another Hanse process"), "{second}");
        first.write("version", b"999\n").expect("written");
        let held = Folder::hold(&path).err().expect("in use").to_string();
        assert!(held.contains("in use by another Hanse process"), "{held}");
        drop(first);
        let newer = Folder::own(&path).err().expect("newer").to_string();
        assert!(newer.contains("newer Hanse"), "{newer}");
    }

    #[test]
    fn a_folder_that_is_only_read_is_held_and_not_changed() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("shop");
        let none = Folder::hold(&path).err().expect("no shop").to_string();
        assert!(none.contains("no shop") && !path.exists(), "{none}");
        drop(Folder::own(&path).expect("made"));
        let touched = || fs::metadata(&path).and_then(|m| m.modified()).expect("there");
        let before = touched();
        let held = Folder::hold(&path).expect("free");
        assert!(Folder::hold(&path).is_err(), "held by one at a time");
        assert_eq!(touched(), before);
        drop(held);
        Folder::own(&path).expect("free again");
    }
}
