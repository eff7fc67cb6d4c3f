//! Every fixture file, read and shown whole.

use super::super::read_file;
use crate::domain::import::{Format, ImportedProduct, ImportedVariant, ReadFile};
use hanse_kernel::{Currency, Money};
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn every_fixture_reads_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of fixtures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    assert!(names.len() >= 40, "fixtures are missing: {names:?}");
    for name in names {
        let bytes = std::fs::read(folder.join(&name)).expect("a fixture");
        let file = read_file(&bytes, Some(&name), Format::Auto, Currency::EUR);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.replace('.', "_"), shown(&file));
        });
        assert_eq!(
            file,
            read_file(&bytes, Some(&name), Format::Auto, Currency::EUR),
            "{name} reads the same twice"
        );
    }
}

/// A file as a person checks it.
fn shown(file: &ReadFile) -> String {
    let mut out = format!(
        "{} · {} rows · {} products · skipped {} products, {} variants\n",
        file.format,
        file.rows_total,
        file.products.len(),
        file.skipped.products,
        file.skipped.variants
    );
    for product in &file.products {
        show_product(&mut out, product);
    }
    for problem in &file.problems {
        let column = problem.column.as_deref().unwrap_or("-");
        let value = problem.value.as_deref().unwrap_or("-");
        let _ = write!(
            out,
            "\n{} line {} [{column}] «{value}» {}\n    {}\n",
            problem.severity.name(),
            problem.line,
            problem.code,
            problem.hint
        );
    }
    out
}

fn show_product(out: &mut String, product: &ImportedProduct) {
    let state = if product.published { "published" } else { "draft" };
    let _ = writeln!(
        out,
        "\n{} «{}» {state}, lines {}–{}, {} rows",
        product.handle, product.title, product.lines.first, product.lines.last, product.rows
    );
    for (name, value) in [
        ("vendor", product.vendor.clone().unwrap_or_default()),
        ("type", product.kind.clone().unwrap_or_default()),
        ("category", product.category.join(" > ")),
        ("tags", product.tags.join(", ")),
        ("html", product.description_html.clone()),
        ("options", product.options.join(" / ")),
    ] {
        if !value.is_empty() {
            let _ = writeln!(out, "  {name}: {value}");
        }
    }
    for variant in &product.variants {
        show_variant(out, variant);
    }
    for image in &product.images {
        let _ = writeln!(
            out,
            "  image {} {} {}",
            image.position,
            image.src,
            image.alt.as_deref().unwrap_or_default()
        );
    }
}

fn show_variant(out: &mut String, variant: &ImportedVariant) {
    let money = |money: Option<Money>| money.map_or("-".to_string(), |m| m.to_string());
    let mut extras = String::new();
    for (name, value) in [
        ("was", variant.compare_at.map(|m| m.to_string())),
        ("grams", variant.weight_grams.map(|g| g.to_string())),
        ("barcode", variant.barcode.clone()),
        ("image", variant.image.clone()),
        ("untaxed", (!variant.taxable).then(String::new)),
        ("unshipped", (!variant.requires_shipping).then(String::new)),
    ] {
        if let Some(value) = value {
            let _ = write!(extras, " {name} {value}");
        }
    }
    let _ = writeln!(
        out,
        "  - [{}] {} {} stock {} {}{extras} (line {}) {}",
        variant.values.join(" / "),
        variant.sku.as_deref().unwrap_or("no sku"),
        money(variant.price),
        variant.stock.map_or("-".to_string(), |units| units.to_string()),
        variant.stock_policy.name(),
        variant.line,
        variant.row_key,
    );
}
