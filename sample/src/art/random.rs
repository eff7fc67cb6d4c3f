//! Chance that is the same every time: numbers from a text.

/// SplitMix64 over an FNV-1a hash of the seed text. For pictures and sample data only, never for secrets.
pub struct Random(u64);

impl Random {
    pub fn of(seed: &str) -> Self {
        let hash = seed.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        Self(hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number from `from` up to but not including `to`; `from` when there is none.
    pub fn between(&mut self, from: i32, to: i32) -> i32 {
        let span = u64::try_from(i64::from(to) - i64::from(from)).unwrap_or(0).max(1);
        let step = i32::try_from(self.next() % span).unwrap_or(0);
        from.saturating_add(step)
    }

    /// One of the values; `None` only when there are none.
    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
        values.get(usize::try_from(self.between(0, count)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_numbers_in_their_range() {
        let numbers = |seed: &str| -> Vec<i32> {
            let mut random = Random::of(seed);
            (0..50).map(|_| random.between(-3, 4)).collect()
        };
        assert_eq!(numbers("mug:1"), numbers("mug:1"));
        assert_ne!(numbers("mug:1"), numbers("mug:2"));
        assert!((-3..4).all(|n| numbers("mug:1").contains(&n)));
    }
}
