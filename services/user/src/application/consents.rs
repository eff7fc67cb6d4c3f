//! Somebody says what they agree to, or that they no longer do, and sees what they have said.

use crate::application::UserError;
use crate::application::ports::{ConsentBook, Erasures, Profiles};
use crate::domain::consent::{Consent, Consents, Place, Purpose, Wording};
use crate::domain::{Faults, Profile};
use hanse_database::{Db, Tx};
use hanse_kernel::{Actor, Ctx, Effects, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct ConsentUse {
    pub db: Db,
    pub effects: Effects,
    pub profiles: Arc<dyn Profiles>,
    pub erasures: Arc<dyn Erasures>,
    pub consents: Arc<dyn ConsentBook>,
}

/// As it was sent.
#[derive(Debug, Clone)]
pub struct Said {
    pub purpose: String,
    pub granted: bool,
    pub wording: String,
    pub place: String,
}

impl ConsentUse {
    pub async fn list(&self, ctx: &Ctx) -> Result<Consents, UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let found = self.db.read((self.consents.clone(), user), |tx, (consents, user)| {
            Box::pin(async move { Ok::<_, UserError>(consents.load(tx, *user).await?) })
        });
        found.await
    }

    /// What somebody has said last stands; what they said before is kept.
    pub async fn say(&self, ctx: &Ctx, said: Said) -> Result<Consents, UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let mut faults = Faults::default();
        let purpose = said.purpose.parse::<Purpose>();
        let place = said.place.parse::<Place>();
        if let Err(unknown) = &purpose {
            faults.add("purpose", "unknown", unknown.to_string());
        }
        if let Err(unknown) = &place {
            faults.add("place", "unknown", unknown.to_string());
        }
        let wording = Wording::read(&said.wording, &mut faults);
        faults.check().map_err(UserError::Invalid)?;
        let (Ok(purpose), Ok(place)) = (purpose, place) else { return Err(UserError::Invalid(vec![])) };
        let word = Consent { purpose, granted: said.granted, wording, place, at: self.effects.now() };
        self.db
            .tx((self.clone(), ctx.clone(), user, word), |tx, (this, ctx, user, word)| {
                Box::pin(this.keep(tx, ctx, *user, word))
            })
            .await
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: UserId,
        word: &Consent,
    ) -> Result<Consents, UserError> {
        if self.erasures.has(tx, user).await? {
            return Err(UserError::Nobody);
        }
        let before = self.consents.load(tx, user).await?;
        let Some((number, word)) = before.say(word.clone())? else { return Ok(before) };
        let staff = matches!(ctx.actor, Actor::Staff { .. });
        // A first word does not wait for the message that opens profiles.
        self.profiles.add(tx, &Profile::new(user, staff, ctx.locale.clone(), self.effects.now())).await?;
        self.consents.add(tx, user, number, &word).await?;
        Ok(self.consents.load(tx, user).await?)
    }
}
