//! A message arrived that somebody is to be told of: the intent commits with the inbox row, the worker sends later.

use super::ports::{Intent, Intents, KeptMails};
use crate::domain::{Addressee, Kind};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, OrderId, UserId};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Notify;

#[derive(Clone)]
pub struct Intend {
    pub intents: Arc<dyn Intents>,
    pub mails: Arc<dyn KeptMails>,
    pub effects: Effects,
    pub wake: Arc<Notify>,
}

impl Intend {
    /// `about` names the occasion: the same kind about the same occasion is told once.
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        kind: Kind,
        addressee: Addressee,
        about: &str,
        facts: Value,
    ) -> Result<(), DbError> {
        let (correlation, trace) = (Some(ctx.correlation.clone()), ctx.trace);
        let intent =
            Intent { id: self.effects.id(), kind, addressee, facts, attempts: 0, correlation, trace };
        if self.intents.add(tx, &intent, about, self.effects.now()).await? {
            let wake = self.wake.clone();
            tx.after_commit(move || wake.notify_one());
        }
        Ok(())
    }

    /// Nothing about this person is kept or sent any more.
    pub async fn forget(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        self.intents.forget(tx, user).await?;
        self.mails.forget(tx, user, self.effects.now()).await
    }

    /// Nothing about this guest's order is kept any more. What is still to be told of it, while it is on its way, is told.
    pub async fn forget_order(&self, tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
        self.mails.forget_order(tx, order, self.effects.now()).await?;
        self.intents.forget_order(tx, order).await
    }
}
