//! The places where stock lies.

use super::desk::Desk;
use super::error::StockError;
use crate::domain::Location;
use hanse_kernel::{Ctx, LocationId};
use hanse_record::Entry;
use serde_json::json;

#[derive(Clone)]
pub struct ListLocations(pub Desk);

impl ListLocations {
    pub async fn run(&self) -> Result<Vec<Location>, StockError> {
        self.0
            .db
            .read(self.0.locations.clone(), |tx, locations| {
                Box::pin(async move { Ok(locations.list(tx).await?) })
            })
            .await
    }
}

#[derive(Clone)]
pub struct AddLocation(pub Desk);

impl AddLocation {
    /// The new one is served from last. `id` is the operation's, so that a retry adds it once.
    pub async fn run(&self, ctx: &Ctx, id: LocationId, name: String) -> Result<Location, StockError> {
        self.0
            .db
            .tx((self.0.clone(), ctx.clone(), id, name), |tx, (desk, ctx, id, name)| {
                Box::pin(async move {
                    let all = desk.locations.list(tx).await?;
                    if let Some(made_before) = all.iter().find(|l| l.id == *id) {
                        return Ok(made_before.clone());
                    }
                    let priority = all.iter().map(|l| l.priority).max().unwrap_or(0) + 1;
                    let location =
                        Location { id: *id, name: name.clone(), priority, created_at: desk.effects.now() };
                    if desk.locations.add(tx, &location).await? {
                        let entry = Entry::new("location.added", "location", id);
                        let entry = entry.became(json!({"name": name, "priority": priority}));
                        desk.record.note(tx, ctx, entry).await?;
                        Ok(location)
                    } else {
                        Err(StockError::NameTaken)
                    }
                })
            })
            .await
    }
}
