//! A hash of what a product says, so that an unchanged product is recognised when its file comes again.

use super::{ImportedProduct, ImportedVariant, Silent};
use hanse_kernel::Money;
use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 over the content of an [`ImportedProduct`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of everything the merchant can mean: title, texts, options, variants with prices and stock, images, state.
    /// Where in the file it stands does not count.
    pub fn of(product: &ImportedProduct) -> Self {
        let mut hash = Hasher(Sha256::new());
        hash.text(&product.handle);
        hash.text(&product.title);
        hash.text(&product.description_html);
        hash.optional(product.vendor.as_deref());
        hash.optional(product.kind.as_deref());
        hash.list(&product.category);
        hash.list(&product.tags);
        hash.flag(product.published);
        hash.list(&product.options);
        hash.count(product.variants.len());
        for variant in &product.variants {
            hash.variant(variant);
        }
        hash.count(product.images.len());
        for image in &product.images {
            hash.text(&image.src);
            hash.optional(image.alt.as_deref());
        }
        hash.silent(&product.silent);
        Self(hash.0.finalize().into())
    }

    /// Not yet known: what a product under construction carries.
    pub const fn unset() -> Self {
        Self([0; 32])
    }

    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Every field goes in with its length, so that no two contents can flow into the same bytes.
struct Hasher(Sha256);

impl Hasher {
    fn count(&mut self, n: usize) {
        self.0.update((n as u64).to_le_bytes());
    }
    fn flag(&mut self, flag: bool) {
        self.0.update([u8::from(flag)]);
    }
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }
    fn optional(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        self.text(text.unwrap_or_default());
    }
    fn number(&mut self, number: Option<i64>) {
        self.flag(number.is_some());
        self.0.update(number.unwrap_or_default().to_le_bytes());
    }
    fn money(&mut self, money: Option<Money>) {
        self.number(money.map(Money::minor));
        self.optional(money.map(|m| m.currency().code()));
    }
    fn list(&mut self, list: &[String]) {
        self.count(list.len());
        for text in list {
            self.text(text);
        }
    }
    fn silent(&mut self, silent: &Silent) {
        self.count(silent.len());
        silent.iter().for_each(|topic| self.text(topic.name()));
    }
    fn variant(&mut self, variant: &ImportedVariant) {
        self.list(&variant.values);
        self.optional(variant.sku.as_deref());
        self.money(variant.price);
        self.money(variant.compare_at);
        self.number(variant.stock);
        self.text(variant.stock_policy.name());
        self.number(variant.weight_grams);
        self.optional(variant.barcode.as_deref());
        self.optional(variant.image.as_deref());
        self.flag(variant.taxable);
        self.flag(variant.requires_shipping);
        self.silent(&variant.silent);
    }
}
