//! Use case: another service asks what variants are.

use super::catalogue::Catalogue;
use super::error::ProductError;
use super::ports::VariantDescription;
use hanse_kernel::{Ctx, VariantId};
use std::sync::Arc;

/// Variants in one question.
pub const MOST: usize = 500;

#[derive(Clone)]
pub struct DescribeVariants(pub Arc<Catalogue>);

impl DescribeVariants {
    /// Those of `variants` that exist, texts in the caller's language or the shop's own.
    pub async fn run(
        &self,
        ctx: &Ctx,
        variants: Vec<VariantId>,
    ) -> Result<Vec<VariantDescription>, ProductError> {
        if variants.len() > MOST {
            return Err(ProductError::invalid("variant_ids", "length", "at most 500 at once"));
        }
        let locale = self.0.config.locale(&ctx.locale);
        let input = (self.0.clone(), locale, ctx.channel.clone(), variants);
        let read = self.0.db.read(input, |tx, (catalogue, locale, channel, variants)| {
            Box::pin(async move { catalogue.window.describe(tx, locale, channel, variants).await })
        });
        Ok(read.await?)
    }
}
