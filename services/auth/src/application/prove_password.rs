//! Somebody shows that they know an account's password: at the door, or once more when they are logged in.

use crate::application::ports::{PasswordHasher, Store};
use crate::application::{AuthError, Faults, just_now};
use crate::domain::{Account, EmailAddress, Password, PasswordHash, TokenDigest, TryKey};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Secret, UserId};
use hanse_record::Entry as LogEntry;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct ProvePassword {
    pub store: Store,
    pub effects: Effects,
    pub hasher: Arc<dyn PasswordHasher>,
}

/// Why somebody was not let in, for the audit log.
#[derive(Clone, Copy)]
struct Refusal {
    /// None: nobody's, or it was not looked.
    owner: Option<UserId>,
    why: &'static str,
}

const WRONG: &str = "wrong password";

/// What is known before the password is looked at.
enum Entry {
    Wait(Duration),
    Try(Option<Box<Account>>),
}

/// Whose password it was. The unit that lets them in gives the try back.
pub struct Proven {
    pub account: Account,
    pub tried: TryKey,
}

impl ProvePassword {
    /// An address that nobody has, or that is none, costs the same work as a wrong password and is told the same.
    pub async fn at_the_door(
        &self,
        ctx: &Ctx,
        email: &str,
        password: &Password,
        device: Option<TokenDigest>,
    ) -> Result<Proven, AuthError> {
        let Ok(email) = EmailAddress::parse(email) else {
            self.hasher.check(password, None).await?;
            return Err(self.refused("refused", AuthError::WrongCredentials));
        };
        let input = (self.clone(), email, device);
        let entry = self
            .store
            .db
            .tx_queue(input, |tx, (this, email, device)| Box::pin(this.enter(tx, email, device.as_ref())));
        let (tried, account) = match entry.await? {
            (tried, Entry::Wait(wait)) => {
                self.note_refusal(ctx, &tried, Refusal { owner: None, why: "too many tries" }).await?;
                return Err(self.refused("too_many", AuthError::TooManyTries(wait)));
            }
            (tried, Entry::Try(account)) => (tried, account),
        };
        let checked = self.hasher.check(password, account.as_ref().and_then(|a| a.password.as_ref())).await?;
        let owner = account.as_ref().map(|account| account.id);
        let Some(account) = account.filter(|_| checked.matches) else {
            self.note_refusal(ctx, &tried, Refusal { owner, why: WRONG }).await?;
            return Err(self.refused("refused", AuthError::WrongCredentials));
        };
        metrics::counter!("auth_password_logins_total", "outcome" => "good").increment(1);
        let account = if checked.outdated { self.rehash(*account, password).await? } else { *account };
        Ok(Proven { account, tried })
    }

    /// Whoever is logged in proves once more that it is them.
    pub async fn once_more(&self, ctx: &Ctx, user: UserId, password: &Secret) -> Result<Account, AuthError> {
        let password = Password::typed(password);
        let tried = TryKey::of_person(user);
        let input = (self.clone(), user, tried);
        let entry =
            self.store.db.tx_queue(input, |tx, (this, user, tried)| Box::pin(this.ask(tx, *user, tried)));
        let account = match entry.await? {
            Entry::Wait(wait) => {
                self.note_refusal(ctx, &tried, Refusal { owner: Some(user), why: "too many tries" }).await?;
                return Err(AuthError::TooManyTries(wait));
            }
            Entry::Try(account) => *account.ok_or(AuthError::UnknownAccount)?,
        };
        let hash = account.password.as_ref().ok_or(AuthError::NoPassword)?;
        if !self.hasher.check(&password, Some(hash)).await?.matches {
            self.note_refusal(ctx, &tried, Refusal { owner: Some(user), why: WRONG }).await?;
            return Err(AuthError::WrongCredentials);
        }
        let input = (self.store.tries.clone(), tried);
        let given_back: Result<(), DbError> = self
            .store
            .db
            .tx_queue(input, |tx, (tries, tried)| Box::pin(async move { tries.give_back(tx, tried).await }))
            .await;
        given_back?;
        Ok(account)
    }

    /// As [`Self::once_more`] of whoever has a password; who has none leaves it out.
    pub async fn where_there_is_one(
        &self,
        ctx: &Ctx,
        user: UserId,
        password: Option<&Secret>,
    ) -> Result<Account, AuthError> {
        if let Some(password) = password {
            return self.once_more(ctx, user, password).await;
        }
        let read = self.store.db.read((self.store.accounts.clone(), user), |tx, (accounts, user)| {
            Box::pin(async move { accounts.by_ids(tx, &[*user]).await })
        });
        let found: Result<Vec<Account>, DbError> = read.await;
        let account = found?.pop().ok_or(AuthError::UnknownAccount)?;
        if account.password.is_some() {
            let mut faults = Faults::default();
            faults.add("current_password", "required", "must be shown: the account has one");
            return Err(faults.refusal());
        }
        Ok(account)
    }

