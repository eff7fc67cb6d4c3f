//! How deep a JSON body may go. No request needs more than a few levels, and what reads them goes down with them.

use crate::problem::Problem;
use http::StatusCode;

/// Objects and lists within each other.
const DEEPEST: usize = 32;

/// Refuses a body that goes deeper, before anything is made of it. Whether it is JSON at all is for the parser to say.
pub(crate) fn refuse_too_deep(bytes: &[u8]) -> Result<(), Problem> {
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match (text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => text = !text,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "too_deep", "The body goes too deep")
                .detail(format!("at most {DEEPEST} objects and lists may be within each other")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_text_counts() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(refuse_too_deep(nested(DEEPEST).as_bytes()).is_ok());
        let refused = refuse_too_deep(nested(DEEPEST + 1).as_bytes()).expect_err("too deep");
        assert_eq!((refused.status().as_u16(), refused.code()), (400, "too_deep"));
        let text = format!("{{\"a\": \"\\\"{}\\\\\"}}", "[".repeat(99));
        assert!(refuse_too_deep(text.as_bytes()).is_ok(), "{text}");
        assert!(refuse_too_deep(b"[1],".repeat(99).as_slice()).is_ok(), "beside each other");
    }
}
