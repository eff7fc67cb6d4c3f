//! Cookies, hunted: a session's token is taken from the cookie of its name, as it stands there, and from nothing else.

use super::{LONGEST, SESSION, cookie};
use axum::http::{HeaderMap, HeaderValue, header};
use hanse_fuzz::{Came, Hunt, came};

const NAME: &str = "__Host-hanse_session";

/// Lines of the input that can be headers.
fn headers(input: &[u8]) -> HeaderMap {
    let lines = input.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
    lines.map(|line| (header::COOKIE, line)).collect()
}

fn judged(input: &[u8], token: impl Fn(&HeaderMap) -> Option<String>) -> Came {
    let headers = headers(input);
    let Some(token) = token(&headers) else { return came(("none", headers.len().min(3))) };
    // Told from the bytes alone: a piece between semicolons that is the name, an equals sign and the token.
    let wanted = format!("{NAME}={token}");
    let stands_there = headers.get_all(header::COOKIE).iter().any(|line| {
        line.as_bytes().split(|byte| *byte == b';').any(|piece| piece.trim_ascii() == wanted.as_bytes())
    });
    if !stands_there {
        return Err(format!("{token:?} is no cookie of ours"));
    }
    if !token.starts_with(SESSION) {
        return Err(format!("{token:?} is no session's"));
    }
    if token.len() > LONGEST {
        return Err(format!("a token of {} bytes is taken", token.len()));
    }
    came(("some", token.is_empty(), token.contains('='), headers.len().min(3)))
}

fn hunt() -> Hunt {
    let long = format!("{NAME}={SESSION}{}", "a".repeat(LONGEST - SESSION.len()));
    Hunt::new("cookie", env!("CARGO_MANIFEST_DIR"))
        .seeds([
            "a=1; __Host-hanse_session=hst_1; b=2",
            "theme=dark\n__Host-hanse_session=hst_1",
            "x=\"__Host-hanse_session=1\"",
        ])
        .seeds(["__Host-hanse_session=hak_1"])
        .seeds([
            long.as_str(),
            "hanse_session=hst_1",
            "__Host-hanse_session",
            "=; ;;=",
            "__host-hanse_session=hst_1",
        ])
        .words([NAME, "=", ";", "; ", "hst_", "\"", ",", "\t", " ", "\n", "evil__Host-hanse_session=hst_2"])
}

#[test]
fn cookie_a_token_is_taken_as_it_stands_in_its_own_cookie() {
    hunt().expect_nothing(|input| judged(input, |headers| cookie(headers, NAME).map(str::to_string)));
}

#[test]
fn cookie_a_reader_that_takes_any_name_with_that_end_is_found_out() {
    let planted = |headers: &HeaderMap| {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| name.ends_with(NAME)).map(|(_, value)| value.to_string())
    };
    hunt().expect_a_finding(|input| judged(input, planted));
}

#[test]
fn cookie_a_reader_that_takes_a_key_for_a_session_is_found_out() {
    let planted = |headers: &HeaderMap| {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs
            .find(|(name, value)| *name == NAME && value.len() <= LONGEST)
            .map(|(_, value)| value.to_string())
    };
    hunt().expect_a_finding(|input| judged(input, planted));
}
