//! Somebody proves with a password who they are, and gets a session, or is asked for a second factor; so does whoever has proved it
//! otherwise.

use crate::application::begin_session::{BeginSession, Beginning, Door, LoggedIn, Origin};
use crate::application::ports::Store;
use crate::application::{AuthError, Beat, ProvePassword};
use crate::domain::{Account, Challenge, Method, Password, Session, Token, TokenKind, Transport, TryKey};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Personal, Secret};
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct LogIn {
    pub store: Store,
    pub effects: Effects,
    pub prove: ProvePassword,
    pub begin: BeginSession,
    pub beat: Beat,
}

pub struct Credentials {
    pub email: Personal<String>,
    pub password: Secret,
    pub transport: Transport,
    pub origin: Origin,
}

/// Somebody who has shown who they are: with a password that was tried, or by a provider's word.
pub struct Admitted {
    pub account: Account,
    pub tried: Option<TryKey>,
    pub by: Method,
}

/// Somebody who was admitted at a door.
struct Arrival {
    admitted: Admitted,
    beginning: Beginning,
    challenge: Token,
}

/// What that led to.
enum Outcome {
    In(Box<Session>),
    Asked(Vec<Method>),
    /// The account was given another password since theirs was tried.
    Overtaken,
}

impl LogIn {
    pub async fn run(&self, ctx: &Ctx, credentials: Credentials) -> Result<LoggedIn, AuthError> {
        let Credentials { email, password, transport, origin } = credentials;
        let door = Door::of(origin, transport, &*self.effects.rng);
        let password = Password::typed(&password);
        let proof = self.prove.at_the_door(ctx, email.reveal(), &password, door.claimed());
        let proven = self.beat.keep_refusals(proof).await?;
        let admitted = Admitted { account: proven.account, tried: Some(proven.tried), by: Method::Password };
        self.admit(ctx, admitted, door).await
    }

    /// Lets in whoever has shown who they are, in whatever way, unless a second factor is to be shown too.
    pub async fn admit(&self, ctx: &Ctx, admitted: Admitted, door: Door) -> Result<LoggedIn, AuthError> {
        let arrival = Arc::new(Arrival {
            admitted,
            beginning: self.begin.draw(door),
            challenge: Token::random(TokenKind::Challenge, &*self.effects.rng),
        });
        let input = (self.clone(), ctx.clone(), arrival.clone());
        let outcome =
            self.store.db.tx_queue(input, |tx, (this, ctx, arrival)| Box::pin(this.arrive(tx, ctx, arrival)));
        let beginning = arrival.beginning.clone();
        match outcome.await? {
            Outcome::In(session) => self.begin.hand_over(beginning, &arrival.admitted.account, &session),
            Outcome::Asked(methods) => Ok(LoggedIn::FactorRequired {
                challenge: arrival.challenge.clone(),
                methods,
                device: beginning.door.browser,
            }),
            Outcome::Overtaken => Err(AuthError::WrongCredentials),
        }
    }

    /// Whether a factor is enrolled is asked in the unit that lets them in; and whether the password is still theirs, since whoever gave
    /// the account another one has ended its sessions, and none may begin with the old one after that.
    async fn arrive(&self, tx: &mut Tx, ctx: &Ctx, arrival: &Arrival) -> Result<Outcome, DbError> {
        let Arrival { admitted: Admitted { account, tried, by }, beginning, challenge } = arrival;
        if let Some(tried) = tried {
            self.store.tries.give_back(tx, tried).await?;
        }
        if *by == Method::Password && !self.store.accounts.keeps_password(tx, account).await? {
            return Ok(Outcome::Overtaken);
        }
        let methods = self.store.factors.enrolled(tx, account.id).await?.methods();
        if methods.is_empty() {
            let session = self.begin.store(tx, ctx, beginning, account, &[*by]).await?;
            return Ok(Outcome::In(Box::new(session)));
        }
        let Door { device, transport, .. } = beginning.door;
        let challenge =
            Challenge::new(challenge.digest(), account.id, device, *by, transport, self.effects.now());
        self.store.challenges.add(tx, &challenge).await?;
        // Should the factor never be shown, this is what tells its owner that somebody has the rest.
        let entry = Entry::new("login.factor_asked", "user", account.id)
            .by(account.id, account.standing.is_staff())
            .became(json!({"by": by.as_str()}));
        self.store.record.note(tx, ctx, entry).await?;
        Ok(Outcome::Asked(methods))
    }
}
