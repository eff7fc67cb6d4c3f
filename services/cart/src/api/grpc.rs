//! The questions that other services ask about carts.

use super::body::CartBody;
use crate::application::CartError;
use crate::application::ports::Standing;
use crate::application::show_cart::ShowCart;
use crate::application::snapshot::TakeSnapshot;
use hanse_cart_contract::rpc::carts_server::Carts;
use hanse_cart_contract::rpc::{Address, GetSnapshotRequest, Shown, Snapshot, SnapshotLine};
use hanse_database::DbError;
use hanse_kernel::{Actor, CartId, Clock, Personal, UserId};
use hanse_rpc::ctx_of;
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub struct Answers {
    pub snapshot: TakeSnapshot,
    pub show: ShowCart,
    pub clock: Arc<dyn Clock>,
}

fn status(error: CartError) -> Status {
    match error {
        CartError::Store(e @ (DbError::Unavailable(_) | DbError::Conflict { .. })) => {
            Status::unavailable(e.to_string())
        }
        CartError::Store(e) => {
            tracing::error!(error = %e, "a question about a cart could not be answered");
            Status::internal("the carts could not answer")
        }
        CartError::Away(what) => Status::unavailable(what),
        _ => Status::not_found("no such cart"),
    }
}

/// An id that cannot be read names no cart.
fn asked(request: &GetSnapshotRequest) -> Result<(CartId, Option<UserId>), Status> {
    let nothing = || Status::not_found("no such cart");
    let cart = request.cart_id.parse().map_err(|_| nothing())?;
    let customer = match request.customer_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| nothing())?),
    };
    Ok((cart, customer))
}

fn address(address: Option<&Personal<crate::domain::Address>>) -> Option<Address> {
    let a = address?.reveal();
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    Some(Address {
        name: a.name.clone(),
        line1: a.line1.clone(),
        line2: text(&a.line2),
        city: a.city.clone(),
        postal_code: a.postal_code.clone(),
        region: text(&a.region),
        country: a.country.clone(),
        phone: text(&a.phone),
    })
}

fn snapshot(standing: &Standing) -> Snapshot {
    let cart = &standing.cart;
    let line = |l: &crate::domain::Line| SnapshotLine {
        item_id: l.id.to_string(),
        variant_id: l.variant.to_string(),
        quantity: l.quantity,
        metadata: l.metadata.clone(),
    };
    Snapshot {
        cart_id: cart.id.to_string(),
        version: cart.version,
        currency: cart.currency.code().into(),
        channel: cart.channel.to_string(),
        email: cart.email.as_ref().map(|e| e.reveal().as_str().to_string()).unwrap_or_default(),
        customer_id: cart.customer.map(|c| c.to_string()).unwrap_or_default(),
        lines: cart.lines.iter().map(line).collect(),
        shipping_address: address(cart.shipping_address.as_ref()),
        billing_address: address(cart.billing_address.as_ref()),
        shipping_method_id: cart.shipping_method.map(|m| m.to_string()).unwrap_or_default(),
        discount_codes: cart.codes.iter().map(|c| c.as_str().to_string()).collect(),
        applied_orders: standing.applied.iter().map(ToString::to_string).collect(),
        merged_carts: standing.merged.iter().map(ToString::to_string).collect(),
        locale: cart.locale.as_str().into(),
        metadata: cart.metadata.clone(),
    }
}

#[tonic::async_trait]
impl Carts for Answers {
    async fn get_snapshot(&self, request: Request<GetSnapshotRequest>) -> Result<Response<Snapshot>, Status> {
        let (cart, customer) = asked(request.get_ref())?;
        let standing = self.snapshot.run(cart, customer).await.map_err(status)?;
        Ok(Response::new(snapshot(&standing)))
    }

    async fn show(&self, request: Request<GetSnapshotRequest>) -> Result<Response<Shown>, Status> {
        let mut ctx = ctx_of(&request, &*self.clock);
        let (cart, customer) = asked(request.get_ref())?;
        ctx.actor = customer.map_or(Actor::Anonymous, |user| Actor::Customer { user });
        let view = self.show.untouched(&ctx, cart).await.map_err(status)?;
        let json =
            serde_json::to_string(&CartBody::from(view)).map_err(|e| Status::internal(e.to_string()))?;
        Ok(Response::new(Shown { json }))
    }
}
