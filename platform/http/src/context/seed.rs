//! Reads a request's context from its headers; what is missing or malformed is made anew or left out, never refused.

use super::{ClientAddress, Shared};
use axum::extract::Request;
use hanse_kernel::{Actor, CorrelationId, Ctx, Locale, Personal, Proof, Timestamp, TraceContext, Whence};
use http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use http::{HeaderName, Method};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

pub(super) const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What is left of the caller's own deadline, in milliseconds. It only ever shortens ours.
pub const DEADLINE_HEADER: HeaderName = HeaderName::from_static("x-request-timeout-ms");

pub(super) fn context(shared: &Shared, request: &Request, now: Timestamp, limit: Duration) -> Ctx {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let theirs = text(DEADLINE_HEADER).and_then(|t| t.parse().ok()).map_or(limit, Duration::from_millis);
    Ctx {
        actor: Actor::Anonymous,
        proof: Proof::default(),
        whence: None,
        channel: shared.channel.clone(),
        locale: accept_language(text(ACCEPT_LANGUAGE).unwrap_or(""), &shared.locales),
        correlation: text(CORRELATION)
            .and_then(CorrelationId::parse)
            .unwrap_or_else(|| CorrelationId::new(shared.effects.ids.uuid())),
        causation: None,
        trace: text(TRACEPARENT).and_then(TraceContext::parse),
        deadline: Some(now.plus(limit.min(theirs))),
        from: request.extensions().get::<ClientAddress>().map(|client| Personal::guest(client.0)),
    }
}

/// From where a request that may change something comes, as the gateway has put it into the request, or found out here. What
/// the client calls itself says much about a person: only a digest of it goes on.
pub(super) fn whence(request: &mut Request) -> Option<Arc<Whence>> {
    let known = request.extensions_mut().remove::<Whence>();
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let mut whence = known.unwrap_or_default();
    if whence.address.is_none() {
        whence.address = request.extensions().get::<ClientAddress>().map(|client| client.0.to_canonical());
    }
    if whence.agent.is_none() {
        whence.agent = request.headers().get(USER_AGENT).map(|agent| {
            let digest = Sha256::digest(agent.as_bytes());
            digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into()
        });
    }
    (whence != Whence::default()).then(|| Arc::new(whence))
}

/// The best of `supported` for an `Accept-Language` (RFC 9110 section 12.5.4), else the first of them. Where nothing
/// is supported in particular, the client's favourite.
pub fn accept_language(header: &str, supported: &[Locale]) -> Locale {
    let mut wanted: Vec<(u16, &str)> = header
        .split(',')
        .take(20)
        .filter_map(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let tag = pieces.next().filter(|t| !t.is_empty())?;
            let weight = pieces.find_map(|p| p.strip_prefix("q=")).map_or(Some(1000), thousandths)?;
            (weight > 0).then_some((weight, tag))
        })
        .collect();
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let fallback = || supported.first().cloned().unwrap_or_default();
    for (_, tag) in wanted {
        if tag == "*" {
            return fallback();
        }
        let locale = Locale::new(tag);
        if supported.is_empty() || supported.contains(&locale) {
            return locale;
        }
    }
    fallback()
}

/// `0.85` as 850, without floating point; `None` when it is no weight.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_supported_language_wins() {
        let shop = [Locale::new("en"), Locale::new("de")];
        let pick = |header: &str| accept_language(header, &shop).as_str().to_string();
        assert_eq!(pick("de-AT, en;q=0.8"), "de");
        assert_eq!(pick("en;q=0.3, de;q=0.25"), "en");
        assert_eq!(pick("fr, de;q=0.5"), "de");
        assert_eq!(pick("fr"), "en");
        assert_eq!(pick("de;q=0, *"), "en");
        assert_eq!(pick("de;q=2"), "en");
        assert_eq!(pick("\u{1}<script>"), "en");
        assert_eq!(accept_language("sv", &[]).as_str(), "sv");
    }
}
