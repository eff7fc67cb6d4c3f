//! Rows from before their columns were sealed: where they are, whose they are, and how some of them are sealed.

use crate::key::{Column, Key, is_sealed, says_nothing, unsealed};
use crate::subject::Subject;
use crate::vault::Vault;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Column as Readable, Sql, Value};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::CartId;
use std::sync::Arc;
use uuid::Uuid;

/// Looked at in one question.
const PAGE: usize = 500;
/// Sealed in one unit.
const BATCH: usize = 50;

/// What else is to be done in the unit in which a row is sealed, such as writing what it is found by.
#[async_trait]
pub trait AfterSealing: Send + Sync {
    /// `texts`: what was in the columns, in their order.
    async fn sealed(&self, tx: &mut Tx, subject: Subject, texts: &[Option<String>]) -> Result<(), DbError>;
}

/// The rows of one table whose columns hold sealed texts.
#[derive(Clone)]
pub struct Rows {
    pub(crate) table: &'static str,
    key: &'static [&'static str],
    whose: &'static [&'static str],
    columns: &'static [Column],
    then: Option<Arc<dyn AfterSealing>>,
}

/// A value of a key, whatever its type is.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

impl Readable for Part {
    fn read(value: Value<'_>) -> Result<Self, String> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Int(n) => Self::Int(n),
            Value::Text(text) => Self::Text(text.into()),
            Value::Bytes(bytes) => Self::Bytes(bytes.into()),
            Value::Uuid(id) => Self::Uuid(id),
            Value::Bool(_) | Value::Time(_) => return Err("no key of a row is of this type".into()),
        })
    }
}

impl Bind for Part {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(n) => Value::Int(*n),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Uuid(id) => Value::Uuid(*id),
        }
    }
}

impl Part {
    /// On SQLite ids are bytes; those of carts are longer.
    fn subject(&self) -> Option<Subject> {
        match self {
            Self::Uuid(id) => Some(Subject::of_uuid(*id)),
            Self::Bytes(bytes) => match Uuid::from_slice(bytes) {
                Ok(id) => Some(Subject::of_uuid(id)),
                Err(_) => CartId::from_bytes(bytes).map(|cart| Subject::from(&cart)),
            },
            Self::Null | Self::Int(_) | Self::Text(_) => None,
        }
    }
}

type RowKey = Vec<Part>;

