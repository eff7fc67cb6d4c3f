//! Seeds that are kept: those that found something once. Every change plays them.
//!
//! A seed is a story only as long as the world draws as it did. Whoever changes what the world draws plays
//! `cargo xtask simulate --defects`, which tells a seed that finds each planted defect, and writes those here.

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

/// Each planted defect, with a seed that finds it.
pub const KEPT: &[Kept] = &[
    Kept::finds(2, Defect::AckBeforeCommit),
    Kept::finds(7, Defect::MarkedBeforePublished),
    Kept::finds(1, Defect::MissingInbox),
    Kept::finds(1, Defect::MessageForgotten),
    Kept::finds(1, Defect::ReleaseForgotten),
    Kept::finds(1, Defect::RestockForgotten),
    Kept::finds(1, Defect::ShipmentForgotten),
    Kept::finds(1, Defect::LostUpdate),
    Kept::finds(1, Defect::HoldIgnored),
    Kept::finds(2, Defect::RefundUnderNewKey),
    Kept::finds(2, Defect::CaptureUnderNewKey),
    Kept::finds(1, Defect::CaptureBeforeCommit),
    Kept::finds(1, Defect::TimeoutIsDecline),
    Kept::finds(1, Defect::TimeoutIsApproval),
    Kept::finds(1, Defect::VoidForgotten),
    Kept::finds(1, Defect::StalePrice),
    Kept::finds(1, Defect::CouponRace),
    Kept::finds(1, Defect::RedemptionForgotten),
    Kept::finds(7, Defect::KeysForgotten),
    Kept::finds(2, Defect::CancelForgotten),
    Kept::finds(3, Defect::CartTakesTwice),
    Kept::finds(1, Defect::CartChangeLost),
    Kept::finds(26, Defect::OutboxCursor),
    Kept::finds(13, Defect::VoidWithoutTombstone),
    Kept::finds(3, Defect::RenewalForgotten),
    Kept::finds(5, Defect::CentLost),
    Kept::finds(4, Defect::ForgedWebhook),
    Kept::finds(1, Defect::LeakingShelf),
    Kept::finds(1, Defect::MergeKeepsLines),
    Kept::finds(38, Defect::OldLevelWins),
    Kept::finds(1, Defect::FiguresMissCancellations),
];
