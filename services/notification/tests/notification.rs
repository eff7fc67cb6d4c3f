//! Notification's stories, on both engines.

// Tests run in the real world, and a step of theirs that fails should fail loudly.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod notification {
    mod neighbours;
    mod sealing;
    mod smtp;
    mod stories;
}
