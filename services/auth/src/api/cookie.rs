//! Cookies: a browser keeps them, and no script of a page can read them.

use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// Proves a session.
pub fn session(secure: bool) -> HostCookie {
    HostCookie { name: if secure { "__Host-hanse_session" } else { "hanse_session" }, secure }
}

/// Proves nothing: by it a browser is known again at the next login.
pub fn device(secure: bool) -> HostCookie {
    HostCookie { name: if secure { "__Host-hanse_device" } else { "hanse_device" }, secure }
}

/// What a browser keeps that was sent to a provider of logins, until it comes back.
pub fn errand(secure: bool) -> HostCookie {
    HostCookie { name: if secure { "__Host-hanse_errand" } else { "hanse_errand" }, secure }
}

/// `__Host-` binds it to this very host over HTTPS (RFC 6265bis section 4.1.3.2). Plain HTTP, which is for loopback
/// alone, cannot have it.
#[derive(Debug, Clone, Copy)]
pub struct HostCookie {
    name: &'static str,
    secure: bool,
}

impl HostCookie {
    pub fn set(self, token: &Secret, lifetime: Duration) -> (HeaderName, HeaderValue) {
        self.header(token.expose_secret(), lifetime.as_secs())
    }

    /// Tells the browser to drop it.
    pub fn clear(self) -> (HeaderName, HeaderValue) {
        self.header("", 0)
    }

    /// Lax: it comes along when a shopper follows a link to the shop, not with what other sites post.
    fn header(self, value: &str, seconds: u64) -> (HeaderName, HeaderValue) {
        let secure = if self.secure { "; Secure" } else { "" };
        let line =
            format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", self.name);
        // Letters, digits and separators: they always fit. An empty header sets nothing.
        let mut header = HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""));
        header.set_sensitive(true);
        (SET_COOKIE, header)
    }

    pub fn read(self, headers: &HeaderMap) -> Option<Secret> {
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name).map(|(_, value)| value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let line = |secure| {
            let (_, value) = session(secure).set(&"hst_1".into(), Duration::from_secs(60));
            value.to_str().unwrap().to_string()
        };
        assert_eq!(line(false), "hanse_session=hst_1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert_eq!(
            line(true),
            "__Host-hanse_session=hst_1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn it_is_found_among_others_by_its_whole_name() {
        let cookie = session(false);
        let read = |line: &'static str| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(line))]);
            cookie.read(&headers).map(|secret| secret.expose_secret().to_string())
        };
        assert_eq!(read("a=b; hanse_session=hst_1; c=d").as_deref(), Some("hst_1"));
        assert_eq!(read("xhanse_session=hst_1; __Host-hanse_session=hst_2"), None);
    }
}
