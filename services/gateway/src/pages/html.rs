//! Safe pieces of HTML: escaped text, JSON that cannot end its element, and the places of the page they go into.

use serde_json::Value;

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON inside a script element: `<`, U+2028 and U+2029 are escaped, so that no text can end it.
pub(crate) fn json(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

pub(crate) fn json_script(id: &str, value: &Value) -> String {
    format!("<script type=\"application/json\" id=\"{id}\">{}</script>", json(value))
}

/// Fills the places that the build left open.
pub(crate) fn fill(index: &str, locale: &str, head: &str, shell: &str, state: &str) -> String {
    let mut out = String::with_capacity(index.len() + head.len() + shell.len() + state.len());
    let mut rest = index;
    let places = [
        ("<html lang=\"en\"", format!("<html lang=\"{}\"", escape(locale))),
        ("<!--hanse:head-->", head.to_string()),
        ("<!--hanse:shell-->", shell.to_string()),
        ("<!--hanse:state-->", state.to_string()),
    ];
    for (mark, filling) in places {
        if let Some((before, after)) = rest.split_once(mark) {
            out.push_str(before);
            out.push_str(&filling);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_become_markup() {
        let state = serde_json::json!({"title": "</script><script>alert(1)</script>\u{2028}"});
        let script = json_script("s", &state);
        assert_eq!(script.matches("</script>").count(), 1);
        assert!(!script.contains('\u{2028}'));
        assert_eq!(escape("<b onclick='x'>"), "&lt;b onclick=&#39;x&#39;&gt;");
        let page = fill(
            "<html lang=\"en\"><!--hanse:head-->|<!--hanse:shell-->|<!--hanse:state-->",
            "de",
            "H",
            "<!--hanse:state-->",
            "S",
        );
        assert_eq!(page, "<html lang=\"de\">H|<!--hanse:state-->|S");
    }
}
