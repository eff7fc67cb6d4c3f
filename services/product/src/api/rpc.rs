//! The gRPC server: what other services ask about the catalogue.

use crate::application::Catalogue;
use crate::application::ProductError;
use crate::application::describe_variants::DescribeVariants;
use crate::application::ports::VariantDescription;
use async_trait::async_trait;
use hanse_kernel::VariantId;
use hanse_product_contract::rpc::catalogue_server::{Catalogue as Questions, CatalogueServer};
use hanse_product_contract::rpc::{GetVariantsReply, GetVariantsRequest, Variant};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub struct Server(Arc<Catalogue>);

pub fn catalogue_server(catalogue: Arc<Catalogue>) -> CatalogueServer<Server> {
    CatalogueServer::new(Server(catalogue))
}

fn status(error: ProductError) -> Status {
    match error {
        ProductError::NotFound(what) => Status::not_found(format!("no such {what}")),
        ProductError::Invalid(_) => Status::invalid_argument("at most 500 variants at once"),
        ProductError::Store(e) => {
            tracing::warn!(error = %e, "a question about variants could not be answered");
            Status::unavailable("the catalogue's store")
        }
        other => Status::internal(other.to_string()),
    }
}

#[async_trait]
impl Questions for Server {
    async fn get_variants(
        &self,
        request: Request<GetVariantsRequest>,
    ) -> Result<Response<GetVariantsReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.0.effects.clock);
        let asked = request.into_inner().variant_ids;
        // An id that cannot be one names nothing that exists.
        let ids: Vec<VariantId> = asked.iter().filter_map(|id| id.parse().ok()).collect();
        let found = DescribeVariants(self.0.clone()).run(&ctx, ids).await.map_err(status)?;
        Ok(Response::new(GetVariantsReply { variants: found.into_iter().map(variant).collect() }))
    }
}

fn variant(found: VariantDescription) -> Variant {
    Variant {
        variant_id: found.variant.to_string(),
        product_id: found.product.to_string(),
        product_slug: found.slug,
        title: found.title,
        variant_title: found.variant_title,
        sku: found.sku,
        image_url: found.image_url,
        published: found.published,
        weight_grams: found.weight_grams,
        tax_class: found.tax_class,
        requires_shipping: found.requires_shipping,
    }
}
