//! One attempt to pay an order: its state, its amounts, what has been asked of the provider for it.

use super::intent::{Intent, Kind, Phase};
use super::ledger::Transaction;
use hanse_kernel::{Currency, Money, OrderId, PaymentId, RefundId, Timestamp, TraceContext};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The means of payment is kept; nothing has been asked.
    Opened,
    /// The provider is being asked to set the amount aside.
    Authorising,
    /// It was asked and its answer is not known. Ends only by asking again or by a void.
    Unknown,
    /// The shopper has to do something.
    ActionRequired,
    Authorised,
    /// At least partly.
    Captured,
    Declined,
    /// It was opened and nobody went on with it in time.
    Expired,
    Voided,
    /// Everything that was captured went back, and nothing is set aside any more.
    Refunded,
}

impl State {
    pub const ALL: [Self; 10] = [
        Self::Opened,
        Self::Authorising,
        Self::Unknown,
        Self::ActionRequired,
        Self::Authorised,
        Self::Captured,
        Self::Declined,
        Self::Expired,
        Self::Voided,
        Self::Refunded,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Authorising => "authorizing",
            Self::Unknown => "unknown",
            Self::ActionRequired => "action_required",
            Self::Authorised => "authorized",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Voided => "voided",
            Self::Refunded => "refunded",
        }
    }
}

impl FromStr for State {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no payment state"))
    }
}

/// Where the shopper goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub kind: String,
    pub url: String,
}

/// What those who follow the payment are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Authorised,
    Declined {
        reason: String,
    },
    /// The answers to one asking anew.
    Renewed {
        renewal: u32,
    },
    NotRenewed {
        renewal: u32,
        reason: String,
    },
    ActionRequired(Action),
    Captured {
        capture: Uuid,
    },
    CaptureFailed {
        capture: Uuid,
    },
    Voided,
    /// None: the payment was cancelled after its capture.
    Refunded {
        refund: Option<RefundId>,
    },
    RefundFailed {
        refund: RefundId,
    },
}

/// A capture or refund of what is not authorised or captured yet: what it waits for is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payment is not that far yet")]
pub struct NotYet;

/// What does not change: how long things take, and what the provider can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long one asking of the provider may take; after that it is taken over.
    pub lease: Duration,
    /// Wait before asking again the first time; doubled each time, at most a minute.
    pub retry: Duration,
    /// How often a shopper's action is looked up when nobody tells of it.
    pub look: Duration,
    /// One authorisation may be captured in parts.
    pub multi_capture: bool,
    pub partial_refund: bool,
}

const LONGEST_RETRY: Duration = Duration::from_secs(60);
const LONGEST_REST: Duration = Duration::from_secs(30 * 60);

/// When something happens, and the ids for what it sets in motion.
pub struct Moment<'a> {
    pub now: Timestamp,
    pub rules: Rules,
    pub ids: &'a (dyn Fn() -> Uuid + Sync),
}

impl Moment<'_> {
    pub(super) fn retry_at(&self, attempts: i64) -> Timestamp {
        self.now.plus(self.doubled(attempts).min(LONGEST_RETRY))
    }

    /// When what a provider has refused so many times may be asked for anew: half an hour later at last, since people are
    /// called meanwhile.
    pub(super) fn anew_at(&self, refusals: i64) -> Timestamp {
        self.now.plus(self.doubled(refusals).min(LONGEST_REST))
    }

    fn doubled(&self, times: i64) -> Duration {
        self.rules.retry.saturating_mul(1 << times.clamp(1, 12).saturating_sub(1))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    pub attempt: u32,
    pub provider: String,
    /// What is to be paid.
    pub amount: Money,
    pub state: State,
    /// The order exists.
    pub active: bool,
    /// It is to be ended as soon as what is in flight has landed.
    pub cancel: bool,
    pub authorised: i64,
    pub captured: i64,
    pub refunded: i64,
    /// Authorised, not captured, and let go.
    pub released: i64,
    /// The last renewal that was asked for, and the last one that was granted; 0: none.
    pub renewal: u32,
    pub renewed: u32,
    /// Declined: why.
    pub reason: Option<String>,
    pub action: Option<Action>,
    /// The means of payment is kept until then.
    pub expires_at: Timestamp,
    /// How many events have told of it.
    pub events: i64,
    /// How often it was saved.
    pub version: i64,
    /// What set it in motion last, so that the events of a background answer belong to it.
    pub correlation: String,
    /// Where in a trace that was.
    pub trace: Option<TraceContext>,
    /// In the order of their making.
    pub intents: Vec<Intent>,
    /// To be told, written and forgotten with the next save.
    pub told: Vec<Told>,
    pub postings: Vec<Transaction>,
    /// The means of payment, sealed, as long as it is kept.
    pub sealed: Option<Vec<u8>>,
    pub forget_token: bool,
}

