//! AES-256-GCM with the nonce in front. What a sealed text belongs to is authenticated with it.

use hanse_kernel::Rng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Of a key.
pub const KEY: usize = 32;
pub type KeyBytes = Zeroizing<[u8; KEY]>;

/// What something belongs to, so that no two lists of parts are the same bytes.
pub fn belonging(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

fn cipher(key: &KeyBytes) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, &**key).ok().map(LessSafeKey::new)
}

/// None is never seen: keys have the right length, and texts are shorter than 64 GiB.
pub fn seal(key: &KeyBytes, rng: &dyn Rng, belonging: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    // Random nonces are safe for 2³² texts under one key: no person has that many.
    let mut nonce = [0; NONCE_LEN];
    rng.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.extend(nonce);
    let mut text = plain.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    cipher(key)?.seal_in_place_append_tag(nonce, Aad::from(belonging), &mut text).ok()?;
    sealed.extend(text);
    Some(sealed)
}

/// None: it was changed, belongs elsewhere, or the key is another one.
pub fn open(key: &KeyBytes, belonging: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut opened = Zeroizing::new(text.to_vec());
    let length = cipher(key)?.open_in_place(nonce, Aad::from(belonging), &mut opened).ok()?.len();
    opened.truncate(length);
    Some(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;

    #[test]
    fn only_the_same_key_and_belonging_open_and_no_bit_may_change() {
        let (key, other) = (Zeroizing::new([1; KEY]), Zeroizing::new([2; KEY]));
        let rng = SeededRng::new(1);
        let here = belonging(&[b"ab", b"c"]);
        let sealed = seal(&key, &rng, &here, b"Kanarie").expect("sealed");
        assert!(!sealed.windows(7).any(|part| part == b"Kanarie"));
        assert_eq!(open(&key, &here, &sealed).expect("opened").as_slice(), b"Kanarie");
        assert_ne!(seal(&key, &rng, &here, b"Kanarie").expect("sealed"), sealed, "another nonce");
        assert!(open(&other, &here, &sealed).is_none());
        assert!(open(&key, &belonging(&[b"a", b"bc"]), &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &here, &changed).is_none(), "byte {at}");
            assert!(open(&key, &here, &sealed[..at]).is_none(), "cut at {at}");
        }
    }
}
