//! Use cases: a merchant makes, renames and moves categories.

use super::catalogue::{Catalogue, slug_of};
use super::create_product::Translation;
use super::error::ProductError;
use super::file_categories::path_of;
use super::ports::SlugKind;
use super::written;
use crate::domain::category::{Category, TreeError, check_parent};
use crate::domain::content::{Fault, check_slug, check_text};
use crate::domain::texts::{Field, Texts};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CategoryId, Ctx, Locale, ProductId};
use hanse_record::Entry;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `None` leaves a field as it is; for a new category a title is needed.
#[derive(Debug, Clone, Default)]
pub struct CategoryInput {
    pub title: Option<String>,
    pub slug: Option<String>,
    /// The parent's slug; the inner `None` makes it a root.
    pub parent: Option<Option<String>>,
    pub position: Option<i64>,
    pub translations: BTreeMap<Locale, Translation>,
}

#[derive(Clone)]
pub struct ManageCategories(pub Arc<Catalogue>);

impl ManageCategories {
    pub async fn list(&self) -> Result<Vec<Category>, ProductError> {
        let read = self.0.db.read(self.0.clone(), |tx, catalogue| {
            Box::pin(async move { catalogue.categories.all(tx).await })
        });
        Ok(read.await?)
    }

    pub async fn create(
        &self,
        ctx: &Ctx,
        id: CategoryId,
        input: CategoryInput,
    ) -> Result<Category, ProductError> {
        self.check(&input, true)?;
        let unit =
            self.0.db.tx((self.0.clone(), ctx.clone(), id, input), |tx, (catalogue, ctx, id, input)| {
                Box::pin(async move {
                    let all = catalogue.categories.all(tx).await?;
                    if let Some(made) = all.iter().find(|category| category.id == *id) {
                        return Ok(made.clone());
                    }
                    let mut category = Category {
                        id: *id,
                        version: 0,
                        parent: None,
                        position: 0,
                        texts: Texts::default(),
                        created_at: catalogue.effects.now(),
                    };
                    fill(tx, catalogue, &mut category, input, &all).await?;
                    let path = free_path(tx, catalogue, &category, &all).await?;
                    catalogue.categories.insert(tx, &category, &path).await?;
                    catalogue.lists_change(tx);
                    category.version = 1;
                    let entry = Entry::new("category.made", "category", id);
                    let entry = entry.became(written::category(&category, &catalogue.own()));
                    catalogue.record.note(tx, ctx, entry).await?;
                    Ok(category)
                })
            });
        unit.await
    }

    pub async fn change(
        &self,
        ctx: &Ctx,
        id: CategoryId,
        version: Option<i64>,
        input: CategoryInput,
    ) -> Result<Category, ProductError> {
        self.check(&input, false)?;
        let input = (self.0.clone(), ctx.clone(), id, version, input);
        let unit = self.0.db.tx(input, |tx, (catalogue, ctx, id, version, input)| {
            Box::pin(async move {
                let all = catalogue.categories.all(tx).await?;
                let category = all.iter().find(|category| category.id == *id);
                let mut category = category.cloned().ok_or(ProductError::NotFound("category"))?;
                if version.is_some_and(|wanted| wanted != category.version) {
                    return Err(ProductError::Changed);
                }
                let before = written::category(&category, &catalogue.own());
                fill(tx, catalogue, &mut category, input, &all).await?;
                if !catalogue.categories.save(tx, &category).await? {
                    return Err(ProductError::Busy);
                }
                category.version += 1;
                let after = written::category(&category, &catalogue.own());
                let entry = Entry::new("category.changed", "category", id).changed(before, after);
                catalogue.record.note(tx, ctx, entry).await?;
                relist_below(tx, catalogue, *id, &all).await?;
                catalogue.lists_change(tx);
                Ok(category)
            })
        });
        unit.await
    }

