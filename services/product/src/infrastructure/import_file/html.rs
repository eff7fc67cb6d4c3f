//! Descriptions: whatever HTML a file carries, only what is safe to show comes out.

use ammonia::Builder;
use std::collections::HashMap;

/// Makes safe HTML of the description of a product. Plain text becomes paragraphs.
pub(super) struct Sanitiser {
    builder: Builder<'static>,
}

impl Sanitiser {
    pub fn new() -> Self {
        let mut builder = Builder::default();
        builder
            .link_rel(Some("noopener noreferrer nofollow"))
            .url_schemes(["http", "https", "mailto", "tel"].into())
            .url_relative(ammonia::UrlRelative::Deny);
        Self { builder }
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

/// Elements left open at one time beyond which a body is no text of a person. Parsers of HTML need time that grows
/// with the square of it.
const OPEN_ELEMENTS: usize = 400;

/// Whether a body leaves absurdly many elements open.
pub(super) fn is_too_deep(body: &str) -> bool {
    let mut open: HashMap<&str, usize> = HashMap::new();
    let mut all = 0;
    let body = body.to_ascii_lowercase();
    for part in body.split('<').skip(1) {
        let (closes, name) = match part.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, part),
        };
        let end = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let name = &name[..end];
        if name.is_empty()
            || ["br", "img", "hr", "wbr", "input", "meta", "link", "col", "source"].contains(&name)
        {
            continue;
        }
        let count = open.entry(name).or_default();
        if !closes {
            *count += 1;
            all += 1;
        } else if *count > 0 {
            *count -= 1;
            all -= 1;
        }
        if all > OPEN_ELEMENTS {
            return true;
        }
    }
    false
}

/// Whether a text has something like a tag in it: `<` and a letter, `/` or `!`.
pub(super) fn has_tags(text: &str) -> bool {
    text.split('<').skip(1).any(starts_tag)
}

fn starts_tag(after_bracket: &str) -> bool {
    after_bracket.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'))
}

/// A text without its tags, for places where only text can stand. Not a sanitiser: the text is escaped where it is
/// shown.
pub(super) fn without_tags(text: &str) -> String {
    let mut parts = text.split('<');
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        if starts_tag(part) {
            out.push_str(part.split_once('>').map_or("", |(_, after)| after));
        } else {
            out.push('<');
            out.push_str(part);
        }
    }
    out
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

    #[test]
    fn tags_fall_out_of_titles() {
        assert_eq!(without_tags("<b>Mug</b> <3 & more"), "Mug <3 & more");
        assert_eq!(without_tags("a<script"), "a");
        assert_eq!(without_tags("<<<a>>"), "<<>");
    }
}
