//! An authenticator app as people have one on their telephones (RFC 6238), by other means than the product's own.

use ring::hmac;

/// Knows the secret that it was given.
pub struct App(Vec<u8>);

impl App {
    /// `secret` as it is typed into one: base32 without padding.
    pub fn of(secret: &str) -> Self {
        let mut bits = String::new();
        for letter in secret.bytes() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                other => panic!("{other} is no letter of base32"),
            };
            bits.push_str(&format!("{value:05b}"));
        }
        let byte = |i: usize| u8::from_str_radix(&bits[8 * i..8 * i + 8], 2).expect("bits");
        Self((0..bits.len() / 8).map(byte).collect())
    }

    /// What it shows at a time, in microseconds since 1970.
    pub fn code(&self, micros: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &(micros / 30_000_000).to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 15);
        let four: [u8; 4] = tag.as_ref()[at..at + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }

    /// What it shows now, by the machine's clock.
    pub fn code_now(&self) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        self.code(i64::try_from(now.as_micros()).expect("a time"))
    }
}
