//! The home page: the quay of categories, and what is new.

use super::{card, categories, part, text};
use crate::pages::Content;
use crate::pages::route::NEWEST;
use crate::pages::words::Words;
use std::fmt::Write;

/// The quay has room for so many houses, built after four drawings.
const HOUSES: usize = 8;
const DRAWINGS: usize = 4;

pub(super) fn render(words: &Words, content: &Content) -> String {
    let mut out = String::with_capacity(8192);
    let _ = write!(
        out,
        "<section class=\"hs-hero\" aria-labelledby=\"hero-title\"><div class=\"hs-hero-sun\" aria-hidden=\"true\"></div>\
         <div class=\"hs-wrap hs-hero-text\"><p class=\"hs-eyebrow\">{}</p>\
         <h1 id=\"hero-title\" class=\"hs-hero-title\">{}</h1><p class=\"hs-hero-lede\">{}</p>\
         <p class=\"hs-hero-actions\"><a class=\"hs-button hs-button-primary\" href=\"/products\">{}</a> \
         <a class=\"hs-button\" href=\"/products?sort=newest\">{}</a></p></div>\
         <nav class=\"hs-quay-bed\" aria-label=\"{}\"><ul class=\"hs-wrap hs-quay\">",
        words.eyebrow, words.headline, words.lede, words.shop_all, words.arrivals, words.categories
    );
    for (i, category) in categories(content).take(HOUSES).enumerate() {
        let _ = write!(
            out,
            "<li class=\"hs-house\"><a href=\"/products?category={}\">\
             <svg aria-hidden=\"true\"><use href=\"#hs-house-{}\"></use></svg>\
             <span class=\"hs-house-sign\"><span><b>{}</b><small>{}</small></span></span></a></li>",
            part(&category["slug"]),
            i % DRAWINGS + 1,
            text(&category["title"]),
            words.goods(category["product_count"].as_i64().unwrap_or(0))
        );
    }
    let _ = write!(
        out,
        "</ul></nav><svg class=\"hs-water\" aria-hidden=\"true\"><rect width=\"100%\" height=\"100%\" fill=\"url(#hs-waves)\">\
         </rect></svg></section><section class=\"hs-wrap hs-section\" aria-labelledby=\"fresh-title\">\
         <div class=\"hs-section-head\"><h2 id=\"fresh-title\" class=\"hs-section-title\">{}</h2>\
         <a class=\"hs-link\" href=\"/products?sort=newest\">{}</a></div>",
        words.fresh, words.see_all
    );
    card::grid(&mut out, words, content.get(NEWEST));
    out.push_str("</section>");
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{content, mug};
    use super::*;
    use crate::pages::route::{CATEGORIES, Page};
    use serde_json::json;

    #[test]
    fn the_home_page_shows_its_quay_and_what_is_new() {
        let houses: Vec<_> = (0..9)
            .map(|i| json!({"slug": format!("c{i}"), "title": "Pots & pans", "product_count": i}))
            .collect();
        let answers = [(CATEGORIES, json!({"items": houses})), (NEWEST, json!({"items": [mug()]}))];
        let page = render(Words::of("en"), &content(Page::Home, &answers));
        assert_eq!(page.matches("class=\"hs-house\"").count(), HOUSES);
        assert!(page.contains("href=\"#hs-house-4\"") && !page.contains("hs-house-5\""), "{page}");
        assert!(page.contains("<b>Pots &amp; pans</b><small>1 item</small>"), "{page}");
        assert!(page.contains("Goods worth the voyage.") && page.contains("url(#hs-waves)"));
        assert!(page.contains("href=\"/products/enamel-mug\""));
        assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
        assert!(
            render(Words::of("de"), &content(Page::Home, &answers)).contains("Ware, die die Reise lohnt.")
        );
    }
}