impl Payment {
    pub fn open(
        (id, order, attempt): (PaymentId, OrderId, u32),
        amount: Money,
        provider: &str,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            order,
            attempt,
            provider: provider.into(),
            amount,
            state: State::Opened,
            active: false,
            cancel: false,
            authorised: 0,
            captured: 0,
            refunded: 0,
            released: 0,
            renewal: 0,
            renewed: 0,
            reason: None,
            action: None,
            expires_at,
            events: 0,
            version: 0,
            correlation: String::new(),
            trace: None,
            intents: vec![],
            told: vec![],
            postings: vec![],
            sealed: None,
            forget_token: false,
        }
    }

    /// A payment that was never opened but is being talked about: it stands against whatever comes later.
    pub fn never_opened(id: PaymentId, order: OrderId, currency: Currency, now: Timestamp) -> Self {
        let mut this = Self::open((id, order, 0), Money::zero(currency), "none", now);
        this.state = State::Declined;
        this.reason = Some("unknown_payment".into());
        this
    }

    /// The same attempt again, before anybody has gone on with it: the last means of payment counts. False when it
    /// is too late to change.
    pub fn open_again(&mut self, amount: Money, provider: &str, expires_at: Timestamp) -> bool {
        if self.active || !matches!(self.state, State::Opened | State::Expired) {
            return false;
        }
        self.state = State::Opened;
        self.reason = None;
        self.amount = amount;
        self.provider = provider.into();
        self.expires_at = expires_at;
        self.forget_token = false;
        true
    }

    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.amount.currency())
    }

    /// What is still set aside and may be captured.
    pub fn remaining(&self) -> i64 {
        self.authorised - self.captured - self.released
    }

    /// Money is set aside, or may be without our knowing.
    pub fn live(&self) -> bool {
        self.remaining() > 0
            || matches!(self.state, State::Authorising | State::Unknown | State::ActionRequired)
    }

    pub(super) fn open_sum(&self, kind: Kind) -> i64 {
        self.intents.iter().filter(|i| i.kind == kind && i.is_open()).map(|i| i.amount).sum()
    }

    pub(super) fn start(&mut self, kind: Kind, amount: i64, asked: Option<Uuid>, at: &Moment<'_>) {
        self.intents.push(Intent {
            id: (at.ids)(),
            kind,
            amount,
            asked,
            phase: Phase::Flying,
            attempts: 1,
            next_at: at.now.plus(at.rules.lease),
            reason: None,
            again: false,
            touched: true,
            new: true,
        });
    }

    /// Records a capture or refund that was refused without asking the provider, so that asking again is answered alike.
    pub(super) fn refuse(&mut self, kind: Kind, amount: i64, asked: Uuid, reason: &str, at: &Moment<'_>) {
        self.intents.push(Intent {
            id: (at.ids)(),
            kind,
            amount,
            asked: Some(asked),
            phase: Phase::Failed,
            attempts: 0,
            next_at: at.now,
            reason: Some(reason.into()),
            again: false,
            touched: true,
            new: true,
        });
    }

    pub(super) fn tell(&mut self, told: Told) {
        self.told.push(told);
    }

    pub(super) fn declined(&mut self) {
        let reason = self.reason.clone().unwrap_or_else(|| "declined".into());
        self.tell(Told::Declined { reason });
    }
}
