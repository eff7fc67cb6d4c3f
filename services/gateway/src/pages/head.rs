//! The head of a page: title, description, canonical address, Open Graph, and JSON-LD for products.

use super::Content;
use super::html::{escape, json};
use super::route::Page;
use axum::http::Uri;
use serde_json::{Value, json};
use std::fmt::Write;

pub(crate) struct Site<'a> {
    pub(crate) public_url: &'a str,
    pub(crate) shop_name: &'a str,
    pub(crate) locale: &'a str,
}

pub(crate) fn head(site: &Site<'_>, uri: &Uri, content: &Content) -> String {
    let about = About::of(site, content);
    let canonical = canonical(site, uri, &content.page);
    let mut out = String::new();
    let _ = write!(out, "<title>{}</title>", escape(&about.title));
    if !about.description.is_empty() {
        let text = escape(&about.description);
        let _ = write!(
            out,
            "<meta name=\"description\" content=\"{text}\"><meta property=\"og:description\" content=\"{text}\">"
        );
    }
    if matches!(content.page, Page::Private | Page::NotFound) {
        out.push_str("<meta name=\"robots\" content=\"noindex\">");
        return out;
    }
    let _ = write!(
        out,
        "<link rel=\"canonical\" href=\"{0}\"><meta property=\"og:url\" content=\"{0}\">\
         <meta property=\"og:title\" content=\"{1}\"><meta property=\"og:type\" content=\"{2}\">\
         <meta property=\"og:site_name\" content=\"{3}\"><meta property=\"og:locale\" content=\"{4}\">",
        escape(&canonical),
        escape(&about.title),
        about.kind,
        escape(site.shop_name),
        escape(site.locale),
    );
    if let Some(image) = &about.image {
        let _ = write!(out, "<meta property=\"og:image\" content=\"{}\">", escape(image));
    }
    if let Some(data) = &about.structured {
        let _ = write!(out, "<script type=\"application/ld+json\">{}</script>", json(data));
    }
    out
}

fn canonical(site: &Site<'_>, uri: &Uri, page: &Page) -> String {
    let path = uri.path();
    // A search or a further page is no page of its own for a crawler; a category is.
    let category = match page {
        Page::Listing { .. } => uri.query().unwrap_or("").split('&').find(|p| p.starts_with("category=")),
        _ => None,
    };
    match category {
        Some(category) => format!("{}{path}?{category}", site.public_url),
        None => format!("{}{path}", site.public_url),
    }
}

struct About {
    title: String,
    description: String,
    kind: &'static str,
    image: Option<String>,
    structured: Option<Value>,
}

impl About {
    fn of(site: &Site<'_>, content: &Content) -> Self {
        let plain = |title: String| Self {
            title,
            description: String::new(),
            kind: "website",
            image: None,
            structured: None,
        };
        let shop = site.shop_name;
        match &content.page {
            Page::Product { slug } => match content.get(&format!("/api/store/products/{slug}")) {
                Some(product) => Self::product(site, slug, product),
                None => plain(shop.to_string()),
            },
            Page::Listing { api_path } => {
                let category = api_path.split(['?', '&']).find_map(|p| p.strip_prefix("category="));
                let title = category.and_then(|slug| super::shell::category_title(content, slug));
                plain(title.map_or_else(|| shop.to_string(), |t| format!("{t} · {shop}")))
            }
            Page::Home | Page::Private => plain(shop.to_string()),
            Page::NotFound => plain(format!("404 · {shop}")),
        }
    }

    fn product(site: &Site<'_>, slug: &str, product: &Value) -> Self {
        let title = product["title"].as_str().unwrap_or_default();
        let description = plain_text(product["description_html"].as_str().unwrap_or_default(), 160);
        let image = product["images"][0]["url"].as_str().map(|url| absolute(site, url));
        let offers: Vec<Value> = product["variants"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| offer(site, slug, v))
            .collect();
        let structured = json!({
            "@context": "https://schema.org",
            "@type": "Product",
            "name": title,
            "description": description,
            "image": image,
            "brand": product["vendor"].as_str().map(|v| json!({"@type": "Brand", "name": v})),
            "offers": offers,
        });
        Self {
            title: format!("{title} · {}", site.shop_name),
            description,
            kind: "product",
            image,
            structured: Some(structured),
        }
    }
}

fn absolute(site: &Site<'_>, url: &str) -> String {
    if url.starts_with('/') { format!("{}{url}", site.public_url) } else { url.to_string() }
}

fn offer(site: &Site<'_>, slug: &str, variant: &Value) -> Option<Value> {
    let currency = variant["price"]["currency"].as_str()?;
    let currency = hanse_kernel::Currency::parse(currency).ok()?;
    let price = hanse_kernel::Money::new(variant["price"]["amount"].as_i64()?, currency);
    let available = match variant["availability"].as_str() {
        Some("in_stock" | "low_stock") => "https://schema.org/InStock",
        Some("backorder") => "https://schema.org/BackOrder",
        _ => "https://schema.org/OutOfStock",
    };
    Some(json!({
        "@type": "Offer",
        "sku": variant["sku"],
        "price": price.decimal(),
        "priceCurrency": currency.code(),
        "availability": available,
        "url": format!("{}/products/{slug}", site.public_url),
    }))
}

/// The words of a piece of HTML, at most `limit` characters, cut between words.
pub(crate) fn plain_text(html: &str, limit: usize) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'");
    let text = text.replace("&amp;", "&");
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.chars().count() + word.chars().count() + 1 > limit {
            out.push('…');
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn a_description_is_words_without_markup() {
        assert_eq!(plain_text("<p>Black &amp; white</p><p>floor lamp</p>", 160), "Black & white floor lamp");
        assert_eq!(plain_text("one two three", 8), "one two…");
    }
}
