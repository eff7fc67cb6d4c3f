//! Somebody shows a second factor: at the door, or once more when they are logged in.

use crate::application::factors::{Outcome, Refusal};
use crate::application::ports::{PasskeyVerifier, Store};
use crate::domain::{Account, Method, RecoveryCode, Rite, Token, TokenDigest, TokenKind, TryKey};
use hanse_database::{DbError, Tx};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Ctx, Effects, Secret, UserId};
use hanse_record::Entry;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Clone)]
pub struct ProveFactor {
    pub store: Store,
    pub effects: Effects,
    pub passkeys: Option<Arc<dyn PasskeyVerifier>>,
}

/// What was shown.
#[derive(Clone)]
pub enum Shown {
    Totp(Secret),
    /// None: what was typed cannot be one.
    Recovery(Option<RecoveryCode>),
    Passkey(Assertion),
}

/// What a device answered, and to what.
#[derive(Clone)]
pub struct Assertion {
    pub ceremony: Secret,
    pub answer: Value,
}

impl Shown {
    pub fn method(&self) -> Method {
        match self {
            Self::Totp(_) => Method::Totp,
            Self::Recovery(_) => Method::RecoveryCode,
            Self::Passkey(_) => Method::Passkey,
        }
    }
}

impl ProveFactor {
    /// Counted as ADR 69 counts passwords, and apart from them: from a device that the account knows by itself, from all others
    /// together. Whoever has only the password cannot keep the owner's browser out.
    pub async fn at_the_door(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        account: &Account,
        device: Option<TokenDigest>,
        shown: &Shown,
    ) -> Outcome<Method> {
        let known = match device {
            Some(device) if self.store.devices.knows(tx, account.email.reveal(), &device).await? => {
                Some(device)
            }
            _ => None,
        };
        let tried = match known {
            Some(device) => TryKey::of_device_factor(account.id, &device),
            None => TryKey::of_strangers_factor(account.id),
        };
        self.judge(tx, ctx, account.id, &tried, shown).await
    }

    /// Whoever is logged in shows it once more. What else the unit depends on is looked at before: a code that was shown is used.
    pub async fn once_more(&self, tx: &mut Tx, ctx: &Ctx, user: UserId, shown: &Shown) -> Outcome<Method> {
        self.judge(tx, ctx, user, &TryKey::of_person_factor(user), shown).await
    }

    /// The try is counted in the same unit, whose end the caller must not undo where it was wrong. The count's row is held from
    /// here on, so that tries at once queue for it.
    async fn judge(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: UserId,
        tried: &TryKey,
        shown: &Shown,
    ) -> Outcome<Method> {
        if let Some(wait) = self.store.tries.take(tx, tried, self.effects.now()).await? {
            self.note(tx, ctx, user, tried, (shown.method(), "too many tries")).await?;
            return Ok(Err(Refusal::TooMany(wait)));
        }
        let good = match shown {
            Shown::Totp(code) => self.totp(tx, user, code).await?,
            Shown::Passkey(assertion) => self.passkey(tx, user, assertion).await?,
            Shown::Recovery(code) => match code {
                Some(code) => {
                    let enrolled = self.store.factors.enrolled(tx, user).await?.any();
                    enrolled && self.store.factors.use_recovery_code(tx, user, &code.digest(user)).await?
                }
                None => false,
            },
        };
        if !good {
            self.note(tx, ctx, user, tried, (shown.method(), "wrong")).await?;
            return Ok(Err(Refusal::Wrong));
        }
        self.store.tries.give_back(tx, tried).await?;
        Ok(Ok(shown.method()))
    }

    /// As wrong passwords are written down: one entry a minute for each account and device. What was shown is told nowhere.
    async fn note(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: UserId,
        tried: &TryKey,
        (method, why): (Method, &'static str),
    ) -> Result<(), DbError> {
        let entry = refused(user, method, why);
        let by = [tried.as_bytes(), method.as_str().as_bytes(), why.as_bytes()];
        self.store.record.tally(tx, ctx, &by, entry).await
    }

    /// One of theirs, asked for besides the password or once more.
    async fn passkey(&self, tx: &mut Tx, user: UserId, given: &Assertion) -> Result<bool, DbError> {
        let (Some(verifier), Some(token)) =
            (&self.passkeys, Token::read(TokenKind::Ceremony, &given.ceremony))
        else {
            return Ok(false);
        };
        let now = self.effects.now();
        let ceremony = self.store.passkeys.take(tx, &token.digest()).await?;
        let ceremony = ceremony.filter(|asked| asked.is_for(Rite::Factor, Some(user), None, now));
        let Some(ceremony) = ceremony else { return Ok(false) };
        let theirs = self.store.passkeys.all(tx, user).await?;
        let Some(shown) = verifier.shown(&ceremony.state, &given.answer, theirs) else { return Ok(false) };
        self.store.passkeys.used(tx, &shown.id, &shown.credential, now).await?;
        Ok(true)
    }

    async fn totp(&self, tx: &mut Tx, user: UserId, code: &Secret) -> Result<bool, DbError> {
        let Some(factor) = self.store.factors.totp(tx, user).await? else { return Ok(false) };
        let Some(confirmed_at) = factor.confirmed_at else { return Ok(false) };
        match factor.secret.step_of(code.expose_secret(), factor.used_step, self.effects.now()) {
            Some(step) => self.store.factors.use_totp(tx, user, step, confirmed_at).await,
            None => Ok(false),
        }
    }
}

/// What the audit log has of a factor that was not taken.
pub(super) fn refused(subject: impl std::fmt::Display, method: Method, why: &str) -> Entry {
    Entry::new("factor.refused", "user", subject).became(json!({"method": method.as_str(), "why": why}))
}
