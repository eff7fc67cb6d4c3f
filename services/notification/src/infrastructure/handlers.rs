//! What notification does when a message comes: it writes down that somebody is to be told.

use crate::application::intend::Intend;
use crate::domain::{Addressee, Kind};
use async_trait::async_trait;
use hanse_auth_contract::{
    EmailChangeAsked, FactorChanged, IdentityLinked, LinkAsked, LinkPurpose, NewDevice, PasswordChanged,
    RegistrationRepeated, UserRegistered,
};
use hanse_database::Tx;
use hanse_kernel::Ctx;
use hanse_messaging::{Consumers, Handle, HandlerError, Received};
use hanse_order_contract::{
    OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPersonErased, OrderRefunded, OrderRejected,
};
use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_user_contract::UserErased;
use serde_json::{Value, json};

/// All subscriptions. The names are inbox keys: they never change.
pub fn consumers(empty: Consumers, intend: &Intend) -> Consumers {
    empty
        .on::<UserRegistered>("notification.user_registered", OnRegistered(intend.clone()))
        .on::<LinkAsked>("notification.link_asked", OnLinkAsked(intend.clone()))
        .on::<PasswordChanged>("notification.password_changed", OnPasswordChanged(intend.clone()))
        .on::<EmailChangeAsked>("notification.email_change_asked", OnEmailChangeAsked(intend.clone()))
        .on::<NewDevice>("notification.new_device", OnNewDevice(intend.clone()))
        .on::<FactorChanged>("notification.factor_changed", OnFactorChanged(intend.clone()))
        .on::<IdentityLinked>("notification.identity_linked", OnIdentityLinked(intend.clone()))
        .on::<RegistrationRepeated>("notification.registration_repeated", OnRegisteredAgain(intend.clone()))
        .on::<UserErased>("notification.user_erased", OnErased(intend.clone()))
        .on::<OrderConfirmed>("notification.order_confirmed", OnOrder(intend.clone()))
        .on::<OrderRejected>("notification.order_rejected", OnOrder(intend.clone()))
        .on::<OrderCancelled>("notification.order_cancelled", OnOrder(intend.clone()))
        .on::<OrderFulfilled>("notification.order_fulfilled", OnOrder(intend.clone()))
        .on::<OrderRefunded>("notification.order_refunded", OnOrder(intend.clone()))
        .on::<OrderPersonErased>("notification.order_person_erased", OnErased(intend.clone()))
        .on::<PaymentProcessed>("notification.payment_processed", OnPayment(intend.clone()))
}

struct OnRegistered(Intend);

#[async_trait]
impl Handle<UserRegistered> for OnRegistered {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserRegistered>) -> Result<(), HandlerError> {
        let UserRegistered { user_id, staff } = received.message;
        if !staff {
            let to = Addressee::User(user_id);
            self.0.run(tx, &received.ctx, Kind::Welcome, to, &user_id.to_string(), json!({})).await?;
        }
        Ok(())
    }
}

struct OnLinkAsked(Intend);

#[async_trait]
impl Handle<LinkAsked> for OnLinkAsked {
    async fn handle(&self, tx: &mut Tx, received: &Received<LinkAsked>) -> Result<(), HandlerError> {
        let LinkAsked { link_id, user_id, purpose } = received.message;
        let kind = match purpose {
            LinkPurpose::ResetPassword => Kind::ResetPassword,
            LinkPurpose::VerifyEmail => Kind::VerifyEmail,
            LinkPurpose::ChangeEmail => Kind::ChangeEmail,
            LinkPurpose::Invitation => Kind::Invitation,
        };
        let to = Addressee::LinkOf(user_id, link_id);
        Ok(self.0.run(tx, &received.ctx, kind, to, &link_id.to_string(), json!({})).await?)
    }
}

struct OnPasswordChanged(Intend);

#[async_trait]
impl Handle<PasswordChanged> for OnPasswordChanged {
    async fn handle(&self, tx: &mut Tx, received: &Received<PasswordChanged>) -> Result<(), HandlerError> {
        let PasswordChanged { user_id, changed_at } = received.message;
        let about = format!("{user_id}/{}", changed_at.micros());
        let (to, facts) = (Addressee::User(user_id), json!({"changed_at": changed_at}));
        Ok(self.0.run(tx, &received.ctx, Kind::PasswordChanged, to, &about, facts).await?)
    }
}

struct OnEmailChangeAsked(Intend);

#[async_trait]
impl Handle<EmailChangeAsked> for OnEmailChangeAsked {
    async fn handle(&self, tx: &mut Tx, received: &Received<EmailChangeAsked>) -> Result<(), HandlerError> {
        let EmailChangeAsked { user_id, link_id } = received.message;
        let (to, about) = (Addressee::User(user_id), link_id.to_string());
        Ok(self.0.run(tx, &received.ctx, Kind::EmailChangeAsked, to, &about, json!({})).await?)
    }
}

struct OnNewDevice(Intend);

#[async_trait]
impl Handle<NewDevice> for OnNewDevice {
    async fn handle(&self, tx: &mut Tx, received: &Received<NewDevice>) -> Result<(), HandlerError> {
        let NewDevice { user_id, session_id, device, .. } = &received.message;
        let (to, facts) = (Addressee::User(*user_id), json!({"device": device}));
        Ok(self.0.run(tx, &received.ctx, Kind::NewDevice, to, &session_id.to_string(), facts).await?)
    }
}

struct OnFactorChanged(Intend);

