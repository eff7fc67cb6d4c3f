//! The device that somebody logs in with: a browser is known again by a cookie, a program by what it calls itself.

use crate::domain::TokenDigest;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A browser's cookie lives so long after the last login; no browser keeps one longer (RFC 6265bis section 5.5).
pub const KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Of a `User-Agent` no more than this is looked at.
const LOOKED_AT: usize = 400;
const LONGEST_PROGRAM: usize = 40;

/// What a device is to an account that is logged in to from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acquaintance {
    /// The account's first: nobody needs to be warned.
    First,
    Known,
    New,
}

/// Programs keep no cookies: one is known again by its name alone, which proves nothing and is enough to tell a new one by.
pub fn program(user_agent: Option<&str>) -> TokenDigest {
    let mut hash = Sha256::new();
    hash.update(b"a program that calls itself ");
    hash.update(user_agent.map_or("", bounded));
    TokenDigest::of(hash.finalize().into())
}

/// What a person knows a device by: `Firefox on Linux`, `curl`. None: it does not say what it is.
pub fn name(user_agent: &str) -> Option<String> {
    let text = bounded(user_agent);
    let (product, _) = text.split_once(['/', ' ']).unwrap_or((text, ""));
    if product != "Mozilla" {
        let fine = (1..=LONGEST_PROGRAM).contains(&product.len())
            && product.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        return fine.then(|| product.to_string());
    }
    Some(match (first_in(text, BROWSERS), first_in(text, SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_string(),
        (None, Some(system)) => format!("a browser on {system}"),
        (None, None) => "a browser".to_string(),
    })
}

/// Many call themselves by the names of others as well, so the first that is found counts.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

fn first_in(text: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    names.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

fn bounded(text: &str) -> &str {
    let end = (0..=LOOKED_AT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_called_what_their_people_call_them() {
        let named = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (PlayStation)", "a browser"),
            ("curl/8.14.1", "curl"),
            ("node", "node"),
        ];
        for (agent, called) in named {
            assert_eq!(name(agent).as_deref(), Some(called), "{agent}");
        }
    }

    #[test]
    fn what_is_no_name_is_not_repeated() {
        for odd in ["", " ", "<script>/1", "a\r\nb", &"x".repeat(41), "\u{fc}ber/1"] {
            assert_eq!(name(odd), None, "{odd}");
        }
        let long = format!("Mozilla/5.0 {}Firefox/1", "\u{e4}".repeat(300));
        assert_eq!(name(&long).as_deref(), Some("a browser"), "only so much is looked at");
    }

    #[test]
    fn programs_are_told_apart_by_their_names() {
        assert_eq!(program(Some("curl/8")), program(Some("curl/8")));
        assert_ne!(program(Some("curl/8")), program(Some("curl/9")));
        assert_eq!(program(None), program(Some("")));
    }
}
