//! The shop's own keys: made on first start and kept in the data folder, or given to all services of a league (see `source`);
//! a file of them is readable by its owner only.

pub mod gcp;
mod source;

use crate::folder::Folder;
use anyhow::{Context, Result};
use hanse_kernel::Rng;
use hanse_kernel::system::SystemRng;
use hanse_vault::Keyring;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

pub use source::Source;

/// In a data folder.
pub const FILE: &str = "secrets.json";
/// No keys are longer.
const LARGEST: u64 = 1 << 20;

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
    /// Not in files of before: it is made where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    personal: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_personal: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_personal: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_signing_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_payment_tokens: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
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
    /// The master key: wraps the keys of people.
    pub personal: [u8; 32],
    /// Master keys of before, until nothing is wrapped by them any more.
    pub former_personal: Vec<[u8; 32]>,
    /// The one that is to come: all processes know it before the first of them wraps with it.
    pub next_personal: Option<[u8; 32]>,
    /// What is wrapped under one of them is wrapped anew under the present one.
    pub former_signing_keys: Vec<[u8; 32]>,
    /// They open what was encrypted within the last half hour.
    pub former_payment_tokens: Vec<[u8; 32]>,
}

impl Secrets {
    /// Of a data folder; made on its first start.
    pub fn load(folder: &Folder, rng: &dyn Rng) -> Result<Self> {
        let text = match folder.read(FILE)? {
            Some(text) => match complete(&text, FILE, rng)? {
                None => return Self::parse(&text, FILE),
                Some(completed) => completed,
            },
            None => fresh(rng)?,
        };
        folder.write(FILE, text.as_bytes())?;
        Self::parse(&text, FILE)
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

    /// Keys that were kept beside a backup, with their text.
    pub fn beside_a_backup(file: &Path) -> Result<(String, Self)> {
        let shown = file.display().to_string();
        let unread = || format!("--keys: {shown} cannot be read");
        if std::fs::metadata(file).with_context(unread)?.len() > LARGEST {
            anyhow::bail!("--keys: {shown} is too large to be a shop's keys");
        }
        let text = std::fs::read_to_string(file).with_context(unread)?;
        let keys = Self::parse(&text, &shown)?;
        Ok((text, keys))
    }

    /// All keys in a text of them, as they stand there.
    pub fn words(text: &str, file: &str) -> Result<Vec<String>> {
        let stored = read(text, file)?;
        let lists = [
            stored.former_peppers,
            stored.former_personal,
            stored.former_signing_keys,
            stored.former_payment_tokens,
        ];
        let single = [stored.pepper, stored.personal, stored.next_personal];
        let always = [stored.order_access, stored.payment_tokens, stored.signing_keys];
        Ok(always
            .into_iter()
            .chain(single.into_iter().flatten())
            .chain(lists.into_iter().flatten())
            .collect())
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
            personal: [0; 32],
            former_personal: vec![],
            next_personal: None,
        }
    }

    /// What wraps the keys of people, for the services.
    pub fn keyring(&self) -> Keyring {
        Keyring::new(self.personal, Arc::new(SystemRng)).beside(&self.former_personal, self.next_personal)
    }

    /// The master keys that something may be wrapped by.
    fn wrapped_by(&self) -> impl Iterator<Item = &[u8; 32]> {
        std::iter::once(&self.personal).chain(&self.former_personal)
    }

    fn opens(&self, master: &[u8; 32]) -> bool {
        self.wrapped_by().chain(&self.next_personal).any(|known| known == master)
    }

    /// Changes the master key in a text of keys. None: there is nothing to change.
    pub fn turn(text: &str, file: &str, turn: Turn, rng: &dyn Rng) -> Result<Option<String>> {
        let mut stored = read(text, file)?;
        match (turn, stored.personal.clone()) {
            (Turn::Complete, None) => stored.personal = Some(draw(rng)),
            (Turn::Announce | Turn::Rotate, None) => {
                anyhow::bail!(
                    "{file} has no key `personal` that could be turned; `hanse keys complete` adds it"
                )
            }
            (Turn::Complete, Some(_)) => return Ok(None),
            (Turn::Announce, Some(_)) if stored.next_personal.is_some() => {
                anyhow::bail!(
                    "{file} has a key `next_personal` already; `hanse keys rotate` puts it in place"
                )
            }
            (Turn::Announce, Some(_)) => stored.next_personal = Some(draw(rng)),
            (Turn::Rotate, Some(present)) => {
                stored.former_personal.insert(0, present);
                stored.personal = Some(stored.next_personal.take().unwrap_or_else(|| draw(rng)));
            }
        }
        let turned = serde_json::to_string_pretty(&stored)?;
        // Nothing is written that could not be read.
        Self::parse(&turned, file)?;
        Ok(Some(turned))
    }

