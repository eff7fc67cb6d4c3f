//! The shop's own keys: made on first start and kept in the data folder, or given to all services of a league (see `source`);
//! a file of them is readable by its owner only.

pub mod gcp;
mod source;

use crate::folder::Folder;
use anyhow::{Context, Result};
use hanse_kernel::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const FILE: &str = "secrets.json";

/// 32 bytes each, hexadecimal in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    order_access: String,
    payment_tokens: String,
    signing_keys: String,
    /// Not in files of before; passwords go without one then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pepper: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_peppers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_signing_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_payment_tokens: Vec<String>,
}

#[derive(PartialEq, Eq)]
pub struct Secrets {
    /// Signs the access tokens of guests' orders.
    pub order_access: [u8; 32],
    /// Encrypts means of payment while a checkout runs.
    pub payment_tokens: [u8; 32],
    /// Wraps auth's signing keys at rest.
    pub signing_keys: [u8; 32],
    /// Goes into the hashes of passwords.
    pub pepper: Option<[u8; 32]>,
    /// Those of passwords that were hashed before the present one came. Each password is hashed anew at its next login.
    pub former_peppers: Vec<[u8; 32]>,
    /// What is wrapped under one of them is wrapped anew under the present one.
    pub former_signing_keys: Vec<[u8; 32]>,
    /// They open what was encrypted within the last half hour.
    pub former_payment_tokens: Vec<[u8; 32]>,
}

impl Secrets {
    /// Of a data folder; made on its first start.
    pub fn load(folder: &Folder, rng: &dyn Rng) -> Result<Self> {
        match folder.read(FILE)? {
            Some(text) => Self::parse(&text, FILE),
            None => {
                let text = fresh(rng)?;
                folder.write(FILE, text.as_bytes())?;
                Self::parse(&text, FILE)
            }
        }
    }

    fn read(file: &Path) -> Result<Self> {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("keys.file: {shown} cannot be read; `hanse keys` makes one"))?;
        Self::parse(&text, &shown)
    }

    /// Makes such a file, readable by its owner only; never over one that is there.
    pub fn make(file: &Path, rng: &dyn Rng) -> Result<()> {
        let shown = file.display();
        let mut options = OpenOptions::new();
        let opened = options.create_new(true).write(true).mode(0o600).open(file);
        let mut new = opened.with_context(|| {
            format!(
                "{shown} cannot be made; keys that are there are kept, since orders and logins depend on them"
            )
        })?;
        let written = new.write_all(fresh(rng)?.as_bytes()).and_then(|()| new.sync_all());
        written.with_context(|| format!("{shown} cannot be written; is the disk full?"))
    }

    /// The text of such a file, for whoever keeps it elsewhere.
    pub fn made(rng: &dyn Rng) -> Result<String> {
        fresh(rng)
    }

    /// Those of a data folder, to be carried to the file that a league's services are given.
    pub fn kept(folder: &Folder) -> Result<Kept> {
        let shown = folder.path().join(FILE).display().to_string();
        let text = folder.read(FILE)?.with_context(|| {
            format!("{shown} is missing: without the shop's keys its logins, guests' orders and payments under way are lost; restore it from a backup")
        })?;
        let keys = Self::parse(&text, &shown)?;
        Ok(Kept { text, keys })
    }

    /// For what only looks at how services are made, and never uses a key.
    pub fn none() -> Self {
        Self {
            order_access: [0; 32],
            payment_tokens: [0; 32],
            signing_keys: [0; 32],
            pepper: None,
            former_peppers: vec![],
            former_signing_keys: vec![],
            former_payment_tokens: vec![],
        }
    }

    fn parse(text: &str, file: &str) -> Result<Self> {
        let stored: Stored = serde_json::from_str(text).map_err(|e| {
            anyhow::anyhow!("{file} is damaged at line {}; restore it from a backup", e.line())
        })?;
        let keys = |list: &[String]| list.iter().map(|hex| key(hex, file)).collect::<Result<_>>();
        Ok(Self {
            order_access: key(&stored.order_access, file)?,
            payment_tokens: key(&stored.payment_tokens, file)?,
            signing_keys: key(&stored.signing_keys, file)?,
            pepper: stored.pepper.map(|hex| key(&hex, file)).transpose()?,
            former_peppers: keys(&stored.former_peppers)?,
            former_signing_keys: keys(&stored.former_signing_keys)?,
            former_payment_tokens: keys(&stored.former_payment_tokens)?,
        })
    }
}

/// The keys of a shop that is moved.
pub struct Kept {
    text: String,
    keys: Secrets,
}

