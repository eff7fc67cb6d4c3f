//! Descriptions: whatever HTML is sent or stands in a file, only what is safe to show is kept.

use ammonia::Builder;
use std::collections::HashMap;

/// Lets safe HTML through: no scripts, handlers, frames, styles or foreign schemes.
pub fn builder() -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(ammonia::UrlRelative::Deny);
    builder
}

/// Safe HTML. Of markup that no person writes only the text is kept.
pub fn safe_html(html: &str) -> String {
    let text;
    let html = match is_too_deep(html) {
        true => {
            text = without_tags(html);
            &text
        }
        false => html,
    };
    builder().clean(html).to_string().trim().to_string()
}

/// Elements left open at one time beyond which a body is no text of a person. Parsers of HTML need time that grows
/// with the square of it.
const OPEN_ELEMENTS: usize = 400;

/// Whether a body leaves absurdly many elements open.
pub fn is_too_deep(body: &str) -> bool {
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
pub fn has_tags(text: &str) -> bool {
    text.split('<').skip(1).any(starts_tag)
}

fn starts_tag(after_bracket: &str) -> bool {
    after_bracket.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'))
}

/// A text without its tags, for places where only text can stand. Not a sanitiser: the text is escaped where it is
/// shown.
pub fn without_tags(text: &str) -> String {
    let mut parts = text.split('<');
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        if starts_tag(part) {
            let after = part.split_once('>').map_or("", |(_, after)| after);
            if out.ends_with('<') && starts_tag(after) {
                // What is left of two tags in one another must not make a third.
                out.push(' ');
            }
            out.push_str(after);
        } else {
            out.push('<');
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_runs_is_left() {
        assert_eq!(safe_html("<p onclick=\"x()\">Warm</p><script>alert(1)</script>"), "<p>Warm</p>");
        assert_eq!(safe_html("<iframe src=\"https://example.org\"></iframe>"), "");
    }

    #[test]
    fn markup_without_end_becomes_text() {
        let deep = format!("{}deep <3{}", "<div>".repeat(401), "<b>".repeat(9));
        assert_eq!(safe_html(&deep), "deep &lt;3");
        // A whole request of nothing but opened elements is answered in no time; also of ever different ones, and of
        // some that come to light when others are taken out.
        let different: String = (0..40_000).map(|n| format!("<x{n}>")).collect();
        for body in ["<i>".repeat(80_000), different, "<<b>i>".repeat(40_000)] {
            assert_eq!(safe_html(&body).matches("<").count(), 0);
        }
    }

    #[test]
    fn tags_fall_out_of_texts() {
        assert_eq!(without_tags("<b>Mug</b> <3 & more"), "Mug <3 & more");
        assert_eq!(without_tags("a<script"), "a");
        assert_eq!(without_tags("<<<a>>"), "<<>");
        assert_eq!(without_tags("<<b>script>alert"), "< script>alert");
    }
}
