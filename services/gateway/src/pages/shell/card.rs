//! A product in a list, and the grid of them.

use super::{CARD, part, picture, side, sized, text};
use crate::pages::words::Words;
use serde_json::Value;
use std::fmt::Write;

/// As many pictures stand in the first view; the rest load when they come near it.
const EAGER: usize = 4;

pub(super) fn grid(out: &mut String, words: &Words, list: Option<&Value>) {
    let items = list.and_then(|l| l["items"].as_array());
    if items.is_some_and(Vec::is_empty) {
        let _ = write!(out, "<p class=\"hs-note\">{}</p>", words.empty);
        return;
    }
    out.push_str("<ul class=\"hs-grid\">");
    for (i, item) in items.into_iter().flatten().enumerate() {
        card(out, words, item, i < EAGER);
    }
    out.push_str("</ul>");
}

fn card(out: &mut String, words: &Words, item: &Value, eager: bool) {
    out.push_str("<li class=\"hs-card\"><div class=\"hs-media\">");
    let image = &item["image"];
    match picture(image) {
        Some(url) => {
            let (width, height) = (side(image, "width"), side(image, "height"));
            let loading = if eager { "eager" } else { "lazy" };
            let _ = write!(
                out,
                "<img{} src=\"{url}\" alt=\"\" width=\"{width}\" height=\"{height}\" loading=\"{loading}\" decoding=\"async\">",
                sized(image, CARD)
            );
        }
        None => out.push_str("<svg class=\"m-auto h-full w-1/3 text-edge\" aria-hidden=\"true\"><use href=\"#hs-mark\"></use></svg>"),
    }
    let _ = write!(
        out,
        "</div><h3 class=\"hs-card-title\"><a href=\"/products/{}\">{}</a></h3>",
        part(&item["slug"]),
        text(&item["title"])
    );
    if item["subtitle"].as_str().is_some_and(|s| !s.is_empty()) {
        let _ = write!(out, "<p class=\"hs-note\">{}</p>", text(&item["subtitle"]));
    }
    price(out, words, "hs-price", &item["price"], &item["price_max"], &item["compare_at_price"]);
    badge(out, words, item);
    out.push_str("</li>");
}

/// The price, with "from" where it is the lowest of several, and the one it replaced.
pub(super) fn price(out: &mut String, words: &Words, class: &str, now: &Value, max: &Value, before: &Value) {
    let Some(shown) = words.money(now) else {
        let _ = write!(out, "<p class=\"{class}\"><span>{}</span></p>", words.on_request);
        return;
    };
    let shown = if exceeds(max, now) { words.from(&shown) } else { shown };
    match words.money(before).filter(|_| exceeds(before, now)) {
        Some(before) => {
            let _ = write!(
                out,
                "<p class=\"{class}\"><span class=\"hs-price-reduced\">{shown}</span> <del>{before}</del></p>"
            );
        }
        None => {
            let _ = write!(out, "<p class=\"{class}\"><span>{shown}</span></p>");
        }
    }
}

fn badge(out: &mut String, words: &Words, item: &Value) {
    if item["availability"] == "out_of_stock" {
        let _ = write!(out, "<p class=\"hs-badge\" data-tone=\"plain\">{}</p>", words.sold_out);
    } else if exceeds(&item["compare_at_price"], &item["price"]) {
        let _ = write!(out, "<p class=\"hs-badge\" data-tone=\"sale\">{}</p>", words.reduced);
    } else if item["availability"] == "low_stock" {
        let _ = write!(out, "<p class=\"hs-badge\" data-tone=\"plain\">{}</p>", words.few_left);
    }
}

fn exceeds(a: &Value, b: &Value) -> bool {
    matches!((a["amount"].as_i64(), b["amount"].as_i64()), (Some(a), Some(b)) if a > b)
}

#[cfg(test)]
mod tests {
    use super::super::tests::mug;
    use super::*;
    use serde_json::json;

    fn rendered(item: &Value) -> String {
        let mut out = String::new();
        grid(&mut out, Words::of("en"), Some(&json!({"items": [item]})));
        out
    }

    #[test]
    fn a_card_has_picture_title_price_and_badge() {
        insta::assert_snapshot!(rendered(&mug()).replace("><", ">\n<"), @r#"
        <ul class="hs-grid">
        <li class="hs-card">
        <div class="hs-media">
        <img src="/media/ab12.svg" alt="" width="640" height="480" loading="eager" decoding="async">
        </div>
        <h3 class="hs-card-title">
        <a href="/products/enamel-mug">Enamel &lt;mug&gt;</a>
        </h3>
        <p class="hs-price">
        <span class="hs-price-reduced">from €12.00</span> <del>€16.00</del>
        </p>
        <p class="hs-badge" data-tone="sale">Reduced</p>
        </li>
        </ul>
        "#);
    }

    #[test]
    fn sold_out_comes_before_reduced_and_no_price_is_said() {
        let mut item = mug();
        item["availability"] = "out_of_stock".into();
        assert!(rendered(&item).contains("data-tone=\"plain\">Sold out</p>"));
        item["price"] = Value::Null;
        item["image"] = Value::Null;
        let card = rendered(&item);
        assert!(card.contains("<p class=\"hs-price\"><span>Price on request</span></p>"), "{card}");
        assert!(card.contains("#hs-mark"), "{card}");
    }

    #[test]
    fn only_the_first_pictures_load_at_once() {
        let mut out = String::new();
        grid(&mut out, Words::of("en"), Some(&json!({"items": vec![mug(); 6]})));
        assert_eq!(out.matches("loading=\"eager\"").count(), EAGER);
        assert_eq!(out.matches("loading=\"lazy\"").count(), 2);
    }
}
