//! Where a product came from: what its file said when it was last taken in, so that the same again changes nothing.

use super::import::{ImportedVariant, StockPolicy, Topic};
use hanse_kernel::{ProductId, VariantId};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The product's name over re-imports.
    pub row_key: String,
    pub product: ProductId,
    pub fingerprint: String,
    pub variants: Vec<OriginVariant>,
}

/// What the file said of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginVariant {
    pub id: VariantId,
    pub stock: Option<i64>,
    pub policy: StockPolicy,
    /// Of everything the file said.
    pub digest: String,
}

impl OriginVariant {
    pub fn of(id: VariantId, said: &ImportedVariant) -> Self {
        Self { id, stock: said.stock, policy: said.stock_policy, digest: digest(said) }
    }

    /// What a file does not say of stock is what one before it has said.
    #[must_use]
    pub fn after(self, before: Option<&Self>, said: &ImportedVariant) -> Self {
        let Some(before) = before else { return self };
        let policy = if said.silent.contains(&Topic::Stock) { before.policy } else { self.policy };
        Self { stock: self.stock.or(before.stock), policy, ..self }
    }
}

impl Origin {
    pub fn variant(&self, id: VariantId) -> Option<&OriginVariant> {
        self.variants.iter().find(|variant| variant.id == id)
    }

    /// Not all of it has been taken in: the same file is to be read again, and stock of the variants in `refused` is to
    /// be asked for again.
    pub fn doubt(&mut self, refused: &BTreeSet<VariantId>) {
        self.fingerprint.clear();
        self.variants.retain(|variant| !refused.contains(&variant.id));
    }

    /// Whether the file asks for another stock than it did when it was last taken in. What it does not say stays.
    pub fn stock_differs(before: Option<&Self>, now: &OriginVariant) -> bool {
        match before.and_then(|origin| origin.variant(now.id)) {
            None => true,
            Some(was) => was.policy != now.policy || (now.stock.is_some() && was.stock != now.stock),
        }
    }
}

fn digest(said: &ImportedVariant) -> String {
    // Where it stands in the file says nothing about it.
    let said = ImportedVariant { line: 0, row_key: String::new(), ..said.clone() };
    hex::encode(&Sha256::digest(format!("{said:?}"))[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::import::Silent;
    use uuid::Uuid;

    fn said(stock: Option<i64>, policy: StockPolicy) -> ImportedVariant {
        ImportedVariant {
            row_key: "mug#".into(),
            values: vec![],
            sku: None,
            price: None,
            compare_at: None,
            stock,
            stock_policy: policy,
            weight_grams: None,
            barcode: None,
            image: None,
            taxable: true,
            requires_shipping: true,
            silent: Silent::new(),
            line: 2,
        }
    }

    #[test]
    fn stock_is_asked_for_only_where_the_file_changed_its_mind() {
        let id = VariantId::new(Uuid::from_u128(1));
        let of = |stock, policy| OriginVariant::of(id, &said(stock, policy));
        let before = Origin {
            row_key: "mug".into(),
            product: ProductId::new(Uuid::from_u128(2)),
            fingerprint: String::new(),
            variants: vec![of(Some(5), StockPolicy::Deny)],
        };
        assert!(Origin::stock_differs(None, &of(None, StockPolicy::Deny)), "a new variant");
        assert!(!Origin::stock_differs(Some(&before), &of(Some(5), StockPolicy::Deny)));
        assert!(!Origin::stock_differs(Some(&before), &of(None, StockPolicy::Deny)), "it does not say");
        assert!(Origin::stock_differs(Some(&before), &of(Some(6), StockPolicy::Deny)));
        assert!(Origin::stock_differs(Some(&before), &of(Some(5), StockPolicy::Continue)));
    }

    #[test]
    fn a_digest_is_of_the_content_alone() {
        let id = VariantId::new(Uuid::from_u128(1));
        let one = OriginVariant::of(id, &said(Some(5), StockPolicy::Deny));
        let moved = ImportedVariant { line: 99, ..said(Some(5), StockPolicy::Deny) };
        assert_eq!(one, OriginVariant::of(id, &moved));
        assert_ne!(one.digest, OriginVariant::of(id, &said(Some(6), StockPolicy::Deny)).digest);
    }
}
