//! Roles as rows and as columns of whoever has one.

use crate::application::ports::Roles;
use crate::domain::{BuiltIn, CustomRole, Role, RoleName};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Permission, Timestamp};
use std::collections::BTreeSet;

pub struct SqlRoles;

/// Reads the three columns from `at`: a built-in role, one of the shop's own, and the permissions of the latter.
pub fn role(row: &Row<'_>, at: usize) -> Result<Option<Role>, DbError> {
    if let Some(name) = row.get::<Option<String>>(at)? {
        let role = name.parse::<BuiltIn>();
        let role = role.map_err(|e| DbError::Column { index: at, message: e.to_string() })?;
        return Ok(Some(Role::BuiltIn(role)));
    }
    match row.get::<Option<String>>(at + 1)? {
        Some(name) => {
            let permissions: Option<String> = row.get(at + 2)?;
            custom(at + 1, &name, &permissions.unwrap_or_default()).map(|role| Some(Role::Custom(role)))
        }
        None => Ok(None),
    }
}

/// What the first two of these columns hold.
pub fn columns(role: &Role) -> (Option<&'static str>, Option<&str>) {
    (role.built_in().map(BuiltIn::as_str), role.custom().map(|role| role.name.as_str()))
}

fn custom(index: usize, name: &str, permissions: &str) -> Result<CustomRole, DbError> {
    let name = RoleName::parse(name).map_err(|e| DbError::Column { index, message: e.to_string() })?;
    // A name that this version does not know grants nothing.
    let permissions = permissions.split(' ').filter_map(Permission::parse).collect();
    Ok(CustomRole { name, permissions })
}

fn named(permissions: &BTreeSet<Permission>) -> String {
    permissions.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl Roles for SqlRoles {
    async fn all(&self, tx: &mut Tx) -> Result<Vec<CustomRole>, DbError> {
        let sql = "select name, permissions from custom_roles order by name limit $1";
        let read = |row: &Row<'_>| custom(0, &row.get::<String>(0)?, &row.get::<String>(1)?);
        tx.query(sql, &[&CustomRole::MOST], read).await
    }

    async fn by_name(&self, tx: &mut Tx, name: &RoleName) -> Result<Option<CustomRole>, DbError> {
        let sql = "select name, permissions from custom_roles where name = $1";
        let read = |row: &Row<'_>| custom(0, &row.get::<String>(0)?, &row.get::<String>(1)?);
        tx.query_opt(sql, &[&name.as_str()], read).await
    }

    async fn add(&self, tx: &mut Tx, role: &CustomRole, now: Timestamp) -> Result<bool, DbError> {
        let added = tx
            .execute(
                "insert into custom_roles (name, permissions, created_at, changed_at)
                 select $1, $2, $3, $3 where (select count(*) from custom_roles) < $4",
                &[&role.name.as_str(), &named(&role.permissions), &now, &CustomRole::MOST],
            )
            .await?;
        Ok(added == 1)
    }

    async fn save(&self, tx: &mut Tx, role: &CustomRole, now: Timestamp) -> Result<(), DbError> {
        let sql = "update custom_roles set permissions = $2, changed_at = $3 where name = $1";
        tx.execute(sql, &[&role.name.as_str(), &named(&role.permissions), &now]).await.map(|_| ())
    }

    async fn is_held(&self, tx: &mut Tx, name: &RoleName) -> Result<bool, DbError> {
        let sql = "select 1 where exists (select 1 from accounts where custom_role = $1)
                     or exists (select 1 from invitations where custom_role = $1)";
        Ok(tx.query_opt(sql, &[&name.as_str()], |_| Ok(())).await?.is_some())
    }

    async fn remove(&self, tx: &mut Tx, name: &RoleName) -> Result<(), DbError> {
        tx.execute("delete from custom_roles where name = $1", &[&name.as_str()]).await.map(|_| ())
    }
}
