//! Keep the shopper's means of payment for an order that is about to be made.

use super::error::PaymentError;
use super::till::Till;
use crate::domain::Payment;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Ctx, Money, OrderId, PaymentId, Secret};

#[derive(Debug)]
pub struct Wanted {
    pub order: OrderId,
    pub attempt: u32,
    pub amount: Money,
    pub provider: String,
    pub token: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    pub payment: PaymentId,
    /// The provider takes the money when goods leave, not when the order is confirmed.
    pub capture_at_fulfilment: bool,
}

#[derive(Clone)]
pub struct OpenPayment(pub Till);

impl OpenPayment {
    /// Idempotent on order and attempt. Until somebody goes on with the payment, the last means of payment counts.
    pub async fn run(&self, ctx: &Ctx, wanted: Wanted) -> Result<Opened, PaymentError> {
        check(&wanted)?;
        let Some(provider) = self.0.providers.get(wanted.provider.as_str()) else {
            return Err(PaymentError::UnknownProvider(wanted.provider));
        };
        let capture_at_fulfilment = provider.capabilities().capture_at_fulfilment;
        let payment = self
            .0
            .db
            .tx_one((self.0.clone(), ctx.clone(), wanted), |tx, (till, ctx, wanted)| {
                Box::pin(async move {
                    let expires_at = till.effects.now().plus(till.times.keep);
                    let mut payment =
                        match till.payments.find_attempt(tx, wanted.order, wanted.attempt).await? {
                            None => {
                                let id: PaymentId = till.effects.id();
                                let named = (id, wanted.order, wanted.attempt);
                                Payment::open(named, wanted.amount, &wanted.provider, expires_at)
                            }
                            Some(mut known) => {
                                if !known.open_again(wanted.amount, &wanted.provider, expires_at) {
                                    return Ok(known.id);
                                }
                                known
                            }
                        };
                    payment.sealed = Some(till.vault.seal(payment.id, &wanted.token)?);
                    let payment = till.settle(tx, ctx, payment).await?;
                    Ok::<_, PaymentError>(payment.id)
                })
            })
            .await?;
        Ok(Opened { payment, capture_at_fulfilment })
    }
}

fn check(wanted: &Wanted) -> Result<(), PaymentError> {
    if !(1..=1000).contains(&wanted.attempt) {
        return Err(PaymentError::Invalid { field: "attempt", rule: "must be between 1 and 1000" });
    }
    if wanted.amount.minor() <= 0 {
        return Err(PaymentError::Invalid { field: "amount", rule: "must be greater than 0" });
    }
    let token = wanted.token.expose_secret().as_bytes();
    if !(1..=512).contains(&token.len()) || !token.iter().all(|b| (0x21..=0x7e).contains(b)) {
        return Err(PaymentError::Invalid {
            field: "token",
            rule: "must be 1 to 512 visible ASCII characters",
        });
    }
    Ok(())
}
