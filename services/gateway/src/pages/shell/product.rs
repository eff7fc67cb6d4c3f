//! A product's page: the way to it, its pictures, its price, stock and options, its description.

use super::{GALLERY, THUMB, card, part, picture, side, sized, text};
use crate::pages::html::escape;
use crate::pages::words::Words;
use serde_json::Value;
use std::fmt::Write;

pub(super) fn render(words: &Words, product: &Value) -> String {
    let mut out = String::with_capacity(8192);
    out.push_str("<div class=\"hs-wrap\">");
    crumbs(&mut out, words, product);
    out.push_str("<article class=\"hs-product-grid\">");
    gallery(&mut out, words, product);
    info(&mut out, words, product);
    out.push_str("</article></div>");
    out
}

fn crumbs(out: &mut String, words: &Words, product: &Value) {
    let _ = write!(
        out,
        "<nav class=\"hs-crumbs\" aria-label=\"{}\"><ol><li><a href=\"/products\">{}</a></li>",
        words.breadcrumb, words.all_goods
    );
    let category = &product["category"];
    if category.is_object() {
        let (slug, title) = (part(&category["slug"]), text(&category["title"]));
        let _ = write!(out, "<li><a href=\"/products?category={slug}\">{title}</a></li>");
    }
    let _ = write!(out, "<li aria-current=\"page\">{}</li></ol></nav>", text(&product["title"]));
}

fn gallery(out: &mut String, words: &Words, product: &Value) {
    let title = product["title"].as_str().unwrap_or_default();
    let images: Vec<&Value> = product["images"].as_array().into_iter().flatten().collect();
    let _ = write!(
        out,
        "<section class=\"hs-gallery\" aria-label=\"{}\"><div class=\"hs-media\">",
        escape(&words.gallery(title))
    );
    let wanted = first_to_buy(product).map(|variant| &variant["image_id"]).filter(|id| id.is_string());
    let shown = images.iter().find(|image| wanted == Some(&image["id"])).or(images.first());
    match shown.and_then(|image| Some((image, picture(image)?))) {
        Some((image, url)) => {
            let alt = image["alt"].as_str().filter(|alt| !alt.is_empty()).unwrap_or(title);
            let (width, height) = (side(image, "width"), side(image, "height"));
            let _ = write!(
                out,
                "<img{} src=\"{url}\" alt=\"{}\" width=\"{width}\" height=\"{height}\" fetchpriority=\"high\">",
                sized(image, GALLERY),
                escape(alt)
            );
        }
        None => {
            let _ =
                write!(out, "<p class=\"grid h-full place-items-center text-soft\">{}</p>", words.no_image);
        }
    }
    out.push_str("</div>");
    if images.len() > 1 {
        out.push_str("<ul class=\"hs-thumbs\">");
        for (image, url) in images.iter().filter_map(|image| Some((image, picture(image)?))) {
            let _ = write!(
                out,
                "<li><span class=\"hs-thumb\"><img{} src=\"{url}\" alt=\"\" width=\"96\" height=\"96\" loading=\"lazy\" \
                 decoding=\"async\"></span></li>",
                sized(image, THUMB)
            );
        }
        out.push_str("</ul>");
    }
    out.push_str("</section>");
}

fn info(out: &mut String, words: &Words, product: &Value) {
    out.push_str("<div class=\"hs-product-info\"><div>");
    if product["vendor"].as_str().is_some_and(|v| !v.is_empty()) {
        let _ = write!(out, "<p class=\"hs-eyebrow\">{}</p>", text(&product["vendor"]));
    }
    let _ = write!(out, "<h1 class=\"hs-product-title\">{}</h1></div><div>", text(&product["title"]));
    let variant = first_to_buy(product).unwrap_or(&Value::Null);
    card::price(
        out,
        words,
        "hs-price hs-price-large",
        &variant["price"],
        &Value::Null,
        &variant["compare_at_price"],
    );
    let tax = if product["tax_included"].as_bool().unwrap_or(true) { words.included } else { words.excluded };
    let _ = write!(out, "<p class=\"hs-note\">{tax}</p></div>");
    options(out, product, variant);
    let availability = variant["availability"].as_str().unwrap_or("out_of_stock");
    let _ = write!(
        out,
        "<p class=\"hs-stock\" data-availability=\"{}\">{}</p><div class=\"hs-buy\"></div>",
        escape(availability),
        words.stock(availability, variant["available_quantity"].as_i64())
    );
    if let Some(description) = product["description_html"].as_str().filter(|d| !d.is_empty()) {
        // The product service sanitises a description when it is written; it is the one text that may hold markup.
        let _ = write!(
            out,
            "<section class=\"border-t border-line pt-6\"><div class=\"hs-prose\">{description}</div></section>"
        );
    }
    out.push_str("</div>");
}

