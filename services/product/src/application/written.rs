//! What the audit log keeps of the catalogue: what things are called and where they stand. Descriptions are long, and stand in
//! the catalogue.

use super::create_product::Asked;
use crate::domain::category::{Category, Collection};
use crate::domain::product::{Image, Product};
use crate::domain::texts::Field;
use hanse_kernel::{Locale, VariantId};
use serde_json::{Value, json};

pub fn product(product: &Product, own: &Locale) -> Value {
    let skus: Vec<&str> = product.variants.iter().map(|variant| variant.sku.as_str()).collect();
    json!({
        "title": product.texts.get(own, Field::Title),
        "slug": product.texts.get(own, Field::Slug),
        "published_in": product.channels,
        "deleted": product.deleted,
        "category": product.category,
        "tags": product.tags,
        "variants": skus,
        "version": product.version,
    })
}

pub fn variant(product: &Product, id: VariantId) -> Value {
    let variant = product.variants.iter().find(|variant| variant.id == id);
    variant.map_or(Value::Null, |variant| {
        json!({
            "sku": variant.sku,
            "barcode": variant.barcode,
            "weight_grams": variant.weight_grams,
            "tax_class": variant.tax_class.name(),
            "requires_shipping": variant.requires_shipping,
        })
    })
}

pub fn image(image: &Image, own: &Locale) -> Value {
    json!({"id": image.id, "src": image.src, "alt": image.texts.get(own, Field::Alt)})
}

/// What pricing and inventory are asked for besides.
pub fn asked(asked: &Asked) -> Value {
    let mut told = json!({});
    if let Some(price) = asked.price {
        told["price"] = json!(price);
    }
    if let Some(compare_at) = asked.compare_at {
        told["compare_at"] = json!(compare_at);
    }
    if let Some(stock) = asked.stock {
        told["stock"] = json!(stock);
    }
    if let Some(policy) = asked.policy {
        told["policy"] = json!(policy.name());
    }
    told
}

pub fn category(category: &Category, own: &Locale) -> Value {
    json!({
        "title": category.texts.get(own, Field::Title),
        "slug": category.texts.get(own, Field::Slug),
        "parent": category.parent,
        "position": category.position,
    })
}

pub fn collection(collection: &Collection, own: &Locale) -> Value {
    json!({
        "title": collection.texts.get(own, Field::Title),
        "slug": collection.texts.get(own, Field::Slug),
        "products": collection.products,
    })
}
