//! Profiles as rows, and the words of their names beside them.

use crate::application::ports::Profiles;
use crate::domain::{PersonName, Profile};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Limit, Locale, Personal, UserId};
use std::collections::BTreeSet;

pub struct SqlProfiles;

const COLUMNS: &str = "user_id, name, locale, staff, metadata, contact_known, created_at, version";
/// The end of the list that begins with the newest.
const LAST: UserId = UserId::new(uuid::Uuid::max());

fn profile(row: &Row<'_>) -> Result<Profile, DbError> {
    let user: UserId = row.id(0)?;
    let name: Option<String> = row.get(1)?;
    Ok(Profile {
        user,
        name: name.as_deref().and_then(PersonName::known).map(|name| Personal::of(user, name)),
        locale: Locale::new(&row.get::<String>(2)?),
        staff: row.get(3)?,
        metadata: row.get(4)?,
        contact_known: row.get(5)?,
        created_at: row.get(6)?,
        version: row.get(7)?,
    })
}

fn name(profile: &Profile) -> Option<&str> {
    profile.name.as_ref().map(|name| name.reveal().as_str())
}

#[async_trait]
impl Profiles for SqlProfiles {
    async fn find(&self, tx: &mut Tx, user: UserId) -> Result<Option<Profile>, DbError> {
        tx.query_opt(&format!("select {COLUMNS} from profiles where user_id = $1"), &[&user], profile).await
    }

    async fn add(&self, tx: &mut Tx, profile: &Profile) -> Result<(), DbError> {
        let added = tx
            .execute(
                "insert into profiles
                   (user_id, name, locale, staff, metadata, contact_known, created_at, version)
                 values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (user_id) do nothing",
                &[
                    &profile.user,
                    &name(profile),
                    &profile.locale.as_str(),
                    &profile.staff,
                    &profile.metadata,
                    &profile.contact_known,
                    &profile.created_at,
                    &profile.version,
                ],
            )
            .await?;
        if added == 1 { write_words(tx, profile).await } else { Ok(()) }
    }

    async fn save(&self, tx: &mut Tx, profile: &Profile) -> Result<bool, DbError> {
        let saved = tx
            .execute(
                "update profiles set name = $3, locale = $4, staff = $5, metadata = $6, contact_known = $7,
                   version = version + 1
                 where user_id = $1 and version = $2",
                &[
                    &profile.user,
                    &profile.version,
                    &name(profile),
                    &profile.locale.as_str(),
                    &profile.staff,
                    &profile.metadata,
                    &profile.contact_known,
                ],
            )
            .await?;
        if saved == 1 {
            tx.execute("delete from name_words where user_id = $1", &[&profile.user]).await?;
            write_words(tx, profile).await?;
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
        // From the word itself up to the greatest text that begins with it.
        let ranges: Vec<(&String, String)> =
            words.iter().map(|word| (word, format!("{word}{}", char::MAX))).collect();
        let mut params: Vec<&dyn Bind> = vec![&before, &most];
        let mut sql = format!("select {COLUMNS} from profiles where not staff and user_id < $1");
        for (from, to) in &ranges {
            params.extend([*from as &dyn Bind, to]);
            let (from, to) = (params.len() - 1, params.len());
            sql += &format!(
                " and user_id in (select user_id from name_words where word >= ${from} and word <= ${to})"
            );
        }
        sql += " order by user_id desc limit $2";
        tx.query(&sql, &params, profile).await
    }

    async fn unknown(&self, tx: &mut Tx, limit: i64) -> Result<Vec<Profile>, DbError> {
        let sql = format!("select {COLUMNS} from profiles where not contact_known order by user_id limit $1");
        tx.query(&sql, &[&limit], profile).await
    }

    async fn remove(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        // The address book and the words of the name go with it (on delete cascade).
        tx.execute("delete from profiles where user_id = $1", &[&user]).await.map(|_| ())
    }
}

async fn write_words(tx: &mut Tx, profile: &Profile) -> Result<(), DbError> {
    let words = profile.name.as_ref().map(|name| name.reveal().words()).unwrap_or_default();
    let rows: Vec<Vec<&dyn Bind>> = words.iter().map(|word| vec![word as &dyn Bind, &profile.user]).collect();
    tx.execute_many("insert into name_words (word, user_id) values ($1, $2)", rows).await?;
    Ok(())
}
