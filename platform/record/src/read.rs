//! Reading the log, the newest first.

use crate::stored::{COLUMNS, Stored};
use hanse_database::sql::{Bind, Sql};
use hanse_database::{Db, DbError};
use hanse_kernel::Timestamp;
use uuid::Uuid;

/// Read at once.
pub const MOST: i64 = 500;

/// Which entries; what is None or empty is not asked about.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// An action, `order.refunded`, or a whole area, `order`.
    pub action: Option<String>,
    pub actor: Option<String>,
    pub subject: Option<String>,
    /// Everything that one request did.
    pub correlation: Option<String>,
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Older than this entry.
    pub before: Option<(Timestamp, Uuid)>,
    pub limit: i64,
}

pub async fn newest(db: &Db, wanted: Wanted) -> Result<Vec<Stored>, DbError> {
    db.read(wanted, |tx, wanted| {
        Box::pin(async move {
            let (mut params, mut asked): (Vec<&dyn Bind>, Vec<String>) = (vec![], vec![]);
            // All of an area lies between `area.` and the next character.
            let area = wanted.action.as_ref().map(|action| (format!("{action}."), format!("{action}/")));
            if let (Some(action), Some((first, after))) = (&wanted.action, &area) {
                params.extend([action as &dyn Bind, first, after]);
                asked.push("(action = $1 or (action >= $2 and action < $3))".into());
            }
            for (column, value) in
                [("actor", &wanted.actor), ("subject", &wanted.subject), ("correlation", &wanted.correlation)]
            {
                if let Some(value) = value {
                    params.push(value);
                    asked.push(format!("{column} = ${}", params.len()));
                }
            }
            if let Some(from) = &wanted.from {
                params.push(from);
                asked.push(format!("at >= ${}", params.len()));
            }
            if let Some(until) = &wanted.until {
                params.push(until);
                asked.push(format!("at < ${}", params.len()));
            }
            if let Some((at, id)) = &wanted.before {
                params.extend([at as &dyn Bind, id]);
                asked.push(format!("(at, id) < (${}, ${})", params.len() - 1, params.len()));
            }
            let asked =
                if asked.is_empty() { String::new() } else { format!("where {}", asked.join(" and ")) };
            let limit = wanted.limit.clamp(1, MOST);
            let sql =
                format!("select {COLUMNS} from record_entry {asked} order by at desc, id desc limit {limit}");
            tx.query(&sql, &params, Stored::read).await
        })
    })
    .await
}
