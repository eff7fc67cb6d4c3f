//! A place where stock lies.

use hanse_kernel::{LocationId, Timestamp};
use uuid::Uuid;

/// `main`, which every shop has from its first day: the home of whatever is not told to lie elsewhere.
pub const MAIN: LocationId = LocationId::new(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub id: LocationId,
    pub name: String,
    /// Orders are served from the lowest first.
    pub priority: i64,
    pub created_at: Timestamp,
}
