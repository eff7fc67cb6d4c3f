//! Somebody proves with a password who they are, and gets a session.

use crate::application::ports::{AccessToken, AccessTokens, Store};
use crate::application::{AuthError, Lifetimes, ProvePassword};
use crate::domain::{
    Acquaintance, Password, RefreshToken, Session, Token, TokenDigest, TokenKind, Transport, TryKey, device,
};
use hanse_auth_contract::NewDevice;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Personal, Secret};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use serde_json::json;
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
    tried: TryKey,
    staff: bool,
}

impl LogIn {
    pub async fn run(&self, ctx: &Ctx, credentials: Credentials) -> Result<LoggedIn, AuthError> {
        let Credentials { email, password, transport, origin } = credentials;
        let browser = origin
            .cookie
            .filter(|_| transport == Transport::Cookie)
            .and_then(|sent| Token::read(TokenKind::Device, &sent));
        let known = browser.as_ref().map(Token::digest);
        let password = Password::typed(&password);
        let proven = self.prove.at_the_door(ctx, email.reveal(), &password, known).await?;
        let (account, tried) = (proven.account, proven.tried);
        let now = self.effects.now();
        let lifetime = match account.standing.is_staff() {
            true => self.lifetimes.staff_session,
            false => self.lifetimes.customer_session,
        };
        let staff = account.standing.is_staff();
        let name = origin.user_agent.as_deref().and_then(device::name);
        let session = Session::start(self.effects.id(), account.id, transport, name, now, lifetime);
        match transport {
            Transport::Cookie => {
                let token = Token::random(TokenKind::Session, &*self.effects.rng);
                let device = browser.unwrap_or_else(|| Token::random(TokenKind::Device, &*self.effects.rng));
                let proof = Proof::Cookie(token.digest());
                self.begin(ctx, Beginning { session, proof, device: device.digest(), tried, staff }).await?;
                Ok(LoggedIn::Cookie { token, lifetime, device })
            }
            Transport::Token => {
                let refresh = Token::random(TokenKind::Refresh, &*self.effects.rng);
                let access = self.access_tokens.issue(&account, session.id, now)?;
                let lifetime = self.lifetimes.refresh_token;
                let proof = Proof::Refresh(RefreshToken::issue(refresh.digest(), &session, now, lifetime));
                let device = device::program(origin.user_agent.as_deref());
                self.begin(ctx, Beginning { session, proof, device, tried, staff }).await?;
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
        let Beginning { session, proof, device, tried, staff } = beginning;
        self.store.tries.give_back(tx, tried).await?;
        match proof {
            Proof::Cookie(digest) => self.store.sessions.add(tx, session, Some(digest)).await?,
            Proof::Refresh(token) => {
                self.store.sessions.add(tx, session, None).await?;
                self.store.refresh_tokens.add(tx, token).await?;
            }
        }
        let met = self.store.devices.meet(tx, session.user, device, session.started_at).await?;
        let new_device = met == Acquaintance::New;
        let entry = Entry::new("login.accepted", "user", session.user)
            .by(session.user, *staff)
            .became(json!({"session": session.id, "new_device": new_device}));
        self.store.record.note(tx, ctx, entry).await?;
        match met {
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
