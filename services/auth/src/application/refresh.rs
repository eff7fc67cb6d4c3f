//! A refresh token is exchanged for a new pair of tokens, once.

use crate::application::ports::{AccessToken, AccessTokens, Holder, SessionEnds, Store};
use crate::application::{AuthError, Lifetimes};
use crate::domain::{Ending, Presented, RefreshToken, Session, Token, TokenDigest, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Secret, SessionId, Timestamp};
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct Refresh {
    pub store: Store,
    pub effects: Effects,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub lifetimes: Lifetimes,
    pub ends: Arc<dyn SessionEnds>,
}

pub struct Refreshed {
    pub access: AccessToken,
    pub refresh: Token,
}

/// What the unit of work did. A reuse is committed (the family ends) and refused all the same.
enum Outcome {
    Renewed(Box<Holder>),
    Refused,
    Reused(SessionId),
}

struct Asked {
    arrived: Timestamp,
    presented: TokenDigest,
    successor: TokenDigest,
}

impl Refresh {
    pub async fn run(&self, ctx: &Ctx, token: Secret) -> Result<Refreshed, AuthError> {
        let arrived = self.effects.now();
        let presented = Token::read(TokenKind::Refresh, &token).ok_or(AuthError::RefreshRefused)?;
        let refresh = Token::random(TokenKind::Refresh, &*self.effects.rng);
        let asked = Asked { arrived, presented: presented.digest(), successor: refresh.digest() };
        let outcome = self
            .store
            .db
            .tx((self.clone(), ctx.clone(), asked), |tx, (this, ctx, asked)| {
                Box::pin(this.exchange(tx, ctx, asked))
            })
            .await?;
        match outcome {
            Outcome::Renewed(holder) => {
                let access = self.access_tokens.issue(&holder, self.effects.now())?;
                // Held back, so that nobody who has the answer can be taken for one who raced it.
                if !self.lifetimes.refresh_overlap.is_zero() {
                    self.effects.timers.sleep(self.lifetimes.refresh_overlap).await;
                }
                Ok(Refreshed { access, refresh })
            }
            Outcome::Refused => Err(AuthError::RefreshRefused),
            Outcome::Reused(session) => {
                self.ends.tell(&[session]).await;
                tracing::warn!("a used refresh token came again; its session was ended");
                metrics::counter!("auth_refresh_reuse_total").increment(1);
                Err(AuthError::RefreshRefused)
            }
        }
    }

    async fn exchange(&self, tx: &mut Tx, ctx: &Ctx, asked: &Asked) -> Result<Outcome, DbError> {
        let Some(token) = self.store.refresh_tokens.by_digest(tx, &asked.presented).await? else {
            return Ok(Outcome::Refused);
        };
        let Some(session) = self.store.sessions.by_id(tx, token.session).await? else {
            return Ok(Outcome::Refused);
        };
        let now = self.effects.now();
        if !session.is_live(now) {
            return Ok(Outcome::Refused);
        }
        match token.judge(asked.arrived, now, self.lifetimes.refresh_overlap) {
            Presented::Raced | Presented::Expired => Ok(Outcome::Refused),
            Presented::Reused => {
                self.store.sessions.end(tx, session.id, now, Ending::Reuse).await?;
                let entry = Entry::new("refresh.reused", "session", session.id);
                let entry = entry.was(json!({"user": session.user})).became(json!({"session": "ended"}));
                self.store.record.note(tx, ctx, entry).await?;
                Ok(Outcome::Reused(session.id))
            }
            Presented::Good => self.renew(tx, &token, asked.successor, session, now).await,
        }
    }

    async fn renew(
        &self,
        tx: &mut Tx,
        token: &RefreshToken,
        successor: TokenDigest,
        session: Session,
        now: Timestamp,
    ) -> Result<Outcome, DbError> {
        let Some(account) = self.store.accounts.by_ids(tx, &[session.user]).await?.pop() else {
            return Ok(Outcome::Refused);
        };
        if !self.store.refresh_tokens.use_up(tx, &token.digest, now).await? {
            return Ok(Outcome::Refused);
        }
        let next = RefreshToken::issue(successor, &session, now, self.lifetimes.refresh_token);
        self.store.refresh_tokens.add(tx, &next).await?;
        let owes_factor = self.store.owes_factor(tx, &account, &session).await?;
        Ok(Outcome::Renewed(Box::new(Holder { account, session, owes_factor })))
    }
}
