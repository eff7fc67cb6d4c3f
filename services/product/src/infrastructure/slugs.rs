//! Slugs: one current one per entity and language, unique per kind and language; former ones redirect.

use crate::application::ports::{SlugKind, Slugs};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Locale;
use uuid::Uuid;

pub struct SqlSlugs;

#[async_trait]
impl Slugs for SqlSlugs {
    async fn claim(
        &self,
        tx: &mut Tx,
        kind: SlugKind,
        locale: &Locale,
        slug: &str,
        entity: Uuid,
    ) -> Result<bool, DbError> {
        let (kind, locale) = (kind.name(), locale.as_str());
        let holder = tx
            .query_opt(
                "select entity, is_current from slug where kind = $1 and locale = $2 and slug = $3",
                &[&kind, &locale, &slug],
                |row| Ok((row.get::<Uuid>(0)?, row.get::<bool>(1)?)),
            )
            .await?;
        if let Some((holder, true)) = holder {
            return Ok(holder == entity);
        }
        // A former slug, ours or another's: whoever wants it now may have it.
        tx.execute(
            "update slug set is_current = $3 where entity = $1 and locale = $2 and is_current",
            &[&entity, &locale, &false],
        )
        .await?;
        tx.execute(
            "insert into slug (kind, locale, slug, entity, is_current) values ($1, $2, $3, $4, $5)
             on conflict (kind, locale, slug) do update set entity = excluded.entity, is_current = excluded.is_current",
            &[&kind, &locale, &slug, &entity, &true],
        )
        .await?;
        Ok(true)
    }

    async fn current(
        &self,
        tx: &mut Tx,
        kind: SlugKind,
        locale: &Locale,
        slug: &str,
    ) -> Result<Option<Uuid>, DbError> {
        tx.query_opt(
            "select entity from slug where kind = $1 and locale = $2 and slug = $3 and is_current",
            &[&kind.name(), &locale.as_str(), &slug],
            |row| row.get(0),
        )
        .await
    }

    async fn release(&self, tx: &mut Tx, entity: Uuid) -> Result<(), DbError> {
        tx.execute("delete from slug where entity = $1", &[&entity]).await.map(|_| ())
    }
}