    fn check(&self, input: &CategoryInput, new: bool) -> Result<(), ProductError> {
        let mut faults = vec![];
        match &input.title {
            Some(title) => check_text("title", title, &mut faults),
            None if new => faults.push(Fault::new("title", "required", "is required")),
            None => {}
        }
        if let Some(slug) = &input.slug {
            check_slug("slug", slug, &mut faults);
        }
        self.0.check_translations(&input.translations, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(ProductError::Invalid(faults)) }
    }
}

async fn fill(
    tx: &mut Tx,
    catalogue: &Catalogue,
    category: &mut Category,
    input: &CategoryInput,
    all: &[Category],
) -> Result<(), ProductError> {
    let own = catalogue.own();
    if let Some(title) = &input.title {
        category.texts.set(&own, Field::Title, Some(title.trim()));
    }
    if let Some(position) = input.position {
        category.position = position;
    }
    if let Some(parent) = &input.parent {
        category.parent = catalogue.category_by_slug(tx, parent.as_deref()).await.map_err(|e| match e {
            ProductError::Invalid(_) => {
                ProductError::invalid("parent", "unknown", "must be the slug of a category")
            }
            other => other,
        })?;
        check_parent(category.id, category.parent, all)
            .map_err(|e: TreeError| ProductError::invalid("parent", "tree", e.to_string()))?;
    }
    let title = category.texts.get(&own, Field::Title).unwrap_or_default().to_string();
    let wanted = match (&input.slug, category.texts.get(&own, Field::Slug)) {
        (Some(slug), _) => Some(slug.clone()),
        (None, None) => Some(slug_of(&title, ProductId::new(category.id.uuid()))),
        (None, Some(_)) => None,
    };
    if let Some(slug) = wanted {
        claim(tx, catalogue, category, &own, &slug).await?;
    }
    for (locale, one) in &input.translations {
        if let Some(title) = &one.title {
            category.texts.set(locale, Field::Title, Some(title));
        }
        if let Some(slug) = one.slug.as_deref().filter(|slug| !slug.is_empty()) {
            claim(tx, catalogue, category, locale, slug).await?;
        }
    }
    Ok(())
}

async fn claim(
    tx: &mut Tx,
    catalogue: &Catalogue,
    category: &mut Category,
    locale: &Locale,
    slug: &str,
) -> Result<(), ProductError> {
    if !catalogue.slugs.claim(tx, SlugKind::Category, locale, slug, category.id.uuid()).await? {
        return Err(ProductError::SlugTaken(slug.to_string()));
    }
    category.texts.set(locale, Field::Slug, Some(slug));
    Ok(())
}

/// The titles on the way to it; where an import knows another category by that path, its id makes the difference.
async fn free_path(
    tx: &mut Tx,
    catalogue: &Catalogue,
    category: &Category,
    all: &[Category],
) -> Result<String, DbError> {
    let own = catalogue.own();
    let title = |category: &Category| category.texts.get(&own, Field::Title).unwrap_or_default().to_string();
    let mut titles = vec![title(category)];
    if let Some(parent) = category.parent {
        titles.extend(crate::domain::category::line_of(parent, all).into_iter().map(title));
    }
    titles.reverse();
    let path = path_of(&titles);
    Ok(match catalogue.categories.by_path(tx, &path).await? {
        None => path,
        Some(_) => format!("{path}#{}", category.id),
    })
}

/// Its name stands on the cards of all products in it and below it, and its shelf may hang elsewhere now.
async fn relist_below(
    tx: &mut Tx,
    catalogue: &Catalogue,
    id: CategoryId,
    all: &[Category],
) -> Result<(), DbError> {
    let mut below = vec![id];
    let mut next = 0;
    while let Some(parent) = below.get(next).copied() {
        below.extend(
            all.iter()
                .filter(|c| c.parent == Some(parent) && !below.contains(&c.id))
                .map(|c| c.id)
                .collect::<Vec<_>>(),
        );
        next += 1;
    }
    let products = catalogue.products.in_categories(tx, &below).await?;
    catalogue.shelves.mark_due(tx, &products, catalogue.effects.now()).await
}
