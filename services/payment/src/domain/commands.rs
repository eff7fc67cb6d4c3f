//! What others ask of a payment. Every command may come in any order and any number of times, and is answered: at
//! once with the present state, or as soon as the provider has spoken.

use super::intent::{Intent, Kind, Phase};
use super::payment::{Moment, NotYet, Payment, State, Told};
use hanse_kernel::{Money, RefundId};
use uuid::Uuid;

impl Payment {
    /// The order exists.
    pub fn activate(&mut self) {
        self.active = true;
    }

    /// The means of payment is kept no longer. What is still being asked for is ended at the provider.
    pub fn expire(&mut self, at: &Moment<'_>) {
        if self.expires_at > at.now {
            return;
        }
        match self.state {
            State::Opened => {
                self.state = State::Expired;
                self.reason = Some("expired".into());
                self.forget_token = true;
                if self.active {
                    self.declined();
                }
            }
            State::Authorising | State::Unknown | State::ActionRequired if !self.cancel => {
                self.cancel = true;
                self.go_on(at);
            }
            _ => {}
        }
    }

    /// Set the amount aside.
    pub fn authorise(&mut self, at: &Moment<'_>) {
        match self.state {
            State::Opened if self.expires_at <= at.now => {
                self.active = true;
                self.expire(at);
            }
            State::Opened => {
                self.active = true;
                self.state = State::Authorising;
                self.start(Kind::Authorise, self.amount.minor(), None, at);
            }
            // The answer is on its way, and if it is to be cancelled that will be the answer.
            State::Authorising | State::Unknown => {}
            _ if self.cancel && !matches!(self.state, State::Voided | State::Refunded) => {}
            State::ActionRequired => {
                if let Some(action) = self.action.clone() {
                    self.tell(Told::ActionRequired(action));
                }
            }
            State::Authorised | State::Captured => self.tell(Told::Authorised),
            State::Declined | State::Expired => self.declined(),
            State::Voided => self.tell(Told::Voided),
            State::Refunded => self.tell(Told::Refunded { refund: None }),
        }
    }

    /// End it, whatever its state.
    pub fn cancel(&mut self, at: &Moment<'_>) {
        match self.state {
            State::Voided => self.tell(Told::Voided),
            State::Refunded => self.tell(Told::Refunded { refund: None }),
            State::Opened | State::Declined | State::Expired => {
                self.state = State::Voided;
                self.cancel = true;
                self.forget_token = true;
                self.tell(Told::Voided);
            }
            _ => {
                self.cancel = true;
                self.go_on(at);
            }
        }
    }

    /// The last try at what was commanded, with its place.
    fn known(&self, kind: Kind, asked: Uuid) -> Option<(usize, &Intent)> {
        self.intents.iter().enumerate().rfind(|(_, i)| i.kind == kind && i.asked == Some(asked))
    }

    /// Take money that was set aside; once per `capture`, and again when that failed and the money has been set aside
    /// anew since.
    pub fn capture(&mut self, capture: Uuid, amount: Money, at: &Moment<'_>) -> Result<(), NotYet> {
        let before = self.known(Kind::Capture, capture);
        if let Some((_, before)) =
            before.filter(|(place, before)| before.phase != Phase::Failed || !self.renewed_since(*place))
        {
            match before.phase {
                Phase::Done => self.tell(Told::Captured { capture }),
                Phase::Failed | Phase::Dropped => self.tell(Told::CaptureFailed { capture }),
                Phase::Flying | Phase::Unknown | Phase::Waiting => {}
            }
            return Ok(());
        }
        let stands = matches!(self.state, State::Authorised | State::Captured) && !self.cancel;
        if stands
            && amount.currency() == self.amount.currency()
            && self.was_adopted(Kind::Capture, amount.minor(), capture)
        {
            self.tell(Told::Captured { capture });
            return Ok(());
        }
        let open = self.open_sum(Kind::Capture);
        let refused = match self.state {
            _ if self.cancel => Some("cancelled"),
            State::Voided | State::Declined | State::Expired | State::Refunded => Some("not_authorized"),
            State::Opened | State::Authorising | State::Unknown | State::ActionRequired => {
                return Err(NotYet);
            }
            State::Authorised | State::Captured if self.is_open(Kind::Renew) => return Err(NotYet),
            State::Authorised | State::Captured if amount.currency() != self.amount.currency() => {
                Some("currency")
            }
            State::Authorised | State::Captured if amount.minor() <= 0 => Some("amount"),
            State::Authorised | State::Captured if amount.minor() > self.remaining() - open => Some("amount"),
            State::Authorised | State::Captured
                if !at.rules.multi_capture && (self.captured > 0 || open > 0) =>
            {
                Some("captured_before")
            }
            State::Authorised | State::Captured if self.is_open(Kind::Void) => Some("released"),
            State::Authorised | State::Captured => None,
        };
        match refused {
            Some(reason) => {
                self.refuse(Kind::Capture, amount.minor(), capture, reason, at);
                self.tell(Told::CaptureFailed { capture });
            }
            None => self.start(Kind::Capture, amount.minor(), Some(capture), at),
        }
        Ok(())
    }

