//! Rules over generated files: nothing makes the reader panic, and a catalogue written as a file reads back whole.

use super::super::read_file;
use super::{codes, read};
use crate::domain::import::{Fingerprint, Format, ImportedProduct, StockPolicy};
use hanse_kernel::{Currency, Money};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

const FORMATS: [Format; 4] = [Format::Auto, Format::ShopifyCsv, Format::Csv, Format::Json];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..600), format in 0..4_usize) {
        let file = read_file(&bytes, None, FORMATS[format], Currency::EUR);
        check(&file.products)?;
    }

    #[test]
    fn no_near_miss_makes_it_panic(pieces in vec(piece(), 0..60), format in 0..4_usize) {
        let file = read_file(pieces.concat().as_bytes(), Some("products.csv"), FORMATS[format], Currency::EUR);
        check(&file.products)?;
    }

    #[test]
    fn a_file_cut_anywhere_gives_no_half_product(cut in 0.0..1.0_f64) {
        // A cut inside the last cell of a row leaves a row that is whole to the eye; the vendor stands there.
        let rows: Vec<String> = (10..40).map(|i| format!("h-{i},\"Title {i}\",12.{i},SKU-{i},\"Vendor {i}\"\n")).collect();
        let text = format!("Handle,Title,Variant Price,Variant SKU,Vendor\n{}", rows.concat());
        let whole = read(&text);
        prop_assert!(codes(&whole).is_empty(), "{:?}", whole.problems);
        let at = (text.len() as f64 * cut) as usize;
        let file = read(&text[..at]);
        for (product, expected) in file.products.iter().zip(&whole.products) {
            let (mut product, mut expected) = (product.clone(), expected.clone());
            if product.lines == file.products[file.products.len() - 1].lines {
                (product.vendor, product.fingerprint) = (None, Fingerprint::unset());
                (expected.vendor, expected.fingerprint) = (None, Fingerprint::unset());
            }
            prop_assert_eq!(product, expected);
        }
    }

    #[test]
    fn a_catalogue_reads_back_whole(catalogue in catalogue(), crlf in any::<bool>(), bom in any::<bool>(), delimiter in 0..3_usize) {
        let text = written(&catalogue, [b',', b';', b'\t'][delimiter], crlf);
        let bytes = if bom { [b"\xEF\xBB\xBF", text.as_bytes()].concat() } else { text.into_bytes() };
        let file = read(&bytes);
        prop_assert!(file.problems.is_empty(), "{:?}", file.problems);
        prop_assert_eq!(file.format, Format::ShopifyCsv);
        prop_assert_eq!(file.products.len(), catalogue.len());
        for (read, meant) in file.products.iter().zip(&catalogue) {
            compare(read, meant)?;
        }
        check(&file.products)?;
    }
}

/// What the reader promises of every product, whatever the file.
fn check(products: &[ImportedProduct]) -> Result<(), TestCaseError> {
    let mut handles = BTreeSet::new();
    let mut skus = BTreeSet::new();
    for product in products {
        prop_assert!(!product.title.is_empty() && !product.handle.is_empty());
        prop_assert!(handles.insert(product.handle.clone()), "handle {} twice", product.handle);
        prop_assert!(!product.variants.is_empty());
        prop_assert!(product.options.len() <= 3);
        prop_assert!(!product.description_html.to_ascii_lowercase().contains("<script"));
        prop_assert!(product.lines.first <= product.lines.last);
        let mut values = BTreeSet::new();
        for variant in &product.variants {
            prop_assert_eq!(variant.values.len(), product.options.len());
            prop_assert!(values.insert(variant.values.clone()));
            prop_assert!(
                variant.sku.as_ref().is_none_or(|sku| skus.insert(sku.clone())),
                "sku {:?} twice",
                variant.sku
            );
            prop_assert!(variant.price.is_none_or(|price| !price.is_negative()));
            prop_assert!(variant.stock.is_none_or(|units| units >= 0));
            if let (Some(price), Some(before)) = (variant.price, variant.compare_at) {
                prop_assert!(before.minor() > price.minor() && before.currency() == price.currency());
            }
            let image_is_known = |src: &String| product.images.iter().any(|image| image.src == *src);
            prop_assert!(variant.image.as_ref().is_none_or(image_is_known));
        }
    }
    Ok(())
}

