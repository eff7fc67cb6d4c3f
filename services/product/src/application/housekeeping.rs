//! What the catalogue does by itself: writes read models anew that are due, asks again where no answer came, forgets
//! what nobody needs any more.

use super::catalogue::{Catalogue, Stored};
use super::error::ProductError;
use super::sweep_uploads::SweepUploads;
use crate::domain::category::line_of;
use crate::domain::intake::Side;
use hanse_database::DbError;
use hanse_kernel::Ctx;
use std::sync::Arc;
use std::time::Duration;

/// Products written anew in one unit.
const BATCH: i64 = 50;
/// An answer that takes longer is asked for again.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so many times in vain the intake ends with a refusal.
const TRIES: i64 = 20;
/// Finished intakes are kept so long, for the reports.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// An upload that has not become whole by then never will.
const UPLOAD: Duration = Duration::from_secs(3600);
const READ_MODEL: &str = "read_model";

#[derive(Clone)]
pub struct Housekeeping(pub Arc<Catalogue>);

impl Housekeeping {
    /// Notes every product as due when its read models were written under other settings.
    pub async fn compare_settings(&self) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let name = catalogue.config.read_model_name();
        let known = catalogue
            .db
            .read(catalogue.clone(), |tx, catalogue| {
                Box::pin(async move { catalogue.shelves.state(tx, READ_MODEL).await })
            })
            .await?;
        if known.as_deref() == Some(&name) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let unit = catalogue.db.tx((catalogue.clone(), after), |tx, (catalogue, after)| {
                Box::pin(async move {
                    let page = catalogue.products.all_after(tx, *after, 500).await?;
                    catalogue.shelves.mark_due(tx, &page, catalogue.effects.now()).await?;
                    Ok::<_, DbError>(page.last().copied())
                })
            });
            after = unit.await?;
            if after.is_none() {
                break;
            }
        }
        let unit = catalogue.db.tx((catalogue.clone(), name), |tx, (catalogue, name)| {
            Box::pin(async move { catalogue.shelves.set_state(tx, READ_MODEL, name).await })
        });
        Ok(unit.await?)
    }

    /// Writes read models that are due, a bounded number; how many.
    pub async fn relist_due(&self) -> Result<usize, ProductError> {
        let unit = self.0.db.tx(self.0.clone(), |tx, catalogue| {
            Box::pin(async move {
                let due = catalogue.shelves.take_due(tx, BATCH).await?;
                let all = if due.is_empty() { vec![] } else { catalogue.categories.all(tx).await? };
                for id in &due {
                    let Some(product) = catalogue.products.find(tx, *id).await?.filter(|p| !p.deleted) else {
                        continue;
                    };
                    let line: Vec<_> = match product.category {
                        Some(category) => line_of(category, &all).into_iter().cloned().collect(),
                        None => vec![],
                    };
                    catalogue.relist(tx, &product, &line, Stored::Again).await?;
                }
                Ok(due.len())
            })
        });
        unit.await
    }

    /// Asks again where an answer is overdue, and gives up in the end; how many were overdue.
    pub async fn ask_again(&self, ctx: &Ctx) -> Result<usize, ProductError> {
        let unit = self.0.db.tx((self.0.clone(), ctx.clone()), |tx, (catalogue, ctx)| {
            Box::pin(async move {
                let before = catalogue.effects.now().minus(PATIENCE);
                let overdue = catalogue.intakes.overdue(tx, before, BATCH).await?;
                for one in &overdue {
                    if one.sent_times < TRIES {
                        catalogue.send_again(tx, ctx, &one.key, &one.commands).await?;
                    } else {
                        let reason = "no answer came in time";
                        for side in [Side::Prices, Side::Stock] {
                            catalogue.answered(tx, ctx, &one.key, side, Some(reason.into())).await?;
                        }
                    }
                }
                Ok(overdue.len())
            })
        });
        unit.await
    }

    pub async fn forget_old(&self) -> Result<(), ProductError> {
        let unit = self.0.db.tx(self.0.clone(), |tx, catalogue| {
            Box::pin(async move {
                let now = catalogue.effects.now();
                catalogue.intakes.forget(tx, now.minus(KEPT)).await?;
                catalogue.imports.forget_broken(tx, now.minus(UPLOAD)).await?;
                Ok::<(), ProductError>(())
            })
        });
        unit.await?;
        SweepUploads(self.0.clone()).run().await?;
        Ok(())
    }
}
