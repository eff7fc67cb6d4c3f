//! The mail of a link is being written: here it gets what opens the link. That is made now, so that neither a message nor
//! the store ever has it.

use crate::application::AuthError;
use crate::application::links::MailLinks;
use crate::domain::{Account, EmailAddress, Token, TokenDigest, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{LinkId, Personal};

#[derive(Clone)]
pub struct HandOutLink {
    pub links: MailLinks,
}

/// Whom to write to, where, and what opens the link.
pub struct Letter {
    pub account: Account,
    pub to: Personal<EmailAddress>,
    pub token: Token,
}

impl HandOutLink {
    /// None: nobody is to be written to, or not any more.
    pub async fn run(&self, id: LinkId) -> Result<Option<Letter>, AuthError> {
        let token = Token::random(TokenKind::Link, &*self.links.effects.rng);
        let input = (self.clone(), id, token.digest());
        let found =
            self.links.store.db.tx(input, |tx, (this, id, token)| Box::pin(this.owner(tx, *id, *token)));
        Ok(found.await?.map(|(account, to)| Letter { account, to, token }))
    }

    async fn owner(
        &self,
        tx: &mut Tx,
        id: LinkId,
        token: TokenDigest,
    ) -> Result<Option<(Account, Personal<EmailAddress>)>, DbError> {
        let MailLinks { store, effects, .. } = &self.links;
        let Some(link) = store.links.by_id(tx, id).await? else { return Ok(None) };
        let Some(owner) = link.opens(link.purpose, effects.now()) else { return Ok(None) };
        if !store.links.add_token(tx, id, &token).await? {
            return Ok(None);
        }
        let account = store.accounts.by_ids(tx, &[owner]).await?.pop();
        Ok(account.map(|account| {
            let to = link.email.unwrap_or_else(|| account.email.clone());
            (account, to)
        }))
    }
}
