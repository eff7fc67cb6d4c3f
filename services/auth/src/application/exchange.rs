//! The token in a browser's cookie, or an API key, is exchanged for an access token, which goes on to the services and never to the
//! browser.

use crate::application::ports::{AccessToken, AccessTokens, Holder, Store};
use crate::application::{AuthError, UseKey};
use crate::domain::{Token, TokenDigest, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Secret};
use std::sync::Arc;

#[derive(Clone)]
pub struct Exchange {
    pub store: Store,
    pub effects: Effects,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub use_key: UseKey,
}

impl Exchange {
    /// `None` when there is no such key.
    pub async fn key(&self, _: &Ctx, key: Secret) -> Result<Option<AccessToken>, AuthError> {
        match Token::read(TokenKind::ApiKey, &key) {
            Some(key) => self.use_key.run(&key).await,
            None => Ok(None),
        }
    }

    /// `None` when there is no such live session.
    pub async fn session(&self, _: &Ctx, token: Secret) -> Result<Option<AccessToken>, AuthError> {
        let Some(token) = Token::read(TokenKind::Session, &token) else { return Ok(None) };
        let holder = self
            .store
            .db
            .read((self.clone(), token.digest()), |tx, (this, digest)| Box::pin(this.holder(tx, digest)));
        match holder.await? {
            Some(holder) => self.access_tokens.issue(&holder, self.effects.now()).map(Some),
            None => Ok(None),
        }
    }

    async fn holder(&self, tx: &mut Tx, cookie: &TokenDigest) -> Result<Option<Holder>, DbError> {
        let session = self.store.sessions.by_cookie(tx, cookie).await?;
        let Some(session) = session.filter(|session| session.is_live(self.effects.now())) else {
            return Ok(None);
        };
        let Some(account) = self.store.accounts.by_ids(tx, &[session.user]).await?.pop() else {
            return Ok(None);
        };
        let owes_factor = self.store.owes_factor(tx, &account, &session).await?;
        Ok(Some(Holder { account, session, owes_factor }))
    }
}
