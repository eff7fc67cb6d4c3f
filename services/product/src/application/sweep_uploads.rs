//! Use case: the files of uploads that no image has shown for a while are removed.

use super::catalogue::Catalogue;
use super::error::ProductError;
use std::sync::Arc;
use std::time::Duration;

/// As long as a cart that nobody touches is kept: until then somebody may be shown the picture in one.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Uploads that go in one unit.
const BATCH: i64 = 50;

#[derive(Clone)]
pub struct SweepUploads(pub Arc<Catalogue>);

impl SweepUploads {
    /// How many went.
    pub async fn run(&self) -> Result<usize, ProductError> {
        let catalogue = &self.0;
        let unit = catalogue.db.tx(catalogue.clone(), |tx, catalogue| {
            Box::pin(async move { catalogue.uploads.mark_unused(tx, catalogue.effects.now()).await })
        });
        let unused = unit.await?;
        metrics::gauge!("product_uploads_unused").set(unused as f64);
        let mut gone = 0;
        loop {
            let unit = catalogue.db.tx(catalogue.clone(), |tx, catalogue| {
                Box::pin(async move {
                    let now = catalogue.effects.now();
                    catalogue.uploads.let_go(tx, now, now.minus(KEPT), BATCH).await
                })
            });
            // From here on nobody can show them any more, so that what is in them may go. Nobody else removes them
            // meanwhile; where this stops in between, they are taken over later.
            let going = unit.await?;
            if going.is_empty() {
                return Ok(gone);
            }
            let names: Vec<String> = going.iter().flat_map(|upload| upload.names()).collect();
            catalogue.image_files.remove(&names).await?;
            gone += going.len();
            metrics::counter!("product_uploads_removed_total").increment(going.len() as u64);
            let input = (catalogue.clone(), going);
            let unit = catalogue.db.tx(input, |tx, (catalogue, going)| {
                Box::pin(async move {
                    for upload in going {
                        catalogue.uploads.forget(tx, &upload.digest).await?;
                    }
                    Ok::<(), ProductError>(())
                })
            });
            unit.await?;
        }
    }
}
