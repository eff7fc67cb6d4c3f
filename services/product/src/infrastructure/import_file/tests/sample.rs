//! The sample shop comes through the door that merchants use.

use super::read;
use crate::domain::import::{Format, StockPolicy};
use hanse_sample::{catalogue, shopify_csv};

#[test]
fn the_sample_shop_reads_back_whole() {
    let file = read(shopify_csv());
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    assert_eq!(file.format, Format::ShopifyCsv);
    let meant = catalogue();
    assert_eq!(file.products.len(), meant.len());
    for (read, meant) in file.products.iter().zip(&meant) {
        assert_eq!((&read.handle, &read.title), (&meant.handle, &meant.title));
        assert_eq!(read.description_html, meant.description_html, "the reader's cleaning changes nothing");
        assert_eq!(read.vendor.as_ref(), Some(&meant.vendor));
        assert_eq!(read.kind.as_ref(), Some(&meant.type_name));
        assert_eq!(read.category, [meant.category.as_str()]);
        assert_eq!(read.tags, meant.tags);
        assert_eq!(read.options, meant.options);
        assert!(read.published);
        assert_eq!(read.variants.len(), meant.variants.len(), "{}", meant.title);
        for (read, meant) in read.variants.iter().zip(&meant.variants) {
            assert_eq!(read.values, meant.values);
            assert_eq!(read.sku.as_ref(), Some(&meant.sku));
            assert_eq!((read.price, read.compare_at), (Some(meant.price), meant.compare_at));
            assert_eq!((read.stock, read.stock_policy), (Some(meant.stock), StockPolicy::Deny));
            assert_eq!(read.weight_grams, Some(meant.grams));
            assert_eq!(read.image, Some(meant.image.to_string()));
        }
        let images: Vec<(String, Option<&str>)> =
            read.images.iter().map(|image| (image.src.clone(), image.alt.as_deref())).collect();
        let meant: Vec<(String, Option<&str>)> =
            meant.images.iter().map(|image| (image.address.to_string(), Some(image.alt.as_str()))).collect();
        assert_eq!(images, meant);
    }
}
