//! The figures of a range of days.

use super::ports::{Day, Sales};
use hanse_database::{Db, DbError};
use hanse_kernel::VariantId;
use std::sync::Arc;

#[derive(Clone)]
pub struct Report {
    pub db: Db,
    pub sales: Arc<dyn Sales>,
}

impl Report {
    pub async fn summary(&self, from: String, to: String) -> Result<(Vec<Day>, i64), DbError> {
        self.db
            .read((self.sales.clone(), from, to), |tx, (sales, from, to)| {
                Box::pin(async move {
                    Ok((sales.days(tx, from, to).await?, sales.registrations(tx, from, to).await?))
                })
            })
            .await
    }

    pub async fn top(&self, from: String, to: String, limit: i64) -> Result<Vec<(VariantId, i64)>, DbError> {
        self.db
            .read((self.sales.clone(), from, to, limit), |tx, (sales, from, to, limit)| {
                Box::pin(async move { sales.top(tx, from, to, *limit).await })
            })
            .await
    }
}
