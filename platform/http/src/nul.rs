//! U+0000 is no text: PostgreSQL cannot keep it and nobody types it. It is refused at the door, the same on every store.

use crate::problem::Problem;
use serde_json::Value;

const ESCAPE: &[u8] = br"\u0000";

/// Refuses a text that holds it.
pub(crate) fn refuse_in_text(field: &str, text: &str) -> Result<(), Problem> {
    if text.contains('\0') { Err(refused(field)) } else { Ok(()) }
}

/// Refuses a JSON body that holds it in one of its texts. A body that is not JSON is left to the parser.
pub(crate) fn refuse_in_json(bytes: &[u8]) -> Result<(), Problem> {
    // JSON has it only as an escape, so most bodies need no second look.
    if !bytes.windows(ESCAPE.len()).any(|window| window == ESCAPE) {
        return Ok(());
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    match find(&value) {
        Some(path) => Err(refused(if path.is_empty() { "body" } else { &path })),
        None => Ok(()),
    }
}

fn refused(field: &str) -> Problem {
    let text = "must not contain the character U+0000";
    Problem::validation(format!("{field} {text}")).field(field, "invalid", text)
}

/// Where it is, as other refusals name fields: `a.b[0]`.
fn find(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(n, item)| find(item).map(|rest| joined(&format!("[{n}]"), &rest))),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            if name.contains('\0') { Some(String::new()) } else { find(item).map(|rest| joined(name, &rest)) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn joined(name: &str, rest: &str) -> String {
    let dot = if rest.is_empty() || rest.starts_with('[') { "" } else { "." };
    format!("{name}{dot}{rest}")
}
