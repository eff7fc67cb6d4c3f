//! CRC-32C (Castagnoli; RFC 3720, appendix B.4), which Secret Manager sends along with what it keeps.

const POLYNOMIAL: u32 = 0x82F6_3B78;

/// Bit by bit: it is asked for some hundred bytes, once.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (POLYNOMIAL & 0u32.wrapping_sub(crc & 1));
    !bytes.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn the_examples_of_rfc_3720_hold() {
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xff; 32]), 0x62A8_AB43);
        let up: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        assert_eq!((crc32c(&up), crc32c(&down)), (0x46DD_794E, 0x113F_DB5C));
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }
}
