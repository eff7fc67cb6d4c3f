//! Wraps private keys and the secrets of apps before they are stored, so that a copy of the database alone signs nothing and
//! makes no codes.

use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Rng, Secret};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::sync::Arc;
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the wrapping key must be 64 hexadecimal digits (32 random bytes)")]
    NotAKey,
    #[error("the stored signing keys are wrapped, and no wrapping key is configured")]
    Locked,
    #[error("the stored signing keys were wrapped with another wrapping key")]
    WrongKey,
}

/// AES-256-GCM. Without a key it is open: nothing is wrapped.
pub struct Vault {
    key: Option<LessSafeKey>,
    /// They open what was wrapped before, and wrap nothing.
    former: Vec<LessSafeKey>,
    rng: Arc<dyn Rng>,
}

impl Vault {
    pub fn new(key: Option<&Secret>, former: &[Secret], rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        let read = |secret: &Secret| {
            let mut bytes = Zeroizing::new([0; 32]);
            hex::decode_to_slice(secret.expose_secret(), &mut *bytes).map_err(|_| VaultError::NotAKey)?;
            let key = UnboundKey::new(&AES_256_GCM, &*bytes).map_err(|_| VaultError::NotAKey)?;
            Ok(LessSafeKey::new(key))
        };
        let former = former.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { key: key.map(read).transpose()?, former, rng })
    }

    /// The nonce in front, bound to `name` so that two wrapped keys cannot be swapped. `None` without a key.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let key = self.key.as_ref()?;
        // Random nonces are safe for 2³² messages under one key; this seals a dozen a year, and one for each app.
        let mut nonce = [0; NONCE_LEN];
        self.rng.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut sealed)
            .ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, name: &str, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.key.as_ref().ok_or(VaultError::Locked)?;
        let opened = [key].into_iter().chain(&self.former).find_map(|key| open(key, name, stored));
        opened.ok_or(VaultError::WrongKey)
    }

    /// What is wrapped under a former key, under the present one; `None`: it is already.
    pub fn anew(&self, name: &str, stored: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let key = self.key.as_ref().ok_or(VaultError::Locked)?;
        if open(key, name, stored).is_some() {
            return Ok(None);
        }
        let plain = self.open(name, stored)?;
        Ok(self.seal(name, &plain))
    }
}

fn open(key: &LessSafeKey, name: &str, stored: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = stored.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut opened = Zeroizing::new(sealed.to_vec());
    let length = key.open_in_place(nonce, Aad::from(name), &mut opened).ok()?.len();
    opened.truncate(length);
    Some(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;

    fn vault(digit: &str) -> Vault {
        turned(digit, &[])
    }

    fn turned(digit: &str, former: &[&str]) -> Vault {
        let former: Vec<Secret> = former.iter().map(|digit| digit.repeat(64).into()).collect();
        Vault::new(Some(&digit.repeat(64).into()), &former, Arc::new(SeededRng::new(1))).unwrap()
    }

    #[test]
    fn a_former_key_opens_what_it_wrapped_and_wraps_nothing() {
        let old = vault("a").seal("kid", b"seed").unwrap();
        let both = turned("b", &["c", "a"]);
        assert_eq!(*both.open("kid", &old).unwrap(), b"seed");
        let anew = both.anew("kid", &old).unwrap().expect("it was under the former one");
        assert_eq!(*vault("b").open("kid", &anew).unwrap(), b"seed");
        assert!(both.anew("kid", &anew).unwrap().is_none());
        assert!(matches!(both.anew("other", &old), Err(VaultError::WrongKey)));
        assert!(matches!(turned("b", &["c"]).anew("kid", &old), Err(VaultError::WrongKey)));
        assert!(matches!(vault("a").open("kid", &anew), Err(VaultError::WrongKey)));
    }

    #[test]
    fn only_the_same_key_and_name_open() {
        let sealed = vault("a").seal("kid", b"seed").unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"seed"));
        assert_eq!(*vault("a").open("kid", &sealed).unwrap(), b"seed");
        assert!(matches!(vault("b").open("kid", &sealed), Err(VaultError::WrongKey)));
        assert!(matches!(vault("a").open("other", &sealed), Err(VaultError::WrongKey)));
        let none = Vault::new(None, &[], Arc::new(SeededRng::new(1))).unwrap();
        assert!(matches!(none.open("kid", &sealed), Err(VaultError::Locked)));
        assert!(none.seal("kid", b"seed").is_none());
        for bad in ["", "a", &"g".repeat(64), &"a".repeat(63)] {
            assert!(Vault::new(Some(&bad.into()), &[], Arc::new(SeededRng::new(1))).is_err());
            assert!(Vault::new(None, &[bad.into()], Arc::new(SeededRng::new(1))).is_err());
        }
    }
}
