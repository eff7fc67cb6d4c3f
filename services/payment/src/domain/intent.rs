//! One thing to be done at a provider. Its id is the key under which it is asked for, however often.

use hanse_kernel::Timestamp;
use std::str::FromStr;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Authorise,
    /// Sets aside anew what has not been captured, before the authorisation lapses.
    Renew,
    Capture,
    /// Ends an authorisation, or what is left of it, also one whose answer never came.
    Void,
    Refund,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorise => "authorize",
            Self::Renew => "renew",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Authorise, Self::Renew, Self::Capture, Self::Void, Self::Refund];
        all.into_iter().find(|k| k.as_str() == text).ok_or_else(|| format!("`{text}` is no kind of intent"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Somebody is at it until `next_at`; after that somebody else takes it over.
    Flying,
    /// It was asked for and the answer is not known; asked again under the same key at `next_at`.
    Unknown,
    /// The provider waits for the shopper; looked up at `next_at`.
    Waiting,
    Done,
    Failed,
    /// Given up in favour of a void.
    Dropped,
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flying => "flying",
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
    pub fn is_open(self) -> bool {
        matches!(self, Self::Flying | Self::Unknown | Self::Waiting)
    }
}

impl FromStr for Phase {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Flying, Self::Unknown, Self::Waiting, Self::Done, Self::Failed, Self::Dropped];
        all.into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no phase of an intent"))
    }
}

/// What a provider answered, or that it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done. `reference` is the provider's own name for it.
    Approved { reference: String },
    /// It will never be done.
    Declined { reason: String },
    /// Only the shopper can go on, there.
    Action { kind: String, url: String },
    /// Nobody knows whether it was done.
    Unknown { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub id: Uuid,
    pub kind: Kind,
    /// Minor units of the payment's currency; what is voided is the rest.
    pub amount: i64,
    /// The capture or refund that was commanded; None when the payment itself wants it.
    pub asked: Option<Uuid>,
    pub phase: Phase,
    pub attempts: i64,
    pub next_at: Timestamp,
    /// Failed: why.
    pub reason: Option<String>,
    /// The provider had something to tell while it was being asked: the answer may be older than that.
    pub again: bool,
    /// Not yet written.
    pub touched: bool,
    /// Not yet in the store.
    pub new: bool,
}

impl Intent {
    pub fn is_open(&self) -> bool {
        self.phase.is_open()
    }
    /// Somebody is asking the provider right now.
    pub fn in_flight(&self, now: Timestamp) -> bool {
        self.phase == Phase::Flying && self.next_at > now
    }
    /// It is asked for again then; now, if there was news meanwhile.
    pub(super) fn ask_again(&mut self, then: Timestamp, now: Timestamp) {
        self.next_at = if std::mem::take(&mut self.again) { now } else { then };
        self.touched = true;
    }
    pub(super) fn end(&mut self, phase: Phase, reason: Option<String>) {
        self.phase = phase;
        self.reason = reason;
        self.touched = true;
    }
}
