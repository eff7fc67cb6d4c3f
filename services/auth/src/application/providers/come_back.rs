//! Somebody comes back from a provider of logins. They are let in, or a provider is linked with their account, or they are told
//! why not; what the provider wrote goes no further than to the log.

use crate::application::begin_session::Door;
use crate::application::links::Wanted;
use crate::application::log_in::Admitted;
use crate::application::ports::{Provider, ProviderError, Returned, Store};
use crate::application::providers::Providers;
use crate::application::{AuthError, LogIn, LoggedIn, MailLinks, Origin};
use crate::domain::account::Opening;
use crate::domain::{
    Account, Entry, Errand, Identity, Marks, Method, PersonName, Purpose, Refusal, ReturnPath, Standing,
    Token, TokenKind, Told, Transport,
};
use hanse_auth_contract::{IdentityLinked, UserRegistered};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, IdentityId, Secret, UserId};
use hanse_messaging::Outbox;
use hanse_record::Entry as LogEntry;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// For all that the provider is asked: nobody waits ten seconds for an answer.
const LIMIT: Duration = Duration::from_secs(8);

#[derive(Clone)]
pub struct ComeBack {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub providers: Providers,
    pub links: MailLinks,
    pub log_in: LogIn,
}

/// What the browser brought.
pub struct CameBack {
    pub provider: String,
    /// Of the cookie that it was sent off with.
    pub cookie: Option<Secret>,
    pub state: Option<String>,
    pub code: Option<Secret>,
    pub issuer: Option<String>,
    pub origin: Origin,
}

pub enum Arrived {
    In { logged_in: Box<LoggedIn>, to: ReturnPath },
    Linked { to: ReturnPath },
    Turned { why: TurnedAway, linking: bool, to: Option<ReturnPath> },
}

/// Why somebody is not let in, as they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// Another browser set out, or none did.
    OtherBrowser,
    /// It was too long ago, or they came back before.
    Expired,
    /// They said no at the provider, or it did.
    Cancelled,
    ProviderAway,
    /// It answered something that is not to be believed.
    ProviderWrong,
    NoAddress,
    Unverified,
    /// The address has an account that only its owner may link.
    LinkFirst,
    /// Who they are there is linked with another account.
    Taken,
    /// They wanted to link, and are not logged in as who they were any more.
    LoggedOut,
    TooMany,
    Unavailable,
}

impl TurnedAway {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherBrowser => "other_browser",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::ProviderAway => "provider_away",
            Self::ProviderWrong => "provider_wrong",
            Self::NoAddress => "no_address",
            Self::Unverified => "unverified",
            Self::LinkFirst => "link_first",
            Self::Taken => "taken",
            Self::LoggedOut => "logged_out",
            Self::TooMany => "too_many",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<ProviderError> for TurnedAway {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Away(_) => Self::ProviderAway,
            ProviderError::Refused(_) => Self::ProviderWrong,
        }
    }
}

impl From<Refusal> for TurnedAway {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoAddress => Self::NoAddress,
            Refusal::Unverified => Self::Unverified,
            Refusal::LinkFirst => Self::LinkFirst,
        }
    }
}

/// The ids of what may be made, drawn before the unit, which may run more than once.
#[derive(Clone, Copy)]
struct Drawn {
    user: UserId,
    identity: IdentityId,
    verification: Wanted,
}

enum Known {
    As(Box<Account>),
    Not(TurnedAway),
}

impl ComeBack {
    /// An error is the store's alone.
    pub async fn run(&self, ctx: &Ctx, came: CameBack) -> Result<Arrived, AuthError> {
        let provider: &Arc<dyn Provider> = self.providers.find(&came.provider)?;
        let turned = |why, linking, to| Ok(Arrived::Turned { why, linking, to });
        let token = came.cookie.as_ref().and_then(|sent| Token::read(TokenKind::Errand, sent));
        let (Some(token), Some(state)) = (token, &came.state) else {
            return turned(self.count(provider, TurnedAway::OtherBrowser), false, None);
        };
        let marks = Marks::of(&token);
        if !marks.is_state(state) {
            return turned(self.count(provider, TurnedAway::OtherBrowser), false, None);
        }
        let Some(errand) = self.take(&token).await?.filter(|e| e.is_good(provider.id(), self.effects.now()))
        else {
            return turned(self.count(provider, TurnedAway::Expired), false, None);
        };
        let (linking, to) = (errand.owner.is_some(), errand.return_to.clone());
        let told = match self.ask(provider, came.code, came.issuer, &marks).await {
            Ok(told) => told,
            Err(why) => return turned(self.count(provider, why), linking, Some(to)),
        };
        let known = match errand.owner {
            Some(owner) => self.link(ctx, owner, provider, told).await?,
            None => self.recognise(ctx, provider, told).await?,
        };
        let account = match known {
            Known::As(account) => *account,
            Known::Not(why) => return turned(self.count(provider, why), linking, Some(to)),
        };
        metrics::counter!("auth_provider_logins_total", "provider" => provider.id().to_string(), "outcome" => "good")
            .increment(1);
        if linking {
            return Ok(Arrived::Linked { to });
        }
        // A second factor is asked for in there, as after a password.
        let admitted = Admitted { account, tried: None, by: Method::Provider };
        let door = Door::of(came.origin, Transport::Cookie, &*self.effects.rng);
        let logged_in = self.log_in.admit(ctx, admitted, door).await?;
        Ok(Arrived::In { logged_in: Box::new(logged_in), to })
    }

