//! The file. One person stands in each line, so that what is wrong in it can be named by its line.

use anyhow::{Context, Result, bail};
use hanse_kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "hanse.erasures.v1";
/// Of some six hundred thousand people. Nobody has a longer one; it is read as a whole.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    pub id: UserId,
    pub erased_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    erased: Vec<Erased>,
}

/// As [`read`] takes it.
pub fn render(people: &[Erased]) -> Result<String> {
    let lines = people.iter().map(|person| Ok(format!("    {}", serde_json::to_string(person)?)));
    let lines = lines.collect::<Result<Vec<_>>>()?;
    let list = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
    Ok(format!("{{\n  \"format\": \"{FORMAT}\",\n  \"erased\": [{list}]\n}}"))
}

pub fn read(file: &Path) -> Result<Vec<Erased>> {
    let shown = file.display();
    let unread = || format!("{shown} cannot be read");
    let size = std::fs::metadata(file).with_context(unread)?.len();
    if size > LARGEST {
        bail!("{shown} is too large to be a list of erasures: {} MiB, at most {}", size >> 20, LARGEST >> 20);
    }
    parse(&std::fs::read_to_string(file).with_context(unread)?)
        .with_context(|| format!("{shown} is no list that `hanse erasures --json` has written"))
}

fn parse(text: &str) -> Result<Vec<Erased>> {
    // It says itself in which line.
    let document: Document = serde_json::from_str(text)?;
    if document.format != FORMAT {
        bail!("format: it is {:?}, and not {FORMAT:?}", document.format);
    }
    Ok(document.erased)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128) -> Erased {
        let erased_at = Timestamp::from_micros(1_800_000_000_000_000);
        Erased { id: UserId::new(uuid::Uuid::from_u128(n)), erased_at }
    }

    #[test]
    fn what_was_written_is_read_one_person_a_line() {
        for people in [vec![], vec![person(1)], vec![person(1), person(2)]] {
            let text = render(&people).expect("written");
            assert_eq!(parse(&text).expect("read"), people);
            assert_eq!(text.lines().filter(|line| line.contains("user_")).count(), people.len());
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line_or_field() {
        let good = render(&[person(1), person(2)]).expect("written");
        let second = person(2).id.to_string();
        for (text, told) in [
            (good.replace(&second, "ord_00000000000000000000000000000002"), "line 5"),
            (good.replace(&second, "user_2"), "user_"),
            (good.replace("\"erased_at\"", "\"when\""), "`when`"),
            (good.replace("v1", "v2"), "format"),
            (good.replace("},\n", "}\n"), "line 5"),
            (good.replace("\"erased\"", "\"people\""), "`people`"),
            ("user_1\n".into(), "line 1"),
            (String::new(), "line 1"),
        ] {
            let refused = parse(&text).expect_err(told).to_string();
            assert!(refused.contains(told), "{told}: {refused}");
        }
    }
}
