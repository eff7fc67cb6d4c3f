//! A person's key, opened, and what it does: single values are sealed into texts and opened again, each bound to its column
//! and its person.

use crate::aead::{self, KeyBytes, belonging};
use crate::error::VaultError;
use crate::subject::Subject;
use crate::vault::Inner;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hanse_database::DbError;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What every sealed text begins with, and nothing that was stored before can begin with: what people type is trimmed, what
/// programs write is JSON. The number is that of the way in which it is sealed.
pub(crate) const PREFIX: &str = " sealed:1:";

/// What is about nobody stays readable: it tells only that there is nothing.
const NOTHING: [&str; 4] = ["", "{}", "[]", "null"];

/// It is not sealed, and nobody needs a key to read it.
pub fn says_nothing(text: &str) -> bool {
    NOTHING.contains(&text)
}

/// Whether a stored text is sealed, or from before, or says nothing.
pub fn is_sealed(stored: &str) -> bool {
    stored.starts_with(PREFIX)
}

/// In SQL: the column holds something from before.
pub(crate) fn unsealed(column: &str) -> String {
    let nothing = NOTHING.map(|nothing| format!("'{nothing}'")).join(", ");
    format!("({column} not in ({nothing}) and substr({column}, 1, {}) <> '{PREFIX}')", PREFIX.len())
}

/// A column that holds sealed texts. Its name is sealed in: who renames it goes on naming the old one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub(crate) table: &'static str,
    pub(crate) name: &'static str,
}

impl Column {
    pub const fn new(table: &'static str, name: &'static str) -> Self {
        Self { table, name }
    }

    fn shown(self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

/// The key itself; overwritten when the last who holds it lets it go.
pub(crate) struct Opened {
    pub subject: Subject,
    pub bytes: KeyBytes,
}

/// A person's key. Cheap to clone; not to be kept longer than the unit it was found in.
#[derive(Clone)]
pub struct Key {
    pub(crate) vault: Arc<Inner>,
    pub(crate) opened: Arc<Opened>,
}

impl Key {
    pub fn seal(&self, column: Column, text: &str) -> Result<String, DbError> {
        if says_nothing(text) {
            return Ok(text.into());
        }
        let belonging = self.belonging(column);
        let sealed = aead::seal(&self.opened.bytes, &*self.vault.keyring.rng, &belonging, text.as_bytes());
        let sealed = sealed.ok_or(VaultError::Sealing)?;
        Ok(format!("{PREFIX}{}", STANDARD_NO_PAD.encode(sealed)))
    }

    pub fn seal_some(&self, column: Column, text: Option<&str>) -> Result<Option<String>, DbError> {
        text.map(|text| self.seal(column, text)).transpose()
    }

    /// What was sealed; a text from before as it is.
    pub fn open(&self, column: Column, stored: &str) -> Result<String, DbError> {
        let Some(text) = stored.strip_prefix(PREFIX) else { return Ok(stored.into()) };
        let opened = STANDARD_NO_PAD.decode(text).ok().and_then(|sealed| {
            let opened = aead::open(&self.opened.bytes, &self.belonging(column), &sealed)?;
            std::str::from_utf8(&opened).ok().map(str::to_string)
        });
        // Another process may have given the person another key: the next look finds it.
        let unreadable = || {
            self.vault.cache().forget(self.opened.subject);
            VaultError::Unreadable { column: column.shown() }.into()
        };
        opened.ok_or_else(unreadable)
    }

    pub fn open_some(&self, column: Column, stored: Option<&str>) -> Result<Option<String>, DbError> {
        stored.map(|stored| self.open(column, stored)).transpose()
    }

    fn belonging(&self, column: Column) -> Vec<u8> {
        let (service, subject) = (self.vault.service.as_bytes(), self.opened.subject.uuid());
        belonging(&[b"hanse sealed text v1", service, column.shown().as_bytes(), subject.as_bytes()])
    }
}

/// The key of whoever a row is about, if there is one: rows from before have none, and are read as they are.
#[derive(Clone)]
pub struct HeldKey(pub(crate) Option<Key>);

impl HeldKey {
    pub fn open(&self, column: Column, stored: &str) -> Result<String, DbError> {
        match &self.0 {
            Some(key) => key.open(column, stored),
            None if is_sealed(stored) => Err(VaultError::Destroyed { column: column.shown() }.into()),
            None => Ok(stored.into()),
        }
    }

    pub fn open_some(&self, column: Column, stored: Option<&str>) -> Result<Option<String>, DbError> {
        stored.map(|stored| self.open(column, stored)).transpose()
    }

    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }
}

/// The keys of those whom several rows are about.
#[derive(Clone, Default)]
pub struct HeldBy(pub(crate) BTreeMap<Subject, Key>);

impl HeldBy {
    pub fn of(&self, subject: impl Into<Subject>) -> HeldKey {
        HeldKey(self.0.get(&subject.into()).cloned())
    }
}
