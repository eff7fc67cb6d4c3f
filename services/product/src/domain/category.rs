//! Categories: a tree of named shelves, and the rules that keep it one.

use super::texts::Texts;
use hanse_kernel::{CategoryId, CollectionId, ProductId, Timestamp};

/// Steps from the root to the deepest category.
pub const DEEPEST: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub version: i64,
    pub parent: Option<CategoryId>,
    /// Among its siblings.
    pub position: i64,
    pub texts: Texts,
    pub created_at: Timestamp,
}

/// The category and all above it, nearest first.
pub fn line_of(id: CategoryId, all: &[Category]) -> Vec<&Category> {
    let mut line = vec![];
    let mut next = Some(id);
    while let Some(id) = next
        && line.len() < DEEPEST
        && let Some(category) = all.iter().find(|category| category.id == id)
    {
        line.push(category);
        next = category.parent;
    }
    line
}

/// Why a category cannot hang there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("there is no such parent category")]
    UnknownParent,
    #[error("a category cannot be below itself")]
    Circle,
    #[error("the tree would be more than 8 steps deep")]
    TooDeep,
}

/// Whether `id` may hang below `parent` among `all` that exist.
pub fn check_parent(id: CategoryId, parent: Option<CategoryId>, all: &[Category]) -> Result<(), TreeError> {
    let Some(parent) = parent else { return Ok(()) };
    let line = line_of(parent, all);
    if line.is_empty() {
        return Err(TreeError::UnknownParent);
    }
    if line.iter().any(|category| category.id == id) {
        return Err(TreeError::Circle);
    }
    if line.len() + height(id, all) > DEEPEST { Err(TreeError::TooDeep) } else { Ok(()) }
}

/// Steps from `id` to the deepest below it, itself included.
fn height(id: CategoryId, all: &[Category]) -> usize {
    let below = all.iter().filter(|category| category.parent == Some(id));
    1 + below.map(|category| height(category.id, all)).max().unwrap_or(0)
}

/// A hand-picked list of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    pub id: CollectionId,
    pub version: i64,
    pub texts: Texts,
    pub products: Vec<ProductId>,
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> CategoryId {
        CategoryId::new(Uuid::from_u128(n))
    }
    /// 1 ← 2 ← 3 … ← n.
    fn chain(n: u128) -> Vec<Category> {
        (1..=n)
            .map(|i| Category {
                id: id(i),
                version: 1,
                parent: (i > 1).then(|| id(i - 1)),
                position: 0,
                texts: Texts::default(),
                created_at: Timestamp::default(),
            })
            .collect()
    }

    #[test]
    fn a_line_goes_up_to_the_root() {
        let all = chain(3);
        assert_eq!(line_of(id(3), &all).iter().map(|c| c.id).collect::<Vec<_>>(), [id(3), id(2), id(1)]);
    }

    #[test]
    fn the_tree_stays_a_tree_of_bounded_depth() {
        let all = chain(8);
        assert_eq!(check_parent(id(2), Some(id(3)), &all), Err(TreeError::Circle));
        assert_eq!(check_parent(id(2), Some(id(2)), &all), Err(TreeError::Circle));
        assert_eq!(check_parent(id(9), Some(id(8)), &all), Err(TreeError::TooDeep));
        assert_eq!(check_parent(id(9), Some(id(99)), &all), Err(TreeError::UnknownParent));
        assert_eq!(check_parent(id(9), Some(id(7)), &all), Ok(()));
        assert_eq!(check_parent(id(5), None, &all), Ok(()));
    }
}
