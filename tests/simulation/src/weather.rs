//! How a world misbehaves: each seed has weather of its own, so that some faults come alone and others together.

use crate::chance::Chance;

/// What goes wrong on the way, with how often out of ten thousand occasions it does in bad weather.
macro_rules! faults {
    ($($fault:ident = $usual:literal, $told:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($fault),* }
        impl Fault {
            pub const ALL: &'static [Fault] = &[$(Self::$fault),*];
            fn usual(self) -> u32 {
                match self { $(Self::$fault => $usual),* }
            }
            pub fn told(self) -> &'static str {
                match self { $(Self::$fault => $told),* }
            }
        }
    };
}

faults! {
    CrashBeforeUnit = 4, "crash: before a unit of work";
    CrashAfterCommit = 8, "crash: after a commit, before anybody is told";
    CrashWhileReading = 2, "crash: while reading";
    CrashAtPublish = 12, "crash: while publishing";
    CrashBeforeMark = 12, "crash: after publishing, before that is marked";
    CrashBeforeAck = 12, "crash: after a message was dealt with, before that is told";
    CrashAsked = 12, "crash: while another service asks";
    CrashAtProvider = 60, "crash: before the provider is asked";
    CrashAfterProvider = 60, "crash: after the provider has done it";
    UnitRefused = 10, "store: a unit is refused";
    CommitUntold = 6, "store: a commit whose answer is lost";
    StoreSlow = 10, "store: slow for seconds";
    MessageLate = 500, "message: late";
    MessageTwice = 300, "message: comes twice";
    PublisherUntold = 100, "message: the publisher is not told, and publishes again";
    QuestionLost = 30, "question: lost";
    AnswerLost = 30, "question: the answer is lost";
    QuestionSlow = 100, "question: slow";
    ProviderSlow = 500, "provider: slow";
    ProviderDeaf = 300, "provider: the asking is lost";
    ProviderLate = 300, "provider: acts long after the asking was given up";
    ProviderSilent = 500, "provider: its answer is lost";
    RequestLost = 60, "shopper: the request is lost";
    ReplyLost = 100, "shopper: the reply is lost";
    WebhookLost = 600, "webhook: never comes";
    WebhookLate = 1_500, "webhook: late";
    WebhookTwice = 800, "webhook: comes twice";
    WebhookForged = 300, "webhook: made up by a stranger";
    WebhookOverheard = 200, "webhook: overheard, and sent again by a stranger";
    CrashHeard = 30, "crash: after a webhook was heard, before that is told";
}

pub struct Weather {
    rates: Vec<u32>,
}

impl Weather {
    /// A third of the faults do not come at all, a third as usual, a third often.
    pub fn of(chance: &Chance) -> Self {
        let rates = Fault::ALL.iter().map(|fault| match chance.below(3) {
            0 => 0,
            1 => fault.usual(),
            _ => fault.usual() * 3,
        });
        Self { rates: rates.collect() }
    }

    pub fn calm() -> Self {
        Self { rates: vec![0; Fault::ALL.len()] }
    }

    pub fn rate(&self, fault: Fault) -> u32 {
        self.rates.get(fault as usize).copied().unwrap_or(0)
    }
}