/// A product without real options has one variant and one meaningless option; it needs no picker.
fn options(out: &mut String, product: &Value, variant: &Value) {
    let variants = product["variants"].as_array().map_or(0, Vec::len);
    for option in product["options"].as_array().into_iter().flatten() {
        let values: Vec<&Value> = option["values"].as_array().into_iter().flatten().collect();
        if variants <= 1 && values.len() <= 1 {
            continue;
        }
        let name = option["name"].as_str().unwrap_or_default();
        let _ = write!(
            out,
            "<div class=\"hs-options\"><p class=\"hs-options-name\">{}: {}</p><div class=\"hs-chips\">",
            escape(name),
            text(&variant["options"][name])
        );
        for value in values {
            let _ = write!(out, "<span class=\"hs-chip\" data-value=\"{0}\">{0}</span>", text(value));
        }
        out.push_str("</div></div>");
    }
}

/// The variant whose price and stock are shown: the first that can be bought, else the first.
fn first_to_buy(product: &Value) -> Option<&Value> {
    let variants = product["variants"].as_array()?;
    let buyable = |v: &&Value| !v["price"].is_null() && v["availability"] != "out_of_stock";
    variants.iter().find(buyable).or(variants.first())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mug() -> Value {
        json!({
            "title": "Enamel mug", "vendor": "North & Sons", "description_html": "<p>For tea.</p>", "tax_included": true,
            "category": {"slug": "kitchen", "title": "Kitchen"},
            "images": [{"id": "img_1", "url": "/media/1.svg", "alt": "", "width": 800, "height": 600},
                       {"id": "img_2", "url": "/media/2.svg", "alt": "A \"green\" one", "width": 800, "height": 800,
                        "srcset": "/media/2-320.jpg 320w"}],
            "options": [{"name": "Colour", "values": ["Green", "Ink"]}],
            "variants": [
                {"options": {"Colour": "Ink"}, "image_id": "img_1", "price": {"amount": 900, "currency": "EUR"},
                 "compare_at_price": null, "availability": "out_of_stock", "available_quantity": 0},
                {"options": {"Colour": "Green"}, "image_id": "img_2", "price": {"amount": 1200, "currency": "EUR"},
                 "compare_at_price": {"amount": 1500, "currency": "EUR"}, "availability": "low_stock", "available_quantity": 2}]
        })
    }

    #[test]
    fn the_first_variant_that_can_be_bought_is_shown() {
        let page = render(Words::of("en"), &mug());
        assert!(page.contains("<img srcset=\"/media/2-320.jpg 320w\" sizes=\"(min-width: 56rem) 34rem, 92vw\" src=\"/media/2.svg\" alt=\"A &quot;green&quot; one\" width=\"800\" height=\"800\" fetchpriority"));
        assert!(page.contains("<p class=\"hs-price hs-price-large\"><span class=\"hs-price-reduced\">€12.00</span> <del>€15.00</del>"));
        assert!(page.contains("<p class=\"hs-options-name\">Colour: Green</p>"), "{page}");
        assert!(
            page.contains("<p class=\"hs-stock\" data-availability=\"low_stock\">Only 2 left</p>"),
            "{page}"
        );
        assert!(page.contains("<p class=\"hs-eyebrow\">North &amp; Sons</p>"), "{page}");
        assert!(page.contains("<a href=\"/products?category=kitchen\">Kitchen</a>"), "{page}");
        assert!(page.contains("<div class=\"hs-prose\"><p>For tea.</p></div>"), "{page}");
        assert_eq!(page.matches("class=\"hs-thumb\"").count(), 2);
        assert_eq!(page.matches("<div").count(), page.matches("</div>").count());
    }

    #[test]
    fn a_plain_product_has_no_picker_and_one_picture_no_thumbs() {
        let mut plain = mug();
        plain["options"] = json!([{"name": "Title", "values": ["Default Title"]}]);
        plain["variants"].as_array_mut().unwrap().truncate(1);
        plain["images"].as_array_mut().unwrap().truncate(1);
        let page = render(Words::of("de"), &plain);
        assert!(!page.contains("hs-options") && !page.contains("hs-thumb"), "{page}");
        assert!(page.contains("alt=\"Enamel mug\""), "{page}");
        assert!(page.contains("data-availability=\"out_of_stock\">Ausverkauft</p>"), "{page}");
        assert!(page.contains("<span>9,00\u{a0}€</span>"), "{page}");
    }
}
