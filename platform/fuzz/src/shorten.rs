//! What is found is made as short as it can be: piece after piece is left out, as long as a promise is still broken.

use crate::Came;

/// So many tries at most: it need not be the shortest.
const TRIES: usize = 4_000;

pub fn shorten(mut input: Vec<u8>, mut why: String, check: &dyn Fn(&[u8]) -> Came) -> (Vec<u8>, String) {
    let (mut size, mut tries) = (input.len().div_ceil(2), 0);
    while size > 0 {
        let (mut at, mut shorter) = (0, false);
        while at < input.len() && tries < TRIES {
            tries += 1;
            let end = (at + size).min(input.len());
            let rest = [&input[..at], &input[end..]].concat();
            match check(&rest) {
                Err(because) => (input, why, shorter) = (rest, because, true),
                Ok(_) => at = end,
            }
        }
        if !shorter || size > 1 {
            size /= 2;
        }
        if tries >= TRIES {
            break;
        }
    }
    (input, why)
}
