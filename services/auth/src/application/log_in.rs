//! Somebody proves with a password who they are, and gets a session; whoever has proved it otherwise gets one here, too.

use crate::application::ports::{AccessToken, AccessTokens, Store};
use crate::application::{AuthError, Lifetimes, ProvePassword};
use crate::domain::{
    Account, Acquaintance, Password, RefreshToken, Session, Token, TokenDigest, TokenKind, Transport, TryKey,
    device,
};
use hanse_auth_contract::NewDevice;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Personal, Secret};
use hanse_messaging::Outbox;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct LogIn {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub prove: ProvePassword,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub lifetimes: Lifetimes,
}

pub struct Credentials {
    pub email: Personal<String>,
    pub password: Secret,
    pub transport: Transport,
    pub origin: Origin,
}

/// What a request tells of the device that it comes from.
#[derive(Default)]
pub struct Origin {
    /// Of the cookie that a browser is known again by.
    pub cookie: Option<Secret>,
    pub user_agent: Option<String>,
}

impl Origin {
    fn browser(&self, transport: Transport) -> Option<Token> {
        let sent = self.cookie.as_ref().filter(|_| transport == Transport::Cookie)?;
        Token::read(TokenKind::Device, sent)
    }
}

/// Somebody who has shown who they are: with a password that was tried, or by a provider's word.
pub struct Admitted {
    pub account: Account,
    pub tried: Option<TryKey>,
}

/// What proves the new session.
#[derive(Debug)]
pub enum LoggedIn {
    Tokens {
        access: AccessToken,
        refresh: Token,
    },
    /// `device` is what the browser will be known again by.
    Cookie {
        token: Token,
        lifetime: Duration,
        device: Token,
    },
}

/// What the store keeps to recognise the session's holder by.
enum Proof {
    Cookie(TokenDigest),
    Refresh(RefreshToken),
}

/// All that a login changes.
struct Beginning {
    session: Session,
    proof: Proof,
    device: TokenDigest,
    tried: Option<TryKey>,
}

impl LogIn {
    pub async fn run(&self, ctx: &Ctx, credentials: Credentials) -> Result<LoggedIn, AuthError> {
        let Credentials { email, password, transport, origin } = credentials;
        let known = origin.browser(transport).as_ref().map(Token::digest);
        let password = Password::typed(&password);
        let proven = self.prove.at_the_door(email.reveal(), &password, known).await?;
        let admitted = Admitted { account: proven.account, tried: Some(proven.tried) };
        self.admit(ctx, admitted, transport, origin).await
    }

    /// Begins the session of somebody who has shown who they are, in whatever way.
    pub async fn admit(
        &self,
        ctx: &Ctx,
        admitted: Admitted,
        transport: Transport,
        origin: Origin,
    ) -> Result<LoggedIn, AuthError> {
        let Admitted { account, tried } = admitted;
        let browser = origin.browser(transport);
        let now = self.effects.now();
        let lifetime = match account.standing.is_staff() {
            true => self.lifetimes.staff_session,
            false => self.lifetimes.customer_session,
        };
        let name = origin.user_agent.as_deref().and_then(device::name);
        let session = Session::start(self.effects.id(), account.id, transport, name, now, lifetime);
        match transport {
            Transport::Cookie => {
                let token = Token::random(TokenKind::Session, &*self.effects.rng);
                let device = browser.unwrap_or_else(|| Token::random(TokenKind::Device, &*self.effects.rng));
                let proof = Proof::Cookie(token.digest());
                self.begin(ctx, Beginning { session, proof, device: device.digest(), tried }).await?;
                Ok(LoggedIn::Cookie { token, lifetime, device })
            }
            Transport::Token => {
                let refresh = Token::random(TokenKind::Refresh, &*self.effects.rng);
                let access = self.access_tokens.issue(&account, session.id, now)?;
                let lifetime = self.lifetimes.refresh_token;
                let proof = Proof::Refresh(RefreshToken::issue(refresh.digest(), &session, now, lifetime));
                let device = device::program(origin.user_agent.as_deref());
                self.begin(ctx, Beginning { session, proof, device, tried }).await?;
                Ok(LoggedIn::Tokens { access, refresh })
            }
        }
    }

    async fn begin(&self, ctx: &Ctx, beginning: Beginning) -> Result<(), DbError> {
        let input = (self.clone(), ctx.clone(), beginning);
        self.store
            .db
            .tx_queue(input, |tx, (this, ctx, beginning)| Box::pin(this.store(tx, ctx, beginning)))
            .await
    }

    async fn store(&self, tx: &mut Tx, ctx: &Ctx, beginning: &Beginning) -> Result<(), DbError> {
        let Beginning { session, proof, device, tried } = beginning;
        if let Some(tried) = tried {
            self.store.tries.give_back(tx, tried).await?;
        }
        match proof {
            Proof::Cookie(digest) => self.store.sessions.add(tx, session, Some(digest)).await?,
            Proof::Refresh(token) => {
                self.store.sessions.add(tx, session, None).await?;
                self.store.refresh_tokens.add(tx, token).await?;
            }
        }
        match self.store.devices.meet(tx, session.user, device, session.started_at).await? {
            Acquaintance::First | Acquaintance::Known => Ok(()),
            Acquaintance::New => {
                let event = NewDevice {
                    user_id: session.user,
                    session_id: session.id,
                    device: session.device.clone(),
                    logged_in_at: session.started_at,
                };
                self.outbox.event(tx, ctx, &session.id, 1, &event).await
            }
        }
    }
}
