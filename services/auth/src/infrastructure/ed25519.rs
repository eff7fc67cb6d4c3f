//! Makes Ed25519 key pairs from the process's randomness.

use crate::application::ports::KeyMaker;
use crate::domain::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use hanse_kernel::Rng;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zeroize::Zeroizing;

pub struct Ed25519Keys(pub Arc<dyn Rng>);

impl KeyMaker for Ed25519Keys {
    fn make(&self) -> KeyPair {
        let mut seed = Zeroizing::new([0; 32]);
        self.0.fill(&mut *seed);
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        KeyPair { kid: thumbprint(&public), public, seed }
    }
}

/// RFC 7638 with the members of RFC 8037: what names a key is the key itself.
fn thumbprint(public: &[u8; 32]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_8037_appendix_a() {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&x.try_into().unwrap()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
