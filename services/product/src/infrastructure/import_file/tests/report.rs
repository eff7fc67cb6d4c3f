//! The promises of the report: every problem tells place and remedy, and stays with its product.

use super::{codes, read, titles};
use crate::domain::import::Severity;

const HEADER: &str = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n";

#[test]
fn the_problem_of_a_price_names_line_column_value_and_remedy() {
    let file = read("Handle,Title,Variant Price\nmug,Mug,9.00\njug,Jug,\"12,oo\"\n");
    let [_, problem] = file.problems.as_slice() else { panic!("{:?}", file.problems) };
    assert_eq!((problem.line, problem.code, problem.severity), (3, "price_not_a_number", Severity::Error));
    assert_eq!(problem.column.as_deref(), Some("Variant Price"));
    assert_eq!(problem.value.as_deref(), Some("12,oo"));
    assert!(problem.hint.contains("12.50"), "{}", problem.hint);
    assert_eq!(titles(&file), ["Mug"]);
    assert_eq!((file.rows_total, file.skipped.products, file.skipped.variants), (2, 1, 1));
}

#[test]
fn one_bad_product_leaves_its_neighbours_as_they_are() {
    let good_a = "a,Ant,Size,S,A-1,9.00,\na,,,L,A-2,11.00,https://cdn.example/a.jpg\n";
    let good_c = "c,Cat,Size,S,C-1,9.00,\n";
    let alone = read(format!("{HEADER}{good_a}{good_c}"));
    assert!(codes(&alone).is_empty(), "{:?}", codes(&alone));
    for bad in ["b,Bee,Size,S,B-1,oops,\n", "b,,Size,S,B-1,9.00,\n", "b,Bee,Size,S,B-1,9.00,x,y,z\n"] {
        let file = read(format!("{HEADER}{good_a}{bad}{good_c}"));
        assert_eq!(file.skipped.products, 1, "{bad}");
        let fingerprints = |file: &crate::domain::import::ReadFile| -> Vec<String> {
            file.products.iter().map(|p| p.fingerprint.to_string()).collect()
        };
        assert_eq!(fingerprints(&file), fingerprints(&alone), "{bad}");
    }
}

#[test]
fn an_sku_of_a_product_that_is_left_out_stays_free() {
    let file = read(format!("{HEADER}a,Ant,,,X-1,oops,\nb,Bee,,,X-1,9.00,\n"));
    assert_eq!(file.products[0].variants[0].sku.as_deref(), Some("X-1"));
    assert_eq!(codes(&file), ["!price_not_a_number@2"]);
}

#[test]
fn a_mended_product_finds_its_handle_again() {
    let handles = |price: &str| -> Vec<String> {
        let file = read(format!("title,sku,price\nMug,M-1,{price}\nMug,M-2,9.00\n"));
        file.products.into_iter().map(|product| product.handle).collect()
    };
    assert_eq!(handles("oops"), ["mug-2"]);
    assert_eq!(handles("9.00"), ["mug", "mug-2"]);
}

#[test]
fn handles_of_the_file_come_before_those_made_of_titles() {
    let file = read("Handle,Title,Variant Price\n,Mug,1\nmug,Other,2\n,Mug!,3\nMUG,Again,4\n");
    let handles: Vec<&str> = file.products.iter().map(|product| product.handle.as_str()).collect();
    assert_eq!(handles, ["mug-2", "mug", "mug-3"]);
}

#[test]
fn a_fingerprint_tells_content_and_nothing_else() {
    let fingerprint = |text: String| read(text).products[0].fingerprint;
    let base = fingerprint(format!("{HEADER}a,Ant,Size,S,A-1,9.00,\n"));
    assert_eq!(base, fingerprint(format!("{HEADER}\n\na,Ant,Size,S,A-1,\"9,00\",\n")));
    for other in [
        "a,Ant,Size,S,A-1,9.01,\n",
        "a,Ant,Size,M,A-1,9.00,\n",
        "a,Ant,Size,S,,9.00,\n",
        "a,Aunt,Size,S,A-1,9.00,\n",
    ] {
        assert_ne!(base, fingerprint(format!("{HEADER}{other}")), "{other}");
    }
}

#[test]
fn the_default_currency_counts_where_the_file_names_none() {
    use crate::domain::import::Format;
    let read = |currency| super::read_file(b"title,price\nMug,9\n", None, Format::Auto, currency);
    let price =
        |file: crate::domain::import::ReadFile| file.products[0].variants[0].price.map(|m| m.to_string());
    assert_eq!(price(read(hanse_kernel::Currency::EUR)).as_deref(), Some("9.00 EUR"));
    assert_eq!(price(read(hanse_kernel::Currency::JPY)).as_deref(), Some("9 JPY"));
}

#[test]
fn keys_of_variants_differ_whatever_their_values() {
    let file = read(
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\na,Ant,One,x/,Two,y,1\na,,,x,,/y,1\na,,,x\\,,y,1\na,,,X/,,Y,2\n",
    );
    let keys: Vec<&str> = file.products[0].variants.iter().map(|variant| variant.row_key.as_str()).collect();
    assert_eq!(keys, [r"a#x\//y", r"a#x/\/y", r"a#x\\/y"]);
    assert_eq!(codes(&file), ["variant_repeated@5"]);
}
