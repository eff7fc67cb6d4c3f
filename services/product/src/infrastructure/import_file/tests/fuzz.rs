//! Product files, hunted: whatever is uploaded, it is read in time and alike each time, and what comes of it is in bounds.

use super::super::{limits, read_file};
use crate::domain::import::{Format, ReadFile};
use hanse_fuzz::{Came, Hunt, came};
use hanse_kernel::Currency;
use std::collections::BTreeSet;

const FORMATS: [Format; 4] = [Format::Auto, Format::ShopifyCsv, Format::Csv, Format::Json];

/// The first byte says as what it is read, the rest is the file.
fn read(input: &[u8]) -> ReadFile {
    let (first, rest) = input.split_first().unwrap_or((&b'0', &[]));
    let format = FORMATS[usize::from(first.wrapping_sub(b'0')) % FORMATS.len()];
    read_file(rest, Some("products.csv"), format, Currency::EUR)
}

fn judged(input: &[u8], read: impl Fn(&[u8]) -> ReadFile) -> Came {
    let file = read(input);
    let lines = 1 + input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    for product in &file.products {
        if product.title.trim().is_empty() || product.title.len() > limits::TEXT {
            return Err(format!("a product has the title {:?}", product.title));
        }
        if product.variants.is_empty() || product.variants.len() > limits::VARIANTS {
            return Err(format!("{} has {} variants", product.title, product.variants.len()));
        }
        for variant in &product.variants {
            let minor = variant.price.map_or(0, |price| price.minor());
            if !(0..=limits::PRICE_MINOR).contains(&minor) {
                return Err(format!("{} costs {minor}", product.title));
            }
        }
        let html = product.description_html.to_ascii_lowercase();
        if let Some(bad) = ["<script", "<iframe", "<style", "<object"].iter().find(|bad| html.contains(**bad))
        {
            return Err(format!("{} is described with {bad}: {html}", product.title));
        }
    }
    if file.rows_total > lines * 2 + input.len() as u64 {
        return Err(format!("{} rows of {lines} lines", file.rows_total));
    }
    let codes: BTreeSet<_> = file.problems.iter().map(|problem| problem.code).collect();
    let again = read(input);
    if again.products != file.products || again.problems.len() != file.problems.len() {
        return Err("it is read otherwise the second time".into());
    }
    came((codes, file.products.len().min(3), file.format))
}

fn hunt() -> Hunt {
    let tables = [
        "0Handle,Title,Variant Price,Variant SKU,Vendor\nrope,Rope,12.50,R-1,Kontor\nrope,,13.50,R-2,\n",
        "0title;price;stock;colour\r\nRope;12,50;5;red|blue\r\nSail;1.299,00;0;\r\n",
        "0title\tprice\n\"Rope, \"\"long\"\"\"\t€ 12.50\n",
        "3[{\"title\":\"Rope\",\"price\":12.5,\"stock\":5,\"variants\":[{\"sku\":\"R-1\",\"price\":\"12.50\"}]}]",
        "1Handle,Title,Body (HTML),Variant Price\nrope,Rope,<p>Warm &amp; <b>soft</b><img src=x onerror=alert(1)></p>,1\n",
        "2title,price,stock,image\n=cmd|' /C calc'!A0,1,1,https://shop.example/a.png\n",
    ];
    Hunt::new("import", env!("CARGO_MANIFEST_DIR"))
        .seeds(tables)
        .seeds([b"0\xff\xfet\0i\0t\0l\0e\0".as_slice(), b"0\xef\xbb\xbftitle,price\n\xe9t\xe9,1\n"])
        .words([
            ",",
            ";",
            "\t",
            "|",
            "\"",
            "\"\"",
            "\r\n",
            "\n",
            "title",
            "price",
            "Handle",
            "Variant Price",
            "stock",
            "sku",
        ])
        .words([
            "1,299",
            "-0.01",
            "€",
            "1e9",
            "NaN",
            "<script>",
            "javascript:",
            "<a href=",
            "&amp;",
            "<iframe",
            " onerror=",
            "{",
            "}",
            "[",
            "]",
            ":",
            "\\u0000",
            "null",
            "[[[[[[[[[[[[[[[[",
        ])
        .rounds(1_000)
}

#[test]
fn import_whatever_is_uploaded_is_read_alike_and_within_bounds() {
    hunt().expect_nothing(|input| judged(input, read));
}

#[test]
fn import_a_reader_that_loses_what_stands_in_doubled_quotes_is_found_out() {
    let planted = |input: &[u8]| {
        let mut file = read(input);
        file.products
            .iter_mut()
            .filter(|product| product.title.contains('"'))
            .for_each(|product| product.title.clear());
        file
    };
    hunt().expect_a_finding(|input| judged(input, planted));
}