    /// Let go of what is set aside and will not be captured; what was captured stays.
    pub fn void_rest(&mut self, at: &Moment<'_>) -> Result<(), NotYet> {
        match self.state {
            State::Voided | State::Declined | State::Expired | State::Refunded => {}
            // It ends anyway, its rest included.
            _ if self.cancel => {}
            // The captures come first, whatever overtook them.
            _ if self.captured == 0 || self.is_open(Kind::Capture) || self.is_open(Kind::Renew) => {
                return Err(NotYet);
            }
            _ if self.remaining() == 0 || self.is_open(Kind::Void) => {}
            _ => self.start(Kind::Void, self.remaining(), None, at),
        }
        Ok(())
    }

    pub(super) fn is_open(&self, kind: Kind) -> bool {
        self.intents.iter().any(|i| i.kind == kind && i.is_open())
    }

    /// Give captured money back; once per `refund`. One that the provider refused is asked for anew when it is commanded
    /// again, later and later: it may have been the merchant's balance, or the provider's bad day.
    pub fn refund(&mut self, refund: RefundId, amount: Money, at: &Moment<'_>) -> Result<(), NotYet> {
        let known = self.known(Kind::Refund, refund.uuid()).map(|(_, i)| (i.phase, i.attempts, i.next_at));
        match known {
            Some((Phase::Done, ..)) => {
                self.tell(Told::Refunded { refund: Some(refund) });
                return Ok(());
            }
            Some((Phase::Flying | Phase::Unknown | Phase::Waiting, ..)) => return Ok(()),
            Some((Phase::Failed | Phase::Dropped, attempts, next_at)) if attempts > 0 && next_at > at.now => {
                self.tell(Told::RefundFailed { refund });
                return Ok(());
            }
            Some((Phase::Failed | Phase::Dropped, ..)) | None => {}
        }
        let left = self.captured - self.refunded - self.open_sum(Kind::Refund);
        let refused = if self.cancel {
            Some("cancelled")
        } else if amount.currency() != self.amount.currency() {
            Some("currency")
        } else if amount.minor() <= 0 {
            Some("amount")
        } else if self.was_adopted(Kind::Refund, amount.minor(), refund.uuid()) {
            self.tell(Told::Refunded { refund: Some(refund) });
            return Ok(());
        } else if amount.minor() > left {
            let coming = self.open_sum(Kind::Capture) > 0;
            let early = matches!(
                self.state,
                State::Opened | State::Authorising | State::Unknown | State::ActionRequired
            );
            if coming || early {
                return Err(NotYet);
            }
            Some("amount")
        } else if !at.rules.partial_refund && amount.minor() != self.captured {
            Some("only_whole_refunds")
        } else {
            None
        };
        match refused {
            Some(reason) => {
                if known.is_none() {
                    self.refuse(Kind::Refund, amount.minor(), refund.uuid(), reason, at);
                }
                self.tell(Told::RefundFailed { refund });
            }
            None => self.start(Kind::Refund, amount.minor(), Some(refund.uuid()), at),
        }
        Ok(())
    }
}
