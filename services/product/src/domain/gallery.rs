//! A product's pictures in their order: the first is the one in lists.

use super::product::{Image, Product};
use hanse_kernel::ImageId;
use std::collections::BTreeSet;

impl Product {
    pub fn image(&self, id: ImageId) -> Option<&Image> {
        self.images.iter().find(|image| image.id == id)
    }

    /// Puts a picture at this place among the others, or behind them.
    pub fn add_image(&mut self, image: Image, at: Option<usize>) {
        let at = at.unwrap_or(usize::MAX).min(self.images.len());
        self.images.insert(at, image);
    }

    /// Moves a picture to this place, or behind the others where there are fewer.
    pub fn move_image(&mut self, id: ImageId, to: usize) {
        if let Some(at) = self.images.iter().position(|image| image.id == id) {
            let image = self.images.remove(at);
            self.add_image(image, Some(to));
        }
    }

    /// Takes a picture away. Variants that showed it show the first one.
    pub fn remove_image(&mut self, id: ImageId) -> Option<Image> {
        let at = self.images.iter().position(|image| image.id == id)?;
        for variant in self.variants.iter_mut().filter(|variant| variant.image == Some(id)) {
            variant.image = None;
        }
        Some(self.images.remove(at))
    }

    /// Puts the pictures in this order; false, and nothing is changed, when it does not name each of them once.
    pub fn order_images(&mut self, order: &[ImageId]) -> bool {
        let named: BTreeSet<ImageId> = order.iter().copied().collect();
        let present: BTreeSet<ImageId> = self.images.iter().map(|image| image.id).collect();
        if named.len() != order.len() || named != present {
            return false;
        }
        self.images.sort_by_key(|image| order.iter().position(|id| *id == image.id));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::texts::Texts;
    use hanse_kernel::{ProductId, Timestamp};
    use uuid::Uuid;

    fn id(n: u128) -> ImageId {
        ImageId::new(Uuid::from_u128(n))
    }

    fn with_images(count: u128) -> Product {
        let now = Timestamp::from_micros(0);
        let mut product = Product::draft(ProductId::new(Uuid::from_u128(1)), now);
        for n in 0..count {
            let image = Image {
                id: id(n),
                src: format!("https://img.example/{n}.png"),
                media: None,
                upload: None,
                width: None,
                height: None,
                texts: Texts::default(),
            };
            product.add_image(image, None);
        }
        product
    }

    fn order(product: &Product) -> Vec<ImageId> {
        product.images.iter().map(|image| image.id).collect()
    }

    #[test]
    fn pictures_move_and_go() {
        let mut product = with_images(3);
        product.move_image(id(2), 0);
        assert_eq!(order(&product), [id(2), id(0), id(1)]);
        product.move_image(id(2), 9);
        assert_eq!(order(&product), [id(0), id(1), id(2)]);
        assert_eq!(product.remove_image(id(1)).map(|image| image.id), Some(id(1)));
        assert!(product.remove_image(id(1)).is_none());
        assert_eq!(order(&product), [id(0), id(2)]);
    }

    #[test]
    fn an_order_names_each_picture_once() {
        let mut product = with_images(3);
        for wrong in [&[id(0), id(1)][..], &[id(0), id(1), id(1)], &[id(0), id(1), id(2), id(3)], &[]] {
            assert!(!product.order_images(wrong));
            assert_eq!(order(&product), [id(0), id(1), id(2)]);
        }
        assert!(product.order_images(&[id(1), id(2), id(0)]));
        assert_eq!(order(&product), [id(1), id(2), id(0)]);
    }
}
