//! The mail of a link is being written: here it gets what opens the link. That is made now, so that neither a message nor
//! the store ever has it.

use crate::application::AuthError;
use crate::application::links::MailLinks;
use crate::domain::{Account, EmailAddress, Invitation, PersonName, Purpose, Token, TokenKind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{LinkId, Locale, Personal, UserId};

#[derive(Clone)]
pub struct HandOutLink {
    pub links: MailLinks,
}

/// Whom to write to, where, and what opens the link.
pub struct Letter {
    pub user: UserId,
    pub to: Personal<EmailAddress>,
    pub name: Personal<PersonName>,
    pub locale: Locale,
    pub verified: bool,
    pub token: Token,
}

impl Letter {
    fn to_owner(account: Account, to: Option<Personal<EmailAddress>>, token: Token) -> Self {
        Self {
            user: account.id,
            to: to.unwrap_or(account.email),
            name: account.name,
            locale: account.locale,
            verified: account.email_verified_at.is_some(),
            token,
        }
    }

    fn to_invited(invitation: Invitation, token: Token) -> Self {
        Self {
            user: invitation.stranger(),
            to: invitation.email,
            name: invitation.name,
            locale: invitation.locale,
            verified: false,
            token,
        }
    }
}

impl HandOutLink {
    /// None: nobody is to be written to, or not any more.
    pub async fn run(&self, id: LinkId) -> Result<Option<Letter>, AuthError> {
        let token = Token::random(TokenKind::Link, &*self.links.effects.rng);
        let input = (self.clone(), id, token);
        self.links
            .store
            .db
            .tx(input, |tx, (this, id, token)| Box::pin(this.write(tx, *id, token)))
            .await
            .map_err(|error: DbError| error.into())
    }

    async fn write(&self, tx: &mut Tx, id: LinkId, token: &Token) -> Result<Option<Letter>, DbError> {
        let MailLinks { store, effects, .. } = &self.links;
        let Some(link) = store.links.by_id(tx, id).await? else { return Ok(None) };
        let now = effects.now();
        let letter = if link.is_good(Purpose::Invitation, now) {
            let invitation = store.invitations.by_link(tx, id).await?;
            invitation.map(|invitation| Letter::to_invited(invitation, token.clone()))
        } else if let Some(owner) = link.opens(link.purpose, now) {
            let account = store.accounts.by_ids(tx, &[owner]).await?.pop();
            account.map(|account| Letter::to_owner(account, link.email, token.clone()))
        } else {
            None
        };
        let Some(letter) = letter else { return Ok(None) };
        let added = store.links.add_token(tx, id, &token.digest()).await?;
        Ok(added.then_some(letter))
    }
}
