//! Who was erased: as a file that an operator keeps beside the backups, and once more in a shop that was restored from before it.
//! Ids and times only.

mod ask;
mod document;
mod replaced;

pub use crate::audit::forgotten::REMEMBERS;
pub use ask::{Repeated, list, repeat};
pub use document::{Erased, render};

use crate::folder::Folder;
use anyhow::{Result, bail};
use hanse_kernel::{Timestamp, UserId};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// People that the shop is asked about at once: less than `user` takes, so that an answer does not keep anybody waiting.
pub const AT_ONCE: usize = 100;
/// Clocks of machines differ by less.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Who is to be erased once more.
pub struct List {
    /// Each person once, by their ids.
    pub people: Vec<Erased>,
    /// The shop that is replaced stays shut for as long as this lives.
    _held: Option<Folder>,
}

/// From such a file, or from the folder of a shop that is replaced by a restored one.
pub fn read(from: &Path, now: Timestamp) -> Result<List> {
    let (told, held) = match from.is_dir() {
        true => replaced::read(from).map(|(told, held)| (told, Some(held)))?,
        false => (document::read(from)?, None),
    };
    let mut people: BTreeMap<UserId, Timestamp> = BTreeMap::new();
    for (n, Erased { id, erased_at }) in told.into_iter().enumerate() {
        if erased_at > now.plus(AHEAD) {
            bail!("{}: erased[{n}].erased_at is in the future: {id} at {erased_at}", from.display());
        }
        let first = people.entry(id).or_insert(erased_at);
        *first = erased_at.min(*first);
    }
    let people = people.into_iter().map(|(id, erased_at)| Erased { id, erased_at }).collect();
    Ok(List { people, _held: held })
}
