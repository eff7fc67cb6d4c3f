//! What a merchant says of single variants: what is left out stays as it is.

use super::content::{TaxClass, VariantContent};
use super::product::{Meant, Product};
use hanse_kernel::{Locale, VariantId};

/// `None` leaves a field as it is, or for a new variant at what is usual; the inner `None` takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantPatch {
    pub id: Option<VariantId>,
    /// One per option.
    pub values: Vec<Option<String>>,
    pub sku: Option<String>,
    pub barcode: Option<Option<String>>,
    pub weight_grams: Option<Option<i64>>,
    pub tax_class: Option<TaxClass>,
    pub requires_shipping: Option<bool>,
    /// `src` of one of the product's pictures.
    pub image: Option<Option<String>>,
    pub metadata: Option<String>,
}

impl VariantPatch {
    /// Of a variant that does not exist yet.
    pub fn into_new(self) -> VariantContent {
        VariantContent {
            id: self.id,
            values: self.values.into_iter().map(Option::unwrap_or_default).collect(),
            sku: self.sku,
            barcode: self.barcode.flatten(),
            weight_grams: self.weight_grams.flatten(),
            tax_class: self.tax_class.unwrap_or_default(),
            requires_shipping: self.requires_shipping.unwrap_or(true),
            image: self.image.flatten(),
            metadata: self.metadata.unwrap_or_else(|| "{}".into()),
        }
    }

    fn meant(&self) -> Meant {
        Meant {
            id: self.id,
            sku: self.sku.clone(),
            values: self.values.iter().cloned().collect::<Option<Vec<String>>>(),
        }
    }

    /// Of `present`, whose values by the names of the options are `value`, whose picture may be shown on if `keeps`.
    fn over(
        &self,
        present: VariantContent,
        value: impl Fn(usize) -> Option<String>,
        keeps: impl Fn(&String) -> bool,
    ) -> VariantContent {
        let values = self.values.iter().enumerate();
        VariantContent {
            id: present.id,
            values: values.map(|(n, given)| given.clone().or_else(|| value(n)).unwrap_or_default()).collect(),
            sku: self.sku.clone().or(present.sku),
            barcode: self.barcode.clone().unwrap_or(present.barcode),
            weight_grams: self.weight_grams.unwrap_or(present.weight_grams),
            tax_class: self.tax_class.unwrap_or(present.tax_class),
            requires_shipping: self.requires_shipping.unwrap_or(present.requires_shipping),
            image: self.image.clone().unwrap_or_else(|| present.image.filter(keeps)),
            metadata: self.metadata.clone().unwrap_or(present.metadata),
        }
    }
}

/// All variants of `product` as they are to be. `options` are the names of its options from now on, `keeps` tells
/// which pictures it will have.
pub fn patched(
    product: &Product,
    patches: &[VariantPatch],
    options: &[String],
    own: &Locale,
    keeps: impl Fn(&String) -> bool,
) -> Vec<VariantContent> {
    let present = product.content(own);
    let meant: Vec<Meant> = patches.iter().map(VariantPatch::meant).collect();
    let found = product.recognise(&meant, own);
    let all = patches.iter().zip(found).map(|(patch, found)| {
        let found = found.and_then(|variant| present.variants.iter().find(|v| v.id == Some(variant.id)));
        let Some(found) = found else { return patch.clone().into_new() };
        let value = |n: usize| {
            let at = present.options.iter().position(|name| options.get(n) == Some(name))?;
            found.values.get(at).cloned()
        };
        patch.over(found.clone(), value, &keeps)
    });
    all.collect()
}
