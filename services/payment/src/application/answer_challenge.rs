//! The shopper has answered the test provider's question.

use super::error::PaymentError;
use super::till::Till;
use crate::domain::{Kind, Payment, Phase, State};
use hanse_kernel::{Ctx, Money, PaymentId};

#[derive(Clone)]
pub struct AnswerChallenge(pub Till);

/// What the shopper is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub amount: Money,
    pub state: State,
}

impl AnswerChallenge {
    pub async fn question(&self, id: PaymentId) -> Result<Question, PaymentError> {
        let payment = self.payment(id).await?;
        Ok(Question { amount: payment.amount, state: payment.state })
    }

    async fn payment(&self, id: PaymentId) -> Result<Payment, PaymentError> {
        let found = self
            .0
            .db
            .read((self.0.payments.clone(), id), |tx, (payments, id)| {
                Box::pin(async move { Ok::<_, PaymentError>(payments.find(tx, *id).await?) })
            })
            .await?;
        // Other providers ask on pages of their own.
        found.filter(|p| p.provider == "test" && p.state != State::Opened).ok_or(PaymentError::NotFound)
    }

    /// Passes the answer to the provider and looks there what has become of the payment.
    pub async fn run(&self, ctx: &Ctx, id: PaymentId, approve: bool) -> Result<(), PaymentError> {
        let payment = self.payment(id).await?;
        let waiting = |i: &&crate::domain::Intent| i.kind == Kind::Authorise && i.is_open();
        let asked = payment.intents.iter().find(waiting).map(|i| i.id).ok_or(PaymentError::NotWaiting)?;
        if payment.state != State::ActionRequired || !self.0.challenges.answer(asked, approve).await? {
            return Err(PaymentError::NotWaiting);
        }
        self.0
            .db
            .tx_one((self.0.clone(), ctx.clone(), id), |tx, (till, ctx, id)| {
                Box::pin(async move {
                    let Some(mut payment) = till.payments.find(tx, *id).await? else { return Ok(()) };
                    let look = till.decide(&mut payment, |payment, at| payment.look_now(at));
                    let Some(intent) = look else { return Ok(()) };
                    debug_assert!(payment.intents.iter().any(|i| i.id == intent && i.phase == Phase::Flying));
                    till.settle(tx, ctx, payment).await?;
                    let bell = till.bell.clone();
                    tx.after_commit(move || bell.ring(intent));
                    Ok(())
                })
            })
            .await
    }
}
