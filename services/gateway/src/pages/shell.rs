//! The shell of a page: what can be read before (or without) any script, in the storefront's own markup, so that nothing
//! moves when the app takes over. The markup and its class names are described in `web/README.md`.

mod card;
mod home;
mod listing;
mod product;

use super::Content;
use super::html::escape;
use super::route::{CATEGORIES, Page};
use super::words::Words;
use serde_json::Value;

pub(crate) fn shell(content: &Content, locale: &str) -> String {
    let words = Words::of(locale);
    match &content.page {
        Page::Home => home::render(words, content),
        Page::Listing { api_path } => listing::render(words, content, api_path),
        Page::Product { slug } => {
            let answer = content.get(&format!("/api/store/products/{slug}"));
            answer.map(|answer| product::render(words, answer)).unwrap_or_default()
        }
        Page::Private => String::new(),
        Page::NotFound => format!(
            "<div class=\"hs-wrap\"><h1 class=\"hs-title\">{}</h1><p class=\"hs-note\">{}</p>\
             <p><a class=\"hs-button hs-button-primary\" href=\"/products\">{}</a></p></div>",
            words.lost, words.lost_text, words.show_all
        ),
    }
}

pub(crate) fn category_title(content: &Content, slug: &str) -> Option<String> {
    let found = categories(content).find(|c| c["slug"] == slug)?;
    found["title"].as_str().map(str::to_string)
}

fn categories(content: &Content) -> impl Iterator<Item = &Value> {
    content.get(CATEGORIES).and_then(|c| c["items"].as_array()).into_iter().flatten()
}

/// A text of an answer, safe between tags and inside an attribute.
fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// A part of an address made from a text of an answer.
fn part(value: &Value) -> String {
    let mut out = String::new();
    for byte in value.as_str().unwrap_or_default().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The address of a picture; only such as a browser fetches, never one that it would run.
fn picture(image: &Value) -> Option<String> {
    let url = image["url"].as_str()?;
    let fetched = url.starts_with('/') || url.starts_with("https://") || url.starts_with("http://");
    fetched.then(|| escape(url))
}

/// By what a browser chooses among a picture's sizes, as the storefront's `lib/pictures.ts` has it.
const CARD: &str = "(min-width: 66rem) 18rem, (min-width: 44rem) 30vw, 46vw";
const GALLERY: &str = "(min-width: 56rem) 34rem, 92vw";
const THUMB: &str = "4.5rem";

/// The attributes by which one is chosen; none where the picture was not uploaded to the shop.
fn sized(image: &Value, sizes: &str) -> String {
    match image["srcset"].as_str().filter(|srcset| srcset.starts_with("/media/")) {
        Some(srcset) => format!(" srcset=\"{}\" sizes=\"{sizes}\"", escape(srcset)),
        None => String::new(),
    }
}

fn side(image: &Value, name: &str) -> i64 {
    image[name].as_i64().unwrap_or(800)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A page made from the given answers.
    pub(super) fn content(page: Page, answers: &[(&str, Value)]) -> Content {
        let status = page.status();
        Content {
            page,
            queries: answers.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect(),
            status,
        }
    }

    pub(super) fn mug() -> Value {
        json!({
            "id": "prod_1", "slug": "enamel-mug", "title": "Enamel <mug>", "subtitle": null, "category": "kitchen",
            "image": {"url": "/media/ab12.svg", "alt": "Enamel mug", "width": 640, "height": 480},
            "price": {"amount": 1200, "currency": "EUR"}, "price_max": {"amount": 1500, "currency": "EUR"},
            "compare_at_price": {"amount": 1600, "currency": "EUR"}, "tax_included": true, "availability": "low_stock"
        })
    }

    #[test]
    fn nothing_of_an_answer_becomes_markup() {
        assert_eq!(text(&json!("<b>\"x\"</b>")), "&lt;b&gt;&quot;x&quot;&lt;/b&gt;");
        assert_eq!(part(&json!("töpfe&x=\"")), "t%C3%B6pfe%26x%3D%22");
        assert_eq!(picture(&json!({"url": "javascript:alert(1)"})), None);
        let many = json!({"srcset": "/media/a-320.jpg 320w, /media/a-640.jpg\"> 640w"});
        let attributes = sized(&many, THUMB);
        assert_eq!(
            attributes,
            " srcset=\"/media/a-320.jpg 320w, /media/a-640.jpg&quot;&gt; 640w\" sizes=\"4.5rem\""
        );
        for one in [json!({"srcset": null}), json!({}), json!({"srcset": "javascript:alert(1) 1w"})] {
            assert_eq!(sized(&one, THUMB), "");
        }
        assert_eq!(picture(&json!({"url": "/media/a.svg?a&b"})).as_deref(), Some("/media/a.svg?a&amp;b"));
    }

    #[test]
    fn a_page_that_is_not_there_says_so_in_the_visitors_language() {
        let page = shell(&content(Page::NotFound, &[]), "de");
        assert!(page.contains("<h1 class=\"hs-title\">Auf See verloren</h1>"), "{page}");
        assert_eq!(shell(&content(Page::Private, &[]), "en"), "");
    }
}