    /// The same, and whoever has no password has shown just now who they are.
    pub async fn or_just_now(
        &self,
        ctx: &Ctx,
        user: UserId,
        password: Option<&Secret>,
    ) -> Result<Account, AuthError> {
        let account = self.where_there_is_one(ctx, user, password).await?;
        if account.password.is_none() {
            just_now(ctx)?;
        }
        Ok(account)
    }

    /// The same for another service, which asks before what cannot be taken back: whether a factor is enrolled, which the password
    /// does not stand in for.
    pub async fn before_the_last(
        &self,
        ctx: &Ctx,
        user: UserId,
        password: &Secret,
    ) -> Result<bool, AuthError> {
        self.once_more(ctx, user, password).await?;
        let read = self.store.db.read((self.store.factors.clone(), user), |tx, (factors, user)| {
            Box::pin(async move { factors.enrolled(tx, *user).await })
        });
        let enrolled: Result<_, DbError> = read.await;
        Ok(enrolled?.any())
    }

    /// One entry a minute for each account and device. Addresses that have no account are counted together for each network:
    /// there is no end of them. The same statement in any case.
    async fn note_refusal(&self, ctx: &Ctx, tried: &TryKey, refusal: Refusal) -> Result<(), DbError> {
        let input = (self.store.record.clone(), ctx.clone(), *tried, refusal);
        self.store
            .db
            .tx_queue(input, |tx, (record, ctx, tried, refusal)| {
                Box::pin(async move {
                    let network = hanse_record::network_of(ctx);
                    let (by, subject) = match refusal.owner {
                        Some(user) => (tried.as_bytes(), user.to_string()),
                        None => (network.as_bytes(), "unknown".to_string()),
                    };
                    let entry = LogEntry::new("login.refused", "user", subject);
                    let entry = entry.became(json!({"why": refusal.why}));
                    record.tally(tx, ctx, &[by, refusal.why.as_bytes()], entry).await
                })
            })
            .await
    }

    fn refused(&self, outcome: &'static str, error: AuthError) -> AuthError {
        metrics::counter!("auth_password_logins_total", "outcome" => outcome).increment(1);
        error
    }

    /// The try is counted before it is made: whoever sends many at once has them counted all the same. The count's row is held,
    /// so that they queue for it and none is run again.
    async fn enter(
        &self,
        tx: &mut Tx,
        email: &EmailAddress,
        device: Option<&TokenDigest>,
    ) -> Result<(TryKey, Entry), DbError> {
        let known = match device {
            Some(device) if self.store.devices.knows(tx, email, device).await? => Some(device),
            _ => None,
        };
        let tried = match known {
            Some(device) => TryKey::of_device(email, device),
            None => TryKey::of_strangers(email),
        };
        if let Some(wait) = self.store.tries.take(tx, &tried, self.effects.now()).await? {
            return Ok((tried, Entry::Wait(wait)));
        }
        let account = self.store.accounts.by_email(tx, email).await?;
        Ok((tried, Entry::Try(account.map(Box::new))))
    }

    async fn ask(&self, tx: &mut Tx, user: UserId, tried: &TryKey) -> Result<Entry, DbError> {
        if let Some(wait) = self.store.tries.take(tx, tried, self.effects.now()).await? {
            return Ok(Entry::Wait(wait));
        }
        Ok(Entry::Try(self.store.accounts.by_ids(tx, &[user]).await?.pop().map(Box::new)))
    }

    /// Only now is the password at hand that today's parameters and pepper need.
    async fn rehash(&self, mut account: Account, password: &Password) -> Result<Account, AuthError> {
        account.password = Some(self.hasher.hash(password).await?);
        let input = (self.store.accounts.clone(), account.clone());
        let saved = self.store.db.tx(input, |tx, (accounts, account)| {
            Box::pin(async move {
                if accounts.save(tx, account).await? {
                    return Ok(Some(account.clone()));
                }
                // Whoever saved it in between has the newer word.
                Ok::<_, DbError>(accounts.by_ids(tx, &[account.id]).await?.pop())
            })
        });
        let stands = saved.await?.ok_or(AuthError::WrongCredentials)?;
        let same = |a: &Account, b: &Account| {
            a.password.as_ref().map(PasswordHash::as_str) == b.password.as_ref().map(PasswordHash::as_str)
        };
        if same(&stands, &account) || self.hasher.check(password, stands.password.as_ref()).await?.matches {
            Ok(stands)
        } else {
            Err(AuthError::WrongCredentials)
        }
    }
}
