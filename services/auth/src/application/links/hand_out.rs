//! The mail of a link is being written: here it gets what opens the link. That is made now, so that neither a message nor
//! the store ever has it.

use crate::application::AuthError;
use crate::application::links::MailLinks;
use crate::domain::{Account, Token, TokenDigest, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::LinkId;

#[derive(Clone)]
pub struct HandOutLink {
    pub links: MailLinks,
}

impl HandOutLink {
    /// Whom to write to, and the token. None: nobody is to be written to, or not any more.
    pub async fn run(&self, id: LinkId) -> Result<Option<(Account, Token)>, AuthError> {
        let token = Token::random(TokenKind::Link, &*self.links.effects.rng);
        let input = (self.clone(), id, token.digest());
        let owner =
            self.links.store.db.tx(input, |tx, (this, id, token)| Box::pin(this.owner(tx, *id, *token)));
        Ok(owner.await?.map(|owner| (owner, token)))
    }

    async fn owner(&self, tx: &mut Tx, id: LinkId, token: TokenDigest) -> Result<Option<Account>, DbError> {
        let MailLinks { store, effects, .. } = &self.links;
        let link = store.links.by_id(tx, id).await?;
        let Some(owner) = link.and_then(|link| link.opens(link.purpose, effects.now())) else {
            return Ok(None);
        };
        if !store.links.add_token(tx, id, &token).await? {
            return Ok(None);
        }
        Ok(store.accounts.by_ids(tx, &[owner]).await?.pop())
    }
}
