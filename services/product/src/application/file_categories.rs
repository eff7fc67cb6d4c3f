//! Use case: categories that an import names by their titles, from the root to the leaf, found or made.

use super::catalogue::Catalogue;
use super::error::ProductError;
use super::ports::SlugKind;
use crate::domain::category::{Category, DEEPEST};
use crate::domain::search::fold;
use crate::domain::texts::{Field, Texts};
use hanse_database::Tx;
use hanse_kernel::{CategoryId, Locale};
use std::sync::Arc;

#[derive(Clone)]
pub struct FileCategories(pub Arc<Catalogue>);

/// One step of a path as a name: the same title in another spelling is the same category.
fn step_of(title: &str) -> String {
    let slug = hanse_kernel::text::slug(title);
    if slug.is_empty() { fold(title.trim()) } else { slug }
}

/// How a path is kept: `home-garden/kitchen`.
pub fn path_of(titles: &[String]) -> String {
    titles.iter().take(DEEPEST).map(|title| step_of(title)).collect::<Vec<_>>().join("/")
}

impl FileCategories {
    /// The leaf of `titles`; what is missing on the way to it is made.
    pub async fn ensure(&self, titles: &[String]) -> Result<Option<CategoryId>, ProductError> {
        if titles.is_empty() {
            return Ok(None);
        }
        let unit = self.0.db.tx((self.0.clone(), titles.to_vec()), |tx, (catalogue, titles)| {
            Box::pin(async move { ensure(tx, catalogue, titles).await })
        });
        unit.await
    }
}

async fn ensure(
    tx: &mut Tx,
    catalogue: &Catalogue,
    titles: &[String],
) -> Result<Option<CategoryId>, ProductError> {
    let own = catalogue.own();
    let mut parent = None;
    for n in 1..=titles.len().min(DEEPEST) {
        let path = path_of(&titles[..n]);
        let found = catalogue.categories.by_path(tx, &path).await?;
        parent = Some(match found {
            Some(id) => id,
            None => make(tx, catalogue, titles[n - 1].trim(), &path, parent, &own).await?,
        });
    }
    Ok(parent)
}

async fn make(
    tx: &mut Tx,
    catalogue: &Catalogue,
    title: &str,
    path: &str,
    parent: Option<CategoryId>,
    own: &Locale,
) -> Result<CategoryId, ProductError> {
    let id: CategoryId = catalogue.effects.id();
    let mut texts = Texts::default();
    texts.set(own, Field::Title, Some(title));
    // `kitchen`, else with what is above it, else numbered.
    let whole = path.replace('/', "-");
    let candidates =
        [step_of(title), whole.clone()].into_iter().chain((2..100).map(|n| format!("{whole}-{n}")));
    let mut settled = None;
    for slug in candidates.filter_map(|slug| usable(&slug)) {
        if catalogue.slugs.claim(tx, SlugKind::Category, own, &slug, id.uuid()).await? {
            settled = Some(slug);
            break;
        }
    }
    let slug = match settled {
        Some(slug) => slug,
        None => {
            let slug = format!("c-{}", id.uuid().simple());
            catalogue.slugs.claim(tx, SlugKind::Category, own, &slug, id.uuid()).await?;
            slug
        }
    };
    texts.set(own, Field::Slug, Some(&slug));
    let category =
        Category { id, version: 0, parent, position: 0, texts, created_at: catalogue.effects.now() };
    catalogue.categories.insert(tx, &category, path).await?;
    catalogue.lists_change(tx);
    Ok(id)
}

fn usable(slug: &str) -> Option<String> {
    let slug = hanse_kernel::text::slug(slug);
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_one() {
        let path = |titles: &[&str]| path_of(&titles.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(path(&["Home & Garden", "Kitchen"]), "home-garden/kitchen");
        assert_eq!(path(&["HOME  & GARDEN", "kitchen "]), "home-garden/kitchen");
        assert_eq!(path(&["食器"]), "食器");
    }
}
