//! Codes of an authenticator app (TOTP, RFC 6238): what secret and clock make of each other, and which code is good once.

use crate::domain::base32;
use hanse_kernel::{Rng, Secret, Timestamp};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every app can do: SHA-1, six digits, half a minute (RFC 6238 section 1.2 and the apps' key URI format).
const STEP: i64 = 30;
const DIGITS: u32 = 6;
/// Codes of the steps next to the present one are good too: clocks differ, and typing takes time (RFC 6238 section 5.2).
const BESIDE: i64 = 1;
/// RFC 4226 section 4 R6 recommends 160 bits.
const BYTES: usize = 20;

/// Shared with the app. Does not print.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; BYTES]>);

impl TotpSecret {
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; BYTES]);
        rng.fill(&mut *bytes);
        Self(bytes)
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// As it is typed into an app.
    pub fn text(&self) -> Secret {
        base32::text(&*self.0).to_uppercase().into()
    }

    /// As an app reads it from a picture (the key URI format). `shop` and `account` are what it is listed under there.
    pub fn uri(&self, shop: &str, account: &str) -> Secret {
        use hanse_kernel::personal::ExposeSecret;
        let (shop, account) = (escaped(shop), escaped(account));
        let secret = self.text();
        let secret = secret.expose_secret();
        format!(
            "otpauth://totp/{shop}:{account}?secret={secret}&issuer={shop}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        )
        .into()
    }

    /// The step that `typed` is the code of, if it is one of those about now and later than `used`: each is good once, and
    /// with it all before it (RFC 6238 section 5.2).
    pub fn step_of(&self, typed: &str, used: i64, now: Timestamp) -> Option<i64> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).take(16).collect();
        let present = now.micros().div_euclid(1_000_000).div_euclid(STEP);
        let mut found = None;
        // All are compared, so that the time it takes tells nothing.
        for step in present - BESIDE..=present + BESIDE {
            let same: bool = self.code(step).as_bytes().ct_eq(typed.as_bytes()).into();
            if same && step > used {
                found = found.or(Some(step));
            }
        }
        found
    }

    /// RFC 4226 section 5.3.
    pub fn code(&self, step: i64) -> String {
        // A key that is filled up to a block is the same key (RFC 2104 section 2), and of the one length that cannot be refused.
        let mut block = Zeroizing::new([0; 64]);
        block[..self.0.len()].copy_from_slice(&*self.0);
        let mac = Hmac::<Sha1>::new((&*block).into()).chain_update(step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes([digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]]);
        format!("{:06}", number % 10u32.pow(DIGITS))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// RFC 3986 section 2.1: all but what is never reserved. A colon would end the shop's name.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::personal::ExposeSecret;

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// RFC 6238 appendix B, its last six digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().code(seconds / STEP), code);
            assert_eq!(secret().step_of(code, 0, at(seconds)), Some(seconds / STEP));
        }
    }

    #[test]
    fn a_code_is_good_about_its_time_and_not_again() {
        let now = 1_234_567_890;
        let code = "005 924 ";
        let step = now / STEP;
        assert_eq!(secret().step_of(code, step - 1, at(now - STEP)), Some(step));
        assert_eq!(secret().step_of(code, step - 1, at(now + STEP)), Some(step));
        assert_eq!(secret().step_of(code, step - 1, at(now + 2 * STEP)), None);
        assert_eq!(secret().step_of(code, step - 1, at(now - 2 * STEP)), None);
        assert_eq!(secret().step_of(code, step, at(now)), None, "it was used");
        assert_eq!(secret().step_of(code, step + 1, at(now)), None, "a later one was used");
        for wrong in ["", "5924", "005925", "0059240", "٠٠٥٩٢٤", "005-924"] {
            assert_eq!(secret().step_of(wrong, 0, at(now)), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_is_told_the_secret_and_nobody_else() {
        assert_eq!(secret().text().expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = secret().uri("Kontor & Söhne: A", "ana@example.org");
        assert_eq!(
            uri.expose_secret(),
            "otpauth://totp/Kontor%20%26%20S%C3%B6hne%3A%20A:ana%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Kontor%20%26%20S%C3%B6hne%3A%20A&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(format!("{:?}", secret()), "TotpSecret(…)");
    }
}
