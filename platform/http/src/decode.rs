//! Turns what serde says about a refused value into a problem that names the field and says what was expected.

use crate::problem::Problem;
use http::StatusCode;

/// Longest text of a refusal; the rest may be the client's own data.
const LONGEST: usize = 300;

/// A refused value at `path` (`.` is the whole).
pub(crate) fn refusal(path: &str, message: &str) -> Problem {
    let message = message.rfind(" at line ").map_or(message, |at| &message[..at]);
    if let Some(name) = quoted(message, "unknown field `") {
        let field =
            if path == name || path.ends_with(&format!(".{name}")) { path.into() } else { join(path, name) };
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", "A field is not known here")
            .detail(format!("{field} is not a field of this request"))
            .field(field.clone(), "unknown_field", expected_names(message));
    }
    let (field, code, text) = if let Some(name) = quoted(message, "missing field `") {
        (join(path, name), "required", "is required".to_string())
    } else if let Some(name) = quoted(message, "duplicate field `") {
        (join(path, name), "duplicate", "was given twice".to_string())
    } else if let Some(rest) = message.strip_prefix("invalid type: ") {
        (named(path), "type", expectation(rest))
    } else if let Some(rest) = message.strip_prefix("invalid value: ") {
        (named(path), "value", expectation(rest))
    } else if let Some(rest) = message.strip_prefix("invalid length ") {
        (named(path), "length", expectation(rest))
    } else if message.starts_with("unknown variant `") {
        (named(path), "enum", expected_names(message))
    } else if message.starts_with("invalid digit") || message.starts_with("cannot parse integer") {
        (named(path), "type", "must be an integer".to_string())
    } else if message.starts_with("number too") {
        (named(path), "range", "is out of range".to_string())
    } else {
        (named(path), "invalid", message.to_string())
    };
    let text = shorten(&text);
    Problem::validation(format!("{field} {text}")).field(field, code, text)
}

fn join(path: &str, name: &str) -> String {
    if path == "." || path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}

fn named(path: &str) -> String {
    if path == "." || path.is_empty() { "body".to_string() } else { path.to_string() }
}

fn quoted<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.strip_prefix(start)?.split('`').next()
}

/// serde lists what it would have taken after the comma.
fn expected_names(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((_, names)) => shorten(&format!("is not known; expected {}", names.replace('`', ""))),
        None => "is not known; nothing is expected here".to_string(),
    }
}

/// `string "x", expected u32` in the words of the trade.
fn expectation(rest: &str) -> String {
    let Some((got, wanted)) = rest.rsplit_once(", expected ") else { return format!("is not valid: {rest}") };
    let wanted = match wanted {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "an integer",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "an integer of at least 0",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") || other.starts_with("internally tagged") => "an object",
        other => other,
    };
    let got = got.split(' ').next().unwrap_or("something else");
    match got {
        "integer" | "floating" => format!("must be {wanted}; the number given does not fit"),
        _ => format!("must be {wanted}, not {got}"),
    }
}

fn shorten(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_string();
    }
    let end = (0..=LONGEST).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{}…", &text[..end])
}
