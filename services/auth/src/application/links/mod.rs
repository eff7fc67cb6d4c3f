//! Mailed links: asked for, handed to the mail, followed.

mod ask;
mod change_email;
mod hand_out;
mod reset_password;
mod verify_email;

pub use ask::{AskReset, AskVerification};
pub use change_email::{AskEmailChange, ChangeEmail};
pub use hand_out::HandOutLink;
pub use reset_password::ResetPassword;
pub use verify_email::VerifyEmail;

use crate::application::ports::{PasswordHasher, SessionEnds, Store};
use crate::application::{AuthError, Beat, ProvePassword};
use crate::domain::{Account, AccountLink, EmailAddress, Purpose, Token, TokenDigest, TokenKind};
use hanse_auth_contract::{LinkAsked, LinkPurpose};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, LinkId, Personal, Secret, UserId};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use std::sync::Arc;

/// All that is asked of mailed links.
pub struct LinkUseCases {
    pub ask_reset: AskReset,
    pub reset_password: ResetPassword,
    pub ask_verification: AskVerification,
    pub verify_email: VerifyEmail,
    pub hand_out: HandOutLink,
    pub ask_email_change: AskEmailChange,
    pub change_email: ChangeEmail,
}

impl LinkUseCases {
    pub fn new(
        links: MailLinks,
        prove: ProvePassword,
        hasher: Arc<dyn PasswordHasher>,
        ends: Arc<dyn SessionEnds>,
        beat: Beat,
    ) -> Self {
        Self {
            ask_email_change: AskEmailChange { links: links.clone(), prove, beat: beat.clone() },
            change_email: ChangeEmail { links: links.clone() },
            ask_reset: AskReset { links: links.clone(), beat },
            reset_password: ResetPassword { links: links.clone(), hasher, ends },
            ask_verification: AskVerification { links: links.clone() },
            verify_email: VerifyEmail { links: links.clone() },
            hand_out: HandOutLink { links },
        }
    }
}

/// What the use cases of links share.
#[derive(Clone)]
pub struct MailLinks {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
}

/// A link to be made, its ids drawn before the unit, which may run more than once.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    id: LinkId,
    /// Stands for the owner where there is none.
    stranger: UserId,
    purpose: Purpose,
}

impl MailLinks {
    pub fn want(&self, purpose: Purpose) -> Wanted {
        Wanted { id: self.effects.id(), stranger: self.effects.id(), purpose }
    }

    /// Makes the link and has it mailed; older ones for the same purpose are void. Without an owner, and for one who has been
    /// written to often enough, the same statements run and the same message goes out, and leads to nothing.
    pub async fn make(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wanted: &Wanted,
        owner: Option<UserId>,
    ) -> Result<(), DbError> {
        let person = owner.unwrap_or(wanted.stranger);
        let link = AccountLink::new(wanted.id, owner, wanted.purpose, self.effects.now());
        self.send(tx, ctx, wanted, person, link).await.map(|_| ())
    }

    /// As [`Self::make`] for somebody who is known, to another address than the account's. Where that is not `free` the link is void
    /// from the beginning; in all else, what it does to links before it included, it is like any other. False: they have been written
    /// to often enough.
    pub async fn make_to(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wanted: &Wanted,
        to: Personal<EmailAddress>,
        free: bool,
    ) -> Result<bool, DbError> {
        let Some(person) = to.subject() else { return Ok(false) };
        let link = AccountLink::new(wanted.id, Some(person), wanted.purpose, self.effects.now());
        let closed_at = (!free).then_some(link.created_at);
        self.send(tx, ctx, wanted, person, AccountLink { email: Some(to), closed_at, ..link }).await
    }

    /// Keeps the link in the place of those before it and has it mailed; whether it leads to anything.
    async fn send(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wanted: &Wanted,
        person: UserId,
        link: AccountLink,
    ) -> Result<bool, DbError> {
        let (links, now, purpose) = (&self.store.links, self.effects.now(), wanted.purpose);
        let lately = links.given_since(tx, person, purpose, now.minus(AccountLink::PER)).await?;
        let enough = lately >= AccountLink::MOST;
        links.close(tx, if enough { wanted.stranger } else { person }, purpose, now).await?;
        let link = AccountLink { owner: link.owner.filter(|_| !enough), ..link };
        links.add(tx, &link).await?;
        let purpose = match purpose {
            Purpose::ResetPassword => LinkPurpose::ResetPassword,
            Purpose::VerifyEmail => LinkPurpose::VerifyEmail,
            Purpose::ChangeEmail => LinkPurpose::ChangeEmail,
            Purpose::Invitation => LinkPurpose::Invitation,
        };
        let event = LinkAsked { link_id: link.id, user_id: person, purpose };
        self.outbox.event(tx, ctx, &link.id, 1, &event).await?;
        let asked = match purpose {
            LinkPurpose::ResetPassword => "password.reset_asked",
            LinkPurpose::VerifyEmail => "email.verification_asked",
            LinkPurpose::ChangeEmail => "email.change_asked",
            LinkPurpose::Invitation => "staff.invited",
        };
        // Where it is nobody's, of nobody: one row either way.
        self.store.record.note(tx, ctx, Entry::new(asked, "user", person)).await?;
        Ok(!enough)
    }

    /// Whose open link this token is of.
    pub(super) async fn holder(
        &self,
        tx: &mut Tx,
        token: &TokenDigest,
        purpose: Purpose,
    ) -> Result<Option<Account>, DbError> {
        let link = self.store.links.by_token(tx, token).await?;
        let owner = link.and_then(|link| link.opens(purpose, self.effects.now()));
        let Some(owner) = owner else { return Ok(None) };
        Ok(self.store.accounts.by_ids(tx, &[owner]).await?.pop())
    }
}

/// What came with the link, if it can be a token of one at all.
pub fn read(token: &Secret) -> Result<TokenDigest, AuthError> {
    Token::read(TokenKind::Link, token).map(|token| token.digest()).ok_or(AuthError::LinkRefused)
}
