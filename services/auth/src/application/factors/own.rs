//! What somebody has enrolled, for them to see, to renew and to remove.

use crate::application::factors::{Means, Outcome, ProveFactor, Refusal, Shown, codes};
use crate::application::ports::Store;
use crate::application::{AuthError, ProvePassword};
use crate::domain::{Enrolled, Passkey, RecoveryCode};
use hanse_auth_contract::{Factor, FactorChange};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Secret, UserId};

#[derive(Clone)]
pub struct OwnFactors {
    pub store: Store,
}

impl OwnFactors {
    pub async fn run(&self, ctx: &Ctx) -> Result<(Enrolled, Vec<Passkey>), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let found = self.store.db.read((self.store.clone(), user), |tx, (store, user)| {
            Box::pin(async move {
                let enrolled = store.factors.enrolled(tx, *user).await?;
                Ok((enrolled, store.passkeys.all(tx, *user).await?))
            })
        });
        let found: Result<_, DbError> = found.await;
        Ok(found?)
    }
}

#[derive(Clone)]
pub struct RemoveTotp {
    pub means: Means,
    pub password: ProvePassword,
    pub prove: ProveFactor,
}

impl RemoveTotp {
    /// By password and factor together: neither a session nor a password that was found is enough. The factor is shown in the
    /// same call, which no step-up is more recent than.
    pub async fn run(&self, ctx: &Ctx, password: Option<Secret>, shown: Shown) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        self.password.where_there_is_one(ctx, user, password.as_ref()).await?;
        let input = (self.clone(), ctx.clone(), user, shown);
        let outcome = self
            .means
            .store
            .db
            .tx(input, |tx, (this, ctx, user, shown)| Box::pin(this.take(tx, ctx, *user, shown)));
        outcome.await?.map_err(|no| no.told(AuthError::NoFactor))
    }

    async fn take(&self, tx: &mut Tx, ctx: &Ctx, user: UserId, shown: &Shown) -> Outcome<()> {
        let factors = &self.means.store.factors;
        if factors.enrolled(tx, user).await?.totp_since.is_none() {
            return Ok(Err(Refusal::Nothing));
        }
        let Some(account) = self.means.account(tx, user).await? else { return Ok(Err(Refusal::Nothing)) };
        if let Err(no) = self.prove.once_more(tx, ctx, user, shown).await? {
            return Ok(Err(no));
        }
        factors.remove_totp(tx, user).await?;
        if !factors.enrolled(tx, user).await?.any() {
            // They stand in for other factors, and there are none left.
            factors.put_recovery_codes(tx, user, &[]).await?;
        }
        self.means.tell(tx, ctx, account, Factor::Totp, FactorChange::Removed).await?;
        Ok(Ok(()))
    }
}

#[derive(Clone)]
pub struct NewRecoveryCodes {
    pub means: Means,
    pub password: ProvePassword,
    pub prove: ProveFactor,
}

struct Renewal {
    user: UserId,
    shown: Shown,
    recovery: Vec<RecoveryCode>,
}

impl NewRecoveryCodes {
    /// They are told this once; those of before are good for nothing. Password and factor are shown as for [`RemoveTotp`].
    pub async fn run(
        &self,
        ctx: &Ctx,
        password: Option<Secret>,
        shown: Shown,
    ) -> Result<Vec<RecoveryCode>, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        self.password.where_there_is_one(ctx, user, password.as_ref()).await?;
        let recovery = codes(&*self.means.effects.rng);
        let renewal = Renewal { user, shown, recovery: recovery.clone() };
        let input = (self.clone(), ctx.clone(), renewal);
        let outcome =
            self.means.store.db.tx(input, |tx, (this, ctx, renewal)| Box::pin(this.take(tx, ctx, renewal)));
        outcome.await?.map_err(|no| no.told(AuthError::NoFactor))?;
        Ok(recovery)
    }

    async fn take(&self, tx: &mut Tx, ctx: &Ctx, renewal: &Renewal) -> Outcome<()> {
        let (factors, user) = (&self.means.store.factors, renewal.user);
        if !factors.enrolled(tx, user).await?.any() {
            return Ok(Err(Refusal::Nothing));
        }
        let Some(account) = self.means.account(tx, user).await? else { return Ok(Err(Refusal::Nothing)) };
        if let Err(no) = self.prove.once_more(tx, ctx, user, &renewal.shown).await? {
            return Ok(Err(no));
        }
        let digests: Vec<_> = renewal.recovery.iter().map(|code| code.digest(user)).collect();
        factors.put_recovery_codes(tx, user, &digests).await?;
        self.means.tell(tx, ctx, account, Factor::RecoveryCodes, FactorChange::Added).await?;
        Ok(Ok(()))
    }
}
