//! Whom to tell, asked of order and auth at the moment of sending.

use crate::application::error::SendError;
use crate::application::ports::{Neighbours, Occasion};
use crate::domain::Addressee;
use async_trait::async_trait;
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_auth_contract::rpc::{Contact, GetContactRequest, GetLinkRequest};
use hanse_kernel::{Clock, Ctx, LinkId, Locale, OrderId, Personal, UserId};
use hanse_order_contract::rpc::orders_client::OrdersClient;
use hanse_order_contract::rpc::{GetForMailRequest, OrderForMail};
use hanse_rpc::{Link, RpcError};
use hanse_runtime::Host;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct LiveNeighbours {
    orders: OrdersClient<Link>,
    accounts: AccountsClient<Link>,
    clock: Arc<dyn Clock>,
}

impl LiveNeighbours {
    pub fn new(host: &Host) -> Self {
        Self {
            orders: OrdersClient::new(host.network.link("order")),
            accounts: AccountsClient::new(host.network.link("auth")),
            clock: host.effects.clock.clone(),
        }
    }

    async fn order(&self, ctx: &Ctx, order: OrderId) -> Result<Option<Occasion>, SendError> {
        let ask = hanse_rpc::request(ctx, &*self.clock, GetForMailRequest { order_id: order.to_string() });
        let reply =
            self.orders.clone().get_for_mail(ask).await.map_err(|s| RpcError::from_status("order", s));
        match reply {
            Ok(reply) => Ok(Some(of_order(reply.into_inner()))),
            Err(e) if e.is_not_found() => Ok(None),
            Err(e) => Err(SendError::Later(e.to_string())),
        }
    }

    async fn user(&self, ctx: &Ctx, user: UserId) -> Result<Option<Occasion>, SendError> {
        let ask = hanse_rpc::request(ctx, &*self.clock, GetContactRequest { user_id: user.to_string() });
        let reply =
            self.accounts.clone().get_contact(ask).await.map_err(|s| RpcError::from_status("auth", s));
        match reply {
            Ok(reply) => Ok(Some(of_person(user, reply.into_inner(), None))),
            Err(e) if e.is_not_found() => Ok(None),
            Err(e) => Err(SendError::Later(e.to_string())),
        }
    }

    /// Nobody, too, when the link is no longer good: a mail with it would only disappoint.
    async fn link(&self, ctx: &Ctx, user: UserId, link: LinkId) -> Result<Option<Occasion>, SendError> {
        let ask = hanse_rpc::request(ctx, &*self.clock, GetLinkRequest { link_id: link.to_string() });
        let reply = self.accounts.clone().get_link(ask).await.map_err(|s| RpcError::from_status("auth", s));
        match reply.map(tonic::Response::into_inner) {
            Ok(link) => Ok(link.to.map(|contact| of_person(user, contact, Some(&link.token)))),
            Err(e) if e.is_not_found() => Ok(None),
            Err(e) => Err(SendError::Later(e.to_string())),
        }
    }
}

fn of_person(user: UserId, contact: Contact, token: Option<&str>) -> Occasion {
    let link = token.map(|token| json!({"token": token}));
    Occasion {
        to: Personal::of(user, contact.email),
        locale: Locale::new(&contact.locale),
        data: json!({"person": {"name": contact.name}, "order": null, "link": link}),
        status: String::new(),
        tracking: BTreeMap::new(),
    }
}

fn of_order(order: OrderForMail) -> Occasion {
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|l| {
            json!({"title": l.title, "variant_title": l.variant_title, "sku": l.sku, "quantity": l.quantity, "total": l.total})
        })
        .collect();
    let data = json!({
        "person": {"name": order.name},
        "order": {
            "id": order.order_id, "number": order.number, "status": order.status, "currency": order.currency,
            "lines": lines, "items": order.items, "discount": order.discount, "shipping": order.shipping,
            "tax": order.tax, "total": order.total, "tax_included": order.tax_included,
            "address_lines": order.address_lines, "access_token": order.access_token,
        },
    });
    let to = match order.user_id.parse::<UserId>() {
        Ok(user) => Personal::of(user, order.email),
        Err(_) => Personal::guest(order.email),
    };
    let tracking = order.shipments.into_iter().map(|shipment| (shipment.id, shipment.tracking)).collect();
    Occasion { to, locale: Locale::new(&order.locale), data, status: order.status, tracking }
}

#[async_trait]
impl Neighbours for LiveNeighbours {
    async fn occasion(&self, ctx: &Ctx, addressee: Addressee) -> Result<Option<Occasion>, SendError> {
        match addressee {
            Addressee::OrderOf(order) => self.order(ctx, order).await,
            Addressee::User(user) => self.user(ctx, user).await,
            Addressee::LinkOf(user, link) => self.link(ctx, user, link).await,
        }
    }
}
