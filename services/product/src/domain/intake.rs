//! An intake: a product that was handed to pricing and inventory and waits for both to answer before it is published.

use hanse_kernel::{ChannelId, ImportId, ProductId, Timestamp};

/// One of the two questions of an intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Prices,
    Stock,
}

/// How a question stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing was asked.
    None,
    Pending,
    Confirmed,
    Refused(String),
}

impl Answer {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Refused(_) => "refused",
        }
    }
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
    pub fn parse(name: &str, reason: Option<String>) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "pending" => Self::Pending,
            "confirmed" => Self::Confirmed,
            "refused" => Self::Refused(reason.unwrap_or_default()),
            _ => return None,
        })
    }
    fn is_good(&self) -> bool {
        matches!(self, Self::None | Self::Confirmed)
    }
}

/// What the intake did to the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
}

impl Outcome {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Created, Self::Updated].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// How many variants were what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub skipped: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// The key of its commands: the import row's, or one of its own.
    pub key: String,
    pub product: ProductId,
    pub import: Option<ImportId>,
    /// Where the product begins in the file.
    pub line: Option<i64>,
    /// Rows of the file.
    pub rows: i64,
    pub outcome: Outcome,
    pub variants: Tally,
    /// Where the product is to be published once both sides are content.
    pub publish_in: Option<ChannelId>,
    pub prices: Answer,
    pub stock: Answer,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The answer was known, or came after the end: nothing changes.
    Nothing,
    /// The other side is still to answer.
    Wait,
    /// Both are content: publish, if that is wanted.
    Content,
    /// Both have answered and at least one refused.
    Refused,
}

impl Intake {
    pub fn is_pending(&self) -> bool {
        self.prices == Answer::Pending || self.stock == Answer::Pending
    }

    /// Takes one side's answer in, in any order and any number of times. `refusal` is its reason.
    pub fn answer(&mut self, side: Side, refusal: Option<String>, now: Timestamp) -> Step {
        let slot = match side {
            Side::Prices => &mut self.prices,
            Side::Stock => &mut self.stock,
        };
        if *slot != Answer::Pending {
            return Step::Nothing;
        }
        *slot = refusal.map_or(Answer::Confirmed, Answer::Refused);
        if self.is_pending() {
            return Step::Wait;
        }
        self.finished_at = Some(now);
        if self.is_content() { Step::Content } else { Step::Refused }
    }

    /// Whether nothing stands against publishing.
    pub fn is_content(&self) -> bool {
        self.prices.is_good() && self.stock.is_good()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn intake() -> Intake {
        Intake {
            key: "imp_1/mug".into(),
            product: ProductId::new(Uuid::from_u128(1)),
            import: None,
            line: None,
            rows: 1,
            outcome: Outcome::Created,
            variants: Tally::default(),
            publish_in: Some(ChannelId::default()),
            prices: Answer::Pending,
            stock: Answer::Pending,
            created_at: Timestamp::default(),
            finished_at: None,
        }
    }

    #[test]
    fn it_is_content_once_both_sides_are_in_either_order() {
        for sides in [[Side::Prices, Side::Stock], [Side::Stock, Side::Prices]] {
            let mut intake = intake();
            let now = Timestamp::from_micros(7);
            assert_eq!(intake.answer(sides[0], None, now), Step::Wait);
            assert_eq!(intake.answer(sides[0], None, now), Step::Nothing, "told twice");
            assert_eq!(intake.answer(sides[1], None, now), Step::Content);
            assert_eq!(intake.finished_at, Some(now));
            for side in sides {
                assert_eq!(intake.answer(side, Some("late".into()), now), Step::Nothing);
            }
            assert!(intake.is_content());
        }
    }

    #[test]
    fn one_refusal_is_enough() {
        let mut intake = intake();
        assert_eq!(intake.answer(Side::Prices, Some("negative".into()), Timestamp::default()), Step::Wait);
        assert_eq!(intake.answer(Side::Stock, None, Timestamp::default()), Step::Refused);
        assert_eq!(intake.prices.reason(), Some("negative"));
        assert!(!intake.is_content());
    }

    #[test]
    fn a_side_that_was_not_asked_is_not_waited_for() {
        let mut intake = Intake { stock: Answer::None, ..intake() };
        assert_eq!(intake.answer(Side::Stock, None, Timestamp::default()), Step::Nothing);
        assert_eq!(intake.answer(Side::Prices, None, Timestamp::default()), Step::Content);
    }

    #[test]
    fn answers_read_back_from_the_store() {
        for answer in [Answer::None, Answer::Pending, Answer::Confirmed, Answer::Refused("x".into())] {
            assert_eq!(Answer::parse(answer.name(), answer.reason().map(str::to_string)), Some(answer));
        }
        assert_eq!(Outcome::parse("updated"), Some(Outcome::Updated));
    }
}
