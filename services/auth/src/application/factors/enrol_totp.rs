//! Somebody enrols an authenticator app: is told its secret, and shows with a first code that the app has it. Where there is a factor
//! already, only whoever has just shown one does.

use crate::application::factors::{Means, Outcome, Refusal, codes};
use crate::application::{AuthError, Proofs, ProvePassword};
use crate::domain::{Method, RecoveryCode, TotpFactor, TotpSecret, TryKey};
use hanse_auth_contract::{Factor, FactorChange};
use hanse_database::{DbError, Tx};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Ctx, Secret, SessionId, UserId};

#[derive(Clone)]
pub struct EnrolTotp {
    pub means: Means,
    pub password: ProvePassword,
    pub shop: String,
}

/// What the app is to know, told this once.
pub struct TotpBegun {
    pub secret: Secret,
    pub uri: Secret,
}

impl EnrolTotp {
    pub async fn run(
        &self,
        ctx: &Ctx,
        proofs: Proofs,
        password: Option<Secret>,
    ) -> Result<TotpBegun, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        self.means.own_to_change(ctx, user, proofs).await?;
        let account = self.password.or_just_now(ctx, user, password.as_ref()).await?;
        let secret = TotpSecret::random(&*self.means.effects.rng);
        let begun =
            TotpBegun { secret: secret.text(), uri: secret.uri(&self.shop, account.email.reveal().as_str()) };
        let factor = TotpFactor::new(user, secret, self.means.effects.now());
        let input = (self.means.store.factors.clone(), factor);
        let stored =
            self.means.store.db.tx(input, |tx, (factors, factor)| {
                Box::pin(async move { factors.begin_totp(tx, factor).await })
            });
        let stored: Result<bool, DbError> = stored.await;
        if stored? { Ok(begun) } else { Err(AuthError::TotpEnrolled) }
    }
}

#[derive(Clone)]
pub struct ConfirmTotp {
    pub means: Means,
}

struct Confirmation {
    user: UserId,
    code: Secret,
    recovery: Vec<RecoveryCode>,
    session: SessionId,
}

impl ConfirmTotp {
    /// Recovery codes, told this once, where there are none: those of a factor from before stay as they are. In the session it is done
    /// in, the factor is shown by it.
    pub async fn run(
        &self,
        ctx: &Ctx,
        proofs: Proofs,
        code: Secret,
    ) -> Result<Option<Vec<RecoveryCode>>, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let session = self.means.own_session.of(user, proofs).await?.ok_or(AuthError::StepUp)?;
        let recovery = codes(&*self.means.effects.rng);
        let confirmation = Confirmation { user, code, recovery: recovery.clone(), session };
        let input = (self.clone(), ctx.clone(), confirmation);
        let outcome = self
            .means
            .store
            .db
            .tx(input, |tx, (this, ctx, confirmation)| Box::pin(this.take(tx, ctx, confirmation)));
        let first = outcome.await?.map_err(|no| no.told(AuthError::TotpNotBegun))?;
        Ok(first.then_some(recovery))
    }

    /// Whether its recovery codes count. What is enrolled is asked again: it may have been the first when it was begun.
    async fn take(&self, tx: &mut Tx, ctx: &Ctx, given: &Confirmation) -> Outcome<bool> {
        let Means { store, effects, .. } = &self.means;
        let (now, tried) = (effects.now(), TryKey::of_person_factor(given.user));
        let Some(account) = self.means.account(tx, given.user).await? else {
            return Ok(Err(Refusal::Nothing));
        };
        let factor = store.factors.totp(tx, given.user).await?.filter(|f| f.confirmed_at.is_none());
        let Some(factor) = factor else { return Ok(Err(Refusal::Nothing)) };
        if !self.means.may_change(tx, ctx, given.user, given.session).await? {
            return Ok(Err(Refusal::Stale));
        }
        if let Some(wait) = store.tries.take(tx, &tried, now).await? {
            return Ok(Err(Refusal::TooMany(wait)));
        }
        let step = factor.secret.step_of(given.code.expose_secret(), factor.used_step, now);
        let Some(step) = step else { return Ok(Err(Refusal::Wrong)) };
        if !store.factors.use_totp(tx, given.user, step, now).await? {
            return Ok(Err(Refusal::Wrong));
        }
        store.tries.give_back(tx, &tried).await?;
        self.means.prove_session(tx, given.session, Method::Totp).await?;
        let first = self.means.first_codes(tx, given.user, &given.recovery).await?;
        self.means.tell(tx, ctx, account, Factor::Totp, FactorChange::Added).await?;
        Ok(Ok(first))
    }
}
