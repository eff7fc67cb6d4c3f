//! A session begins, whichever way somebody has shown who they are: at a door, with what proves it from then on.

use crate::application::ports::{AccessToken, AccessTokens, Holder, Store};
use crate::application::{AuthError, Lifetimes};
use crate::domain::{
    Account, Acquaintance, Begun, Method, RefreshToken, Session, Token, TokenDigest, TokenKind, Transport,
    device,
};
use hanse_auth_contract::NewDevice;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Rng, Secret, SessionId};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct BeginSession {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub lifetimes: Lifetimes,
}

/// What a request tells of the device that it comes from.
#[derive(Default)]
pub struct Origin {
    /// Of the cookie that a browser is known again by.
    pub cookie: Option<Secret>,
    pub user_agent: Option<String>,
}

/// Where somebody stands who wants to be let in.
#[derive(Clone)]
pub struct Door {
    pub transport: Transport,
    /// What a browser is known again by: what it brought, or is given now.
    pub browser: Option<Token>,
    /// Whether it brought it.
    brought: bool,
    pub device: TokenDigest,
    name: Option<String>,
}

impl Door {
    pub fn of(origin: Origin, transport: Transport, rng: &dyn Rng) -> Self {
        let name = origin.user_agent.as_deref().and_then(device::name);
        let sent = origin.cookie.and_then(|sent| Token::read(TokenKind::Device, &sent));
        let brought = sent.is_some();
        match transport {
            // A program that keeps what a reset gave it is known again by that, all others by what they call themselves.
            Transport::Token => {
                let by_name = || device::program(origin.user_agent.as_deref());
                let device = sent.map_or_else(by_name, |sent| sent.digest());
                Self { transport, browser: None, brought, device, name }
            }
            Transport::Cookie => {
                let browser = sent.unwrap_or_else(|| Token::random(TokenKind::Device, rng));
                Self { transport, device: browser.digest(), browser: Some(browser), brought, name }
            }
        }
    }

    /// What an account can know it by: only what was given out. Programs prove nothing by their names.
    pub fn claimed(&self) -> Option<TokenDigest> {
        self.brought.then_some(self.device)
    }
}

/// A session to be begun, its secrets drawn before the unit, which may run more than once.
#[derive(Clone)]
pub struct Beginning {
    pub door: Door,
    id: SessionId,
    /// Of the cookie, or for the first refresh.
    token: Token,
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
    /// Not yet: a second factor is to be shown.
    FactorRequired {
        challenge: Token,
        methods: Vec<Method>,
        /// Where it is a browser.
        device: Option<Token>,
    },
}

impl BeginSession {
    pub fn draw(&self, door: Door) -> Beginning {
        let kind = match door.transport {
            Transport::Cookie => TokenKind::Session,
            Transport::Token => TokenKind::Refresh,
        };
        Beginning { door, id: self.effects.id(), token: Token::random(kind, &*self.effects.rng) }
    }

    /// In the unit in which its person has shown who they are.
    pub async fn store(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        beginning: &Beginning,
        account: &Account,
        proven_by: &[Method],
    ) -> Result<Session, DbError> {
        let Beginning { door, id, token } = beginning;
        let how =
            Begun { transport: door.transport, device: door.name.clone(), proven_by: proven_by.to_vec() };
        let now = self.effects.now();
        let session = Session::start(*id, account.id, how, now, self.lifetime(account));
        match door.transport {
            Transport::Cookie => self.store.sessions.add(tx, &session, Some(&token.digest())).await?,
            Transport::Token => {
                let lifetime = self.lifetimes.refresh_token;
                let refresh = RefreshToken::issue(token.digest(), &session, now, lifetime);
                self.store.sessions.add(tx, &session, None).await?;
                self.store.refresh_tokens.add(tx, &refresh).await?;
            }
        }
        let met = self.store.devices.meet(tx, session.user, &door.device, session.started_at).await?;
        let by: Vec<&str> = proven_by.iter().map(|method| method.as_str()).collect();
        let entry = Entry::new("login.accepted", "user", session.user)
            .by(session.user, account.standing.is_staff())
            .became(json!({"session": session.id, "new_device": met == Acquaintance::New, "by": by}));
        self.store.record.note(tx, ctx, entry).await?;
        match met {
            Acquaintance::First | Acquaintance::Known => {}
            Acquaintance::New => {
                let event = NewDevice {
                    user_id: session.user,
                    session_id: session.id,
                    device: session.device.clone(),
                    logged_in_at: session.started_at,
                };
                self.outbox.event(tx, ctx, &session.id, 1, &event).await?;
            }
        }
        Ok(session)
    }

    /// What its person gets, now that it is stored.
    pub fn hand_over(
        &self,
        beginning: Beginning,
        account: &Account,
        session: &Session,
    ) -> Result<LoggedIn, AuthError> {
        let Beginning { door, token, .. } = beginning;
        match door.browser {
            Some(device) => Ok(LoggedIn::Cookie { token, lifetime: self.lifetime(account), device }),
            None => {
                // What is owed was shown before it began.
                let (account, session) = (account.clone(), session.clone());
                let holder = Holder { account, session, owes_factor: false };
                let access = self.access_tokens.issue(&holder, self.effects.now())?;
                Ok(LoggedIn::Tokens { access, refresh: token })
            }
        }
    }

    fn lifetime(&self, account: &Account) -> Duration {
        match account.standing.is_staff() {
            true => self.lifetimes.staff_session,
            false => self.lifetimes.customer_session,
        }
    }
}
