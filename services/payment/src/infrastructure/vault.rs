//! Means of payment at rest: ChaCha20-Poly1305 (RFC 8439) under the deployment's key, bound to the payment's id.

use crate::application::PaymentError;
use crate::application::ports::Vault;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{PaymentId, Rng, Secret};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::sync::Arc;
use zeroize::Zeroizing;

pub struct SealedVault {
    key: LessSafeKey,
    /// They open what was sealed within the last half hour, and seal nothing.
    former: Vec<LessSafeKey>,
    rng: Arc<dyn Rng>,
}

impl SealedVault {
    pub fn new(key: &[u8; 32], former: &[[u8; 32]], rng: Arc<dyn Rng>) -> Result<Self, PaymentError> {
        let read = |key: &[u8; 32]| {
            UnboundKey::new(&CHACHA20_POLY1305, key)
                .map(LessSafeKey::new)
                .map_err(|_| PaymentError::Vault("the key cannot be used"))
        };
        Ok(Self { key: read(key)?, former: former.iter().map(read).collect::<Result<_, _>>()?, rng })
    }
}

impl Vault for SealedVault {
    /// The nonce, then the ciphertext with its tag. A random nonce of 96 bits is safe for 2³² tokens per key.
    fn seal(&self, payment: PaymentId, token: &Secret) -> Result<Vec<u8>, PaymentError> {
        let mut nonce = [0; NONCE_LEN];
        self.rng.fill(&mut nonce);
        let mut text = token.expose_secret().as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(payment.uuid().as_bytes()),
                &mut text,
            )
            .map_err(|_| PaymentError::Vault("it cannot be encrypted"))?;
        Ok([nonce.as_slice(), &text].concat())
    }

    fn open(&self, payment: PaymentId, sealed: Vec<u8>) -> Result<Secret, PaymentError> {
        const UNREADABLE: PaymentError =
            PaymentError::Vault("it was kept under another key or has been changed");
        let mut keys = [&self.key].into_iter().chain(&self.former);
        keys.find_map(|key| open(key, payment, &sealed)).ok_or(UNREADABLE)
    }
}

fn open(key: &LessSafeKey, payment: PaymentId, sealed: &[u8]) -> Option<Secret> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = Zeroizing::new(text.to_vec());
    let plain = key.open_in_place(nonce, Aad::from(payment.uuid().as_bytes()), &mut text).ok()?;
    Some(Secret::from(std::str::from_utf8(plain).ok()?.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;
    use uuid::Uuid;

    #[test]
    fn a_token_opens_for_its_own_payment_under_its_own_key_only() {
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
        let vault = SealedVault::new(&[1; 32], &[], rng.clone()).unwrap();
        let (mine, yours) = (PaymentId::new(Uuid::from_u128(1)), PaymentId::new(Uuid::from_u128(2)));
        let token = Secret::from("tok_success".to_string());
        let sealed = vault.seal(mine, &token).unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"tok_"));
        assert_ne!(sealed, vault.seal(mine, &token).unwrap(), "the same token never looks the same");
        assert_eq!(vault.open(mine, sealed.clone()).unwrap().expose_secret(), "tok_success");
        assert!(vault.open(yours, sealed.clone()).is_err());
        let turned = |former: &[[u8; 32]]| SealedVault::new(&[2; 32], former, rng.clone()).unwrap();
        assert!(turned(&[]).open(mine, sealed.clone()).is_err());
        let both = turned(&[[3; 32], [1; 32]]);
        assert_eq!(
            both.open(mine, sealed.clone()).unwrap().expose_secret(),
            "tok_success",
            "under a former key"
        );
        assert!(vault.open(mine, both.seal(mine, &token).unwrap()).is_err(), "the former one seals nothing");
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        assert!(vault.open(mine, changed).is_err());
        assert!(vault.open(mine, vec![1, 2, 3]).is_err());
    }
}
