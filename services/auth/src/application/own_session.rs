//! Which session a request of somebody comes from.

use crate::application::ports::{AccessTokens, Store};
use crate::application::{AuthError, Proofs};
use crate::domain::{Session, Token, TokenDigest, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Proof, SessionId, UserId};
use std::sync::Arc;

/// For what is done only shortly after its person, and no program, has shown who they are. The edge has judged how long ago that was.
pub fn just_now(ctx: &Ctx) -> Result<(), AuthError> {
    if ctx.proof == Proof::Recent { Ok(()) } else { Err(AuthError::StepUp) }
}

#[derive(Clone)]
pub struct OwnSession {
    pub store: Store,
    pub effects: Effects,
    pub access_tokens: Arc<dyn AccessTokens>,
}

impl OwnSession {
    /// None: what came along proves no live session of this person.
    pub async fn whole(&self, user: UserId, proofs: Proofs) -> Result<Option<Session>, DbError> {
        let named = match &proofs.access {
            Some(token) => self.access_tokens.session_of(token).await,
            None => None,
        };
        let cookie = proofs.cookie.and_then(|sent| Token::read(TokenKind::Session, &sent));
        let input = (self.clone(), user, named, cookie.map(|token| token.digest()));
        self.store
            .db
            .read(input, |tx, (this, user, named, cookie)| {
                Box::pin(this.look(tx, *user, *named, cookie.as_ref()))
            })
            .await
    }

    /// Whether somebody comes with the token or the cookie of a session that is over. A token is good for minutes after that; what lets
    /// in for longer is not made with it.
    pub async fn is_over(&self, user: UserId, proofs: Proofs) -> Result<bool, DbError> {
        if proofs.access.is_none() && proofs.cookie.is_none() {
            return Ok(false);
        }
        Ok(self.whole(user, proofs).await?.is_none())
    }

    /// As [`Self::whole`], its id alone.
    pub async fn of(&self, user: UserId, proofs: Proofs) -> Result<Option<SessionId>, DbError> {
        Ok(self.whole(user, proofs).await?.map(|session| session.id))
    }

    async fn look(
        &self,
        tx: &mut Tx,
        user: UserId,
        named: Option<SessionId>,
        cookie: Option<&TokenDigest>,
    ) -> Result<Option<Session>, DbError> {
        let session = match (named, cookie) {
            (Some(id), _) => self.store.sessions.by_id(tx, id).await?,
            (None, Some(cookie)) => self.store.sessions.by_cookie(tx, cookie).await?,
            (None, None) => None,
        };
        let now = self.effects.now();
        Ok(session.filter(|session| session.user == user && session.is_live(now)))
    }
}
