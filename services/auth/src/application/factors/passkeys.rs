//! Passkeys: made, named, removed, and shown instead of a password.

use crate::application::begin_session::{BeginSession, Beginning, Door, LoggedIn, Origin};
use crate::application::factors::prove::refused;
use crate::application::factors::{Assertion, Means, Outcome, Refusal, codes};
use crate::application::ports::{Asked, PasskeyVerifier};
use crate::application::{AuthError, Faults, Proofs, ProvePassword};
use crate::domain::{
    Account, Ceremony, Method, Passkey, RecoveryCode, Rite, Session, Token, TokenDigest, TokenKind, Transport,
};
use hanse_auth_contract::{Factor, FactorChange};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Secret, SessionId, UserId};
use serde_json::Value;
use std::sync::Arc;

#[derive(Clone)]
pub struct OwnPasskeys {
    pub means: Means,
    pub password: ProvePassword,
    pub begin: BeginSession,
    pub verifier: Option<Arc<dyn PasskeyVerifier>>,
}

/// What a browser is asked, and what its answer comes with.
pub struct Ask {
    pub ceremony: Token,
    pub options: Value,
    /// Where the answer is bound to a browser: what it is known again by.
    pub device: Option<Token>,
}

struct Making {
    user: UserId,
    ceremony: TokenDigest,
    name: String,
    answer: Value,
    session: SessionId,
    recovery: Vec<RecoveryCode>,
}

struct Arrival {
    ceremony: TokenDigest,
    owner: UserId,
    answer: Value,
    beginning: Beginning,
}

impl OwnPasskeys {
    fn verifier(&self) -> Result<Arc<dyn PasskeyVerifier>, AuthError> {
        self.verifier.clone().ok_or(AuthError::NoPasskeys)
    }

    pub fn there_are(&self) -> bool {
        self.verifier.is_some()
    }

    /// The oldest first.
    pub async fn list(&self, user: UserId) -> Result<Vec<Passkey>, DbError> {
        let read = self.means.store.db.read((self.means.store.clone(), user), |tx, (store, user)| {
            Box::pin(async move { store.passkeys.all(tx, *user).await })
        });
        read.await
    }

    /// Whoever wants one shows the password first and, where there is a factor already, has just shown one.
    pub async fn ask_to_make(
        &self,
        ctx: &Ctx,
        proofs: Proofs,
        password: Option<Secret>,
    ) -> Result<Ask, AuthError> {
        let verifier = self.verifier()?;
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        self.means.own_to_change(ctx, user, proofs).await?;
        let account = self.password.or_just_now(ctx, user, password.as_ref()).await?;
        let have = self.list(user).await?;
        if have.len() >= Passkey::MOST {
            return Err(AuthError::TooManyPasskeys);
        }
        self.ask(verifier.ask_to_make(&account, &have)?, Rite::Register, Some(user), None).await
    }

