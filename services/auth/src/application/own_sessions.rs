//! Where somebody is logged in, for them to see and to end.

use crate::application::ports::{SessionEnds, Store};
use crate::application::{AuthError, OwnSession, Proofs};
use crate::domain::{Ending, Session};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, SessionId, UserId};
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct OwnSessions {
    pub store: Store,
    pub effects: Effects,
    pub ends: Arc<dyn SessionEnds>,
    pub own_session: OwnSession,
}

/// One of somebody's sessions; `current` is the one that asks.
pub struct Listed {
    pub session: Session,
    pub current: bool,
}

impl OwnSessions {
    /// More than anybody looks through. Older ones can still be ended all at once.
    pub const MOST: i64 = 100;

    /// The latest first.
    pub async fn list(&self, ctx: &Ctx, proofs: Proofs) -> Result<Vec<Listed>, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let current = self.own_session.of(user, proofs).await?;
        let found = self.store.db.read((self.clone(), user), |tx, (this, user)| {
            Box::pin(async move { this.store.sessions.live(tx, *user, this.effects.now(), Self::MOST).await })
        });
        let found: Result<Vec<Session>, DbError> = found.await;
        let listed =
            found?.into_iter().map(|session| Listed { current: current == Some(session.id), session });
        Ok(listed.collect())
    }

    /// One that is somebody else's, or over, is told as one that there is not.
    pub async fn end(&self, ctx: &Ctx, id: SessionId) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let input = (self.clone(), ctx.clone(), user, id);
        let ended =
            self.store.db.tx(input, |tx, (this, ctx, user, id)| Box::pin(this.end_one(tx, ctx, *user, *id)));
        if !ended.await? {
            return Err(AuthError::UnknownSession);
        }
        self.ends.tell(&[id]).await;
        Ok(())
    }

    /// All but the one that asks.
    pub async fn end_others(&self, ctx: &Ctx, proofs: Proofs) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let current = self.own_session.of(user, proofs).await?;
        let input = (self.clone(), ctx.clone(), user, current);
        let ended = self.store.db.tx(input, |tx, (this, ctx, user, current)| {
            Box::pin(async move {
                let ended = this.store.sessions.end_all(tx, *user, *current, this.effects.now()).await?;
                if !ended.is_empty() {
                    let entry = Entry::new("session.others_ended", "user", user);
                    let entry = entry.became(json!({"sessions": ended.len()}));
                    this.store.record.note(tx, ctx, entry).await?;
                }
                Ok(ended)
            })
        });
        let ended: Result<Vec<SessionId>, DbError> = ended.await;
        self.ends.tell(&ended?).await;
        Ok(())
    }

    async fn end_one(&self, tx: &mut Tx, ctx: &Ctx, user: UserId, id: SessionId) -> Result<bool, DbError> {
        let now = self.effects.now();
        let session = self.store.sessions.by_id(tx, id).await?;
        if !session.is_some_and(|session| session.user == user && session.is_live(now)) {
            return Ok(false);
        }
        self.store.sessions.end(tx, id, now, Ending::Logout).await?;
        let entry = Entry::new("session.ended", "session", id).was(json!({"user": user}));
        self.store.record.note(tx, ctx, entry.became(json!({"why": "ended by its owner"}))).await?;
        Ok(true)
    }
}