    fn count(&self, provider: &Arc<dyn Provider>, why: TurnedAway) -> TurnedAway {
        metrics::counter!("auth_provider_logins_total", "provider" => provider.id().to_string(), "outcome" => why.as_str())
            .increment(1);
        why
    }

    /// Gone before anything is asked with it: what comes back twice finds nothing the second time.
    async fn take(&self, token: &Token) -> Result<Option<Errand>, DbError> {
        let input = (self.store.errands.clone(), token.digest());
        let taken = self
            .store
            .db
            .tx(input, |tx, (errands, digest)| Box::pin(async move { errands.take(tx, digest).await }));
        taken.await
    }

    async fn ask(
        &self,
        provider: &Arc<dyn Provider>,
        code: Option<Secret>,
        issuer: Option<String>,
        marks: &Marks,
    ) -> Result<Told, TurnedAway> {
        let code = code.ok_or(TurnedAway::Cancelled)?;
        let returned = Returned { code, issuer };
        let asked = self.effects.within(LIMIT, provider.identify(&returned, marks)).await;
        let late = || {
            Err(ProviderError::Away(format!("all that it is asked took longer than {} s", LIMIT.as_secs())))
        };
        asked.unwrap_or_else(late).map_err(|error| {
            tracing::warn!(provider = %provider.id(), %error, "a login by a provider came to nothing");
            error.into()
        })
    }

    fn draw(&self) -> Drawn {
        Drawn {
            user: self.effects.id(),
            identity: self.effects.id(),
            verification: self.links.want(Purpose::VerifyEmail),
        }
    }

    /// Whose login it is: of the account that is linked, that may be linked by itself, or that is opened.
    async fn recognise(&self, ctx: &Ctx, provider: &Arc<dyn Provider>, told: Told) -> Result<Known, DbError> {
        let input = (self.clone(), ctx.clone(), provider.clone(), told, self.draw());
        let known = self.store.db.tx(input, |tx, (this, ctx, provider, told, drawn)| {
            Box::pin(this.find_or_make(tx, ctx, provider, told, drawn))
        });
        known.await
    }

    async fn find_or_make(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        provider: &Arc<dyn Provider>,
        told: &Told,
        drawn: &Drawn,
    ) -> Result<Known, DbError> {
        let now = self.effects.now();
        if let Some(identity) = self.store.identities.by_subject(tx, provider.id(), &told.subject).await? {
            let Some(account) = self.store.accounts.by_ids(tx, &[identity.user]).await?.pop() else {
                return Ok(Known::Not(TurnedAway::Unavailable));
            };
            if !identity.opens(&account) {
                return Ok(Known::Not(TurnedAway::LinkFirst));
            }
            self.store.identities.used(tx, identity.id, now).await?;
            return Ok(Known::As(Box::new(account)));
        }
        let account = match &told.email {
            Some(email) => self.store.accounts.by_email(tx, email).await?,
            None => None,
        };
        match (told.judge(account.as_ref()), account) {
            (Entry::Refuse(refusal), _) => Ok(Known::Not(refusal.into())),
            (Entry::Link, Some(account)) => {
                let identity = self.identity(account.id, provider, drawn, false);
                let identity = Identity { last_login_at: Some(now), ..identity };
                self.attach(tx, ctx, account, provider, &identity, told).await
            }
            (Entry::Open { verified }, None) => self.open(tx, ctx, verified, provider, told, drawn).await,
            (Entry::Link, None) | (Entry::Open { .. }, Some(_)) => Ok(Known::Not(TurnedAway::Unavailable)),
        }
    }

