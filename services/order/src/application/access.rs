//! Who may see an order without a login: the holder of its token, which is made from the order's id and a secret, so
//! that nothing has to be stored and a replayed answer carries the same one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hanse_kernel::OrderId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

/// What the tokens are made with. Whoever has it can read every order: it never prints.
#[derive(Clone)]
pub struct AccessKey([u8; 32]);

impl From<[u8; 32]> for AccessKey {
    fn from(key: [u8; 32]) -> Self {
        Self(key)
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(…)")
    }
}

#[derive(Clone, Debug)]
pub struct AccessTokens(AccessKey);

impl AccessTokens {
    pub fn new(key: AccessKey) -> Self {
        Self(key)
    }

    fn mac(&self, order: OrderId) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.0).ok()?;
        mac.update(b"hanse order access 1\0");
        mac.update(order.uuid().as_bytes());
        Some(mac)
    }

    pub fn issue(&self, order: OrderId) -> String {
        // HMAC takes keys of any length, so there always is one; an empty token would open nothing.
        self.mac(order).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())).unwrap_or_default()
    }

    /// Takes the same time however much of the token is right.
    pub fn opens(&self, token: &str, order: OrderId) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(token) else { return false };
        self.mac(order).is_some_and(|mac| mac.verify_slice(&given).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_token_opens_its_own_order_only() {
        let tokens = AccessTokens::new([7; 32].into());
        let (mine, other) = (OrderId::new(Uuid::from_u128(1)), OrderId::new(Uuid::from_u128(2)));
        let token = tokens.issue(mine);
        assert!(tokens.opens(&token, mine));
        assert!(!tokens.opens(&token, other));
        assert!(!AccessTokens::new([8; 32].into()).opens(&token, mine));
        for bad in ["", "x", &token[1..], &format!("{token}A")] {
            assert!(!tokens.opens(bad, mine), "{bad}");
        }
        assert_eq!(format!("{tokens:?}"), "AccessTokens(AccessKey(…))");
    }
}
