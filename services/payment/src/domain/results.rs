//! What a provider's answers do to a payment, and how one that is to be cancelled goes on to its end.

use super::intent::{Kind, Outcome, Phase};
use super::ledger::Transaction;
use super::payment::{Action, Moment, Payment, State, Told};
use hanse_kernel::RefundId;
use uuid::Uuid;

impl Payment {
    /// The provider has spoken about an intent. False when that one is settled already: an answer that came twice,
    /// or too late.
    pub fn resolve(&mut self, intent: Uuid, outcome: Outcome, at: &Moment<'_>) -> bool {
        let Some(index) = self.intents.iter().position(|i| i.id == intent && i.is_open()) else {
            return false;
        };
        match (self.intents[index].kind, outcome) {
            (kind, Outcome::Unknown { .. }) => self.unanswered(index, kind, at),
            (Kind::Authorise, Outcome::Approved { .. }) => self.authorised_now(index),
            (Kind::Authorise, Outcome::Declined { reason }) => self.declined_now(index, reason),
            (Kind::Authorise, Outcome::Action { kind, url }) => {
                self.action_now(index, Action { kind, url }, at)
            }
            (Kind::Renew, Outcome::Approved { .. }) => self.renewal_answered(index, None),
            (Kind::Renew, Outcome::Declined { reason }) => self.renewal_answered(index, Some(reason)),
            // The shopper is not there to do anything.
            (Kind::Renew, Outcome::Action { .. }) => {
                self.renewal_answered(index, Some("action_required".into()));
            }
            (Kind::Capture, Outcome::Approved { .. }) => self.captured_now(index),
            (Kind::Capture, Outcome::Declined { reason }) => {
                let asked = self.intents[index].asked;
                self.intents[index].end(Phase::Failed, Some(reason));
                if let Some(capture) = asked {
                    self.tell(Told::CaptureFailed { capture });
                }
            }
            (Kind::Refund, Outcome::Approved { .. }) => self.refunded_now(index),
            (Kind::Refund, Outcome::Declined { reason }) => {
                let asked = self.intents[index].asked;
                self.intents[index].end(Phase::Failed, Some(reason));
                if let Some(refund) = asked {
                    let of_it = |i: &&super::Intent| i.kind == Kind::Refund && i.asked == asked;
                    let tries = self.intents.iter().filter(of_it).count() as i64;
                    // Commanded again, it is asked for no sooner.
                    self.intents[index].next_at = at.anew_at(tries);
                    self.tell(Told::RefundFailed { refund: RefundId::new(refund) });
                }
            }
            (Kind::Void, Outcome::Approved { .. }) => self.voided_now(index),
            (Kind::Void, Outcome::Declined { reason }) => {
                self.intents[index].end(Phase::Failed, Some(reason));
                if !self.cancel {
                    self.start_after_refusals(Kind::Void, self.remaining(), at);
                }
            }
            // Only a shopper who pays can be asked to act.
            (kind, Outcome::Action { .. }) => self.unanswered(index, kind, at),
        }
        self.go_on(at);
        true
    }

    /// The provider has something to tell of this payment. What it tells is not believed: whatever is open is asked for now,
    /// and what is being asked at this moment once more after that. The intents to ask for; None: nothing is open.
    pub fn heard(&mut self, at: &Moment<'_>) -> Option<Vec<Uuid>> {
        let mut open = false;
        let mut now = vec![];
        for intent in self.intents.iter_mut().filter(|i| i.is_open()) {
            open = true;
            intent.touched = true;
            if intent.in_flight(at.now) {
                intent.again = true;
            } else {
                intent.phase = Phase::Flying;
                intent.next_at = at.now.plus(at.rules.lease);
                now.push(intent.id);
            }
        }
        open.then_some(now)
    }

    fn unanswered(&mut self, index: usize, kind: Kind, at: &Moment<'_>) {
        let intent = &mut self.intents[index];
        intent.ask_again(at.retry_at(intent.attempts), at.now);
        if kind == Kind::Authorise && self.state == State::ActionRequired {
            intent.phase = Phase::Waiting;
            return;
        }
        intent.phase = Phase::Unknown;
        if kind == Kind::Authorise {
            self.state = State::Unknown;
        }
    }

