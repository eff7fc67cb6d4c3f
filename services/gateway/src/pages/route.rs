//! Which page an address is, and which answers it is made from.

use axum::http::{StatusCode, Uri};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    Home,
    /// With the query in the order that the storefront's cache keys have.
    Listing {
        api_path: String,
    },
    Product {
        slug: String,
    },
    /// Cart, checkout, orders, accounts: nothing of theirs is for a crawler or a cache.
    Private,
    NotFound,
}

pub(crate) const CATEGORIES: &str = "/api/store/categories";
pub(crate) const NEWEST: &str = "/api/store/products?limit=8&sort=newest";
const PAGE_SIZE: &str = "24";

impl Page {
    pub(crate) fn of(uri: &Uri) -> Self {
        let path = uri.path().trim_end_matches('/');
        let mut parts = path.split('/').skip(1);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (None, ..) => Self::Home,
            (Some("products"), None, ..) => Self::Listing { api_path: listing(uri.query().unwrap_or("")) },
            (Some("products"), Some(slug), None, _) if !slug.is_empty() => {
                Self::Product { slug: slug.to_string() }
            }
            (Some("cart" | "checkout" | "account"), None, ..)
            | (
                Some("account"),
                Some(
                    "login" | "register" | "security" | "email" | "forgot" | "reset" | "verify"
                    | "invitation" | "pictures",
                ),
                None,
                _,
            )
            | (Some("account"), Some("pictures"), Some(_), None)
            | (Some("orders"), Some(_), None, _)
            | (Some("orders"), Some(_), Some("confirmation"), None) => Self::Private,
            _ => Self::NotFound,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        if *self == Self::NotFound { StatusCode::NOT_FOUND } else { StatusCode::OK }
    }

    /// API paths; the first is what the page is about.
    pub(crate) fn queries(&self) -> Vec<String> {
        match self {
            Self::Home => vec![NEWEST.into(), CATEGORIES.into()],
            Self::Listing { api_path } => vec![api_path.clone(), CATEGORIES.into()],
            Self::Product { slug } => vec![format!("/api/store/products/{slug}"), CATEGORIES.into()],
            Self::Private | Self::NotFound => vec![CATEGORIES.into()],
        }
    }
}

/// The list's API path, names in order, only those that the list knows.
fn listing(query: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, value)| matches!(*name, "q" | "category" | "sort" | "cursor") && !value.is_empty())
        .collect();
    pairs.push(("limit", PAGE_SIZE));
    pairs.sort_unstable();
    pairs.dedup_by_key(|(name, _)| *name);
    let query: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("/api/store/products?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(uri: &'static str) -> Page {
        Page::of(&Uri::from_static(uri))
    }

    #[test]
    fn every_address_is_a_page_or_not_found() {
        assert_eq!(page("/"), Page::Home);
        assert_eq!(page("/products/mug"), Page::Product { slug: "mug".into() });
        assert_eq!(page("/orders/ord_1/confirmation"), Page::Private);
        assert_eq!(page("/account"), Page::Private);
        assert_eq!(page("/account/"), Page::Private);
        for one in
            ["login", "register", "security", "email", "forgot", "reset", "verify", "invitation", "pictures"]
        {
            let uri: Uri = format!("/account/{one}?to=/checkout").parse().expect("an address");
            assert_eq!(Page::of(&uri), Page::Private, "{one}");
        }
        assert_eq!(page("/account/pictures/prod_1"), Page::Private);
        assert_eq!(page("/account/pictures/prod_1/more"), Page::NotFound);
        assert_eq!(page("/account/nothing"), Page::NotFound);
        assert_eq!(page("/account/reset/more"), Page::NotFound);
        assert_eq!(page("/nowhere"), Page::NotFound);
        assert_eq!(page("/products/mug/more"), Page::NotFound);
        let api_path = "/api/store/products?category=kitchen&limit=24&q=mug".to_string();
        assert_eq!(page("/products?q=mug&category=kitchen&utm=x&sort="), Page::Listing { api_path });
    }
}
