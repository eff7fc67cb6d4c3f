//! `Payments`: what the checkout asks before there is an order.

use crate::application::open_payment::{OpenPayment, Wanted};
use crate::application::reconcile::{self, Reconcile};
use crate::application::{PaymentError, Till};
use async_trait::async_trait;
use hanse_kernel::{Currency, Money, OrderId, Secret, Timestamp};
use hanse_payment_contract::rpc::payments_server::{Payments, PaymentsServer};
use hanse_payment_contract::rpc::{
    Difference, OpenPaymentReply, OpenPaymentRequest, ReconcileReply, ReconcileRequest,
};
use tonic::{Request, Response, Status};

pub fn payments_server(till: Till, reconcile: Reconcile) -> PaymentsServer<impl Payments> {
    PaymentsServer::new(Server(till, reconcile))
}

struct Server(Till, Reconcile);

fn invalid(field: &str, error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("{field}: {error}"))
}

#[async_trait]
impl Payments for Server {
    async fn open_payment(
        &self,
        request: Request<OpenPaymentRequest>,
    ) -> Result<Response<OpenPaymentReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.0.effects.clock);
        let asked = request.into_inner();
        let currency = Currency::parse(&asked.currency).map_err(|e| invalid("currency", e))?;
        let wanted = Wanted {
            order: asked.order_id.parse::<OrderId>().map_err(|e| invalid("order_id", e))?,
            attempt: asked.attempt,
            amount: Money::new(asked.amount, currency),
            provider: asked.provider,
            token: Secret::from(asked.token),
        };
        let opened = OpenPayment(self.0.clone()).run(&ctx, wanted).await.map_err(|e| status(&e))?;
        Ok(Response::new(OpenPaymentReply {
            payment_id: opened.payment.to_string(),
            capture_at_fulfilment: opened.capture_at_fulfilment,
        }))
    }

    async fn reconcile(
        &self,
        request: Request<ReconcileRequest>,
    ) -> Result<Response<ReconcileReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.0.effects.clock);
        let asked = request.into_inner();
        let wanted = reconcile::Wanted {
            since: Timestamp::from_micros(asked.since),
            after: asked.after,
            apply: asked.apply.then_some(asked.by),
        };
        let unavailable = |e: PaymentError| Status::unavailable(e.to_string());
        let page = self.1.run(&ctx, wanted).await.map_err(unavailable)?;
        let differences = page.differences.into_iter().map(|d| Difference {
            provider: d.provider.into(),
            key: d.key.to_string(),
            payment_id: d.payment.to_string(),
            order_id: d.order.to_string(),
            kind: d.kind.into(),
            detail: d.detail,
            remedy: d.remedy.into(),
            done: d.done,
            by_hand: d.by_hand,
        });
        Ok(Response::new(ReconcileReply {
            differences: differences.collect(),
            next: page.next.unwrap_or_default(),
            compared: page.compared,
            unread: page.unread.into_iter().map(str::to_string).collect(),
        }))
    }
}

fn status(error: &PaymentError) -> Status {
    match error {
        PaymentError::UnknownProvider(_) | PaymentError::Invalid { .. } => {
            Status::invalid_argument(error.to_string())
        }
        other => {
            tracing::warn!(error = %other, "a payment could not be opened");
            Status::unavailable("payments cannot be opened now")
        }
    }
}
