//! Descriptions: whatever HTML a file carries, only what is safe to show comes out.

use crate::domain::description::{builder, has_tags, is_too_deep, without_tags};
use ammonia::Builder;

/// Makes safe HTML of the description of a product. Plain text becomes paragraphs.
pub(super) struct Sanitiser {
    builder: Builder<'static>,
}

impl Sanitiser {
    pub fn new() -> Self {
        Self { builder: builder() }
    }

    pub fn clean(&self, body: &str) -> String {
        if !has_tags(body) {
            self.paragraphs(body)
        } else if is_too_deep(body) {
            self.paragraphs(&without_tags(body))
        } else {
            self.builder.clean(body).to_string().trim().to_string()
        }
    }

    /// Blank lines part paragraphs, other line ends stay as breaks.
    fn paragraphs(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut html = String::with_capacity(text.len() + 16);
        let mut open = false;
        for line in text.split('\n').map(str::trim) {
            if line.is_empty() {
                if std::mem::take(&mut open) {
                    html.push_str("</p>");
                }
                continue;
            }
            html.push_str(if open { "<br>" } else { "<p>" });
            open = true;
            if line.contains(['&', '<', '>']) {
                html.push_str(&self.builder.clean(line).to_string());
            } else {
                html.push_str(line);
            }
        }
        if open {
            html.push_str("</p>");
        }
        html
    }
}

/// Whether a body carries something that would run or restyle the page, so that the merchant is told that it was
/// taken out.
pub(super) fn is_active(body: &str) -> bool {
    const MARKS: [&str; 6] = ["script", "iframe", "object", "embed", "form", "style"];
    let lower = body.to_ascii_lowercase();
    lower.split('<').skip(1).map(|part| part.split('>').next().unwrap_or_default()).any(|tag| {
        MARKS.iter().any(|mark| tag.starts_with(mark))
            || ["javascript:", "vbscript:", "data:text/html"].iter().any(|scheme| tag.contains(scheme))
            || has_handler(tag)
    })
}

/// Whether a tag has `onclick=` or the like.
fn has_handler(tag: &str) -> bool {
    tag.split(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).any(|word| {
        let name = word.split('=').next().unwrap_or_default();
        name.len() > 4
            && name.starts_with("on")
            && name.bytes().all(|b| b.is_ascii_alphabetic())
            && word.contains('=')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_runs_is_left() {
        let clean = |body: &str| Sanitiser::new().clean(body);
        assert_eq!(clean("<p onclick=\"steal()\">Warm</p><script>alert(1)</script>"), "<p>Warm</p>");
        assert_eq!(
            clean("<a href=\"javascript:alert(1)\">x</a>"),
            "<a rel=\"noopener noreferrer nofollow\">x</a>"
        );
        assert_eq!(clean("<img src=x onerror=alert(1)>"), "<img>");
        for body in
            ["<svg/onload=alert(1)>", "<iframe src=//evil></iframe>", "<style>*{display:none}</style>"]
        {
            assert_eq!(clean(body), "", "{body}");
            assert!(is_active(body), "{body}");
        }
        assert!(!is_active("<p>Turn the lamp on = light</p>"));
    }

    #[test]
    fn markup_without_end_becomes_text() {
        let deep = format!("{}deep{}", "<div>".repeat(401), "<b>".repeat(9));
        assert_eq!(Sanitiser::new().clean(&deep), "<p>deep</p>");
        let long = "<ul><li>one</li><li>two<br></li></ul>".repeat(2_000);
        assert!(!is_too_deep(&long));
    }

    #[test]
    fn plain_text_becomes_paragraphs() {
        let clean = |body: &str| Sanitiser::new().clean(body);
        assert_eq!(clean("One\r\ntwo\r\n\r\nThree"), "<p>One<br>two</p><p>Three</p>");
        assert_eq!(clean("5 < 6 & 7 > 3"), "<p>5 &lt; 6 &amp; 7 &gt; 3</p>");
        assert_eq!(clean("Salt &amp; pepper"), "<p>Salt &amp; pepper</p>");
        assert_eq!(clean("  "), "");
    }
}