    async fn open(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        verified: bool,
        provider: &Arc<dyn Provider>,
        told: &Told,
        drawn: &Drawn,
    ) -> Result<Known, DbError> {
        let Some(email) = told.email.clone() else { return Ok(Known::Not(TurnedAway::NoAddress)) };
        // Until they say how they want to be called, their address' first part will do.
        let own = || PersonName::parse(email.as_str().split('@').next().unwrap_or_default()).ok();
        let Some(name) = told.name.clone().or_else(own) else { return Ok(Known::Not(TurnedAway::NoAddress)) };
        let (locale, standing) = (ctx.locale.clone(), Standing::Customer);
        let opening = Opening { email, name, locale, password: None, standing };
        let now = self.effects.now();
        let mut account = Account::open(drawn.user, opening, now);
        if verified {
            account.verify_email(now);
        }
        if !self.store.accounts.add(tx, &account).await? {
            return Ok(Known::Not(TurnedAway::LinkFirst));
        }
        let event = UserRegistered { user_id: account.id, staff: false };
        self.outbox.event(tx, ctx, &account.id, account.events, &event).await?;
        if !verified {
            self.links.make(tx, ctx, &drawn.verification, Some(account.id)).await?;
        }
        let identity = self.identity(account.id, provider, drawn, true);
        let identity = Identity { last_login_at: Some(now), ..identity };
        self.store.identities.add(tx, &identity, &told.subject).await?;
        self.written(tx, ctx, &account, &identity).await?;
        Ok(Known::As(Box::new(account)))
    }

    /// Nobody is logged in where the provider's word links by itself: it is the account's doing all the same.
    async fn written(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        account: &Account,
        identity: &Identity,
    ) -> Result<(), DbError> {
        let entry = LogEntry::new("identity.linked", "user", account.id)
            .by(account.id, account.standing.is_staff())
            .became(json!({"provider": identity.provider.as_str(), "by_owner": identity.by_owner}));
        self.store.record.note(tx, ctx, entry).await
    }

    fn identity(
        &self,
        user: UserId,
        provider: &Arc<dyn Provider>,
        drawn: &Drawn,
        by_owner: bool,
    ) -> Identity {
        let now = self.effects.now();
        Identity {
            id: drawn.identity,
            user,
            provider: provider.id().clone(),
            by_owner,
            linked_at: now,
            last_login_at: None,
        }
    }

    /// The owner is told by mail, should it not have been them.
    async fn attach(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        account: Account,
        provider: &Arc<dyn Provider>,
        identity: &Identity,
        told: &Told,
    ) -> Result<Known, DbError> {
        if self.store.identities.of(tx, account.id).await?.len() >= Identity::MOST {
            return Ok(Known::Not(TurnedAway::TooMany));
        }
        if !self.store.identities.add(tx, identity, &told.subject).await? {
            return Ok(Known::Not(TurnedAway::Taken));
        }
        self.written(tx, ctx, &account, identity).await?;
        let event = IdentityLinked {
            user_id: account.id,
            identity_id: identity.id,
            provider: provider.label().to_string(),
        };
        self.outbox.event(tx, ctx, &identity.id, 1, &event).await?;
        Ok(Known::As(Box::new(account)))
    }

    /// Whoever comes back is still logged in as who set out.
    async fn link(
        &self,
        ctx: &Ctx,
        owner: UserId,
        provider: &Arc<dyn Provider>,
        told: Told,
    ) -> Result<Known, DbError> {
        if ctx.actor.user() != Some(owner) {
            return Ok(Known::Not(TurnedAway::LoggedOut));
        }
        let input = (self.clone(), ctx.clone(), owner, provider.clone(), told, self.draw());
        let linked = self.store.db.tx(input, |tx, (this, ctx, owner, provider, told, drawn)| {
            Box::pin(async move {
                let held = this.store.identities.by_subject(tx, provider.id(), &told.subject).await?;
                let Some(account) = this.store.accounts.by_ids(tx, &[*owner]).await?.pop() else {
                    return Ok(Known::Not(TurnedAway::LoggedOut));
                };
                match held {
                    Some(held) if held.user == *owner => {
                        // An address had linked it; from now on its owner has, which lets in where an address does not.
                        if !held.by_owner {
                            this.store.identities.claim(tx, held.id).await?;
                            this.written(tx, ctx, &account, &Identity { by_owner: true, ..held }).await?;
                        }
                        Ok(Known::As(Box::new(account)))
                    }
                    Some(_) => Ok(Known::Not(TurnedAway::Taken)),
                    None => {
                        let identity = this.identity(account.id, provider, drawn, true);
                        this.attach(tx, ctx, account, provider, &identity, told).await
                    }
                }
            })
        });
        linked.await
    }
}
