//! What has to have happened in a long run: a way that is never gone is not proved by anything.

/// As the tally tells them.
pub const WANTED: [&str; 1] = ["order: placed"];
