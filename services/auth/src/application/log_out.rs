//! Whoever can prove a session may end it: with its cookie, a refresh token, or an access token.

use crate::application::AuthError;
use crate::application::ports::{AccessTokens, SessionEnds, Store};
use crate::domain::{Ending, Token, TokenDigest, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Secret, SessionId};
use hanse_record::Entry;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone)]
pub struct LogOut {
    pub store: Store,
    pub effects: Effects,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub ends: Arc<dyn SessionEnds>,
}

/// What the caller brought, each as it came.
#[derive(Debug, Default)]
pub struct Proofs {
    pub cookie: Option<Secret>,
    pub refresh: Option<Secret>,
    pub access: Option<Secret>,
}

struct Known {
    cookie: Option<TokenDigest>,
    refresh: Option<TokenDigest>,
    access: Option<SessionId>,
}

impl LogOut {
    /// Also fine when nothing is left to end: who wants to be logged out is.
    pub async fn run(&self, ctx: &Ctx, proofs: Proofs) -> Result<(), AuthError> {
        let digest = |kind, sent: Option<Secret>| Token::read(kind, &sent?).map(|token| token.digest());
        let access = match &proofs.access {
            Some(token) => self.access_tokens.session_of(token).await,
            None => None,
        };
        let known = Known {
            cookie: digest(TokenKind::Session, proofs.cookie),
            refresh: digest(TokenKind::Refresh, proofs.refresh),
            access,
        };
        let input = (self.clone(), ctx.clone(), known);
        let ended = self.store.db.tx(input, |tx, (this, ctx, known)| Box::pin(this.end(tx, ctx, known)));
        self.ends.tell(&ended.await?).await;
        Ok(())
    }

    async fn end(&self, tx: &mut Tx, ctx: &Ctx, known: &Known) -> Result<Vec<SessionId>, DbError> {
        let mut sessions: BTreeSet<SessionId> = known.access.into_iter().collect();
        if let Some(cookie) = &known.cookie {
            sessions.extend(self.store.sessions.by_cookie(tx, cookie).await?.map(|session| session.id));
        }
        if let Some(refresh) = &known.refresh {
            sessions
                .extend(self.store.refresh_tokens.by_digest(tx, refresh).await?.map(|token| token.session));
        }
        for session in &sessions {
            let now = self.effects.now();
            let live = self.store.sessions.by_id(tx, *session).await?.filter(|session| session.is_live(now));
            self.store.sessions.end(tx, *session, now, Ending::Logout).await?;
            if let Some(live) = live {
                let entry = Entry::new("session.ended", "session", live.id).was(json!({"user": live.user}));
                self.store.record.note(tx, ctx, entry.became(json!({"why": "logout"}))).await?;
            }
        }
        Ok(sessions.into_iter().collect())
    }
}
