//! Who was told to come again later, and comes again at once on the same connection, waits before anything is done for it.
//!
//! To refuse a request costs about as much as to answer a small one. Clients that insist would leave a process no time for
//! anything but refusing; as long as they wait, there is one request of each of them, and nothing else is read.

use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use std::time::Duration;

/// So many requests a second are refused at most, together, to all who insist.
const REFUSALS: u32 = 2_000;
const LONGEST: Duration = Duration::from_secs(1);

/// How long each of so many connections rests after a refusal.
pub(super) fn rest(connections: usize) -> Duration {
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    (Duration::from_secs(1) / REFUSALS).saturating_mul(connections).min(LONGEST)
}

/// Whether the client was told to come again later, for want of room or because something that is needed is away.
pub(super) fn refused<B>(answer: &Response<B>) -> bool {
    answer.status() == StatusCode::SERVICE_UNAVAILABLE && answer.headers().contains_key(RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_hardly_rest_and_many_no_longer_than_a_second() {
        assert_eq!(rest(0), Duration::ZERO);
        assert_eq!(rest(64), Duration::from_millis(32));
        assert_eq!(rest(100_000), LONGEST);
        assert_eq!(rest(usize::MAX), LONGEST);
    }

    #[test]
    fn only_who_is_told_to_come_again_is_refused() {
        let answer = |status: StatusCode| Response::builder().status(status);
        let told = |answer: http::response::Builder| refused(&answer.body(()).expect("an answer"));
        assert!(told(answer(StatusCode::SERVICE_UNAVAILABLE).header(RETRY_AFTER, "5")));
        assert!(!told(answer(StatusCode::SERVICE_UNAVAILABLE)));
        assert!(!told(answer(StatusCode::TOO_MANY_REQUESTS).header(RETRY_AFTER, "5")));
    }
}
