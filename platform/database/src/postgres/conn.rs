//! One pooled PostgreSQL connection inside a unit: statements, rows and errors in the platform's terms.

use crate::error::{DbError, Violation};
use crate::sql::{Bind, Params, Statement, Value, for_postgres};
use bytes::{BufMut, BytesMut};
use futures::FutureExt;
use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// Microseconds from 1970 to 2000, where PostgreSQL's time begins.
const EPOCH: i64 = 946_684_800_000_000;

type Fault = Box<dyn std::error::Error + Sync + Send>;

/// A connection with an open transaction. Dropped without [`PgConn::close`], it is thrown away instead of going back
/// to the pool with somebody's half-done work.
pub(crate) struct PgConn {
    object: Option<deadpool_postgres::Object>,
    /// Begins a transaction that only reads; it goes out together with the first question.
    begin: Option<&'static str>,
}

impl Drop for PgConn {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            drop(deadpool_postgres::Object::take(object));
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Bool(b) => out.put_u8(u8::from(*b)),
            Value::Int(n) if *ty == Type::INT8 => out.put_i64(*n),
            Value::Int(n) if *ty == Type::INT4 => out.put_i32(i32::try_from(*n)?),
            Value::Int(n) if *ty == Type::INT2 => out.put_i16(i16::try_from(*n)?),
            Value::Text(s) => out.put_slice(s.as_bytes()),
            Value::Bytes(b) => out.put_slice(b),
            Value::Uuid(u) if *ty == Type::UUID => out.put_slice(u.as_bytes()),
            Value::Time(us) if *ty == Type::TIMESTAMPTZ => out.put_i64(us - EPOCH),
            Value::Time(us) if *ty == Type::INT8 => out.put_i64(*us),
            other => return Err(format!("{other:?} cannot be a {ty}").into()),
        }
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// What a column holds, by its type.
struct Read<'a>(Value<'a>);

impl<'a> FromSql<'a> for Read<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self(match *ty {
            Type::BOOL => Value::Bool(raw == [1]),
            Type::INT8 => Value::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Value::Int(i64::from(i32::from_be_bytes(raw.try_into()?))),
            Type::INT2 => Value::Int(i64::from(i16::from_be_bytes(raw.try_into()?))),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN => {
                Value::Text(std::str::from_utf8(raw)?)
            }
            Type::BYTEA => Value::Bytes(raw),
            Type::UUID => Value::Uuid(Uuid::from_slice(raw)?),
            Type::TIMESTAMPTZ => Value::Time(i64::from_be_bytes(raw.try_into()?) + EPOCH),
            _ => return Err(format!("columns of type {ty} are not used").into()),
        }))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self(Value::Null))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(crate) fn column(row: &tokio_postgres::Row, index: usize) -> Result<Value<'_>, String> {
    row.try_get::<_, Read<'_>>(index).map(|r| r.0).map_err(|e| match std::error::Error::source(&e) {
        Some(source) => format!("{e}: {source}"),
        None => e.to_string(),
    })
}

fn values<'a>(params: Params<'a>) -> Vec<Value<'a>> {
    params.iter().map(|p| p.value()).collect()
}

fn references<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

impl PgConn {
    pub(crate) fn new(object: deadpool_postgres::Object) -> Self {
        Self { object: Some(object), begin: None }
    }

    /// Before the next statement, with it in one go: a round trip less. Only for what does not write: a statement is
    /// answered even where the beginning before it was refused.
    pub(crate) fn begin_with_next(&mut self, sql: &'static str) {
        self.begin = Some(sql);
    }

    /// Ends a transaction that only reads, without waiting for the answer: whoever has the connection next comes behind
    /// it, and nothing hangs on how it ended.
    pub(crate) fn end_reading(self) {
        if self.begin.is_none()
            && let Some(object) = &self.object
        {
            // The first look at the future sends it.
            let _ = object.batch_execute("commit").now_or_never();
        }
        self.close();
    }

    fn object(&self) -> Result<&deadpool_postgres::Object, DbError> {
        self.object.as_ref().ok_or(DbError::Dead)
    }

    /// Undoes what was done, if anything was begun.
    pub(crate) async fn rollback(&self) -> Result<(), DbError> {
        if self.begin.is_some() { Ok(()) } else { self.control("rollback").await }
    }

    /// A statement of our own without parameters, such as `begin`.
    pub(crate) async fn control(&self, sql: &str) -> Result<(), DbError> {
        self.object()?.batch_execute(sql).await.map_err(|e| error(&e))
    }

    /// Gives the connection back to the pool; its transaction has ended.
    pub(crate) fn close(mut self) {
        drop(self.object.take());
    }

    async fn prepared(&self, sql: &str) -> Result<tokio_postgres::Statement, DbError> {
        let object = self.object()?;
        let prepared = if sql.contains("/*lite*/") {
            object.prepare_cached(&for_postgres(sql)).await
        } else {
            object.prepare_cached(sql).await
        };
        prepared.map_err(|e| error(&e))
    }

