//! Which of the numbered invariants an audit judges. docs/operations/audit.md has the same table with the words; a test
//! compares them.

/// Numbers as in ARCHITECTURE.md. The others cannot be seen from within: what a shopper was acknowledged (14) or answered
/// (21) only the shopper knows.
pub const JUDGED: [u32; 19] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20];
