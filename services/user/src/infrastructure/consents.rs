//! What people have agreed to, one row for each word of theirs.

use crate::application::ports::ConsentBook;
use crate::domain::consent::{Consent, Consents, Wording};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::UserId;

pub struct SqlConsents;

#[async_trait]
impl ConsentBook for SqlConsents {
    async fn load(&self, tx: &mut Tx, user: UserId) -> Result<Consents, DbError> {
        let sql =
            "select purpose, granted, wording, place, at from consents where user_id = $1 order by number";
        let said = tx
            .query(sql, &[&user], |row| {
                Ok(Consent {
                    purpose: row.parse(0)?,
                    granted: row.get(1)?,
                    wording: Wording::stored(row.get(2)?),
                    place: row.parse(3)?,
                    at: row.get(4)?,
                })
            })
            .await?;
        Ok(Consents::new(said))
    }

    async fn add(&self, tx: &mut Tx, user: UserId, number: i64, word: &Consent) -> Result<(), DbError> {
        tx.execute(
            "insert into consents (user_id, number, purpose, granted, wording, place, at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &user,
                &number,
                &word.purpose.as_str(),
                &word.granted,
                &word.wording.as_str(),
                &word.place.as_str(),
                &word.at,
            ],
        )
        .await
        .map(|_| ())
    }
}