    /// What may write never goes out together with a beginning that could be refused.
    async fn begun(&mut self) -> Result<(), DbError> {
        match self.begin.take() {
            Some(begin) => self.control(begin).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.begun().await?;
        let statement = self.prepared(sql).await?;
        let values = values(params);
        self.object()?.execute(&statement, &references(&values)).await.map_err(|e| error(&e))
    }

    pub(crate) async fn execute_many(
        &mut self,
        sql: &str,
        rows: &[Vec<&(dyn Bind + '_)>],
    ) -> Result<u64, DbError> {
        self.begun().await?;
        let statement = self.prepared(sql).await?;
        let object = self.object()?;
        // Sent in one go and answered in order: one round trip, not one per row.
        let sent = rows.iter().map(|row| {
            let statement = &statement;
            async move {
                let values: Vec<Value<'_>> = row.iter().map(|p| p.value()).collect();
                object.execute(statement, &references(&values)).await
            }
        });
        let counts = futures::future::try_join_all(sent).await.map_err(|e| error(&e))?;
        Ok(counts.into_iter().sum())
    }

    /// Several statements, sent in one go and done in their order.
    pub(crate) async fn execute_all(&mut self, all: &[Statement<'_>]) -> Result<Vec<u64>, DbError> {
        self.begun().await?;
        let prepared = self.all_prepared(all).await?;
        let object = self.object()?;
        let sent = prepared.iter().zip(all).map(|(statement, (_, params))| async move {
            let values = values(params);
            object.execute(statement, &references(&values)).await
        });
        futures::future::try_join_all(sent).await.map_err(|e| error(&e))
    }

    /// As [`PgConn::execute_all`], with the rows of each.
    pub(crate) async fn query_all(
        &mut self,
        all: &[Statement<'_>],
    ) -> Result<Vec<Vec<tokio_postgres::Row>>, DbError> {
        self.begun().await?;
        let prepared = self.all_prepared(all).await?;
        let object = self.object()?;
        let sent = prepared.iter().zip(all).map(|(statement, (_, params))| async move {
            let values = values(params);
            object.query(statement, &references(&values)).await
        });
        futures::future::try_join_all(sent).await.map_err(|e| error(&e))
    }

    async fn all_prepared(&self, all: &[Statement<'_>]) -> Result<Vec<tokio_postgres::Statement>, DbError> {
        let mut prepared = Vec::with_capacity(all.len());
        for (sql, _) in all {
            prepared.push(self.prepared(sql).await?);
        }
        Ok(prepared)
    }

    pub(crate) async fn query(
        &mut self,
        sql: &str,
        params: Params<'_>,
    ) -> Result<Vec<tokio_postgres::Row>, DbError> {
        let statement = self.prepared(sql).await?;
        let values = values(params);
        let begin = self.begin.take();
        let (object, references) = (self.object()?, references(&values));
        let asked = object.query(&statement, &references);
        let Some(begin) = begin else { return asked.await.map_err(|e| error(&e)) };
        // Sent in the order in which they are looked at for the first time.
        let (begun, answer) = futures::future::join(object.batch_execute(begin), asked).await;
        begun.and(answer).map_err(|e| error(&e))
    }
}

/// PostgreSQL's error in the platform's terms.
pub(crate) fn error(e: &tokio_postgres::Error) -> DbError {
    let Some(db) = e.as_db_error() else {
        let text = std::error::Error::source(e).map_or_else(|| e.to_string(), |s| format!("{e}: {s}"));
        return if e.is_closed() { DbError::Unavailable(text) } else { DbError::Other(text) };
    };
    match db.code() {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
            DbError::Conflict { attempts: 1 }
        }
        &SqlState::UNIQUE_VIOLATION => {
            let table = db.table().unwrap_or("").to_string();
            // detail: "Key (a, b)=(1, 2) already exists."
            let detail = db.detail().unwrap_or("");
            let inner =
                detail.split_once('(').and_then(|(_, rest)| rest.split_once(")=")).map_or("", |(c, _)| c);
            let columns = inner.split(", ").filter(|c| !c.is_empty()).map(str::to_string).collect();
            DbError::Violation(Violation::Unique { table, columns })
        }
        &SqlState::CHECK_VIOLATION => {
            DbError::Violation(Violation::Check(db.constraint().unwrap_or("").to_string()))
        }
        &SqlState::FOREIGN_KEY_VIOLATION => DbError::Violation(Violation::ForeignKey),
        &SqlState::NOT_NULL_VIOLATION => {
            DbError::Violation(Violation::NotNull(db.column().unwrap_or("").to_string()))
        }
        &SqlState::DISK_FULL => DbError::DiskFull,
        &SqlState::READ_ONLY_SQL_TRANSACTION => DbError::ReadOnly(db.message().to_string()),
        code if code.code().starts_with("57P")
            || code.code().starts_with("08")
            || code.code().starts_with("53") =>
        {
            DbError::Unavailable(db.message().to_string())
        }
        _ => DbError::Other(format!("{}: {}", db.code().code(), db.message())),
    }
}