impl Rows {
    /// `key`: the columns of the primary key. `whose`: of these columns the first that is not null is the id of the person, the
    /// order or the cart that the row is about; of none: the row is the service's own.
    pub const fn of(
        table: &'static str,
        key: &'static [&'static str],
        whose: &'static [&'static str],
        columns: &'static [Column],
    ) -> Self {
        Self { table, key, whose, columns, then: None }
    }

    #[must_use]
    pub fn then(self, then: Arc<dyn AfterSealing>) -> Self {
        Self { then: Some(then), ..self }
    }

    /// Another column makes it another one.
    pub(crate) fn name(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        format!("{}({})", self.table, columns.join(","))
    }

    /// Looks through all of them and seals what is not sealed; how many that were.
    pub(crate) async fn seal_all(&self, db: &Db, vault: &Vault) -> Result<u64, DbError> {
        let (mut sealed, mut after) = (0, None);
        loop {
            let page = self.page(db, after.take()).await?;
            let more = page.len() == PAGE;
            after = page.last().map(|(key, _)| key.clone());
            let found: Vec<RowKey> =
                page.into_iter().filter(|(_, found)| *found).map(|(key, _)| key).collect();
            for keys in found.chunks(BATCH) {
                sealed += self.seal_some(db, vault, keys.to_vec()).await?;
            }
            if !more {
                return Ok(sealed);
            }
        }
    }

    /// The next rows by their key, and whether they hold something from before.
    async fn page(&self, db: &Db, after: Option<RowKey>) -> Result<Vec<(RowKey, bool)>, DbError> {
        db.scan((self.clone(), after), |tx, (this, after)| {
            Box::pin(async move {
                let (keys, width) = (this.key.join(", "), this.key.len());
                let found: Vec<String> = this.columns.iter().map(|column| unsealed(column.name)).collect();
                let places: Vec<String> = (1..=width).map(|n| format!("${n}")).collect();
                let from = match after {
                    Some(_) => format!("where ({keys}) > ({})", places.join(", ")),
                    None => String::new(),
                };
                let sql = format!(
                    "select {keys}, case when {} then 1 else 0 end from {} {from} order by {keys} limit {PAGE}",
                    found.join(" or "),
                    this.table
                );
                let after: Vec<&dyn Bind> =
                    after.iter().flatten().map(|part| part as &dyn Bind).collect();
                tx.query(&sql, &after, |r| {
                    let key = (0..width).map(|place| r.get(place)).collect::<Result<_, _>>()?;
                    Ok((key, r.get::<i64>(width)? == 1))
                })
                .await
            })
        })
        .await
    }

    async fn seal_some(&self, db: &Db, vault: &Vault, keys: Vec<RowKey>) -> Result<u64, DbError> {
        db.tx_queue((self.clone(), vault.clone(), keys), |tx, (this, vault, keys)| {
            Box::pin(async move {
                let mut sealed = 0;
                for key in keys {
                    sealed += u64::from(this.seal_one(tx, vault, key).await?);
                }
                Ok(sealed)
            })
        })
        .await
    }

    /// The row is held first: what somebody else wrote meanwhile is sealed already.
    async fn seal_one(&self, tx: &mut Tx, vault: &Vault, key: &RowKey) -> Result<bool, DbError> {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        let sql = format!(
            "select {} from {} where {} /*pg*/for update/*end*/",
            [&names, self.whose].concat().join(", "),
            self.table,
            self.is(1)
        );
        let bound: Vec<&dyn Bind> = key.iter().map(|part| part as &dyn Bind).collect();
        let width = names.len();
        let row = tx
            .query_opt(&sql, &bound, |r| {
                let stored = (0..width).map(|at| r.get(at)).collect::<Result<Vec<Option<String>>, _>>()?;
                let whose = (0..self.whose.len()).map(|at| r.get(width + at));
                Ok((stored, whose.collect::<Result<Vec<Part>, _>>()?))
            })
            .await?;
        let Some((stored, whose)) = row else { return Ok(false) };
        // What was there may be gone again; then no key is made for it.
        if stored.iter().flatten().all(|text| says_nothing(text) || is_sealed(text)) {
            return Ok(false);
        }
        let subject = whose.iter().find_map(Part::subject).unwrap_or(Subject::SERVICE);
        let person = vault.of(tx, subject).await?;
        let texts = self.each(&stored, |column, text| person.open(column, text))?;
        let now = self.each(&stored, |column, text| resealed(&person, column, text))?;
        if now == stored {
            return Ok(false);
        }
        let set: Vec<String> = names.iter().zip(1..).map(|(name, n)| format!("{name} = ${n}")).collect();
        let sql = format!("update {} set {} where {}", self.table, set.join(", "), self.is(width + 1));
        let params: Vec<&dyn Bind> = now.iter().map(|text| text as &dyn Bind).chain(bound).collect();
        tx.execute(&sql, &params).await?;
        if let Some(then) = &self.then {
            then.sealed(tx, subject, &texts).await?;
        }
        Ok(true)
    }

    fn each(
        &self,
        stored: &[Option<String>],
        work: impl Fn(Column, &str) -> Result<String, DbError>,
    ) -> Result<Vec<Option<String>>, DbError> {
        let all = self.columns.iter().zip(stored);
        all.map(|(column, stored)| stored.as_deref().map(|text| work(*column, text)).transpose()).collect()
    }

    /// The row with the key that begins at this place of the parameters.
    fn is(&self, first: usize) -> String {
        let parts = self.key.iter().zip(first..).map(|(name, n)| format!("{name} = ${n}"));
        parts.collect::<Vec<_>>().join(" and ")
    }
}

fn resealed(key: &Key, column: Column, stored: &str) -> Result<String, DbError> {
    if is_sealed(stored) { Ok(stored.into()) } else { key.seal(column, stored) }
}
