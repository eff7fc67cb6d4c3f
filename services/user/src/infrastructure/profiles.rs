//! Profiles as rows, sealed, and beside them what people are found by.

use super::sealed::{METADATA, NAME, Sought, write_words};
use crate::application::ports::Profiles;
use crate::domain::{PersonName, Profile};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Limit, Locale, Personal, UserId};
use hanse_vault::{HeldKey, Key, Subject, Vault};
use std::collections::BTreeSet;

pub struct SqlProfiles {
    pub vault: Vault,
}

const COLUMNS: &str = "user_id, name, locale, staff, metadata, contact_known, created_at, version";
/// The end of the list that begins with the newest.
const LAST: UserId = UserId::new(uuid::Uuid::max());

/// A row, its texts as they stand there.
struct Stored {
    name: Option<String>,
    profile: Profile,
}

fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    let profile = Profile {
        user: row.id(0)?,
        name: None,
        locale: Locale::new(&row.get::<String>(2)?),
        staff: row.get(3)?,
        metadata: row.get(4)?,
        contact_known: row.get(5)?,
        created_at: row.get(6)?,
        version: row.get(7)?,
    };
    Ok(Stored { name: row.get(1)?, profile })
}

impl Stored {
    fn open(self, key: &HeldKey) -> Result<Profile, DbError> {
        let Self { name, profile } = self;
        let name = key.open_some(NAME, name.as_deref())?;
        Ok(Profile {
            name: name.as_deref().and_then(PersonName::known).map(|name| Personal::of(profile.user, name)),
            metadata: key.open(METADATA, &profile.metadata)?,
            ..profile
        })
    }
}

fn name(profile: &Profile) -> Option<&PersonName> {
    profile.name.as_ref().map(Personal::reveal)
}

/// What is stored of a profile's texts.
fn seal(key: &Key, profile: &Profile) -> Result<(Option<String>, String), DbError> {
    let name = key.seal_some(NAME, name(profile).map(PersonName::as_str))?;
    Ok((name, key.seal(METADATA, &profile.metadata)?))
}

impl SqlProfiles {
    async fn open(&self, tx: &mut Tx, rows: Vec<Stored>) -> Result<Vec<Profile>, DbError> {
        let people = rows.iter().map(|row| Subject::from(row.profile.user)).collect::<Vec<_>>();
        let keys = self.vault.find_all(tx, people).await?;
        rows.into_iter()
            .map(|row| {
                let key = keys.of(row.profile.user);
                row.open(&key)
            })
            .collect()
    }
}

#[async_trait]
impl Profiles for SqlProfiles {
    async fn find(&self, tx: &mut Tx, user: UserId) -> Result<Option<Profile>, DbError> {
        let sql = format!("select {COLUMNS} from profiles where user_id = $1");
        match tx.query_opt(&sql, &[&user], stored).await? {
            Some(row) => row.open(&self.vault.find(tx, user).await?).map(Some),
            None => Ok(None),
        }
    }

    async fn staff(&self, tx: &mut Tx, user: UserId) -> Result<Option<bool>, DbError> {
        tx.query_opt("select staff from profiles where user_id = $1", &[&user], |r| r.get(0)).await
    }

    async fn add(&self, tx: &mut Tx, profile: &Profile) -> Result<(), DbError> {
        let (name, metadata) = seal(&self.vault.of(tx, profile.user).await?, profile)?;
        let added = tx
            .execute(
                "insert into profiles
                   (user_id, name, locale, staff, metadata, contact_known, created_at, version)
                 values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (user_id) do nothing",
                &[
                    &profile.user,
                    &name,
                    &profile.locale.as_str(),
                    &profile.staff,
                    &metadata,
                    &profile.contact_known,
                    &profile.created_at,
                    &profile.version,
                ],
            )
            .await?;
        if added == 1 { self.write_words(tx, profile).await } else { Ok(()) }
    }

    async fn save(&self, tx: &mut Tx, profile: &Profile) -> Result<bool, DbError> {
        let (name, metadata) = seal(&self.vault.of(tx, profile.user).await?, profile)?;
        let saved = tx
            .execute(
                "update profiles set name = $3, locale = $4, staff = $5, metadata = $6, contact_known = $7,
                   version = version + 1
                 where user_id = $1 and version = $2",
                &[
                    &profile.user,
                    &profile.version,
                    &name,
                    &profile.locale.as_str(),
                    &profile.staff,
                    &metadata,
                    &profile.contact_known,
                ],
            )
            .await?;
        if saved == 1 {
            self.write_words(tx, profile).await?;
        }
        Ok(saved == 1)
    }

    async fn customers(
        &self,
        tx: &mut Tx,
        words: &BTreeSet<String>,
        before: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<Profile>, DbError> {
        let (before, most) = (before.unwrap_or(LAST), limit.with_peek());
        let index = if words.is_empty() { None } else { self.vault.find_index(tx).await? };
        let sought: Vec<Sought> = words.iter().map(|word| Sought::new(index.as_ref(), word)).collect();
        let mut params: Vec<&dyn Bind> = vec![&before, &most];
        let mut sql = format!("select {COLUMNS} from profiles where not staff and user_id < $1");
        for Sought { blind, from, to } in &sought {
            params.extend([blind as &dyn Bind, from, to]);
            let (blind, from, to) = (params.len() - 2, params.len() - 1, params.len());
            sql += &format!(
                " and user_id in (select user_id from name_words where word = ${blind}
                                  union all
                                  select user_id from name_words where word >= ${from} and word <= ${to})"
            );
        }
        sql += " order by user_id desc limit $2";
        let rows = tx.query(&sql, &params, stored).await?;
        self.open(tx, rows).await
    }

    async fn unknown(&self, tx: &mut Tx, limit: i64) -> Result<Vec<Profile>, DbError> {
        let sql = format!("select {COLUMNS} from profiles where not contact_known order by user_id limit $1");
        let rows = tx.query(&sql, &[&limit], stored).await?;
        self.open(tx, rows).await
    }

    async fn remove(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        // The address book and what the person is found by go with it (on delete cascade).
        tx.execute("delete from profiles where user_id = $1", &[&user]).await?;
        self.vault.destroy(tx, user).await.map(|_| ())
    }
}

impl SqlProfiles {
    async fn write_words(&self, tx: &mut Tx, profile: &Profile) -> Result<(), DbError> {
        write_words(tx, &self.vault, profile.user, name(profile)).await
    }
}
