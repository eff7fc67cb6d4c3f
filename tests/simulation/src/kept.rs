//! Seeds that are kept: those that found something once. Every change plays them.
//!
//! A seed is a story only as long as the world draws as it did. Whoever changes what the world draws plays
//! `cargo xtask simulate --defects`, which tells the first seed that finds each planted defect, and writes those here.

use crate::defect::Defect;

/// A seed, and what it is kept for.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    pub seed: u64,
    /// Found with this planted; None: found in a shop that was thought to be fine, and mended since.
    pub defect: Option<Defect>,
    pub told: &'static str,
}

impl Kept {
    /// Finds a planted defect.
    const fn finds(seed: u64, defect: Defect) -> Self {
        Self { seed, defect: Some(defect), told: defect.told() }
    }
}

/// Each planted defect, with the first seed that finds it.
pub const KEPT: &[Kept] = &[];
