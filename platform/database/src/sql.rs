//! The SQL side of a unit of work, for infrastructure only: statements, parameters, rows.

use crate::error::DbError;
use crate::tx::Tx;
use hanse_kernel::{CartId, Timestamp, TypedId};
use uuid::Uuid;

/// A parameter as both engines understand it. Timestamps are microseconds (timestamptz / INTEGER).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
    Time(i64),
}

/// A Rust value that can be a parameter.
pub trait Bind: Sync {
    fn value(&self) -> Value<'_>;
}

/// A Rust value that can be read from a column.
pub trait Column: Sized {
    fn read(value: Value<'_>) -> Result<Self, String>;
}

fn mismatch<T>(wanted: &str, got: Value<'_>) -> Result<T, String> {
    let kind = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) => "an integer",
        Value::Text(_) => "a text",
        Value::Bytes(_) => "bytes",
        Value::Uuid(_) => "a uuid",
        Value::Time(_) => "a time",
    };
    Err(format!("expected {wanted}, found {kind}"))
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl Bind for $t { fn value(&self) -> Value<'_> { Value::Int(i64::from(*self)) } }
        impl Column for $t {
            fn read(value: Value<'_>) -> Result<Self, String> {
                match value {
                    Value::Int(n) => <$t>::try_from(n).map_err(|_| format!("{n} is out of range")),
                    other => mismatch("an integer", other),
                }
            }
        }
    )* };
}
integers!(i64, i32, i16, u32, u16);

impl Bind for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}
impl Column for bool {
    fn read(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Bool(b) => Ok(b),
            Value::Int(n @ (0 | 1)) => Ok(n == 1),
            other => mismatch("a boolean", other),
        }
    }
}
impl Bind for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl Bind for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl Bind for std::sync::Arc<str> {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl Column for String {
    fn read(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Text(s) => Ok(s.to_string()),
            other => mismatch("a text", other),
        }
    }
}
impl Bind for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl Bind for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl Column for Vec<u8> {
    fn read(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Bytes(b) => Ok(b.to_vec()),
            other => mismatch("bytes", other),
        }
    }
}
impl Bind for Uuid {
    fn value(&self) -> Value<'_> {
        Value::Uuid(*self)
    }
}
impl Column for Uuid {
    fn read(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Uuid(u) => Ok(u),
            Value::Bytes(b) => Uuid::from_slice(b).map_err(|e| e.to_string()),
            other => mismatch("a uuid", other),
        }
    }
}
macro_rules! bind_ids {
    ($($id:ident)*) => { $(
        impl Bind for hanse_kernel::$id {
            fn value(&self) -> Value<'_> { Value::Uuid(self.uuid()) }
        }
    )* };
}
hanse_kernel::for_each_typed_id!(bind_ids);
/// A cart id is a capability, not a UUID: it is stored as its 20 bytes.
impl Bind for CartId {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes())
    }
}
/// Reads a typed id: `row.id::<OrderId>(0)`; optional ones by `row.get::<Option<Uuid>>`.
pub struct IdColumn<T>(pub T);
impl<T: TypedId> Column for IdColumn<T> {
    fn read(value: Value<'_>) -> Result<Self, String> {
        Uuid::read(value).map(|u| Self(T::from_uuid(u)))
    }
}
impl Bind for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Time(self.micros())
    }
}
impl Column for Timestamp {
    fn read(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Time(us) | Value::Int(us) => Ok(Self::from_micros(us)),
            other => mismatch("a time", other),
        }
    }
}
impl Column for CartId {
    fn read(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Bytes(b) => Self::from_bytes(b).ok_or_else(|| "expected 20 bytes".to_string()),
            other => mismatch("bytes", other),
        }
    }
}
impl<T: Bind> Bind for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Bind::value)
    }
}
impl<T: Column> Column for Option<T> {
    fn read(value: Value<'_>) -> Result<Self, String> {
        if value == Value::Null { Ok(None) } else { T::read(value).map(Some) }
    }
}
impl<T: Bind + ?Sized> Bind for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

/// One row of an answer; columns by position, from 0.
pub struct Row<'a>(pub(crate) RowInner<'a>);

pub(crate) enum RowInner<'a> {
    Lite(&'a rusqlite::Row<'a>),
    Pg(&'a tokio_postgres::Row),
}