    /// Recovery codes, told this once, where there are none.
    pub async fn made(
        &self,
        ctx: &Ctx,
        proofs: Proofs,
        name: &str,
        given: Assertion,
    ) -> Result<Option<Vec<RecoveryCode>>, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let name = named(name)?;
        let ceremony = Token::read(TokenKind::Ceremony, &given.ceremony).ok_or(AuthError::PasskeyRefused)?;
        let session = self.means.own_session.of(user, proofs).await?.ok_or(AuthError::StepUp)?;
        let recovery = codes(&*self.means.effects.rng);
        let (ceremony, answer) = (ceremony.digest(), given.answer);
        let making = Making { user, ceremony, name, answer, session, recovery: recovery.clone() };
        let input = (self.clone(), ctx.clone(), making);
        let made = self
            .means
            .store
            .db
            .tx(input, |tx, (this, ctx, making)| Box::pin(this.keep(tx, ctx, making)))
            .await;
        let first = match made {
            Ok(outcome) => outcome.map_err(|no| no.told(AuthError::PasskeyRefused))?,
            // Another account has it.
            Err(error) if error.is_unique("passkeys") => return Err(AuthError::PasskeyRefused),
            Err(error) => return Err(error.into()),
        };
        Ok(first.then_some(recovery))
    }

    /// Whether its recovery codes count.
    async fn keep(&self, tx: &mut Tx, ctx: &Ctx, making: &Making) -> Outcome<bool> {
        let Means { store, effects, .. } = &self.means;
        let (now, user) = (effects.now(), making.user);
        // Before the answer is used up: it is as good once they have stepped up.
        if !self.means.may_change(tx, ctx, user, making.session).await? {
            return Ok(Err(Refusal::Stale));
        }
        let ceremony = store.passkeys.take(tx, &making.ceremony).await?;
        let ceremony = ceremony.filter(|asked| asked.is_for(Rite::Register, Some(user), None, now));
        let (Some(verifier), Some(ceremony)) = (&self.verifier, ceremony) else {
            return Ok(Err(Refusal::Nothing));
        };
        let Some(made) = verifier.made(&ceremony.state, &making.answer) else {
            return Ok(Err(Refusal::Nothing));
        };
        let Some(account) = self.means.account(tx, user).await? else { return Ok(Err(Refusal::Nothing)) };
        let passkey = Passkey::new(user, making.name.clone(), made.credential_id, made.credential, now);
        store.passkeys.add(tx, &passkey).await?;
        let first = self.means.first_codes(tx, user, &making.recovery).await?;
        self.means.prove_session(tx, making.session, Method::Passkey).await?;
        self.means.tell(tx, ctx, account, Factor::Passkey, FactorChange::Added).await?;
        Ok(Ok(first))
    }

    pub async fn rename(&self, ctx: &Ctx, id: String, name: &str) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let input = (self.means.store.clone(), user, id, named(name)?);
        let renamed = self.means.store.db.tx(input, |tx, (store, user, id, name)| {
            Box::pin(async move { store.passkeys.rename(tx, *user, id, name).await })
        });
        let renamed: Result<bool, DbError> = renamed.await;
        if renamed? { Ok(()) } else { Err(AuthError::UnknownPasskey) }
    }

    /// By the password, shortly after a factor was shown: it may be the lost one that is removed, so it is not asked for itself.
    pub async fn remove(
        &self,
        ctx: &Ctx,
        proofs: Proofs,
        id: String,
        password: Option<Secret>,
    ) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let session = self.means.own_to_change(ctx, user, proofs).await?;
        self.password.where_there_is_one(ctx, user, password.as_ref()).await?;
        let input = (self.clone(), ctx.clone(), user, session, id);
        let removed = self.means.store.db.tx(input, |tx, (this, ctx, user, session, id)| {
            Box::pin(this.take_away(tx, ctx, (*user, *session), id))
        });
        removed.await?.map_err(|no| no.told(AuthError::UnknownPasskey))
    }

    async fn take_away(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (user, session): (UserId, SessionId),
        id: &str,
    ) -> Outcome<()> {
        let store = &self.means.store;
        if !self.means.may_change(tx, ctx, user, session).await? {
            return Ok(Err(Refusal::Stale));
        }
        let Some(account) = self.means.account(tx, user).await? else { return Ok(Err(Refusal::Nothing)) };
        if !store.passkeys.remove(tx, user, id).await? {
            return Ok(Err(Refusal::Nothing));
        }
        if !store.factors.enrolled(tx, user).await?.any() {
            store.factors.put_recovery_codes(tx, user, &[]).await?;
        }
        self.means.tell(tx, ctx, account, Factor::Passkey, FactorChange::Removed).await?;
        Ok(Ok(()))
    }

    /// For whoever is logged in, to show one of theirs once more.
    pub async fn ask_once_more(&self, ctx: &Ctx) -> Result<Ask, AuthError> {
        self.ask_owner(ctx.actor.user().ok_or(AuthError::UnknownAccount)?).await
    }

    /// For whoever has shown the password at this door.
    pub async fn ask_at_the_door(
        &self,
        challenge: Secret,
        origin: Origin,
        transport: Transport,
    ) -> Result<Ask, AuthError> {
        let challenge = Token::read(TokenKind::Challenge, &challenge).ok_or(AuthError::ChallengeRefused)?;
        let door = Door::of(origin, transport, &*self.means.effects.rng);
        let input = (self.means.store.clone(), challenge.digest());
        let read = self.means.store.db.read(input, |tx, (store, digest)| {
            Box::pin(async move { store.challenges.by_digest(tx, digest).await })
        });
        let found: Result<_, DbError> = read.await;
        let now = self.means.effects.now();
        let challenge = found?.filter(|challenge| challenge.is_for(&door.device, door.transport, now));
        self.ask_owner(challenge.ok_or(AuthError::ChallengeRefused)?.owner).await
    }

    async fn ask_owner(&self, user: UserId) -> Result<Ask, AuthError> {
        let verifier = self.verifier()?;
        let have = self.list(user).await?;
        if have.is_empty() {
            return Err(AuthError::NoFactor);
        }
        self.ask(verifier.ask_to_show(&have)?, Rite::Factor, Some(user), None).await
    }

    /// For anybody.
    pub async fn ask_anybody(&self, origin: Origin, transport: Transport) -> Result<Ask, AuthError> {
        let verifier = self.verifier()?;
        let door = Door::of(origin, transport, &*self.means.effects.rng);
        let ask = self.ask(verifier.ask_to_show(&[])?, Rite::LogIn, None, Some(door.device)).await?;
        Ok(Ask { device: door.browser, ..ask })
    }

    async fn ask(
        &self,
        asked: Asked,
        rite: Rite,
        owner: Option<UserId>,
        device: Option<TokenDigest>,
    ) -> Result<Ask, AuthError> {
        let token = Token::random(TokenKind::Ceremony, &*self.means.effects.rng);
        let expires_at = self.means.effects.now().plus(Ceremony::LASTS);
        let ceremony =
            Ceremony { digest: token.digest(), rite, owner, device, state: asked.state, expires_at };
        let input = (self.means.store.clone(), ceremony);
        let begun = self.means.store.db.tx(input, |tx, (store, ceremony)| {
            Box::pin(async move { store.passkeys.begin(tx, ceremony).await })
        });
        let begun: Result<(), DbError> = begun.await;
        begun?;
        Ok(Ask { ceremony: token, options: asked.options, device: None })
    }

    /// A passkey alone: its device has made sure of its person, which is two factors.
    pub async fn log_in(
        &self,
        ctx: &Ctx,
        origin: Origin,
        transport: Transport,
        given: Assertion,
    ) -> Result<LoggedIn, AuthError> {
        let verifier = self.verifier()?;
        let ceremony = Token::read(TokenKind::Ceremony, &given.ceremony).ok_or(AuthError::PasskeyRefused)?;
        let owner = verifier.claimed(&given.answer).ok_or(AuthError::PasskeyRefused)?;
        let beginning = self.begin.draw(Door::of(origin, transport, &*self.means.effects.rng));
        let (ceremony, answer) = (ceremony.digest(), given.answer);
        let arrival = Arc::new(Arrival { ceremony, owner, answer, beginning });
        let input = (self.clone(), ctx.clone(), arrival.clone());
        let outcome = self
            .means
            .store
            .db
            .tx_queue(input, |tx, (this, ctx, arrival)| Box::pin(this.arrive(tx, ctx, arrival)));
        let entered = outcome.await?.map_err(|no| no.told(AuthError::PasskeyRefused));
        let outcome = if entered.is_ok() { "good" } else { "refused" };
        metrics::counter!("auth_factor_logins_total", "method" => "passkey", "outcome" => outcome)
            .increment(1);
        let entered = entered?;
        self.begin.hand_over(arrival.beginning.clone(), &entered.0, &entered.1)
    }

    async fn arrive(&self, tx: &mut Tx, ctx: &Ctx, arrival: &Arrival) -> Outcome<Box<(Account, Session)>> {
        let (store, now) = (&self.means.store, self.means.effects.now());
        let device = Some(arrival.beginning.door.device);
        let ceremony = store.passkeys.take(tx, &arrival.ceremony).await?;
        let ceremony = ceremony.filter(|asked| asked.is_for(Rite::LogIn, None, device, now));
        let (Some(verifier), Some(ceremony)) = (&self.verifier, ceremony) else {
            return Ok(Err(Refusal::Nothing));
        };
        let theirs = store.passkeys.all(tx, arrival.owner).await?;
        let known = !theirs.is_empty();
        let Some(shown) = verifier.shown(&ceremony.state, &arrival.answer, theirs) else {
            // Whose it is said to be may be anybody's: those who have none are counted together for each network.
            let (network, owner) = (hanse_record::network_of(ctx), arrival.owner.to_string());
            let (by, subject) = if known { (&owner, owner.as_str()) } else { (&network, "unknown") };
            let entry = refused(subject, Method::Passkey, "wrong");
            store.record.tally(tx, ctx, &[b"passkey", by.as_bytes()], entry).await?;
            return Ok(Err(Refusal::Nothing));
        };
        let Some(account) = self.means.account(tx, shown.owner).await? else {
            return Ok(Err(Refusal::Nothing));
        };
        store.passkeys.used(tx, &shown.id, &shown.credential, now).await?;
        let session = self.begin.store(tx, ctx, &arrival.beginning, &account, &[Method::Passkey]).await?;
        Ok(Ok(Box::new((account, session))))
    }
}

fn named(name: &str) -> Result<String, AuthError> {
    let mut faults = Faults::default();
    let name = Passkey::name(name).map_err(|e| faults.add("name", "length", e)).ok();
    faults.unless(name)
}