    /// Does so in a data folder, or in a league's file; whole or not at all. False: there was nothing to change.
    pub fn turn_in(place: &KeysIn, turn: Turn, rng: &dyn Rng) -> Result<bool> {
        let (file, text) = match place {
            KeysIn::Folder(folder) => {
                let file = folder.path().join(FILE);
                let text = folder.read(FILE)?.with_context(|| format!("{} is not there", file.display()))?;
                (file, text)
            }
            KeysIn::File(file) => {
                let unread = || format!("{} cannot be read", file.display());
                (file.clone(), std::fs::read_to_string(file).with_context(unread)?)
            }
        };
        let turned = Self::turn(&text, &file.display().to_string(), turn, rng)?;
        turned.as_ref().map(|text| replace(&file, text)).transpose()?;
        Ok(turned.is_some())
    }

    fn parse(text: &str, file: &str) -> Result<Self> {
        let stored = read(text, file)?;
        let personal = stored.personal.with_context(|| {
            format!(
                "{file} has no key `personal`, which what is stored about people is sealed with: it is of an older version. \
                 `hanse keys complete --file …` adds one, `hanse up` does it by itself"
            )
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
            personal: key(&personal, file)?,
            former_personal: keys(&stored.former_personal)?,
            next_personal: stored.next_personal.map(|hex| key(&hex, file)).transpose()?,
        })
    }
}

/// What is done to the master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is made where there is none.
    Complete,
    /// The next one is made, and used by nobody yet.
    Announce,
    /// The next one, or a new one, takes its place; it becomes a former one.
    Rotate,
}

/// Where a shop's keys are.
pub enum KeysIn {
    Folder(Folder),
    File(std::path::PathBuf),
}

