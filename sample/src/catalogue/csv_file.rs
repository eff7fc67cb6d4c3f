//! The catalogue as the file that a merchant would bring: a product CSV as Shopify exports it.

use super::{SampleProduct, catalogue};
use hanse_kernel::Currency;

const COLUMNS: [&str; 28] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Variant Image",
    "Currency",
    "Status",
];

/// The whole catalogue with a header: UTF-8, commas, one row per variant or image. Images have addresses that
/// [`Address`](crate::art::Address) reads.
pub fn shopify_csv() -> String {
    let mut out = String::new();
    row(&mut out, &COLUMNS.map(str::to_string));
    for product in catalogue() {
        for i in 0..product.variants.len().max(product.images.len()) {
            row(&mut out, &cells(&product, i));
        }
    }
    out
}

/// Row number `i` of a product, from 0.
fn cells(product: &SampleProduct, i: usize) -> [String; COLUMNS.len()] {
    let first = |text: &str| if i == 0 { text.to_string() } else { String::new() };
    let variant = product.variants.get(i);
    let image = product.images.get(i);
    let of_variant = |text: &str| if variant.is_some() { text.to_string() } else { String::new() };
    let plain = product.options.is_empty();
    let name = |slot: usize| {
        first(product.options.get(slot).map_or(if plain && slot == 0 { "Title" } else { "" }, |name| name))
    };
    let value = |slot: usize| match variant {
        Some(_) if plain && slot == 0 => "Default Title".to_string(),
        Some(variant) => variant.values.get(slot).cloned().unwrap_or_default(),
        None => String::new(),
    };
    [
        product.handle.clone(),
        first(&product.title),
        first(&product.description_html),
        first(&product.vendor),
        first(&product.category),
        first(&product.type_name),
        first(&product.tags.join(", ")),
        first("TRUE"),
        name(0),
        value(0),
        name(1),
        value(1),
        variant.map(|v| v.sku.clone()).unwrap_or_default(),
        variant.map(|v| v.grams.to_string()).unwrap_or_default(),
        of_variant("shopify"),
        variant.map(|v| v.stock.to_string()).unwrap_or_default(),
        of_variant("deny"),
        of_variant("manual"),
        variant.map(|v| v.price.decimal()).unwrap_or_default(),
        variant.and_then(|v| v.compare_at).map(|price| price.decimal()).unwrap_or_default(),
        of_variant("TRUE"),
        of_variant("TRUE"),
        image.map(|image| image.address.to_string()).unwrap_or_default(),
        image.map(|_| (i + 1).to_string()).unwrap_or_default(),
        image.map(|image| image.alt.clone()).unwrap_or_default(),
        variant.map(|v| v.image.to_string()).unwrap_or_default(),
        of_variant(Currency::EUR.code()),
        first("active"),
    ]
}

/// One line, cells quoted where they must be (RFC 4180).
fn row(out: &mut String, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push('\n');
}