/// Pieces of files that are nearly right.
fn piece() -> impl Strategy<Value = String> {
    let words = vec![
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Variant Inventory Qty\n",
        "title,price,sizes,colors,stock\n",
        "a,Ant,Size,S,A,9.00,https://a.example/x.png,3\n",
        ",,,L,A,1,,\n",
        "\n",
        ",",
        ";",
        "\"",
        "\"\"",
        "\r",
        "\r\n",
        "[",
        "]",
        "{",
        "}",
        "{\"title\": \"A\", \"price\": 1}",
        "\"variants\": [{\"option1\": \"x\"}]",
        ":",
        "<script>",
        "<b",
        "1,299",
        "9.00",
        "-",
        "\u{feff}",
        "é",
        "\0",
        "sep=;\n",
        "products",
        " ",
        "null",
        "1e999",
    ];
    prop_oneof![4 => proptest::sample::select(words).prop_map(str::to_string), 1 => "\\PC{0,6}"]
}

#[derive(Debug, Clone)]
struct Meant {
    handle: String,
    title: String,
    body: String,
    vendor: Option<String>,
    tags: BTreeSet<String>,
    published: bool,
    options: Vec<(String, Vec<String>)>,
    variants: Vec<MeantVariant>,
    images: Vec<String>,
}

#[derive(Debug, Clone)]
struct MeantVariant {
    price: i64,
    above: Option<i64>,
    stock: i64,
    policy: StockPolicy,
    grams: Option<i64>,
}

/// Words with all that makes a table difficult: commas, quotes, semicolons, other scripts; on one line.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-z0-9éß日,;\"'&|#.-][A-Za-z0-9éß日,;\"'&|#. -]{0,14}[A-Za-z0-9é!?]"
        .prop_map(|text| super::super::cells::text(text.trim_start_matches(['\'', ' '])))
}

fn option_values() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set("[a-z0-9,;\"/ ]{0,6}[a-z0-9]", 1..4)
        .prop_map(|values| {
            values.into_iter().map(|value| super::super::cells::text(value.trim())).collect::<BTreeSet<_>>()
        })
        .prop_map(|values| values.into_iter().collect())
}

fn catalogue() -> impl Strategy<Value = Vec<Meant>> {
    let variant = (
        0..1_000_000_i64,
        proptest::option::of(1..10_000_i64),
        0..500_i64,
        0..3_usize,
        proptest::option::of(1..90_000_i64),
    )
        .prop_map(|(price, above, stock, policy, grams)| MeantVariant {
            price: price + 1,
            above: above.map(|more| price + 1 + more),
            stock,
            policy: [StockPolicy::Deny, StockPolicy::Continue, StockPolicy::Untracked][policy],
            grams,
        });
    let product = (
        words(),
        vec("[a-zé<>/&,\"\r\n ]{0,12}", 0..3),
        proptest::option::of(words()),
        proptest::collection::btree_set("[a-z]{1,6}", 0..4),
        any::<bool>(),
        vec(option_values(), 0..=3),
        vec(variant, 1..30),
        0..4_usize,
    );
    vec(product, 1..8).prop_map(|products| {
        let mut catalogue = vec![];
        for (i, (title, body, vendor, tags, published, options, mut variants, images)) in
            products.into_iter().enumerate()
        {
            let options: Vec<(String, Vec<String>)> = options
                .into_iter()
                .enumerate()
                .map(|(n, values)| (format!("Option no {n}"), values))
                .collect();
            let combinations: usize = options.iter().map(|(_, values)| values.len()).product();
            variants.truncate(combinations);
            let options =
                if variants.len() == combinations { options } else { used(options, variants.len()) };
            catalogue.push(Meant {
                handle: format!("product-{i}"),
                title,
                body: body.join(" "),
                vendor,
                tags,
                published,
                options,
                variants,
                images: (0..images).map(|n| format!("https://cdn.example/{i},{n}.jpg")).collect(),
            });
        }
        catalogue
    })
}

/// Options whose values the first `count` variants use.
fn used(options: Vec<(String, Vec<String>)>, count: usize) -> Vec<(String, Vec<String>)> {
    let all = combinations(&options);
    let first = &all[..count];
    let keep = |slot: usize, value: &String| first.iter().any(|values| values[slot] == *value);
    options
        .into_iter()
        .enumerate()
        .map(|(slot, (name, values))| (name, values.into_iter().filter(|value| keep(slot, value)).collect()))
        .collect()
}

fn combinations(options: &[(String, Vec<String>)]) -> Vec<Vec<String>> {
    options.iter().fold(vec![vec![]], |all, (_, values)| {
        all.iter()
            .flat_map(|head| values.iter().map(|value| [head.clone(), vec![value.clone()]].concat()))
            .collect()
    })
}