/// Whoever could read the file can read it afterwards, and nobody else: often root turns the key of a shop that runs as
/// another user.
fn replace(file: &Path, text: &str) -> Result<()> {
    let folder = folder_of(file);
    let write = || -> std::io::Result<()> {
        let before = std::fs::metadata(file)?;
        let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
        let made = fresh.as_file().metadata()?;
        if (made.uid(), made.gid()) != (before.uid(), before.gid()) {
            std::os::unix::fs::fchown(fresh.as_file(), Some(before.uid()), Some(before.gid()))?;
        }
        fresh.as_file().set_permissions(before.permissions())?;
        fresh.write_all(text.as_bytes())?;
        fresh.as_file().sync_all()?;
        fresh.persist(file)?;
        std::fs::File::open(folder)?.sync_all()
    };
    write().with_context(|| format!("{} cannot be written; it is as it was", file.display()))
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
    /// The shop's, with a master key that does not open what the folder's has wrapped.
    OtherMaster,
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
        let there = Secrets::read(file)?;
        Ok(self.beside(&there))
    }

    /// What these keys are for this shop. Master keys may differ as long as what this shop has wrapped can be opened.
    fn beside(&self, there: &Secrets) -> InPlace {
        let masters = |of: &Secrets| (of.personal, of.former_personal.clone(), of.next_personal);
        let (personal, former_personal, next_personal) = masters(there);
        let alike = Secrets { personal, former_personal, next_personal, ..self.keys.clone() };
        match alike == *there {
            false => InPlace::Others,
            true if self.keys.wrapped_by().all(|master| there.opens(master)) => InPlace::Same,
            true => InPlace::OtherMaster,
        }
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

fn read(text: &str, file: &str) -> Result<Stored> {
    serde_json::from_str(text)
        .map_err(|e| anyhow::anyhow!("{file} is damaged at line {}; restore it from a backup", e.line()))
}

/// 32 bytes as they stand in a file.
fn draw(rng: &dyn Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// With the keys that files of before do not have. None: it has all of them.
fn complete(text: &str, file: &str, rng: &dyn Rng) -> Result<Option<String>> {
    let stored = read(text, file)?;
    if stored.personal.is_some() {
        return Ok(None);
    }
    Ok(Some(serde_json::to_string_pretty(&Stored { personal: Some(draw(rng)), ..stored })?))
}

fn fresh(rng: &dyn Rng) -> Result<String> {
    let key = || draw(rng);
    Ok(serde_json::to_string_pretty(&Stored {
        order_access: key(),
        payment_tokens: key(),
        signing_keys: key(),
        pepper: Some(key()),
        former_peppers: vec![],
        personal: Some(key()),
        former_personal: vec![],
        next_personal: None,
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
        let keys = format!(
            r#""order_access": "{a}", "payment_tokens": "{a}", "signing_keys": "{a}", "personal": "{a}""#
        );
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
    fn the_master_key_is_made_where_there_is_none_announced_and_turned() {
        let a = "a".repeat(64);
        let old = format!(r#"{{"order_access": "{a}", "payment_tokens": "{a}", "signing_keys": "{a}"}}"#);
        let told = Secrets::parse(&old, "keys.json").err().expect("of before").to_string();
        assert!(told.contains("keys.json") && told.contains("hanse keys complete"), "{told}");
        let turn = |text: &str, turn| Secrets::turn(text, "keys.json", turn, &SystemRng);
        for early in [Turn::Announce, Turn::Rotate] {
            let told = turn(&old, early).expect_err("there is none").to_string();
            assert!(told.contains("hanse keys complete"), "{told}");
        }
        let text = turn(&old, Turn::Complete).expect("made").expect("changed");
        assert_eq!(turn(&text, Turn::Complete).expect("there"), None);
        let first = Secrets::parse(&text, "keys.json").expect("read");
        assert_eq!(first.order_access, [0xaa; 32], "nothing else changes");
        let announced = turn(&text, Turn::Announce).expect("made").expect("changed");
        assert!(turn(&announced, Turn::Announce).is_err());
        let next = Secrets::parse(&announced, "keys.json").expect("read");
        assert_eq!((next.personal, next.next_personal.is_some()), (first.personal, true));
        let turned = turn(&announced, Turn::Rotate).expect("turned").expect("changed");
        let turned = Secrets::parse(&turned, "keys.json").expect("read");
        assert_eq!(Some(turned.personal), next.next_personal);
        assert_eq!((turned.former_personal, turned.next_personal), (vec![first.personal], None));
        let at_once = turn(&text, Turn::Rotate).expect("turned").expect("changed");
        let at_once = Secrets::parse(&at_once, "keys.json").expect("read");
        assert_ne!(at_once.personal, first.personal);
        assert_eq!(at_once.former_personal, [first.personal]);
    }

    #[test]
    fn who_could_read_the_keys_can_read_them_after_they_were_turned() {
        let root = tempfile::tempdir().expect("a folder");
        let file = root.path().join("keys.json");
        Secrets::make(&file, &SystemRng).expect("made");
        let (mode, group) = (std::fs::Permissions::from_mode(0o640), 65_534);
        std::fs::set_permissions(&file, mode).expect("its group may read it");
        // Only root may give files away.
        let given = std::os::unix::fs::chown(&file, None, Some(group)).is_ok();
        let before = std::fs::metadata(&file).expect("there");
        let place = KeysIn::File(file.clone());
        assert!(Secrets::turn_in(&place, Turn::Rotate, &SystemRng).expect("turned"));
        let after = std::fs::metadata(&file).expect("there");
        assert_eq!(after.permissions().mode() & 0o777, 0o640);
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert!(!given || after.gid() == group);
    }

    #[test]
    fn a_folder_of_before_is_given_a_master_key_that_stays() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::own(&root.path().join("shop")).expect("free");
        let a = "a".repeat(64);
        let old = format!(r#"{{"order_access": "{a}", "payment_tokens": "{a}", "signing_keys": "{a}"}}"#);
        folder.write(FILE, old.as_bytes()).expect("written");
        let first = Secrets::load(&folder, &SystemRng).expect("completed");
        assert_ne!(first.personal, [0; 32]);
        assert!(Secrets::load(&folder, &SystemRng).expect("there") == first);
        let place = KeysIn::Folder(folder);
        assert!(Secrets::turn_in(&place, Turn::Rotate, &SystemRng).expect("turned"));
        let KeysIn::Folder(folder) = place else { return };
        let turned = Secrets::load(&folder, &SystemRng).expect("there");
        assert_eq!(turned.former_personal, [first.personal]);
    }

    #[test]
    fn a_league_with_another_master_key_takes_a_shop_whose_own_it_can_open() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::own(&root.path().join("shop")).expect("free");
        Secrets::load(&folder, &SystemRng).expect("made");
        let (kept, file) = (Secrets::kept(&folder).expect("there"), root.path().join("keys.json"));
        kept.write(&file).expect("written");
        let place = KeysIn::File(file.clone());
        assert!(Secrets::turn_in(&place, Turn::Rotate, &SystemRng).expect("turned"));
        assert_eq!(kept.in_place(&file).expect("told"), InPlace::Same, "it wraps the keys anew");
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).expect("there");
        let mut there: Stored = serde_json::from_str(&text).expect("keys");
        there.former_personal.clear();
        std::fs::write(&file, serde_json::to_string(&there).expect("keys")).expect("written");
        assert_eq!(kept.in_place(&file).expect("told"), InPlace::OtherMaster);
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
