//! What the figures hold about a person, for whoever wants to have it: the day on which they registered.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_runtime::{Holds, Portion, Whose};
use serde_json::json;

pub struct OwnFigures(pub Db);

#[async_trait]
impl Holds for OwnFigures {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        let day = self.0.read(whose.user, |tx, user| {
            Box::pin(async move {
                let sql = "select day from registration where user_id = $1 and day <> ''";
                tx.query_opt(sql, &[user], |r| r.get::<String>(0)).await
            })
        });
        let day: Result<Option<String>, DbError> = day.await;
        let mut told = Portion::default();
        if let Some(day) = day? {
            told.tell("registration", &json!({"day": day}));
        }
        Ok(told)
    }
}