    fn authorised_now(&mut self, index: usize) {
        self.intents[index].end(Phase::Done, None);
        self.authorised = self.intents[index].amount;
        self.state = State::Authorised;
        self.action = None;
        self.forget_token = true;
        self.postings.push(Transaction::authorised(self.authorised));
        // One that is to be cancelled must not make anybody commit to it.
        if !self.cancel {
            self.tell(Told::Authorised);
        }
    }

    fn declined_now(&mut self, index: usize, reason: String) {
        self.intents[index].end(Phase::Failed, Some(reason.clone()));
        self.action = None;
        self.forget_token = true;
        self.reason = Some(reason);
        if self.cancel {
            self.state = State::Voided;
            self.tell(Told::Voided);
        } else {
            self.state = State::Declined;
            self.declined();
        }
    }

    fn action_now(&mut self, index: usize, action: Action, at: &Moment<'_>) {
        let intent = &mut self.intents[index];
        intent.phase = Phase::Waiting;
        intent.ask_again(at.now.plus(at.rules.look), at.now);
        self.forget_token = true;
        let news = self.state != State::ActionRequired || self.action.as_ref() != Some(&action);
        self.state = State::ActionRequired;
        self.action = Some(action.clone());
        if news && !self.cancel {
            self.tell(Told::ActionRequired(action));
        }
    }

    fn captured_now(&mut self, index: usize) {
        let (amount, asked) = (self.intents[index].amount, self.intents[index].asked);
        self.intents[index].end(Phase::Done, None);
        self.captured += amount;
        self.state = State::Captured;
        self.postings.push(Transaction::captured(amount));
        if let Some(capture) = asked {
            self.tell(Told::Captured { capture });
        }
    }

    fn refunded_now(&mut self, index: usize) {
        let (amount, asked) = (self.intents[index].amount, self.intents[index].asked);
        self.intents[index].end(Phase::Done, None);
        self.refunded += amount;
        self.postings.push(Transaction::refunded(amount));
        if !self.cancel && self.refunded == self.captured && self.remaining() == 0 {
            self.state = State::Refunded;
        }
        if let Some(refund) = asked {
            self.tell(Told::Refunded { refund: Some(RefundId::new(refund)) });
        }
    }

    fn voided_now(&mut self, index: usize) {
        self.intents[index].end(Phase::Done, None);
        let rest = self.remaining();
        if rest > 0 {
            self.released += rest;
            self.postings.push(Transaction::voided(rest));
        }
        if self.captured > 0 {
            if !self.cancel && self.refunded == self.captured {
                self.state = State::Refunded;
            }
        } else {
            self.state = State::Voided;
            self.action = None;
            self.forget_token = true;
            self.tell(Told::Voided);
        }
    }

    /// The next step of one that is to be cancelled. What is in flight lands first; captures and refunds whose answer
    /// is not known are asked for again until it is.
    pub(super) fn go_on(&mut self, at: &Moment<'_>) {
        if !self.cancel || matches!(self.state, State::Voided | State::Refunded) {
            return;
        }
        // A void also ends an asking whose answer is not known.
        let asks = |i: &super::Intent| matches!(i.kind, Kind::Authorise | Kind::Renew);
        let moves = |i: &super::Intent| i.is_open() && !asks(i);
        if self.intents.iter().any(|i| i.in_flight(at.now) || moves(i)) {
            return;
        }
        let asking = matches!(self.state, State::Authorising | State::Unknown | State::ActionRequired);
        if asking || self.remaining() > 0 {
            for intent in self.intents.iter_mut().filter(|i| asks(i) && i.is_open()) {
                intent.end(Phase::Dropped, None);
            }
            let rest = self.remaining();
            self.start_after_refusals(Kind::Void, rest, at);
        } else if self.captured > self.refunded {
            self.start_after_refusals(Kind::Refund, self.captured - self.refunded, at);
        } else {
            self.state = State::Refunded;
            self.tell(Told::Refunded { refund: None });
        }
    }

    /// A void or refund that the provider refused is tried anew, later and later: people are called meanwhile.
    fn start_after_refusals(&mut self, kind: Kind, amount: i64, at: &Moment<'_>) {
        let refused = self.intents.iter().filter(|i| i.asked.is_none() && i.phase == Phase::Failed);
        let refusals = refused.filter(|i| matches!(i.kind, Kind::Void | Kind::Refund)).count() as i64;
        self.start(kind, amount, None, at);
        if refusals > 0
            && let Some(again) = self.intents.last_mut()
        {
            again.phase = Phase::Unknown;
            again.attempts = 0;
            again.next_at = at.retry_at(refusals);
        }
    }
}