#[async_trait]
impl Handle<FactorChanged> for OnFactorChanged {
    async fn handle(&self, tx: &mut Tx, received: &Received<FactorChanged>) -> Result<(), HandlerError> {
        let FactorChanged { user_id, factor, change, changed_at } = received.message;
        let about = format!("{user_id}/{}", changed_at.micros());
        let facts = json!({"factor": factor, "change": change, "changed_at": changed_at});
        let to = Addressee::User(user_id);
        Ok(self.0.run(tx, &received.ctx, Kind::FactorChanged, to, &about, facts).await?)
    }
}

struct OnIdentityLinked(Intend);

#[async_trait]
impl Handle<IdentityLinked> for OnIdentityLinked {
    async fn handle(&self, tx: &mut Tx, received: &Received<IdentityLinked>) -> Result<(), HandlerError> {
        let IdentityLinked { user_id, identity_id, provider } = &received.message;
        let (to, facts) = (Addressee::User(*user_id), json!({"provider": provider}));
        let about = identity_id.to_string();
        Ok(self.0.run(tx, &received.ctx, Kind::IdentityLinked, to, &about, facts).await?)
    }
}

struct OnRegisteredAgain(Intend);

#[async_trait]
impl Handle<RegistrationRepeated> for OnRegisteredAgain {
    async fn handle(
        &self,
        tx: &mut Tx,
        received: &Received<RegistrationRepeated>,
    ) -> Result<(), HandlerError> {
        // Each message is an occasion of its own, however often it comes; how many there are, auth bounds.
        let (to, about) = (Addressee::User(received.message.user_id), received.id.to_string());
        Ok(self.0.run(tx, &received.ctx, Kind::RegistrationRepeated, to, &about, json!({})).await?)
    }
}

struct OnErased(Intend);

#[async_trait]
impl Handle<UserErased> for OnErased {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserErased>) -> Result<(), HandlerError> {
        Ok(self.0.forget(tx, received.message.user_id).await?)
    }
}

#[async_trait]
impl Handle<OrderPersonErased> for OnErased {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderPersonErased>) -> Result<(), HandlerError> {
        Ok(self.0.forget_order(tx, received.message.order_id).await?)
    }
}

/// The order's own events, each told once per occasion.
struct OnOrder(Intend);

impl OnOrder {
    async fn tell(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        kind: Kind,
        order: hanse_kernel::OrderId,
        about: String,
        facts: Value,
    ) -> Result<(), HandlerError> {
        Ok(self.0.run(tx, ctx, kind, Addressee::OrderOf(order), &about, facts).await?)
    }
}

#[async_trait]
impl Handle<OrderConfirmed> for OnOrder {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderConfirmed>) -> Result<(), HandlerError> {
        let order = received.message.order_id;
        self.tell(tx, &received.ctx, Kind::OrderConfirmed, order, order.to_string(), json!({})).await
    }
}

#[async_trait]
impl Handle<OrderRejected> for OnOrder {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderRejected>) -> Result<(), HandlerError> {
        let OrderRejected { order_id, reason, .. } = &received.message;
        self.tell(
            tx,
            &received.ctx,
            Kind::OrderRejected,
            *order_id,
            order_id.to_string(),
            json!({"reason": reason}),
        )
        .await
    }
}

#[async_trait]
impl Handle<OrderCancelled> for OnOrder {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderCancelled>) -> Result<(), HandlerError> {
        let OrderCancelled { order_id, reason, was_confirmed, .. } = &received.message;
        let facts = json!({"reason": reason, "was_confirmed": was_confirmed});
        self.tell(tx, &received.ctx, Kind::OrderCancelled, *order_id, order_id.to_string(), facts).await
    }
}

#[async_trait]
impl Handle<OrderFulfilled> for OnOrder {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderFulfilled>) -> Result<(), HandlerError> {
        let OrderFulfilled { order_id, shipment_id, complete, tracking, .. } = &received.message;
        // The parcel's number is asked for when the mail is written; senders of before told it themselves.
        let facts = json!({"shipment": shipment_id, "tracking": tracking, "complete": complete});
        self.tell(tx, &received.ctx, Kind::OrderFulfilled, *order_id, shipment_id.to_string(), facts).await
    }
}

#[async_trait]
impl Handle<OrderRefunded> for OnOrder {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderRefunded>) -> Result<(), HandlerError> {
        let OrderRefunded { order_id, amount, refunded_total, complete, .. } = &received.message;
        // The running total tells refunds of one order apart, whatever message they come in.
        let about = format!("{order_id}/{}", refunded_total.minor());
        let facts = json!({"amount": amount.minor(), "currency": amount.currency(), "complete": complete});
        self.tell(tx, &received.ctx, Kind::OrderRefunded, *order_id, about, facts).await
    }
}

struct OnPayment(Intend);

#[async_trait]
impl Handle<PaymentProcessed> for OnPayment {
    async fn handle(&self, tx: &mut Tx, received: &Received<PaymentProcessed>) -> Result<(), HandlerError> {
        let payment = &received.message;
        if self.concerns(payment) {
            let about = payment.payment_id.to_string();
            let facts = json!({"reason": payment.reason});
            self.0
                .run(
                    tx,
                    &received.ctx,
                    Kind::PaymentDeclined,
                    Addressee::OrderOf(payment.order_id),
                    &about,
                    facts,
                )
                .await?;
        }
        Ok(())
    }

    fn concerns(&self, message: &PaymentProcessed) -> bool {
        // Only of an attempt to pay: a renewal, a capture or a refund that is declined is the merchant's to settle.
        let attempt = message.renewal == 0 && message.capture_id.is_none() && message.refund_id.is_none();
        message.outcome == PaymentOutcome::Declined && attempt
    }
}
