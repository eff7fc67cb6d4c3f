//! Files beyond all measure: refused with a clear problem, in bounded time.

use super::super::{Settings, limits, read_with};
use super::{codes, read, titles};
use crate::domain::import::{Format, Severity};
use hanse_kernel::Currency;

#[test]
fn enormous_cells_keep_their_product_out() {
    let title = "x".repeat(limits::TEXT + 1);
    let body = "y".repeat(limits::DESCRIPTION + 1);
    let file =
        read(format!("Handle,Title,Body (HTML),Variant Price\na,{title},,1\nb,Bee,{body},1\nc,Cat,,1\n"));
    assert_eq!(codes(&file), ["!text_too_long@2", "!text_too_long@3"]);
    assert_eq!(titles(&file), ["Cat"]);
    assert!(file.problems.iter().all(|problem| problem.value.as_ref().is_none_or(|value| value.len() < 200)));
}

#[test]
fn a_product_has_a_bounded_number_of_variants() {
    let mut text = String::from("Handle,Title,Option1 Name,Option1 Value,Variant Price\n");
    for i in 0..=limits::VARIANTS {
        text += &format!("a,Ant,Size,{i},1\n");
    }
    text += "b,Bee,Size,1,1\n";
    let file = read(text);
    assert_eq!(codes(&file), ["!too_many_variants@2"]);
    assert_eq!(titles(&file), ["Bee"]);

    let list: Vec<String> = (0..60).map(|i| i.to_string()).collect();
    let list = list.join(";");
    let file = read(format!("title,price,colours,sizes\nAnt,1,{list},{list}\n"));
    assert_eq!(codes(&file), ["!too_many_variants@2"]);
}

#[test]
fn problems_are_told_up_to_a_bound() {
    let mut text = String::from("Handle,Title,Variant Price\n");
    for i in 0..limits::PROBLEMS + 7 {
        text += &format!("h{i},Title,free\n");
    }
    let file = read(text);
    assert_eq!(file.problems.len(), limits::PROBLEMS + 1);
    let last = file.problems.last().expect("problems");
    assert_eq!((last.code, last.severity), ("more_problems", Severity::Warning));
    assert!(last.hint.starts_with("7 more"), "{}", last.hint);
    assert_eq!(file.skipped.products, limits::PROBLEMS as u64 + 7);
}

#[test]
fn rows_beyond_the_bound_are_not_read() {
    let settings = Settings { currency: Currency::EUR, max_rows: 2 };
    let table = "title,sku,price,stock\na,1,1,1\nb,2,1,1\nc,3,1,1\n";
    let file = read_with(table.as_bytes(), None, Format::Auto, settings);
    assert_eq!((file.rows_total, titles(&file)), (2, vec!["a"]), "the last may lack rows");
    assert_eq!(codes(&file), ["!too_many_rows@3"]);

    let whole = table.trim_end().rsplit_once('\n').expect("rows").0;
    assert!(read_with(whole.as_bytes(), None, Format::Auto, settings).problems.is_empty());

    let json = r#"[{"title": "a", "price": 1}, {"title": "b", "price": 1}, {"title": "c", "price": 1}]"#;
    let file = read_with(json.as_bytes(), None, Format::Auto, settings);
    assert_eq!((file.rows_total, titles(&file)), (2, vec!["a", "b"]));
    assert_eq!(codes(&file), ["!too_many_rows@1"]);
}

#[test]
fn deep_markup_and_deep_json_come_to_an_end() {
    let deep = "<div>".repeat(40_000);
    let file = read(format!("Handle,Title,Body (HTML),Variant Price\na,Ant,{deep}deep,1\n"));
    assert_eq!(file.products.len(), 1);

    let file = read("[".repeat(200_000));
    assert!(file.is_refused());
    let file = read("{\"data\":".repeat(200_000));
    assert!(file.is_refused());
    let nested = format!(
        "[{{\"title\": \"Ant\", \"price\": 1, \"x\": {}1{}}}]",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert_eq!(titles(&read(nested)), ["Ant"]);
}

#[test]
fn many_variants_of_json_are_read_in_linear_time() {
    let variants: Vec<String> =
        (0..30_000).map(|i| format!("{{\"sku\": \"{i}\",\n\"price\": \"x\"}}")).collect();
    let file =
        read(format!("[{{\"title\": \"Ant\", \"price\": 1, \"variants\": [{}]}}]", variants.join(",\n")));
    assert_eq!(file.skipped.products, 1);
}

#[test]
fn many_products_of_one_name_are_read_in_linear_time() {
    let rows: String = (0..30_000).map(|i| format!("Mug,M-{i},1\n")).collect();
    let file = read(format!("title,sku,price\n{rows}"));
    assert_eq!(file.products.len(), 30_000);
    assert_eq!(file.products[29_999].handle, "mug-30000");
}

#[test]
fn the_file_itself_is_bounded_in_width() {
    let header: Vec<String> = (0..600).map(|i| format!("c{i}")).collect();
    assert_eq!(codes(&read(header.join(","))), ["!too_many_columns@1"]);
}
