//! Bytes as people type them: five bits a character, without 0, 1, 8 and 9 (RFC 4648 section 6), in small letters.

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Of whole groups of five bytes; what is left over is not written.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks_exact(5) {
        let bits = group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            text.push(char::from(LETTERS[(bits >> (5 * place) & 31) as usize]));
        }
    }
    text
}

/// Whether it is a character of such a text.
pub fn is_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | '2'..='7')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_in_the_rfc() {
        assert_eq!(text(b"fooba"), "mzxw6ytb");
        assert_eq!(text(b"foobafooba"), "mzxw6ytbmzxw6ytb");
        assert!(text(&[0xff; 10]).chars().all(is_letter));
        assert!(!is_letter('1') && !is_letter('A'));
    }
}
