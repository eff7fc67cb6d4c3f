//! Use cases: a shopper looks at one product, and at the tree of categories.

use super::answers::{Body, Lookup};
use super::catalogue::Catalogue;
use super::config::Window;
use super::error::ProductError;
use super::shown;
use crate::domain::category::Category;
use crate::domain::texts::Field;
use hanse_database::DbError;
use hanse_kernel::{Ctx, Currency};
use serde::Serialize;
use std::sync::Arc;

#[derive(Clone)]
pub struct ShowProduct(pub Arc<Catalogue>);

/// What a slug leads to.
pub enum Shown {
    Page(Body),
    /// The slug is an old one: this is the present one.
    Moved(String),
}

impl ShowProduct {
    pub async fn run(
        &self,
        ctx: &Ctx,
        slug: &str,
        currency: Option<Currency>,
    ) -> Result<Shown, ProductError> {
        let catalogue = &self.0;
        let (window, tax_included) = catalogue.window_of(ctx, currency)?;
        let key = window.shelf(slug);
        let moment = match catalogue.answers.page(&key).await {
            Lookup::Kept(body) => return Ok(Shown::Page(body)),
            Lookup::Missing(moment) => moment,
        };
        let input = (catalogue.clone(), window.clone(), slug.to_string());
        let read = catalogue.db.read(input, |tx, (catalogue, window, slug)| {
            Box::pin(async move {
                let found = catalogue.window.page(tx, window, &catalogue.own(), slug).await?;
                Ok::<_, DbError>(found)
            })
        });
        let found = read.await?.ok_or(ProductError::NotFound("product"))?;
        // Published but not for sale in this currency: there is nothing to show.
        if found.variants.iter().all(|variant| variant.amount.is_none()) {
            return Err(ProductError::NotFound("product"));
        }
        if found.slug != slug {
            return Ok(Shown::Moved(found.slug));
        }
        let json = shown::page(&found, window.currency, tax_included, catalogue.config.low_stock);
        let body = Body::new(json);
        catalogue.answers.keep_page(key, moment, found.product, body.clone()).await;
        Ok(Shown::Page(body))
    }
}

/// A category as a shopper sees it.
#[derive(Debug, Serialize)]
struct CategoryLine<'a> {
    slug: &'a str,
    title: &'a str,
    /// The slug of the one above it.
    parent: Option<&'a str>,
    /// Products for sale in it and below it.
    product_count: i64,
}

#[derive(Serialize)]
struct CategoryList<'a> {
    items: Vec<CategoryLine<'a>>,
}

#[derive(Clone)]
pub struct ListCategories(pub Arc<Catalogue>);

impl ListCategories {
    pub async fn run(&self, ctx: &Ctx) -> Result<Body, ProductError> {
        let catalogue = &self.0;
        let (window, _) = catalogue.window_of(ctx, None)?;
        // No list's key begins so: a channel has a name.
        let key = format!("/categories/{}", window.shelf(""));
        let moment = match catalogue.answers.list(&key).await {
            Lookup::Kept(body) => return Ok(body),
            Lookup::Missing(moment) => moment,
        };
        let read = catalogue.db.read((catalogue.clone(), window.clone()), |tx, (catalogue, window)| {
            Box::pin(async move {
                let all = catalogue.categories.all(tx).await?;
                let shelves: Vec<String> = all.iter().map(|c| window.shelf(&c.id.to_string())).collect();
                let totals = catalogue.window.totals(tx, &shelves).await?;
                let counts = shelves.iter().map(|shelf| totals.get(shelf).copied().unwrap_or(0)).collect();
                Ok::<(Vec<Category>, Vec<i64>), DbError>((all, counts))
            })
        });
        let (all, counts) = read.await?;
        let body = Body::new(write(&all, &counts, &window, catalogue));
        catalogue.answers.keep_list(key, moment, body.clone()).await;
        Ok(body)
    }
}

fn write(all: &[Category], counts: &[i64], window: &Window, catalogue: &Catalogue) -> String {
    let own = catalogue.own();
    let slug =
        |c: &'_ Category| c.texts.best(&window.locale, &own, Field::Slug).unwrap_or_default().to_string();
    let slugs: Vec<String> = all.iter().map(slug).collect();
    let items = all
        .iter()
        .zip(counts)
        .enumerate()
        .map(|(i, (category, count))| CategoryLine {
            slug: &slugs[i],
            title: category.texts.best(&window.locale, &own, Field::Title).unwrap_or_default(),
            parent: category
                .parent
                .and_then(|id| all.iter().position(|c| c.id == id))
                .map(|at| slugs[at].as_str()),
            product_count: *count,
        })
        .collect();
    // Texts and numbers only: this cannot fail.
    serde_json::to_string(&CategoryList { items }).unwrap_or_default()
}
