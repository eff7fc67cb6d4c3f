//! The shell of a page: what can be read before (or without) any script, with the storefront's own class names.

use super::Content;
use super::html::escape;
use super::route::{CATEGORIES, NEWEST, Page};
use hanse_kernel::{Currency, Money};
use serde_json::Value;
use std::fmt::Write;

pub(crate) fn shell(content: &Content) -> String {
    match &content.page {
        Page::Home => home(content),
        Page::Listing { api_path } => listing(content, api_path),
        Page::Product { slug } => content.get(&format!("/api/store/products/{slug}")).map(product).unwrap_or_default(),
        Page::Private => String::new(),
        Page::NotFound => "<div class=\"hs-wrap hs-section\"><h1>404</h1><p><a class=\"hs-link\" href=\"/products\">\
                           Look at all goods</a></p></div>"
            .into(),
    }
}

pub(crate) fn category_title(content: &Content, slug: &str) -> Option<String> {
    let categories = content.get(CATEGORIES)?["items"].as_array()?;
    let found = categories.iter().find(|c| c["slug"] == slug)?;
    found["title"].as_str().map(str::to_string)
}

fn money(value: &Value) -> String {
    let currency = value["currency"].as_str().and_then(|c| Currency::parse(c).ok());
    match (value["amount"].as_i64(), currency) {
        (Some(amount), Some(currency)) => Money::new(amount, currency).to_string(),
        _ => String::new(),
    }
}

fn home(content: &Content) -> String {
    let mut out = String::from("<section class=\"hs-hero\"><nav class=\"hs-quay-bed\"><ul class=\"hs-wrap hs-quay\">");
    for category in content.get(CATEGORIES).and_then(|c| c["items"].as_array()).into_iter().flatten().take(8) {
        let (slug, title) = (category["slug"].as_str().unwrap_or_default(), category["title"].as_str().unwrap_or_default());
        let _ = write!(
            out,
            "<li class=\"hs-house\"><a href=\"/products?category={}\"><span class=\"hs-house-sign\"><b>{}</b></span></a></li>",
            escape(slug),
            escape(title)
        );
    }
    out.push_str("</ul></nav></section><section class=\"hs-wrap hs-section\">");
    grid(&mut out, content.get(NEWEST));
    out.push_str("</section>");
    out
}

fn listing(content: &Content, api_path: &str) -> String {
    let category = api_path.split(['?', '&']).find_map(|p| p.strip_prefix("category="));
    let title = category.and_then(|slug| category_title(content, slug)).unwrap_or_default();
    let mut out = String::from("<div class=\"hs-wrap hs-section\">");
    if !title.is_empty() {
        let _ = write!(out, "<h1>{}</h1>", escape(&title));
    }
    grid(&mut out, content.get(api_path));
    out.push_str("</div>");
    out
}

fn grid(out: &mut String, list: Option<&Value>) {
    out.push_str("<ul class=\"hs-grid\">");
    for (i, item) in list.and_then(|l| l["items"].as_array()).into_iter().flatten().enumerate() {
        card(out, item, i < 4);
    }
    out.push_str("</ul>");
}

fn card(out: &mut String, item: &Value, eager: bool) {
    let (slug, title) = (item["slug"].as_str().unwrap_or_default(), item["title"].as_str().unwrap_or_default());
    out.push_str("<li class=\"hs-card\"><div class=\"hs-media\">");
    if let Some(url) = item["image"]["url"].as_str() {
        let loading = if eager { "eager" } else { "lazy" };
        let (width, height) = (item["image"]["width"].as_i64().unwrap_or(800), item["image"]["height"].as_i64().unwrap_or(800));
        let _ = write!(
            out,
            "<img src=\"{}\" alt=\"\" width=\"{width}\" height=\"{height}\" loading=\"{loading}\" decoding=\"async\">",
            escape(url)
        );
    }
    let _ = write!(
        out,
        "</div><h3 class=\"hs-card-title\"><a href=\"/products/{}\">{}</a></h3><p class=\"hs-price\">{}</p></li>",
        escape(slug),
        escape(title),
        escape(&money(&item["price"]))
    );
}

fn product(product: &Value) -> String {
    let title = product["title"].as_str().unwrap_or_default();
    let mut out = String::from("<div class=\"hs-wrap hs-section hs-product\">");
    if let Some(url) = product["images"][0]["url"].as_str() {
        let _ = write!(
            out,
            "<div class=\"hs-media\"><img src=\"{}\" alt=\"{}\" width=\"800\" height=\"800\"></div>",
            escape(url),
            escape(product["images"][0]["alt"].as_str().unwrap_or(title))
        );
    }
    let price = money(&product["variants"][0]["price"]);
    let _ = write!(out, "<div><h1>{}</h1><p class=\"hs-price\">{}</p>", escape(title), escape(&price));
    // Sanitised when it was written; see the product service.
    let _ = write!(out, "<div class=\"hs-prose\">{}</div></div></div>", product["description_html"].as_str().unwrap_or_default());
    out
}
