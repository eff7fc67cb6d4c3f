//! How the catalogue's ports are served: stores, messages, files, workers.

mod categories;
pub mod examine;
mod file_reader;
mod image_files;
mod image_maker;
pub mod import_file;
mod imports;
mod intakes;
mod media;
mod messages;
mod places;
mod products;
mod redis_answers;
mod rows;
mod shelves;
mod shop_window;
mod slugs;
#[cfg(test)]
mod tests;
mod uploads;
pub mod workers;

pub use redis_answers::RedisAnswers;

use crate::application::add_image::PLACES;
use crate::application::answers::Answers;
use crate::application::{Catalogue, ProductConfig};
use hanse_runtime::Host;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

hanse_database::migrations!("product");

/// The catalogue over the service's own store.
pub fn catalogue(host: &Host, config: ProductConfig) -> Arc<Catalogue> {
    Arc::new(Catalogue {
        db: host.db.clone(),
        outbox: host.outbox.clone(),
        record: host.record.clone(),
        effects: host.effects.clone(),
        answers: Arc::new(Answers::new(
            config.cache_bytes,
            host.effects.clock.clone(),
            config.shared.clone(),
        )),
        config,
        wake_imports: Arc::new(Notify::new()),
        slugs: Arc::new(slugs::SqlSlugs),
        products: Arc::new(products::SqlProducts),
        categories: Arc::new(categories::SqlCategories),
        collections: Arc::new(categories::SqlCollections),
        shelves: Arc::new(shelves::SqlShelves),
        window: Arc::new(shop_window::SqlShopWindow),
        intakes: Arc::new(intakes::SqlIntakes),
        imports: Arc::new(imports::SqlImports),
        media: Arc::new(media::SqlMedia),
        files: Arc::new(file_reader::BlockingFileReader),
        upload_places: Arc::new(Semaphore::new(PLACES)),
        uploads: Arc::new(uploads::SqlUploads),
        image_files: Arc::new(image_files::SqlImageFiles::new(host.db.clone(), host.effects.clone())),
        image_maker: Arc::new(image_maker::PooledImageMaker::default()),
    })
}