impl Row<'_> {
    pub fn get<T: Column>(&self, index: usize) -> Result<T, DbError> {
        let read = match &self.0 {
            RowInner::Lite(row) => crate::sqlite::column(row, index).and_then(T::read),
            RowInner::Pg(row) => crate::postgres::column(row, index).and_then(T::read),
        };
        read.map_err(|message| DbError::Column { index, message })
    }
    pub fn id<T: TypedId>(&self, index: usize) -> Result<T, DbError> {
        self.get::<IdColumn<T>>(index).map(|c| c.0)
    }
    pub fn id_opt<T: TypedId>(&self, index: usize) -> Result<Option<T>, DbError> {
        Ok(self.get::<Option<IdColumn<T>>>(index)?.map(|c| c.0))
    }
    /// A text column parsed by its type's `FromStr`: states, currencies, cart ids.
    pub fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&self, index: usize) -> Result<T, DbError> {
        let text: String = self.get(index)?;
        text.parse().map_err(|e: T::Err| DbError::Column { index, message: e.to_string() })
    }
    /// A JSON column (text to the engine, opaque to SQL).
    pub fn json<T: serde::de::DeserializeOwned>(&self, index: usize) -> Result<T, DbError> {
        let text: String = self.get(index)?;
        serde_json::from_str(&text).map_err(|e| DbError::Column { index, message: e.to_string() })
    }
}

pub type Params<'a> = &'a [&'a (dyn Bind + 'a)];

/// A text with its parameters.
pub type Statement<'a> = (String, Vec<&'a (dyn Bind + 'a)>);

/// Statements inside a unit of work. A failed statement ends the unit: expect a duplicate with `on conflict`, not by
/// catching the error.
#[allow(async_fn_in_trait)]
pub trait Sql {
    /// How many rows were written.
    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        params: Params<'a>,
    ) -> impl Future<Output = Result<u64, DbError>> + Send + 'a;
    /// The same statement for each row of parameters; how many rows were written in all.
    fn execute_many<'a>(
        &'a mut self,
        sql: &'a str,
        rows: Vec<Vec<&'a (dyn Bind + 'a)>>,
    ) -> impl Future<Output = Result<u64, DbError>> + Send + 'a;
    /// `head values (…), (…) tail`, as few statements as bounded texts allow; how many rows were written in all.
    fn insert_all<'a>(
        &'a mut self,
        head: &'a str,
        rows: Vec<Vec<&'a (dyn Bind + 'a)>>,
        tail: &'a str,
    ) -> impl Future<Output = Result<u64, DbError>> + Send + 'a;
    /// As [`Sql::insert_all`], with a `returning` in its tail.
    fn insert_all_returning<'a, T: Send + 'a>(
        &'a mut self,
        head: &'a str,
        rows: Vec<Vec<&'a (dyn Bind + 'a)>>,
        tail: &'a str,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> impl Future<Output = Result<Vec<T>, DbError>> + Send + 'a;
    /// Statements that do not hang on each other's answers, done in their order and sent together; how many rows each wrote.
    fn execute_all<'a>(
        &'a mut self,
        statements: Vec<Statement<'a>>,
    ) -> impl Future<Output = Result<Vec<u64>, DbError>> + Send + 'a;
    fn query<'a, T: Send + 'a>(
        &'a mut self,
        sql: &'a str,
        params: Params<'a>,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> impl Future<Output = Result<Vec<T>, DbError>> + Send + 'a;
    /// As [`Sql::query`] for questions that follow each other and are sent together; the rows of each. In a unit that is READ
    /// COMMITTED the second sees what was committed while the first waited for a lock.
    fn query_all<'a, T: Send + 'a>(
        &'a mut self,
        statements: Vec<Statement<'a>>,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> impl Future<Output = Result<Vec<Vec<T>>, DbError>> + Send + 'a;
    /// The first row, if any.
    fn query_opt<'a, T: Send + 'a>(
        &'a mut self,
        sql: &'a str,
        params: Params<'a>,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> impl Future<Output = Result<Option<T>, DbError>> + Send + 'a;
}

impl Sql for Tx {
    async fn execute<'a>(&'a mut self, sql: &'a str, params: Params<'a>) -> Result<u64, DbError> {
        self.run_execute(sql, params).await
    }
    async fn execute_many<'a>(
        &'a mut self,
        sql: &'a str,
        rows: Vec<Vec<&'a (dyn Bind + 'a)>>,
    ) -> Result<u64, DbError> {
        self.run_execute_many(sql, rows).await
    }
    async fn insert_all<'a>(
        &'a mut self,
        head: &'a str,
        rows: Vec<Vec<&'a (dyn Bind + 'a)>>,
        tail: &'a str,
    ) -> Result<u64, DbError> {
        Ok(self.run_execute_all(inserts(head, &rows, tail)).await?.into_iter().sum())
    }
    async fn insert_all_returning<'a, T: Send + 'a>(
        &'a mut self,
        head: &'a str,
        rows: Vec<Vec<&'a (dyn Bind + 'a)>>,
        tail: &'a str,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> Result<Vec<T>, DbError> {
        let all = self.run_query_all(inserts(head, &rows, tail), &map).await?;
        Ok(all.into_iter().flatten().collect())
    }
    async fn execute_all<'a>(&'a mut self, statements: Vec<Statement<'a>>) -> Result<Vec<u64>, DbError> {
        self.run_execute_all(statements).await
    }
    async fn query_all<'a, T: Send + 'a>(
        &'a mut self,
        statements: Vec<Statement<'a>>,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> Result<Vec<Vec<T>>, DbError> {
        self.run_query_all(statements, &map).await
    }
    async fn query<'a, T: Send + 'a>(
        &'a mut self,
        sql: &'a str,
        params: Params<'a>,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> Result<Vec<T>, DbError> {
        self.run_query(sql, params, &map).await
    }
    async fn query_opt<'a, T: Send + 'a>(
        &'a mut self,
        sql: &'a str,
        params: Params<'a>,
        map: impl Fn(&Row<'_>) -> Result<T, DbError> + Send + Sync + 'a,
    ) -> Result<Option<T>, DbError> {
        Ok(self.run_query(sql, params, &map).await?.into_iter().next())
    }
}

