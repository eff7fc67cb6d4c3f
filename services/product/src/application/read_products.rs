//! Use cases: what a merchant sees of products and variants, drafts too, with what pricing and inventory have told.

use super::catalogue::Catalogue;
use super::error::ProductError;
use crate::domain::category::Category;
use crate::domain::intake::Intake;
use crate::domain::offer::Known;
use crate::domain::product::Product;
use crate::domain::search::Question;
use crate::domain::stock::Level;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Cursor, Limit, Locale, Page, ProductId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A product with everything around it.
#[derive(Debug, Clone)]
pub struct ProductView {
    pub product: Product,
    pub category: Option<Category>,
    pub prices: Vec<Known>,
    pub levels: BTreeMap<VariantId, Level>,
    /// The latest questions to pricing and inventory.
    pub intake: Option<Intake>,
    /// The shop's own language.
    pub own: Locale,
}

impl Catalogue {
    pub async fn view(
        &self,
        tx: &mut Tx,
        product: Product,
        all: &[Category],
    ) -> Result<ProductView, DbError> {
        let variants: Vec<VariantId> = product.variants.iter().map(|variant| variant.id).collect();
        Ok(ProductView {
            category: product.category.and_then(|id| all.iter().find(|c| c.id == id).cloned()),
            prices: self.shelves.known_prices(tx, &variants).await?,
            levels: self.shelves.known_levels(tx, &variants).await?,
            intake: self.intakes.latest(tx, product.id).await?,
            own: self.own(),
            product,
        })
    }
}

#[derive(Clone)]
pub struct ReadProduct(pub Arc<Catalogue>);

impl ReadProduct {
    pub async fn run(&self, id: ProductId) -> Result<ProductView, ProductError> {
        let read = self.0.db.read((self.0.clone(), id), |tx, (catalogue, id)| {
            Box::pin(async move {
                let product = catalogue.living(tx, *id, None).await?;
                let all = catalogue.categories.all(tx).await?;
                let view = catalogue.view(tx, product, &all).await?;
                Ok::<_, ProductError>(view)
            })
        });
        read.await
    }
}

#[derive(Debug, Clone, Default)]
pub struct ProductsInput {
    pub q: Option<String>,
    pub cursor: Option<String>,
    pub limit: Limit,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum ProductsPlace {
    #[serde(rename = "n")]
    Newest(i64, ProductId),
    #[serde(rename = "q")]
    Found(i64),
}

fn bad_cursor() -> ProductError {
    let message = "is not a cursor of this list; take `next_cursor` from the page before as it is";
    ProductError::invalid("cursor", "cursor", message)
}

#[derive(Clone)]
pub struct ListAllProducts(pub Arc<Catalogue>);

impl ListAllProducts {
    /// With the number of all products, or of those in the search as far as it goes.
    pub async fn run(&self, input: ProductsInput) -> Result<(Page<ProductView>, i64), ProductError> {
        let read = self.0.db.read((self.0.clone(), input), |tx, (catalogue, input)| {
            Box::pin(async move {
                let place = match &input.cursor {
                    None => None,
                    Some(text) => Some(Cursor::decode::<ProductsPlace>(text).map_err(|_| bad_cursor())?),
                };
                let search = input.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
                let total = catalogue.products.count(tx).await?;
                let (ids, skip) = match (search, place) {
                    (None, None) => (catalogue.products.newest(tx, None, input.limit).await?, None),
                    (None, Some(ProductsPlace::Newest(at, id))) => {
                        let after = Some((Timestamp::from_micros(at), id));
                        (catalogue.products.newest(tx, after, input.limit).await?, None)
                    }
                    (Some(_), Some(ProductsPlace::Newest(..))) | (None, Some(ProductsPlace::Found(_))) => {
                        return Err(bad_cursor());
                    }
                    (Some(q), place) => {
                        let skip = if let Some(ProductsPlace::Found(skip)) = place { skip.max(0) } else { 0 };
                        let ids = match Question::parse(q) {
                            None => vec![],
                            Some(question) => {
                                let own = catalogue.own();
                                catalogue.window.search_all(tx, &own, &question, skip, input.limit).await?
                            }
                        };
                        (ids, Some(skip))
                    }
                };
                let all = catalogue.categories.all(tx).await?;
                let mut items = vec![];
                for id in ids {
                    if let Some(product) = catalogue.products.find(tx, id).await? {
                        items.push(catalogue.view(tx, product, &all).await?);
                    }
                }
                let page = Page::cut(items, input.limit, |last| match skip {
                    Some(skip) => ProductsPlace::Found(skip + input.limit.get()),
                    None => ProductsPlace::Newest(last.product.created_at.micros(), last.product.id),
                });
                Ok((page, total))
            })
        });
        read.await
    }
}

#[derive(Debug, Clone, Default)]
pub struct VariantsInput {
    /// Exactly this one.
    pub sku: Option<String>,
    pub cursor: Option<String>,
    pub limit: Limit,
}

#[derive(Clone)]
pub struct FindVariants(pub Arc<Catalogue>);

impl FindVariants {
    /// Variants with their products.
    pub async fn run(&self, input: VariantsInput) -> Result<Page<(VariantId, ProductView)>, ProductError> {
        let read = self.0.db.read((self.0.clone(), input), |tx, (catalogue, input)| {
            Box::pin(async move {
                let after: Option<String> = match &input.cursor {
                    None => None,
                    Some(text) => Some(Cursor::decode(text).map_err(|_| bad_cursor())?),
                };
                let found = catalogue
                    .window
                    .variants_by_sku(tx, input.sku.as_deref(), after.as_deref(), input.limit)
                    .await?;
                let page = Page::cut(found, input.limit, |(sku, ..)| sku.clone());
                let all = catalogue.categories.all(tx).await?;
                let mut items = vec![];
                for (_, variant, product) in page.items {
                    if let Some(product) = catalogue.products.find(tx, product).await? {
                        items.push((variant, catalogue.view(tx, product, &all).await?));
                    }
                }
                Ok(Page { items, next: page.next })
            })
        });
        read.await
    }
}
