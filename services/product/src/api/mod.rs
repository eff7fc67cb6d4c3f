//! Product's endpoints: for shoppers and staff over REST, for other services over gRPC.

mod allow;
mod body;
mod categories;
mod collections;
mod fields;
mod form;
mod images;
mod imports;
mod media;
mod problems;
mod products;
mod rpc;
mod store;
mod variants;
mod view;

use crate::application::Catalogue;
pub use allow::allow;
use hanse_http::{
    Access, BuiltRoutes, Class, Fingerprint, Idempotency, IdempotencyKey, Problem, Routes, routes,
};
use hanse_kernel::{Ctx, Permission};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub use rpc::catalogue_server;

#[derive(Clone)]
pub(crate) struct Api {
    pub catalogue: Arc<Catalogue>,
    pub idempotency: Idempotency,
}

/// A product with many variants and a long description in several languages.
const PRODUCT_BODY: usize = 4 * 1024 * 1024;

/// A little longer is nothing beside the time that news of other processes take, and saves nearly all of the asking.
const KEEP: Duration = Duration::from_millis(100);

pub fn routes_of(catalogue: Arc<Catalogue>, idempotency: Idempotency) -> BuiltRoutes {
    let (read, write) = (Access::Staff(Permission::CatalogueRead), Access::Staff(Permission::CatalogueWrite));
    Routes::new("product")
        .class(Class::Browse)
        .route_kept(KEEP, routes!(store::list_products))
        .route_kept(KEEP, routes!(store::show_product))
        .route_kept(KEEP, routes!(store::list_categories))
        .route(Access::Public, routes!(media::show_picture))
        .class(Class::Cart)
        .route(read, routes!(products::list_all_products))
        .route_sized(write, PRODUCT_BODY, routes!(products::create_product))
        .route(read, routes!(products::read_product))
        .route_sized(write, PRODUCT_BODY, routes!(products::change_product, products::delete_product))
        .route(write, routes!(images::change_image, images::remove_image))
        .route(write, routes!(images::order_images))
        .route(read, routes!(variants::find_variants))
        .route(write, routes!(variants::change_variant))
        .route(read, routes!(categories::list_all_categories))
        .route(write, routes!(categories::create_category))
        .route(write, routes!(categories::change_category))
        .route(read, routes!(collections::list_collections))
        .route(write, routes!(collections::create_collection))
        .route(write, routes!(collections::change_collection, collections::delete_collection))
        .class(Class::Background)
        .route_sized(write, images::UPLOAD, routes!(images::add_image))
        .route(read, routes!(imports::list_imports))
        .route_sized(write, imports::UPLOAD, routes!(imports::start_import))
        .route(read, routes!(imports::read_import))
        .with_state(Api { catalogue, idempotency })
        .build()
}

impl Api {
    /// Runs `work` under the client's key where it sent one, else once.
    async fn maybe_once<F, Fut, R>(
        &self,
        ctx: &Ctx,
        scope: &str,
        key: Option<IdempotencyKey>,
        fingerprint: Fingerprint,
        work: F,
    ) -> Result<axum::response::Response, Problem>
    where
        F: FnOnce(Uuid) -> Fut,
        Fut: Future<Output = Result<R, Problem>>,
        R: axum::response::IntoResponse,
    {
        match key {
            Some(key) => self.idempotency.run(ctx, scope, &key, fingerprint, work).await,
            None => Ok(work(self.catalogue.effects.ids.uuid()).await?.into_response()),
        }
    }
}