fn written(catalogue: &[Meant], delimiter: u8, crlf: bool) -> String {
    let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut out = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(vec![]);
    out.write_record([
        "Handle",
        "Title",
        "Body (HTML)",
        "Vendor",
        "Tags",
        "Published",
        "Option1 Name",
        "Option1 Value",
        "Option2 Name",
        "Option2 Value",
        "Option3 Name",
        "Option3 Value",
        "Variant Grams",
        "Variant Inventory Tracker",
        "Variant Inventory Qty",
        "Variant Inventory Policy",
        "Variant Price",
        "Variant Compare At Price",
        "Image Src",
        "Image Position",
    ])
    .expect("a header");
    for product in catalogue {
        let combinations = combinations(&product.options);
        let rows = product.variants.len().max(product.images.len());
        for i in 0..rows {
            let first = |text: &str| if i == 0 { text.to_string() } else { String::new() };
            let mut row = vec![
                product.handle.clone(),
                first(&product.title),
                first(&product.body),
                first(product.vendor.as_deref().unwrap_or_default()),
                first(&product.tags.iter().cloned().collect::<Vec<_>>().join(", ")),
                first(if product.published { "TRUE" } else { "FALSE" }),
            ];
            let variant = product.variants.get(i);
            for slot in 0..3 {
                let name = product.options.get(slot).map_or("", |(name, _)| name);
                let value = variant
                    .and(combinations.get(i))
                    .and_then(|values| values.get(slot))
                    .map_or("", String::as_str);
                let plain = product.options.is_empty() && slot == 0 && i == 0;
                row.push(if plain { "Title".to_string() } else { first(name) });
                row.push(if plain { "Default Title".to_string() } else { value.to_string() });
            }
            let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
            let decimal = |n: i64| Money::new(n, Currency::EUR).decimal();
            row.push(number(variant.and_then(|v| v.grams)));
            let tracked = variant.filter(|v| v.policy != StockPolicy::Untracked);
            row.push(tracked.map_or("", |_| "shopify").to_string());
            row.push(number(tracked.map(|v| v.stock)));
            row.push(
                variant
                    .map_or("", |v| if v.policy == StockPolicy::Continue { "continue" } else { "deny" })
                    .to_string(),
            );
            row.push(variant.map_or(String::new(), |v| decimal(v.price)));
            row.push(variant.and_then(|v| v.above).map_or(String::new(), decimal));
            row.push(product.images.get(i).cloned().unwrap_or_default());
            row.push(product.images.get(i).map_or(String::new(), |_| (i + 1).to_string()));
            out.write_record(&row).expect("a row");
        }
    }
    String::from_utf8(out.into_inner().expect("the rows")).expect("text")
}

fn compare(read: &ImportedProduct, meant: &Meant) -> Result<(), TestCaseError> {
    prop_assert_eq!(&read.handle, &meant.handle);
    prop_assert_eq!(&read.title, &meant.title);
    prop_assert_eq!(&read.vendor, &meant.vendor);
    prop_assert_eq!(read.tags.iter().cloned().collect::<BTreeSet<_>>(), meant.tags.clone());
    prop_assert_eq!(read.published, meant.published);
    let names: Vec<&String> = meant.options.iter().map(|(name, _)| name).collect();
    prop_assert_eq!(read.options.iter().collect::<Vec<_>>(), names);
    prop_assert_eq!(read.variants.len(), meant.variants.len());
    for ((read, meant), values) in read.variants.iter().zip(&meant.variants).zip(combinations(&meant.options))
    {
        let eur = |n: i64| Money::new(n, Currency::EUR);
        prop_assert_eq!(&read.values, &values);
        prop_assert_eq!(read.price, Some(eur(meant.price)));
        prop_assert_eq!(read.compare_at, meant.above.map(eur));
        prop_assert_eq!(read.stock_policy, meant.policy);
        prop_assert_eq!(read.stock, Some(meant.stock).filter(|_| meant.policy != StockPolicy::Untracked));
        prop_assert_eq!(read.weight_grams, meant.grams);
    }
    let images: Vec<&String> = read.images.iter().map(|image| &image.src).collect();
    prop_assert_eq!(images, meant.images.iter().collect::<Vec<_>>());
    Ok(())
}

#[test]
fn the_generated_catalogue_is_not_trivial() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let sizes: Vec<usize> = (0..40)
        .map(|_| catalogue().new_tree(&mut runner).expect("a catalogue").current())
        .map(|catalogue| catalogue.iter().map(|product| product.variants.len()).sum())
        .collect();
    assert!(sizes.iter().any(|n| *n > 20), "{sizes:?}");
    let text = "Handle,Title,Variant Price\na,Ant,x\n";
    assert_eq!(codes(&read(text)), ["!price_not_a_number@2"]);
}
