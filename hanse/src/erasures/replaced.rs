//! The store of a shop that is replaced: it knows who was erased after the backup was made. It is read and not changed.

use super::Erased;
use crate::folder::Folder;
use anyhow::{Context, Result, bail};
use hanse_kernel::{Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;
use uuid::Uuid;

/// Its shop does not open for as long as the folder is held: whoever was erased in it then would come back.
pub fn read(folder: &Path) -> Result<(Vec<Erased>, Folder)> {
    let held = Folder::hold(folder)?;
    let file = held.path().join("user.sqlite");
    if !file.exists() {
        bail!("{} is not there: say with a file of `hanse erasures --json` who was erased", file.display());
    }
    let store = crate::backup::open(&file)?;
    let people =
        people(&store).with_context(|| format!("{} does not tell who was erased", file.display()))?;
    Ok((people, held))
}

fn people(store: &Connection) -> Result<Vec<Erased>> {
    let table = "select 1 from sqlite_schema where type = 'table' and name = 'erased_people'";
    // Versions of before erased nobody.
    if store.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(vec![]);
    }
    let mut statement = store.prepare("select user_id, erased_at from erased_people order by user_id")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)))?;
    rows.map(|row| {
        let (id, erased_at) = row?;
        let id = Uuid::from_slice(&id).context("erased_people.user_id is no id")?;
        Ok(Erased { id: UserId::new(id), erased_at: Timestamp::from_micros(erased_at) })
    })
    .collect()
}
