//! Descriptions that come through the API: whatever HTML is sent, only what is safe to show is kept.

use ammonia::Builder;

/// Safe HTML: no scripts, handlers, frames, styles or foreign schemes.
pub fn safe_html(html: &str) -> String {
    Builder::default()
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .clean(html)
        .to_string()
        .trim()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::safe_html;

    #[test]
    fn nothing_that_runs_is_left() {
        assert_eq!(safe_html("<p onclick=\"x()\">Warm</p><script>alert(1)</script>"), "<p>Warm</p>");
        assert_eq!(safe_html("<iframe src=\"https://example.org\"></iframe>"), "");
    }
}