/// `($1, $2, $3)` for an `in` clause of `count` parameters beginning at `$first`. For none: a list nothing is in.
pub fn list(first: usize, count: usize) -> String {
    if count == 0 {
        return "(null)".into();
    }
    let places: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    format!("({})", places.join(", "))
}

/// Rows that one statement inserts. A power of two, as all parts are, so that few texts are prepared.
const ROWS: usize = 64;

/// The statements that insert `rows` in their order, each with its parameters: `head values (…), (…) tail`.
pub fn inserts<'a>(head: &str, rows: &[Vec<&'a (dyn Bind + 'a)>], tail: &str) -> Vec<Statement<'a>> {
    let (mut statements, mut rest) = (Vec::new(), rows);
    while !rest.is_empty() {
        let (part, later) = rest.split_at(ROWS.min(1 << rest.len().ilog2()));
        let width = part[0].len();
        let places: Vec<String> = (0..part.len()).map(|n| list(n * width + 1, width)).collect();
        let params: Vec<&dyn Bind> = part.iter().flatten().copied().collect();
        statements.push((format!("{head} values {} {tail}", places.join(", ")), params));
        rest = later;
    }
    statements
}

/// The text for SQLite: `$n` becomes `?n` outside quotes, `/*pg*/ … /*end*/` goes, the comment marks of
/// `/*lite*/ … /*end*/` fall.
pub(crate) fn for_sqlite(sql: &str) -> String {
    number(&without(sql, "/*pg*/"))
}

/// The text for PostgreSQL: `/*lite*/ … /*end*/` goes.
pub(crate) fn for_postgres(sql: &str) -> String {
    without(sql, "/*lite*/")
}

fn without(sql: &str, mark: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(start) = rest.find(mark) {
        out.push_str(&rest[..start]);
        rest = rest[start..].split_once("/*end*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn number(sql: &str) -> String {
    let mut quoted = false;
    let mut out = String::with_capacity(sql.len());
    for c in sql.chars() {
        if c == '\'' {
            quoted = !quoted;
        }
        out.push(if c == '$' && !quoted { '?' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_gets_its_own_text() {
        let sql = "select 1 where a = $2 and b = '$' /*pg*/for update/*end*/ /*lite*/limit 1/*end*/";
        assert_eq!(for_sqlite(sql), "select 1 where a = ?2 and b = '$'  /*lite*/limit 1/*end*/");
        assert_eq!(for_postgres(sql), "select 1 where a = $2 and b = '$' /*pg*/for update/*end*/ ");
        assert_eq!(list(2, 3), "($2, $3, $4)");
    }

    #[test]
    fn many_rows_are_inserted_by_few_texts() {
        let numbers: Vec<i64> = (0..150).collect();
        let rows: Vec<Vec<&dyn Bind>> = numbers.iter().map(|n| vec![n as _, &"MUG" as _]).collect();
        let statements = inserts("insert into t (a, b)", &rows, "on conflict do nothing");
        let sizes: Vec<usize> = statements.iter().map(|(_, params)| params.len() / 2).collect();
        assert_eq!(sizes, [64, 64, 16, 4, 2]);
        assert_eq!(statements[4].0, "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing");
        assert_eq!(statements[4].1[2].value(), Value::Int(149));
        assert!(inserts("insert into t (a)", &[], "").is_empty());
    }
}
