//! Somebody who has shown the password shows the second factor, and gets a session.

use crate::application::AuthError;
use crate::application::begin_session::{BeginSession, Beginning, Door, LoggedIn, Origin};
use crate::application::factors::{Outcome, ProveFactor, Refusal, Shown, count};
use crate::application::ports::Store;
use crate::domain::{Account, Session, Token, TokenDigest, TokenKind, Transport};
use hanse_database::Tx;
use hanse_kernel::{Ctx, Effects, Secret};
use std::sync::Arc;

#[derive(Clone)]
pub struct LogInFactor {
    pub store: Store,
    pub effects: Effects,
    pub prove: ProveFactor,
    pub begin: BeginSession,
}

pub struct Answer {
    pub challenge: Secret,
    pub transport: Transport,
    pub origin: Origin,
    pub shown: Shown,
}

struct Arrival {
    challenge: TokenDigest,
    shown: Shown,
    beginning: Beginning,
}

/// Whom it let in, with what.
type Entered = Box<(Account, Session)>;

impl LogInFactor {
    pub async fn run(&self, ctx: &Ctx, answer: Answer) -> Result<LoggedIn, AuthError> {
        let Answer { challenge, transport, origin, shown } = answer;
        let challenge = Token::read(TokenKind::Challenge, &challenge).ok_or(AuthError::ChallengeRefused)?;
        let beginning = self.begin.draw(Door::of(origin, transport, &*self.effects.rng));
        let arrival = Arc::new(Arrival { challenge: challenge.digest(), shown, beginning });
        let input = (self.clone(), ctx.clone(), arrival.clone());
        let outcome =
            self.store.db.tx_queue(input, |tx, (this, ctx, arrival)| Box::pin(this.arrive(tx, ctx, arrival)));
        match outcome.await? {
            Ok(entered) => {
                count(&arrival.shown, "good");
                self.begin.hand_over(arrival.beginning.clone(), &entered.0, &entered.1)
            }
            Err(no) => {
                count(&arrival.shown, if matches!(no, Refusal::TooMany(_)) { "too_many" } else { "refused" });
                Err(no.told(AuthError::ChallengeRefused))
            }
        }
    }

    async fn arrive(&self, tx: &mut Tx, ctx: &Ctx, arrival: &Arrival) -> Outcome<Entered> {
        let (door, now) = (&arrival.beginning.door, self.effects.now());
        // Held before anything is used up: of two who answer it at once, one is told that it is over and has used nothing.
        let challenge = self.store.challenges.hold(tx, &arrival.challenge).await?;
        let challenge = challenge.filter(|challenge| challenge.is_for(&door.device, door.transport, now));
        let Some(challenge) = challenge else { return Ok(Err(Refusal::Nothing)) };
        let Some(account) = self.store.accounts.by_ids(tx, &[challenge.owner]).await?.pop() else {
            return Ok(Err(Refusal::Nothing));
        };
        let method = match self.prove.at_the_door(tx, ctx, &account, door.claimed(), &arrival.shown).await? {
            Ok(method) => method,
            Err(no) => return Ok(Err(no)),
        };
        if !self.store.challenges.close(tx, &arrival.challenge).await? {
            return Ok(Err(Refusal::Nothing));
        }
        let shown = [challenge.shown, method];
        let session = self.begin.store(tx, ctx, &arrival.beginning, &account, &shown).await?;
        Ok(Ok(Box::new((account, session))))
    }
}
