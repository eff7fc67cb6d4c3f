//! Somebody who is logged in shows once more who they are, for what is asked for only shortly after that.

use crate::application::factors::{Means, Outcome, ProveFactor, Refusal, Shown};
use crate::application::ports::{AccessToken, Holder};
use crate::application::{AuthError, Faults, Proofs, ProvePassword};
use crate::domain::{Account, Method, Session, Transport};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Proof, Secret, SessionId, UserId};
use hanse_record::Entry;
use serde_json::json;

#[derive(Clone)]
pub struct StepUp {
    pub means: Means,
    pub password: ProvePassword,
    pub prove: ProveFactor,
}

/// What is shown: the password counts only for whoever has enrolled no second factor.
pub enum Once {
    Password(Secret),
    Factor(Shown),
}

struct Step {
    session: Session,
    /// None: the password, which was right.
    shown: Option<Shown>,
}

impl StepUp {
    /// A fresh access token where the session is a program's; a browser's cookie stays as it is, and means more.
    pub async fn run(&self, ctx: &Ctx, proofs: Proofs, once: Once) -> Result<Option<AccessToken>, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let session = self.means.own_session.whole(user, proofs).await?.ok_or(AuthError::UnknownAccount)?;
        let shown = match once {
            Once::Password(password) => {
                self.password.once_more(ctx, user, &password).await?;
                None
            }
            Once::Factor(shown) => Some(shown),
        };
        let input = (self.clone(), ctx.clone(), Step { session, shown });
        let outcome =
            self.means.store.db.tx(input, |tx, (this, ctx, step)| Box::pin(this.take(tx, ctx, step)));
        let (account, session) = *outcome.await?.map_err(|no| no.told(factor_wanted()))?;
        match session.transport {
            Transport::Cookie => Ok(None),
            Transport::Token => {
                let now = self.means.effects.now();
                // Shown just now.
                let holder = Holder { account, session, owes_factor: false };
                self.means.access_tokens.issue(&holder, now).map(Some)
            }
        }
    }

    /// The account, and the session as it is afterwards. A code is used up only where there is something that it is for.
    async fn take(&self, tx: &mut Tx, ctx: &Ctx, step: &Step) -> Outcome<Box<(Account, Session)>> {
        let (store, user) = (&self.means.store, step.session.user);
        let Some(account) = self.means.account(tx, user).await? else { return Ok(Err(Refusal::Nothing)) };
        if self.means.live(tx, step.session.id).await?.is_none() {
            return Ok(Err(Refusal::Nothing));
        }
        let method = match &step.shown {
            Some(shown) => match self.prove.once_more(tx, ctx, user, shown).await? {
                Ok(method) => method,
                Err(no) => return Ok(Err(no)),
            },
            None if store.factors.enrolled(tx, user).await?.any() => return Ok(Err(Refusal::Nothing)),
            None => Method::Password,
        };
        let Some(session) = self.means.prove_session(tx, step.session.id, method).await? else {
            return Ok(Err(Refusal::Nothing));
        };
        let entry = Entry::new("stepped_up", "user", user);
        let entry = entry.became(json!({"session": session.id, "by": method.as_str()}));
        store.record.note(tx, ctx, entry).await?;
        Ok(Ok(Box::new((account, session))))
    }
}

impl Means {
    async fn live(&self, tx: &mut Tx, id: SessionId) -> Result<Option<Session>, DbError> {
        let now = self.effects.now();
        Ok(self.store.sessions.by_id(tx, id).await?.filter(|session| session.is_live(now)))
    }

    /// The session it is done in, of whoever may change what they have enrolled: see [`Self::may_change`].
    pub(super) async fn own_to_change(
        &self,
        ctx: &Ctx,
        user: UserId,
        proofs: Proofs,
    ) -> Result<SessionId, AuthError> {
        let session = self.own_session.of(user, proofs).await?.ok_or(AuthError::StepUp)?;
        let read = self
            .store
            .db
            .read((self.clone(), ctx.clone(), user, session), |tx, (this, ctx, user, session)| {
                Box::pin(this.may_change(tx, ctx, *user, *session))
            });
        let may: Result<bool, DbError> = read.await;
        if may? { Ok(session) } else { Err(AuthError::StepUp) }
    }

    /// In a session that goes on: a token of one that is over is good for minutes, and a factor would let in for ever. Whoever has a
    /// factor has just shown one in it. How recent a proof is the edge has judged; that it was a factor, the session knows: a password
    /// was as good until somebody enrolled one elsewhere.
    pub(super) async fn may_change(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: UserId,
        session: SessionId,
    ) -> Result<bool, DbError> {
        let Some(session) = self.live(tx, session).await?.filter(|session| session.user == user) else {
            return Ok(false);
        };
        if !self.store.factors.enrolled(tx, user).await?.any() {
            return Ok(true);
        }
        Ok(ctx.proof == Proof::Recent && session.has_factor())
    }

    /// Its person has shown in this session who they are. None: it is over.
    pub(super) async fn prove_session(
        &self,
        tx: &mut Tx,
        id: SessionId,
        method: Method,
    ) -> Result<Option<Session>, DbError> {
        let now = self.effects.now();
        let Some(mut session) = self.live(tx, id).await? else { return Ok(None) };
        session.proven_at = now;
        if method == Method::Password {
            // It is taken where no factor is enrolled: one that was shown before is there no more.
            session.proven_by.retain(|shown| !shown.is_factor());
        }
        if !session.proven_by.contains(&method) {
            session.proven_by.push(method);
        }
        self.store.sessions.prove(tx, id, now, &session.proven_by).await?;
        Ok(Some(session))
    }
}

fn factor_wanted() -> AuthError {
    let mut faults = Faults::default();
    faults.add("code", "required", "must be shown, or recovery_code: a second factor is enrolled");
    faults.refusal()
}
