//! One SQLite connection: translated and prepared statements, rows and errors in the platform's terms.

use crate::error::{DbError, Violation};
use crate::sql::{Params, Row, RowInner, Value, for_sqlite};
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) struct LiteConn {
    conn: rusqlite::Connection,
    /// SQL as written → SQL for SQLite. Bounded by the number of texts in the code (lists add a few).
    texts: HashMap<String, Arc<str>>,
    /// Refuses every statement that would write.
    reading: bool,
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Bool(b) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*b))),
            Value::Int(n) | Value::Time(n) => ToSqlOutput::Borrowed(ValueRef::Integer(*n)),
            Value::Text(s) => ToSqlOutput::Borrowed(ValueRef::Text(s.as_bytes())),
            Value::Bytes(b) => ToSqlOutput::Borrowed(ValueRef::Blob(b)),
            Value::Uuid(u) => ToSqlOutput::Borrowed(ValueRef::Blob(u.as_bytes())),
        })
    }
}

pub(crate) fn column<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Value<'a>, String> {
    Ok(match row.get_ref(index).map_err(|e| e.to_string())? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Text(t) => Value::Text(std::str::from_utf8(t).map_err(|e| e.to_string())?),
        ValueRef::Blob(b) => Value::Bytes(b),
        ValueRef::Real(_) => return Err("floating-point columns are not used".into()),
    })
}

impl LiteConn {
    pub(crate) fn new(conn: rusqlite::Connection) -> Self {
        conn.set_prepared_statement_cache_capacity(128);
        Self { conn, texts: HashMap::new(), reading: false }
    }

    pub(crate) fn into_raw(self) -> rusqlite::Connection {
        self.conn
    }

    pub(crate) fn raw(&mut self) -> &mut rusqlite::Connection {
        &mut self.conn
    }

    /// From now on nothing is written, or it may be again. As `pragma query_only`, which makes every statement be prepared
    /// anew.
    pub(crate) fn only_read(&mut self, reading: bool) {
        self.reading = reading;
    }

    /// Runs a statement of our own, such as `begin`.
    pub(crate) fn control(&self, sql: &'static str) -> Result<(), DbError> {
        let mut statement = self.conn.prepare_cached(sql).map_err(|e| error(&e))?;
        statement.raw_execute().map(|_| ()).map_err(|e| error(&e))
    }

    pub(crate) fn in_transaction(&self) -> bool {
        !self.conn.is_autocommit()
    }

    fn text(&mut self, sql: &str) -> Arc<str> {
        if let Some(text) = self.texts.get(sql) {
            return text.clone();
        }
        if self.texts.len() > 2_000 {
            self.texts.clear();
        }
        let text: Arc<str> = for_sqlite(sql).into();
        self.texts.insert(sql.to_string(), text.clone());
        text
    }

    fn prepared(&mut self, sql: &str, params: Params<'_>) -> Result<rusqlite::CachedStatement<'_>, DbError> {
        let text = self.text(sql);
        let mut statement = self.conn.prepare_cached(&text).map_err(|e| error(&e))?;
        if self.reading && !statement.readonly() {
            return Err(DbError::ReadOnly(format!("this is a read: {sql}")));
        }
        if statement.parameter_count() != params.len() {
            let wanted = statement.parameter_count();
            return Err(DbError::Other(format!("{} parameters given, {wanted} in: {sql}", params.len())));
        }
        for (i, param) in params.iter().enumerate() {
            statement.raw_bind_parameter(i + 1, param.value()).map_err(|e| error(&e))?;
        }
        Ok(statement)
    }

    pub(crate) fn execute(&mut self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        let mut statement = self.prepared(sql, params)?;
        statement.raw_execute().map(|n| n as u64).map_err(|e| error(&e))
    }

    pub(crate) fn query<T>(
        &mut self,
        sql: &str,
        params: Params<'_>,
        map: &impl Fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut statement = self.prepared(sql, params)?;
        let mut rows = statement.raw_query();
        let mut out = vec![];
        while let Some(row) = rows.next().map_err(|e| error(&e))? {
            out.push(map(&Row(RowInner::Lite(row)))?);
        }
        Ok(out)
    }
}

/// SQLite's error in the platform's terms.
pub(crate) fn error(e: &rusqlite::Error) -> DbError {
    use rusqlite::ErrorCode as Code;
    let rusqlite::Error::SqliteFailure(failure, message) = e else {
        return DbError::Other(e.to_string());
    };
    let message = message.as_deref().unwrap_or("");
    let named = message.split_once("failed: ").map_or("", |(_, rest)| rest);
    match failure.extended_code {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY: "UNIQUE constraint failed: t.a, t.b"
        2067 | 1555 => {
            let table = named.split('.').next().unwrap_or("").to_string();
            let columns =
                named.split(", ").filter_map(|c| c.split_once('.')).map(|(_, c)| c.to_string()).collect();
            return DbError::Violation(Violation::Unique { table, columns });
        }
        // SQLITE_CONSTRAINT_CHECK
        275 => return DbError::Violation(Violation::Check(named.to_string())),
        // SQLITE_CONSTRAINT_FOREIGNKEY
        787 => return DbError::Violation(Violation::ForeignKey),
        // SQLITE_CONSTRAINT_NOTNULL
        1299 => {
            let column = named.rsplit('.').next().unwrap_or("");
            return DbError::Violation(Violation::NotNull(column.to_string()));
        }
        _ => {}
    }
    match failure.code {
        Code::DiskFull => DbError::DiskFull,
        Code::ReadOnly | Code::PermissionDenied => DbError::ReadOnly(e.to_string()),
        Code::DatabaseBusy | Code::DatabaseLocked | Code::CannotOpen | Code::SystemIoFailure => {
            DbError::Unavailable(e.to_string())
        }
        _ => DbError::Other(e.to_string()),
    }
}
