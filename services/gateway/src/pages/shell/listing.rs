//! The list of goods: its heading, the rail of categories, the goods, and the way to the next page.

use super::{card, categories, category_title, part, text};
use crate::pages::Content;
use crate::pages::html::escape;
use crate::pages::words::Words;
use std::fmt::Write;

pub(super) fn render(words: &Words, content: &Content, api_path: &str) -> String {
    let asked = Asked::of(api_path);
    let list = content.get(api_path);
    let mut out = String::with_capacity(16384);
    let _ = write!(
        out,
        "<div class=\"hs-wrap\"><div class=\"hs-listing-head\"><h1 class=\"hs-title\">{}</h1>\
         <form class=\"hs-only-narrow\" role=\"search\" action=\"/products\"><input class=\"ui-input\" type=\"search\" name=\"q\" \
         aria-label=\"{}\" placeholder=\"{}\" value=\"{}\"></form>",
        escape(&title(words, content, &asked)),
        words.search,
        words.search_hint,
        escape(&asked.value("q").unwrap_or_default())
    );
    rail(&mut out, words, content, &asked);
    out.push_str("<div class=\"hs-listing-bar\"><p class=\"hs-note\">");
    if let Some(total) = list.and_then(|l| l["total"].as_i64()) {
        out.push_str(&words.goods(total));
    }
    out.push_str("</p></div></div>");
    if asked.value("cursor").is_some() {
        let start = escape(&asked.link("cursor", None));
        let _ = write!(
            out,
            "<p class=\"mb-6\"><a class=\"hs-link\" href=\"{start}\">{}</a></p>",
            words.from_start
        );
    }
    card::grid(&mut out, words, list);
    if let Some(next) = list.map(|l| &l["next_cursor"]).filter(|next| next.is_string()) {
        let more = escape(&asked.link("cursor", Some(&part(next))));
        let _ = write!(
            out,
            "<p class=\"hs-more\"><a class=\"hs-button\" href=\"{more}\">{}</a></p>",
            words.load_more
        );
    }
    out.push_str("</div>");
    out
}

fn title(words: &Words, content: &Content, asked: &Asked<'_>) -> String {
    if let Some(searched) = asked.value("q") {
        return words.results(&searched);
    }
    match asked.value("category") {
        Some(slug) => category_title(content, &slug).unwrap_or(slug),
        None => words.all_goods.into(),
    }
}

fn rail(out: &mut String, words: &Words, content: &Content, asked: &Asked<'_>) {
    const CHOSEN: &str = " aria-current=\"true\"";
    let chosen = asked.value("category");
    let _ = write!(
        out,
        "<nav class=\"hs-rail\" aria-label=\"{}\"><a href=\"{}\"{}>{}</a>",
        words.categories,
        escape(&asked.without_page("category", None)),
        if chosen.is_none() { CHOSEN } else { "" },
        words.every
    );
    for category in categories(content) {
        let current = chosen.as_deref().is_some_and(|slug| category["slug"] == slug);
        let _ = write!(
            out,
            " <a href=\"{}\"{}>{}</a>",
            escape(&asked.without_page("category", Some(&part(&category["slug"])))),
            if current { CHOSEN } else { "" },
            text(&category["title"])
        );
    }
    out.push_str("</nav>");
}

/// What the address asks for, in the order of the API path.
struct Asked<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Asked<'a> {
    fn of(api_path: &'a str) -> Self {
        let query = api_path.split_once('?').map_or("", |(_, query)| query);
        Self {
            pairs: query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .filter(|(name, _)| *name != "limit")
                .collect(),
        }
    }

    /// A parameter as a person wrote it.
    fn value(&self, name: &str) -> Option<String> {
        self.pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| decoded(value))
    }

    /// This list's address with one parameter set (already encoded) or taken away.
    fn link(&self, name: &str, value: Option<&str>) -> String {
        let kept = self.pairs.iter().copied().filter(|(n, _)| *n != name);
        let query: Vec<String> =
            kept.chain(value.map(|v| (name, v))).map(|(n, v)| format!("{n}={v}")).collect();
        if query.is_empty() { "/products".into() } else { format!("/products?{}", query.join("&")) }
    }

    /// The same from the list's start: another category has other pages.
    fn without_page(&self, name: &str, value: Option<&str>) -> String {
        Self { pairs: self.pairs.iter().copied().filter(|(n, _)| *n != "cursor").collect() }.link(name, value)
    }
}

/// The text of a parameter; what is no text is shown with marks in place of the bytes that cannot be read.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let hex = after
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match (byte, hex) {
            (b'%', Some(read)) => {
                bytes.push(read);
                rest = &after[2..];
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{content, mug};
    use super::*;
    use crate::pages::route::{CATEGORIES, Page};
    use serde_json::{Value, json};

    fn page(api_path: &str, next: Value) -> String {
        let categories = json!({"items": [{"slug": "kitchen", "title": "Kitchen"}, {"slug": "garden", "title": "Garden"}]});
        let list = json!({"items": [mug()], "next_cursor": next, "total": 25});
        let asked = Page::Listing { api_path: api_path.into() };
        render(Words::of("en"), &content(asked, &[(CATEGORIES, categories), (api_path, list)]), api_path)
    }

    #[test]
    fn a_category_has_its_title_its_place_on_the_rail_and_the_way_on() {
        let page = page("/api/store/products?category=kitchen&limit=24", json!("eyJ=x"));
        assert!(page.contains("<h1 class=\"hs-title\">Kitchen</h1>"), "{page}");
        assert!(page.contains("<a href=\"/products\">All</a>"), "{page}");
        assert!(
            page.contains("<a href=\"/products?category=kitchen\" aria-current=\"true\">Kitchen</a>"),
            "{page}"
        );
        assert!(page.contains("<p class=\"hs-note\">25 items</p>"), "{page}");
        assert!(
            page.contains("href=\"/products?category=kitchen&amp;cursor=eyJ%3Dx\">Load more</a>"),
            "{page}"
        );
    }

    #[test]
    fn a_search_is_repeated_as_text_and_the_last_page_leads_nowhere() {
        let page = page("/api/store/products?cursor=abc&limit=24&q=%3Cscript%3E+caf%C3%A9", Value::Null);
        assert!(page.contains("Results for “&lt;script&gt; café”"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("hs-more"), "{page}");
        assert!(page.contains("href=\"/products?q=%3Cscript%3E+caf%C3%A9\">Back to the start"), "{page}");
        assert!(
            page.contains("<a href=\"/products?q=%3Cscript%3E+caf%C3%A9\" aria-current=\"true\">All</a>"),
            "{page}"
        );
    }

    #[test]
    fn broken_encoding_is_still_a_text() {
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%41"), "%zzA");
        assert_eq!(decoded("%ff"), "\u{fffd}");
    }
}
