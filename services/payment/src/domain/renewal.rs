//! Authorisations lapse: card schemes hold money for about a week. Before that it is set aside anew.

use super::intent::{Kind, Phase};
use super::payment::{Moment, NotYet, Payment, State, Told};

impl Payment {
    /// Set aside anew what has not been captured; once per `number`. Refused by the provider, the payment stays as it
    /// was: what was set aside before may still stand, and the next number may be granted.
    pub fn renew(&mut self, number: u32, at: &Moment<'_>) -> Result<(), NotYet> {
        match self.state {
            State::Voided => self.tell(Told::Voided),
            State::Refunded => self.tell(Told::Refunded { refund: None }),
            State::Declined | State::Expired => {
                let reason = self.reason.clone().unwrap_or_else(|| "declined".into());
                self.tell(Told::NotRenewed { renewal: number, reason });
            }
            // The end of it is the answer.
            _ if self.cancel => {}
            State::Opened | State::Authorising | State::Unknown | State::ActionRequired => {
                return Err(NotYet);
            }
            // Overtaken: nobody waits for it any more.
            State::Authorised | State::Captured if number < self.renewal => {}
            State::Authorised | State::Captured if number == self.renewal => self.tell_renewal(),
            // What is being moved is moved under the old one.
            State::Authorised | State::Captured if self.moving() => return Err(NotYet),
            State::Authorised | State::Captured => {
                self.renewal = number;
                if self.remaining() > 0 {
                    self.start(Kind::Renew, self.remaining(), None, at);
                } else {
                    self.renewed = number;
                    self.tell_renewal();
                }
            }
        }
        Ok(())
    }

    fn moving(&self) -> bool {
        [Kind::Renew, Kind::Capture, Kind::Void].into_iter().any(|kind| self.is_open(kind))
    }

    fn tell_renewal(&mut self) {
        let renewal = self.renewal;
        if self.renewed == renewal {
            return self.tell(Told::Renewed { renewal });
        }
        let last = self.intents.iter().rfind(|i| i.kind == Kind::Renew);
        if let Some(ended) = last.filter(|i| !i.is_open()) {
            let reason = ended.reason.clone().unwrap_or_else(|| "declined".into());
            self.tell(Told::NotRenewed { renewal, reason });
        }
    }

    /// The provider has answered. None: it set the amount aside; else why not.
    pub(super) fn renewal_answered(&mut self, index: usize, refused: Option<String>) {
        let phase = if refused.is_some() { Phase::Failed } else { Phase::Done };
        self.intents[index].end(phase, refused);
        if phase == Phase::Done {
            self.renewed = self.renewal;
        }
        if !self.cancel {
            self.tell_renewal();
        }
    }

    /// Whether the money was set aside anew after what stands at that place among the intents.
    pub(super) fn renewed_since(&self, place: usize) -> bool {
        self.intents[place..].iter().any(|i| i.kind == Kind::Renew && i.phase == Phase::Done)
    }
}
