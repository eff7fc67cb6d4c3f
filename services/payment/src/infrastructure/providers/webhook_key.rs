//! Signed webhooks: HMAC-SHA256 (RFC 2104) over the time of sending and the raw body, in one header:
//! `hanse-signature: t=1795000000,v1=<64 hexadecimal digits>`. While a secret is changed, there may be several `v1`.

use hanse_kernel::Timestamp;
use ring::hmac;
use std::fmt;
use std::fmt::Write;

pub const SIGNATURE: &str = "hanse-signature";

/// Seconds that a signature's time may differ from ours: what is older may be a copy of something overheard.
const TOLERANCE: i64 = 300;
/// More signatures than any change of secrets needs.
const MOST_SIGNATURES: usize = 5;

/// A secret that a provider and the shop share. Never prints.
#[derive(Clone)]
pub struct WebhookKey(hmac::Key);

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(…)")
    }
}

impl WebhookKey {
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// A key of its own for one purpose, from another secret.
    pub(crate) fn derived(secret: &[u8], purpose: &str) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self::new(hmac::sign(&root, purpose.as_bytes()).as_ref())
    }

    /// The header's value for a body that is sent now.
    pub fn sign(&self, now: Timestamp, body: &[u8]) -> String {
        let seconds = now.micros().div_euclid(1_000_000);
        let mut text = format!("t={seconds},v1=");
        for byte in hmac::sign(&self.0, &signed(&seconds.to_string(), body)).as_ref() {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// # Errors
    /// Why the body is not taken for one that was signed with this key within the last five minutes.
    pub fn check(&self, header: Option<&str>, body: &[u8], now: Timestamp) -> Result<(), &'static str> {
        let header = header.ok_or("it has no signature, or several")?;
        let (mut time, mut signatures) = (None, vec![]);
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", seconds)) if time.is_none() => time = Some(seconds),
                Some(("v1", hex)) if signatures.len() < MOST_SIGNATURES => signatures.push(hex),
                // Versions that are yet to come.
                Some((name, _)) if name != "t" && name != "v1" => {}
                _ => return Err("its signature is not well-formed"),
            }
        }
        let text = time.ok_or("its signature has no time")?;
        let seconds: i64 = text.parse().map_err(|_| "its signature has no time")?;
        let message = signed(text, body);
        // In constant time, whichever bytes differ.
        let ours = |hex: &&str| bytes(hex).is_some_and(|tag| hmac::verify(&self.0, &message, &tag).is_ok());
        if !signatures.iter().any(ours) {
            return Err("its signature is another one");
        }
        if now.micros().div_euclid(1_000_000).abs_diff(seconds) > TOLERANCE.unsigned_abs() {
            return Err("it was signed more than five minutes away from now");
        }
        Ok(())
    }
}

fn signed(seconds: &str, body: &[u8]) -> Vec<u8> {
    [seconds.as_bytes(), b".", body].concat()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    hex.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"id\":\"evt_1\"}";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_signature_holds_for_its_body_its_key_and_five_minutes() {
        let key = WebhookKey::new(b"shared");
        let header = key.sign(at(1_000), BODY);
        let check = |key: &WebhookKey, body: &[u8], seconds| key.check(Some(&header), body, at(seconds));
        assert_eq!(check(&key, BODY, 1_000), Ok(()));
        assert_eq!((check(&key, BODY, 1_300), check(&key, BODY, 700)), (Ok(()), Ok(())));
        assert!(check(&key, BODY, 1_301).is_err() && check(&key, BODY, 699).is_err(), "a copy of later");
        assert!(check(&key, b"{\"id\":\"evt_2\"}", 1_000).is_err(), "another body");
        assert!(check(&WebhookKey::new(b"Shared"), BODY, 1_000).is_err(), "another key");
        assert!(!format!("{key:?}").contains("shared"));
    }

    #[test]
    fn the_time_is_signed_too_and_any_of_several_signatures_may_be_ours() {
        let (old, new) = (WebhookKey::new(b"old"), WebhookKey::new(b"new"));
        let (with_old, with_new) = (old.sign(at(1_000), BODY), new.sign(at(1_000), BODY));
        let moved = with_new.replace("t=1000", "t=2000");
        assert!(new.check(Some(&moved), BODY, at(2_000)).is_err());
        let both = format!("{with_old}, v0=00, {}", with_new.split_once(',').expect("a tag").1);
        assert_eq!(
            (new.check(Some(&both), BODY, at(1_000)), old.check(Some(&both), BODY, at(1_000))),
            (Ok(()), Ok(()))
        );
    }

    #[test]
    fn whatever_is_not_well_formed_is_refused() {
        let key = WebhookKey::new(b"shared");
        let good = key.sign(at(1_000), BODY);
        let tag = good.split_once("v1=").expect("a tag").1;
        let bad = [
            String::new(),
            "t=1000".into(),
            format!("v1={tag}"),
            format!("t=1000,v1={}", &tag[..63]),
            format!("t=1000,v1={}é", &tag[..62]),
            format!("t=,v1={tag}"),
            format!("t=1e3,v1={tag}"),
            format!("t=1000,t=1000,v1={tag}"),
            format!("t=1000{}", ",v1=00".repeat(6)),
            format!("t=1000,v1={}", tag.replace(|_| true, "g")),
            // What a number may begin with is no digit.
            format!("t=1000,v1=+{}", &tag[1..]),
            "nonsense".into(),
        ];
        for header in bad {
            assert!(key.check(Some(&header), BODY, at(1_000)).is_err(), "{header}");
        }
        assert!(key.check(None, BODY, at(1_000)).is_err());
    }
}
