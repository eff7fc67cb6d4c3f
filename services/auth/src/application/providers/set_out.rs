//! Somebody is sent to a provider of logins: to log in, or to link who they are there with their account.

use crate::application::ports::{Provider, Store};
use crate::application::providers::Providers;
use crate::application::{AuthError, Faults, just_now};
use crate::domain::{Errand, Marks, ReturnPath, Token, TokenKind};
use hanse_database::DbError;
use hanse_kernel::{Ctx, Effects, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct SetOut {
    pub store: Store,
    pub effects: Effects,
    pub providers: Providers,
}

/// Where the browser goes, and what it keeps meanwhile.
pub struct SentOff {
    pub address: String,
    pub token: Token,
}

impl SetOut {
    pub async fn to_log_in(&self, provider: &str, return_to: Option<&str>) -> Result<SentOff, AuthError> {
        self.run(provider, None, path(return_to, ReturnPath::account())?).await
    }

    /// Where whoever has to press the button themselves wants to go, if the button is there.
    pub fn on_their_own(&self, provider: &str, return_to: Option<&str>) -> Result<ReturnPath, AuthError> {
        self.providers.find(provider)?;
        path(return_to, ReturnPath::account())
    }

    /// A link lets somebody in for good: it is begun by whoever has just shown who they are. The errand keeps that they had.
    pub async fn to_link(
        &self,
        ctx: &Ctx,
        provider: &str,
        return_to: Option<&str>,
    ) -> Result<SentOff, AuthError> {
        let owner = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        just_now(ctx)?;
        self.run(provider, Some(owner), path(return_to, ReturnPath::security())?).await
    }

    async fn run(
        &self,
        provider: &str,
        owner: Option<UserId>,
        return_to: ReturnPath,
    ) -> Result<SentOff, AuthError> {
        let provider: &Arc<dyn Provider> = self.providers.find(provider)?;
        let token = Token::random(TokenKind::Errand, &*self.effects.rng);
        let address = provider.address(&Marks::of(&token)).await?;
        let errand = Errand::new(token.digest(), provider.id().clone(), owner, return_to, self.effects.now());
        let added = self.store.db.tx((self.store.errands.clone(), errand), |tx, (errands, errand)| {
            Box::pin(async move { errands.add(tx, errand).await })
        });
        let added: Result<(), DbError> = added.await;
        added?;
        Ok(SentOff { address, token })
    }
}

fn path(given: Option<&str>, otherwise: ReturnPath) -> Result<ReturnPath, AuthError> {
    let Some(given) = given else { return Ok(otherwise) };
    let mut faults = Faults::default();
    let read = ReturnPath::parse(given).map_err(|e| faults.add("return_to", "path", e)).ok();
    faults.unless(read)
}
