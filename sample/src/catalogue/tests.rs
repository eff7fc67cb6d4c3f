//! The sample catalogue is one that a merchant could sell.

use super::*;
use std::collections::BTreeSet;

#[test]
fn the_shop_is_full_and_varied() {
    let products = catalogue();
    assert!((190..=215).contains(&products.len()), "{} products", products.len());
    for category in CATEGORIES {
        let count = products.iter().filter(|product| product.category == category).count();
        assert!((20..=32).contains(&count), "{category} has {count}");
    }
    let vendors: BTreeSet<&str> = products.iter().map(|product| product.vendor.as_str()).collect();
    assert!(vendors.len() >= 10);
    let variants: usize = products.iter().map(|product| product.variants.len()).sum();
    assert!((500..=900).contains(&variants), "{variants} variants");
    assert!(products.iter().all(|product| (1..=12).contains(&product.variants.len())));
    for count in [1, 2, 3, 4, 8, 12] {
        assert!(
            products.iter().any(|product| product.variants.len() == count),
            "no product has {count} variants"
        );
    }
    assert_eq!(
        kinds().into_iter().collect::<BTreeSet<_>>().len(),
        Kind::ALL.len(),
        "a kind stands on no shelf"
    );
}

#[test]
fn names_are_used_once() {
    let products = catalogue();
    let distinct = |names: Vec<String>| {
        let all = names.len();
        assert_eq!(names.into_iter().collect::<BTreeSet<_>>().len(), all);
    };
    distinct(products.iter().map(|product| product.handle.clone()).collect());
    distinct(products.iter().map(|product| product.description_html.clone()).collect());
    distinct(products.iter().flat_map(|product| product.variants.iter().map(|v| v.sku.clone())).collect());
    for product in &products {
        distinct(product.images.iter().map(|image| image.address.to_string()).collect());
        distinct(product.variants.iter().map(|variant| variant.values.join("/")).collect());
    }
}

#[test]
fn prices_and_stock_make_sense() {
    let products = catalogue();
    let variants: Vec<&SampleVariant> = products.iter().flat_map(|product| &product.variants).collect();
    for variant in &variants {
        assert_eq!(variant.price.currency(), Currency::EUR);
        assert!((1_000..=110_000).contains(&variant.price.minor()), "{}", variant.price);
        assert!(variant.compare_at.is_none_or(|before| before.minor() > variant.price.minor()));
        assert!(variant.grams > 0 && (0..80).contains(&variant.stock));
    }
    let share = |count: usize| count * 100 / variants.len();
    assert!((2..=10).contains(&share(variants.iter().filter(|v| v.stock == 0).count())), "some are sold out");
    assert!(
        (5..=20).contains(&share(variants.iter().filter(|v| (1..4).contains(&v.stock)).count())),
        "some are low"
    );
    assert!(
        (6..=25).contains(&share(variants.iter().filter(|v| v.compare_at.is_some()).count())),
        "some are reduced"
    );
    let gone = products.iter().filter(|product| product.variants.iter().all(|v| v.stock == 0)).count();
    assert!((1..=8).contains(&gone), "{gone} products are sold out");
}

#[test]
fn every_picture_can_be_drawn() {
    for product in catalogue() {
        assert!(product.images.len() >= usize::from(VIEWS));
        for image in &product.images {
            assert_eq!(image.address.to_string().parse(), Ok(image.address.clone()));
            assert!(image.alt.starts_with(&product.title));
        }
        for variant in &product.variants {
            assert!(product.images.iter().any(|image| image.address == variant.image), "{}", variant.sku);
        }
    }
}

#[test]
fn it_is_the_same_every_time() {
    assert_eq!(catalogue(), catalogue());
    assert_eq!(shopify_csv(), shopify_csv());
}
