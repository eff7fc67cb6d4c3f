//! Somebody is to be forgotten, by their own wish or through staff. What is known here goes at once; UserErased reaches all
//! others who hold something about them. What the law wants kept of orders is kept without the person.

use crate::application::UserError;
use crate::application::ports::{Away, Erasures, People, Profiles, Proof};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Actor, Ctx, Effects, Proof as Shown, Secret, UserId};
use hanse_messaging::Outbox;
use hanse_record::{Entry, Record};
use hanse_user_contract::UserErased;
use std::sync::Arc;

#[derive(Clone)]
pub struct Erase {
    pub db: Db,
    pub effects: Effects,
    pub outbox: Outbox,
    pub profiles: Arc<dyn Profiles>,
    pub erasures: Arc<dyn Erasures>,
    pub people: Arc<dyn People>,
    pub record: Record,
}

impl Erase {
    /// It cannot be taken back, so a session is not enough: either the password comes along, or its person has just shown who they
    /// are, as by a login. Asked once more it is as fine as the first time.
    pub async fn me(&self, ctx: &Ctx, password: Option<Secret>) -> Result<(), UserError> {
        let user = match &ctx.actor {
            Actor::Customer { user } => *user,
            Actor::Staff { .. } => return Err(UserError::OfStaff),
            _ => return Err(UserError::Nobody),
        };
        let recent = ctx.proof == Shown::Recent;
        let Some(password) = password else {
            return if recent { self.erase(ctx, user, false).await } else { Err(UserError::StepUp) };
        };
        let away = |Away(why)| UserError::AuthAway(why);
        match self.people.prove(ctx, user, &password).await.map_err(away)? {
            Proof::Theirs => self.erase(ctx, user, false).await,
            // Where a factor is enrolled, nothing is recent that was not shown with it.
            Proof::TheirsNotAlone if recent => self.erase(ctx, user, false).await,
            Proof::TheirsNotAlone => Err(UserError::StepUp),
            Proof::Wrong => Err(UserError::WrongPassword),
            Proof::Wait(wait) => Err(UserError::TooManyTries(wait)),
            // Auth has heard of it already.
            Proof::NoAccount if self.is_erased(user).await? => Ok(()),
            Proof::NoAccount => Err(UserError::Nobody),
            Proof::NoPassword => Err(UserError::NoPassword),
        }
    }

    /// As staff are asked for by mail. Staff themselves are no customers.
    pub async fn customer(&self, ctx: &Ctx, user: UserId) -> Result<(), UserError> {
        self.erase(ctx, user, true).await
    }

    async fn is_erased(&self, user: UserId) -> Result<bool, UserError> {
        let erased = self.db.read((self.erasures.clone(), user), |tx, (erasures, user)| {
            Box::pin(async move { Ok::<_, UserError>(erasures.has(tx, *user).await?) })
        });
        erased.await
    }

    async fn erase(&self, ctx: &Ctx, user: UserId, known_only: bool) -> Result<(), UserError> {
        self.db
            .tx((self.clone(), ctx.clone(), user, known_only), |tx, (this, ctx, user, known_only)| {
                Box::pin(this.take(tx, ctx, *user, *known_only))
            })
            .await
    }

    async fn take(&self, tx: &mut Tx, ctx: &Ctx, user: UserId, known_only: bool) -> Result<(), UserError> {
        // What is to be destroyed need not be readable.
        let staff = self.profiles.staff(tx, user).await?;
        let unknown = staff.is_none() && known_only && !self.erasures.has(tx, user).await?;
        if staff == Some(true) || unknown {
            return Err(UserError::NoSuchPerson);
        }
        if !self.erasures.add(tx, user, &ctx.actor.label(), self.effects.now()).await? {
            return Ok(());
        }
        Ok(self.forget(tx, ctx, user, "customer.erased").await?)
    }

    /// What is known here of somebody who is noted as erased goes, and all others are told.
    pub(super) async fn forget(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: UserId,
        action: &'static str,
    ) -> Result<(), DbError> {
        self.profiles.remove(tx, user).await?;
        self.record.note(tx, ctx, Entry::new(action, "user", user)).await?;
        let telling = self.erasures.told(tx, user, self.effects.now()).await?;
        self.outbox.event(tx, ctx, &user, telling, &UserErased { user_id: user }).await
    }
}
