//! How many more tries a dependency is worth: a tenth of the calls, and a few besides. A service in trouble is not
//! helped by being asked three times as often.

/// In tenths of a try.
const PER_CALL: u32 = 1;
const PER_TRY: u32 = 10;
/// Ten tries: what a service that is asked seldom has at once.
const MOST: u32 = 100;

pub(crate) struct Budget(u32);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Budget {
    pub fn called(&mut self) {
        self.0 = (self.0 + PER_CALL).min(MOST);
    }

    /// Takes one try, if there is one.
    pub fn take(&mut self) -> bool {
        match self.0.checked_sub(PER_TRY) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_a_tenth_of_the_calls_and_ten_besides() {
        let mut budget = Budget::default();
        let tried = (0..1000).filter(|_| {
            budget.called();
            budget.take()
        });
        assert_eq!(tried.count(), 10 + 100 - 1, "the first call found the bucket full");
    }
}
