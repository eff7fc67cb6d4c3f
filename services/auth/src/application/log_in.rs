//! Somebody proves with a password who they are, and gets a session.

use crate::application::ports::{AccessToken, AccessTokens, PasswordHasher, Store};
use crate::application::{AuthError, Lifetimes};
use crate::domain::{
    Account, EmailAddress, Password, RefreshToken, Session, Token, TokenDigest, TokenKind, Transport,
};
use hanse_database::DbError;
use hanse_kernel::{Ctx, Effects, Personal, Secret};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct LogIn {
    pub store: Store,
    pub effects: Effects,
    pub hasher: Arc<dyn PasswordHasher>,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub lifetimes: Lifetimes,
}

pub struct Credentials {
    pub email: Personal<String>,
    pub password: Secret,
    pub transport: Transport,
}

/// What proves the new session.
#[derive(Debug)]
pub enum LoggedIn {
    Tokens { access: AccessToken, refresh: Token },
    Cookie { token: Token, lifetime: Duration },
}

/// What the store keeps to recognise the session's holder by.
enum Proof {
    Cookie(TokenDigest),
    Refresh(RefreshToken),
}

impl LogIn {
    pub async fn run(&self, _: &Ctx, credentials: Credentials) -> Result<LoggedIn, AuthError> {
        let password = Password::typed(&credentials.password);
        let account = self.prove(credentials.email.reveal(), &password).await?;
        let now = self.effects.now();
        let lifetime = match account.standing.is_staff() {
            true => self.lifetimes.staff_session,
            false => self.lifetimes.customer_session,
        };
        let session = Session::start(self.effects.id(), account.id, credentials.transport, now, lifetime);
        match credentials.transport {
            Transport::Cookie => {
                let token = Token::random(TokenKind::Session, &*self.effects.rng);
                self.begin(session, Proof::Cookie(token.digest())).await?;
                Ok(LoggedIn::Cookie { token, lifetime })
            }
            Transport::Token => {
                let refresh = Token::random(TokenKind::Refresh, &*self.effects.rng);
                let access = self.access_tokens.issue(&account, session.id, now)?;
                let lifetime = self.lifetimes.refresh_token;
                let first = RefreshToken::issue(refresh.digest(), &session, now, lifetime);
                self.begin(session, Proof::Refresh(first)).await?;
                Ok(LoggedIn::Tokens { access, refresh })
            }
        }
    }

    /// An address that nobody has, or that is none, costs the same work as a wrong password and is told the same.
    async fn prove(&self, email: &str, password: &Password) -> Result<Account, AuthError> {
        let account = match EmailAddress::parse(email) {
            Ok(email) => self.find(email).await?,
            Err(_) => None,
        };
        let hash = account.as_ref().map(|account| &account.password);
        let checked = self.hasher.check(password, hash).await?;
        let outcome = if account.is_some() && checked.matches { "good" } else { "refused" };
        metrics::counter!("auth_password_logins_total", "outcome" => outcome).increment(1);
        match account {
            Some(account) if checked.matches && checked.outdated => self.rehash(account, password).await,
            Some(account) if checked.matches => Ok(account),
            _ => Err(AuthError::WrongCredentials),
        }
    }

    async fn find(&self, email: EmailAddress) -> Result<Option<Account>, DbError> {
        self.store
            .db
            .read((self.store.accounts.clone(), email), |tx, (accounts, email)| {
                Box::pin(async move { accounts.by_email(tx, email).await })
            })
            .await
    }

    /// Only now is the password at hand that today's parameters need.
    async fn rehash(&self, mut account: Account, password: &Password) -> Result<Account, AuthError> {
        account.password = self.hasher.hash(password).await?;
        self.store
            .db
            .tx((self.store.accounts.clone(), account.clone()), |tx, (accounts, account)| {
                // Whoever saved it in between has the newer word; the next login tries again.
                Box::pin(async move { accounts.save(tx, account).await })
            })
            .await?;
        Ok(account)
    }

    async fn begin(&self, session: Session, proof: Proof) -> Result<(), DbError> {
        self.store
            .db
            .tx((self.store.clone(), session, proof), |tx, (store, session, proof)| {
                Box::pin(async move {
                    match proof {
                        Proof::Cookie(digest) => store.sessions.add(tx, session, Some(digest)).await,
                        Proof::Refresh(token) => {
                            store.sessions.add(tx, session, None).await?;
                            store.refresh_tokens.add(tx, token).await
                        }
                    }
                })
            })
            .await
    }
}