/// What stands in the place that keys are carried to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InPlace {
    Nothing,
    Same,
    Others,
}

impl Kept {
    /// By which a shop is known again, and its keys are not.
    pub fn shop(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"the shop with the key ");
        hash.update(self.keys.order_access);
        hash.finalize().into()
    }

    /// What is there; an error where nothing is and nothing could be written.
    fn in_place(&self, file: &Path) -> Result<InPlace> {
        if !file.try_exists().with_context(|| format!("keys.file: {} cannot be reached", file.display()))? {
            let tried = tempfile::NamedTempFile::new_in(folder_of(file));
            tried.with_context(|| {
                format!("keys.file: {} cannot be made; is its folder there, and yours?", file.display())
            })?;
            return Ok(InPlace::Nothing);
        }
        Ok(if Secrets::read(file)? == self.keys { InPlace::Same } else { InPlace::Others })
    }

    /// Writes them whole or not at all, readable by their owner only; never over others.
    pub fn write(&self, file: &Path) -> Result<()> {
        let folder = folder_of(file);
        let write = || -> std::io::Result<()> {
            let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
            fresh.write_all(self.text.as_bytes())?;
            fresh.as_file().sync_all()?;
            fresh.persist_noclobber(file)?;
            std::fs::File::open(folder)?.sync_all()
        };
        write().with_context(|| format!("keys.file: {} cannot be written", file.display()))
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn fresh(rng: &dyn Rng) -> Result<String> {
    let key = || {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    Ok(serde_json::to_string_pretty(&Stored {
        order_access: key(),
        payment_tokens: key(),
        signing_keys: key(),
        pepper: Some(key()),
        former_peppers: vec![],
        former_signing_keys: vec![],
        former_payment_tokens: vec![],
    })?)
}

fn key(hex: &str, file: &str) -> Result<[u8; 32]> {
    let damaged = || format!("a key in {file} is not 64 hexadecimal digits; restore the file from a backup");
    if hex.len() != 64 || !hex.is_ascii() {
        anyhow::bail!(damaged());
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).with_context(damaged)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::system::SystemRng;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_turned_by_hand_and_files_of_before_have_no_pepper() {
        let hex = |digit: &str| digit.repeat(64);
        let (a, b) = (hex("a"), hex("b"));
        let keys = format!(r#""order_access": "{a}", "payment_tokens": "{a}", "signing_keys": "{a}""#);
        let old = Secrets::parse(&format!("{{{keys}}}"), "keys.json").expect("read");
        assert!(old.pepper.is_none() && old.former_peppers.is_empty());
        let turned = format!(r#"{{{keys}, "pepper": "{a}", "former_peppers": ["{b}"]}}"#);
        let turned = Secrets::parse(&turned, "keys.json").expect("read");
        assert_eq!((turned.pepper, turned.former_peppers), (Some([0xaa; 32]), vec![[0xbb; 32]]));
        let text =
            format!(r#"{{{keys}, "former_signing_keys": ["{b}"], "former_payment_tokens": ["{b}", "{a}"]}}"#);
        let turned = Secrets::parse(&text, "keys.json").expect("read");
        assert_eq!(turned.former_signing_keys, [[0xbb; 32]]);
        assert_eq!(turned.former_payment_tokens, [[0xbb; 32], [0xaa; 32]]);
        let damaged = format!(r#"{{{keys}, "former_peppers": ["b"]}}"#);
        let told = Secrets::parse(&damaged, "keys.json").err().expect("refused").to_string();
        assert!(told.contains("keys.json"), "{told}");
    }

    #[test]
    fn keys_are_carried_once_and_never_over_others() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::own(&root.path().join("shop")).expect("free");
        assert!(Secrets::kept(&folder).is_err(), "a shop without keys is not whole");
        Secrets::load(&folder, &SystemRng).expect("made");
        let (kept, file) = (Secrets::kept(&folder).expect("there"), root.path().join("keys.json"));
        assert_eq!(kept.in_place(&file).expect("told"), InPlace::Nothing);
        kept.write(&file).expect("written");
        assert_eq!(kept.in_place(&file).expect("told"), InPlace::Same);
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let nowhere = root.path().join("nowhere").join("keys.json");
        assert!(kept.in_place(&nowhere).expect_err("no folder").to_string().contains("keys.file"));
        let others = root.path().join("others.json");
        Secrets::make(&others, &SystemRng).expect("made");
        assert_eq!(kept.in_place(&others).expect("told"), InPlace::Others);
        let before = std::fs::read(&others).expect("there");
        assert!(kept.write(&others).is_err());
        assert_eq!(std::fs::read(&others).expect("there"), before);
    }
}
