//! Migrations: the same numbers for both engines, run by refinery, one runner at a time.

use crate::error::DbError;

/// One history of schema changes. Each history has its own book-keeping table, so that the platform's tables (outbox,
/// inbox, …) and the service's own can grow independently in one database.
#[derive(Clone, Copy)]
pub struct Migrations {
    /// Becomes `<name>_migrations`.
    pub name: &'static str,
    pub sqlite: fn() -> refinery::Runner,
    pub postgres: fn() -> refinery::Runner,
}

/// Declares `pub const MIGRATIONS: Migrations` from `migrations/sqlite` and `migrations/postgres` of the crate.
#[macro_export]
macro_rules! migrations {
    ($name:literal) => {
        mod sqlite_migrations {
            refinery::embed_migrations!("migrations/sqlite");
        }
        mod postgres_migrations {
            refinery::embed_migrations!("migrations/postgres");
        }
        pub const MIGRATIONS: $crate::migrate::Migrations = $crate::migrate::Migrations {
            name: $name,
            sqlite: sqlite_migrations::migrations::runner,
            postgres: postgres_migrations::migrations::runner,
        };
    };
}

impl Migrations {
    fn table(&self) -> String {
        format!("{}_migrations", self.name)
    }

    pub(crate) fn run_sqlite(&self, conn: &mut rusqlite::Connection) -> Result<(), DbError> {
        let mut runner = (self.sqlite)();
        runner.set_migration_table_name(self.table());
        runner.run(conn).map(|_| ()).map_err(|e| failed(self.name, &e))
    }

    pub(crate) async fn run_postgres(&self, client: &mut tokio_postgres::Client) -> Result<(), DbError> {
        let mut runner = (self.postgres)();
        runner.set_migration_table_name(self.table());
        runner.run_async(client).await.map(|_| ()).map_err(|e| failed(self.name, &e))
    }
}

fn failed(name: &str, error: &refinery::Error) -> DbError {
    use refinery::error::Kind;
    let hint = match error.kind() {
        Kind::MissingVersion(_) => {
            "; the data was written by a newer version of Hanse: use that version or a newer one"
        }
        Kind::DivergentVersion(..) => "; the data was written by another build: it is left as it was",
        _ => "",
    };
    DbError::Migration(format!("{name}: {error}{hint}"))
}
