//! Notification's stories, on both engines.

mod notification {
    mod neighbours;
    mod smtp;
    mod stories;
}
