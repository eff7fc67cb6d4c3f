//! The shopper has answered the test provider's question.

use super::error::PaymentError;
use super::hear::Hear;
use super::ports::Call;
use super::till::Till;
use crate::domain::{Kind, Payment, State};
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

    /// Passes the answer to the provider, and its webhook of that to whoever hears webhooks.
    pub async fn run(&self, ctx: &Ctx, id: PaymentId, approve: bool) -> Result<(), PaymentError> {
        let payment = self.payment(id).await?;
        let waiting = |i: &&crate::domain::Intent| i.kind == Kind::Authorise && i.is_open();
        let asked = payment.intents.iter().find(waiting).map(|i| i.id).ok_or(PaymentError::NotWaiting)?;
        if payment.state != State::ActionRequired {
            return Err(PaymentError::NotWaiting);
        }
        let Some(webhook) = self.0.challenges.answer(asked, approve).await? else {
            return Err(PaymentError::NotWaiting);
        };
        // It has only one header.
        let header = |_: &str| Some(webhook.signature.clone());
        let call = Call { body: &webhook.body, header: &header, now: self.0.effects.now() };
        Hear(self.0.clone()).run(ctx, &payment.provider, &call).await.map(|_| ())
    }
}
