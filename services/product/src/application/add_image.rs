//! Use case: a merchant uploads a picture of a product. What it is is judged before it is decoded; it is made anew in a few sizes, and
//! nothing else of the file is kept.

use super::catalogue::{Catalogue, Stored};
use super::error::ProductError;
use super::ports::{ImageFile, Made};
use super::written;
use crate::domain::content::{check_text, limits};
use crate::domain::image_head::{Head, Refusal};
use crate::domain::product::{Image, Product};
use crate::domain::texts::{Field, Texts};
use crate::domain::upload::Upload;
use bytes::Bytes;
use hanse_database::Tx;
use hanse_kernel::{Ctx, ImageId, ProductId};
use hanse_record::Entry;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// Uploads that may be read or worked on at once, in one process: what they hold in memory is bounded by it.
pub const PLACES: usize = 8;

pub struct NewImage {
    /// Chosen by the caller, so that trying again finds what was made.
    pub id: ImageId,
    pub product: ProductId,
    /// The product's version that the caller means, when it says so.
    pub version: Option<i64>,
    pub file: Bytes,
    /// What it shows, in the shop's own language.
    pub alt: Option<String>,
    /// Counted from 0; behind the others unless told.
    pub position: Option<usize>,
}

pub struct Added {
    pub image: ImageId,
    /// False: the product has shown this very picture before.
    pub fresh: bool,
}

/// Room for one upload. Whoever has it may read the body.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

#[derive(Clone)]
pub struct AddImage(pub Arc<Catalogue>);

struct Adding {
    new: NewImage,
    upload: Upload,
}

impl AddImage {
    /// # Errors
    /// `Crowded` while as many uploads are worked on as may be.
    pub fn place(&self) -> Result<Place, ProductError> {
        match self.0.upload_places.clone().try_acquire_owned() {
            Ok(permit) => Ok(Place { _permit: permit }),
            Err(_) => {
                count("crowded");
                Err(ProductError::Crowded)
            }
        }
    }

    pub async fn run(&self, ctx: &Ctx, new: NewImage, _in: &Place) -> Result<Added, ProductError> {
        let catalogue = &self.0;
        let mut faults = vec![];
        if let Some(alt) = &new.alt {
            check_text("alt", alt, &mut faults);
        }
        if !faults.is_empty() {
            return Err(ProductError::Invalid(faults));
        }
        // What would be refused in the end need not be worked on. Whether there is room is seen then: the product may show
        // this very picture already, also because the first try's answer was lost.
        let input = (catalogue.clone(), new.product, new.id, new.version);
        let read = catalogue.db.read(input, |tx, (catalogue, product, id, version)| {
            Box::pin(async move {
                let product = catalogue.living(tx, *product, None).await?;
                let tried = product.images.iter().any(|image| image.id == *id);
                if !tried && version.is_some_and(|wanted| wanted != product.version) {
                    return Err(ProductError::Changed);
                }
                Ok(())
            })
        });
        read.await?;
        let made = self.make(&new.file).await?;
        let (upload, files) = named(made);
        let claim = (catalogue.clone(), upload.clone());
        let unit = catalogue.db.tx(claim, |tx, (catalogue, upload)| {
            Box::pin(async move { catalogue.uploads.claim(tx, upload, catalogue.effects.now()).await })
        });
        // Its files are being removed at this moment.
        if !unit.await? {
            return Err(ProductError::Busy);
        }
        catalogue.image_files.keep(&files).await?;
        let adding = (catalogue.clone(), ctx.clone(), Adding { new, upload });
        let unit = catalogue.db.tx(adding, |tx, (catalogue, ctx, adding)| {
            Box::pin(async move { add(tx, catalogue, ctx, adding).await })
        });
        let added = unit.await?;
        count(if added.fresh { "added" } else { "known" });
        Ok(added)
    }

    async fn make(&self, file: &Bytes) -> Result<Made, ProductError> {
        let refused = |refusal: Refusal| {
            count("refused");
            ProductError::Invalid(vec![refusal.fault()])
        };
        let head = Head::read(file).map_err(refused)?;
        let began = self.0.effects.now();
        let made = self.0.image_maker.make(head, file.clone()).await.map_err(refused)?;
        let took = self.0.effects.now().since(began);
        metrics::histogram!("product_image_seconds").record(took.as_secs_f64());
        Ok(made)
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("product_image_uploads_total", "outcome" => outcome).increment(1);
}

fn has_room(product: &Product) -> Result<(), ProductError> {
    if product.images.len() < limits::IMAGES {
        return Ok(());
    }
    let message = format!("has {} images already, the most there may be; remove one first", limits::IMAGES);
    Err(ProductError::invalid("product", "length", message))
}

/// Named by the bytes of all its files: a name never shows anything else.
fn named(made: Made) -> (Upload, Vec<ImageFile>) {
    let mut digest = Sha256::new();
    for size in &made.sizes {
        digest.update(&size.bytes);
    }
    let largest = made.sizes.last().map_or((1, 1), |size| (size.width, size.height));
    let upload = Upload {
        digest: hex::encode(&digest.finalize()[..16]),
        ending: made.ending.into(),
        width: i64::from(largest.0),
        height: i64::from(largest.1),
        widths: made.sizes.iter().map(|size| i64::from(size.width)).collect(),
    };
    let files = made.sizes.into_iter().map(|size| ImageFile {
        name: upload.name(i64::from(size.width)),
        content_type: made.content_type.into(),
        bytes: size.bytes,
    });
    let files = files.collect();
    (upload, files)
}

async fn add(tx: &mut Tx, catalogue: &Catalogue, ctx: &Ctx, adding: &Adding) -> Result<Added, ProductError> {
    let Adding { new, upload } = adding;
    let mut product = catalogue.living(tx, new.product, None).await?;
    let src = upload.src();
    // The first try may have committed before its answer was lost; and a picture shows nothing new a second time.
    if let Some(known) = product.images.iter().find(|image| image.id == new.id || image.src == src) {
        return Ok(Added { image: known.id, fresh: known.id == new.id });
    }
    if new.version.is_some_and(|wanted| wanted != product.version) {
        return Err(ProductError::Changed);
    }
    has_room(&product)?;
    if !catalogue.uploads.shown(tx, &upload.digest).await? {
        return Err(ProductError::Busy);
    }
    let own = catalogue.own();
    let mut texts = Texts::default();
    texts.set(&own, Field::Alt, new.alt.as_deref());
    let image = Image {
        id: new.id,
        src,
        media: None,
        width: Some(upload.width),
        height: Some(upload.height),
        upload: Some(upload.clone()),
        texts,
    };
    let became = written::image(&image, &own);
    product.add_image(image, new.position);
    catalogue.store(tx, ctx, &mut product, Stored::Again).await?;
    let line = catalogue.line(tx, product.category).await?;
    catalogue.relist(tx, &product, &line, Stored::Again).await?;
    let entry = Entry::new("product.image_added", "product", product.id).became(became);
    catalogue.record.note(tx, ctx, entry).await?;
    Ok(Added { image: new.id, fresh: true })
}
