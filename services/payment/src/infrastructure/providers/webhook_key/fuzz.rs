//! Signatures of webhooks, hunted: only what was signed with the key is taken, in the one way that it is written.

use super::*;
use hanse_fuzz::{Came, Hunt, came};

const BODY: &str = "{\"id\":\"evt_1\",\"payment\":\"pay_1\"}";

fn now() -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000)
}

fn key() -> WebhookKey {
    WebhookKey::new(b"shared")
}

/// The header's line, and the body after it.
fn parts(input: &[u8]) -> (Option<&str>, &[u8]) {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    (std::str::from_utf8(&input[..at]).ok(), input.get(at + 1..).unwrap_or_default())
}

/// The promise: a body that is taken has beside it, letter by letter, the signature that the key makes for the time named.
fn judged(input: &[u8], check: impl Fn(Option<&str>, &[u8]) -> Result<(), &'static str>) -> Came {
    let (header, body) = parts(input);
    match check(header, body) {
        Err(why) => came(why),
        Ok(()) => {
            let header = header.unwrap_or_default();
            let times: Vec<i64> = header
                .split(',')
                .filter_map(|part| part.trim().strip_prefix("t=")?.parse().ok())
                .filter(|seconds: &i64| seconds.abs_diff(1_000_000) <= 300)
                .collect();
            let ours = |seconds: &i64| {
                let signed = key().sign(Timestamp::from_micros(seconds * 1_000_000), body);
                let tag = signed.split_once("v1=").map(|(_, tag)| tag.to_string()).unwrap_or_default();
                header
                    .split(',')
                    .any(|part| part.trim().strip_prefix("v1=").is_some_and(|v| v.eq_ignore_ascii_case(&tag)))
            };
            match times.as_slice() {
                [one] if ours(one) => came("taken"),
                _ => Err("a body is taken that nobody signed so".into()),
            }
        }
    }
}

fn hunt() -> Hunt {
    let good = key().sign(now(), BODY.as_bytes());
    let tag = good.split_once("v1=").expect("a tag").1.to_string();
    let other = WebhookKey::new(b"other").sign(now(), BODY.as_bytes());
    // One that has a byte below sixteen, and is written in capitals: there are ways to write it otherwise.
    let seeds = [format!("{good}\n{BODY}"), format!("{other}\n{BODY}"), format!("{other},v1={tag}\n{BODY}")];
    Hunt::new("webhook", env!("CARGO_MANIFEST_DIR"))
        .seeds(seeds)
        .seeds([format!("{}\n{BODY}", good.to_uppercase().replace("T=", "t=").replace("V1=", "v1="))])
        .words(["t=", "t=1000000", "t=+1000000", "v1=", ",", "v0=", " ", "+", &tag, BODY])
}

#[test]
fn webhook_only_what_was_signed_is_taken() {
    hunt().expect_nothing(|input| judged(input, |header, body| key().check(header, body, now())));
}

#[test]
fn webhook_a_check_that_compares_less_is_found_out() {
    // It looks at the beginning of the signature only.
    let planted = |header: Option<&str>, body: &[u8]| {
        let header = header.ok_or("none")?;
        let (time, tag) = header.split_once(",v1=").ok_or("not well-formed")?;
        let seconds: i64 = time.strip_prefix("t=").and_then(|t| t.parse().ok()).ok_or("no time")?;
        let micros = seconds.checked_mul(1_000_000).ok_or("no time")?;
        let ours = key().sign(Timestamp::from_micros(micros), body);
        let ours = ours.split_once("v1=").map(|(_, tag)| tag.to_string()).unwrap_or_default();
        if tag.get(..8) == ours.get(..8) && tag.len() >= 8 { Ok(()) } else { Err("another one") }
    };
    hunt().expect_a_finding(|input| judged(input, planted));
}
