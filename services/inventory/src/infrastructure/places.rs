//! The locations.

use crate::application::ports::Locations;
use crate::domain::Location;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::LocationId;

pub struct LocationTable;

#[async_trait]
impl Locations for LocationTable {
    async fn list(&self, tx: &mut Tx) -> Result<Vec<Location>, DbError> {
        tx.query(
            "select id, name, priority, created_at from location order by priority, id limit 1000",
            &[],
            |r| Ok(Location { id: r.id(0)?, name: r.get(1)?, priority: r.get(2)?, created_at: r.get(3)? }),
        )
        .await
    }

    async fn exists(&self, tx: &mut Tx, id: LocationId) -> Result<bool, DbError> {
        Ok(tx.query_opt("select 1 from location where id = $1", &[&id], |_| Ok(())).await?.is_some())
    }

    async fn add(&self, tx: &mut Tx, l: &Location) -> Result<bool, DbError> {
        let added = tx
            .execute(
                "insert into location (id, name, priority, created_at) values ($1, $2, $3, $4)
                 on conflict (name) do nothing",
                &[&l.id, &l.name, &l.priority, &l.created_at],
            )
            .await?;
        Ok(added == 1)
    }
}
