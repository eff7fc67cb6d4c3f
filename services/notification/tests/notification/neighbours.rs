//! Order and auth as notification sees them, programmed by the test.

use hanse_auth_contract::rpc::accounts_server::{Accounts, AccountsServer};
use hanse_auth_contract::rpc::{
    Contact, Contacts, CreateStaffReply, CreateStaffRequest, ExchangeReply, ExchangeRequest, FindUserRequest,
    FoundUser, GetContactRequest, GetContactsRequest, GetKeysRequest, GetLinkRequest, Keys, MailLink,
    ProvePasswordReply, ProvePasswordRequest,
};
use hanse_kernel::{
    CartId, ChannelId, Currency, ItemId, LinkId, Money, OrderId, ShipmentId, UserId, VariantId,
};
use hanse_order_contract::rpc::orders_server::{Orders, OrdersServer};
use hanse_order_contract::rpc::{
    ExistsReply, ExistsRequest, GetForMailRequest, MailLine, MailShipment, OrderForMail,
};
use hanse_order_contract::{OrderConfirmed, OrderLine};
use hanse_testkit::TestHost;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// What the neighbours answer; `status` of the order can be changed while the story runs.
#[derive(Clone)]
pub struct World {
    pub status: Arc<Mutex<String>>,
    /// Whose the orders are; the others are guests'.
    pub buyers: Arc<Mutex<BTreeMap<OrderId, UserId>>>,
    pub locale: &'static str,
}

impl World {
    pub fn settle_in(shop: &TestHost, status: &str, locale: &'static str) -> Self {
        let world = Self { status: Arc::new(Mutex::new(status.to_string())), buyers: Arc::default(), locale };
        shop.fake("order", Routes::new(OrdersServer::new(world.clone())));
        shop.fake("auth", Routes::new(AccountsServer::new(world.clone())));
        world
    }
}

#[tonic::async_trait]
impl Orders for World {
    async fn exists(&self, _: Request<ExistsRequest>) -> Result<Response<ExistsReply>, Status> {
        Ok(Response::new(ExistsReply { exists: true }))
    }
    async fn get_for_mail(&self, ask: Request<GetForMailRequest>) -> Result<Response<OrderForMail>, Status> {
        let order_id = ask.into_inner().order_id;
        let buyer = order_id
            .parse()
            .ok()
            .and_then(|id: OrderId| self.buyers.lock().expect("not poisoned").get(&id).copied());
        Ok(Response::new(OrderForMail {
            order_id,
            number: "H-10001".into(),
            email: "ana@example.org".into(),
            name: "Ana <Lund>".into(),
            locale: self.locale.into(),
            currency: "EUR".into(),
            lines: vec![MailLine {
                title: "Enamel mug".into(),
                variant_title: "Green / S".into(),
                sku: "MUG-G-S".into(),
                quantity: 2,
                total: 2400,
            }],
            items: 2400,
            discount: 0,
            shipping: 490,
            tax: 578,
            total: 2890,
            tax_included: true,
            access_token: "secret-token".into(),
            status: self.status.lock().expect("not poisoned").clone(),
            address_lines: vec!["Ana Lund".into(), "Storgatan 1".into()],
            user_id: buyer.map(|user| user.to_string()).unwrap_or_default(),
            shipments: vec![MailShipment { id: shipment(1).to_string(), tracking: "PN 1".into() }],
        }))
    }
}

#[tonic::async_trait]
impl Accounts for World {
    async fn get_contact(&self, ask: Request<GetContactRequest>) -> Result<Response<Contact>, Status> {
        if ask.get_ref().user_id == nobody().to_string() {
            return Err(Status::not_found("there is no such account"));
        }
        Ok(Response::new(Contact {
            email: "ana@example.org".into(),
            name: "Annemarie".into(),
            locale: self.locale.into(),
            user_id: ask.into_inner().user_id,
            email_verified: false,
        }))
    }
    async fn get_link(&self, ask: Request<GetLinkRequest>) -> Result<Response<MailLink>, Status> {
        if ask.get_ref().link_id != link(1).to_string() {
            return Err(Status::not_found("nobody is to be written to"));
        }
        let to = Contact {
            email: "ana@example.org".into(),
            name: "Annemarie".into(),
            locale: self.locale.into(),
            ..Default::default()
        };
        Ok(Response::new(MailLink { to: Some(to), token: "hlt_secret".into() }))
    }
    async fn get_contacts(&self, _: Request<GetContactsRequest>) -> Result<Response<Contacts>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
    async fn find_user(&self, _: Request<FindUserRequest>) -> Result<Response<FoundUser>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
    async fn get_keys(&self, _: Request<GetKeysRequest>) -> Result<Response<Keys>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
    async fn exchange(&self, _: Request<ExchangeRequest>) -> Result<Response<ExchangeReply>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
    async fn prove_password(
        &self,
        _: Request<ProvePasswordRequest>,
    ) -> Result<Response<ProvePasswordReply>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
    async fn create_staff(
        &self,
        _: Request<CreateStaffRequest>,
    ) -> Result<Response<CreateStaffReply>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
}

/// An id that nobody has.
pub fn nobody() -> UserId {
    UserId::new(Uuid::from_u128(4711))
}

/// The first is good, others are not.
pub fn link(n: u128) -> LinkId {
    LinkId::new(Uuid::from_u128(n))
}

pub fn shipment(n: u128) -> ShipmentId {
    ShipmentId::new(Uuid::from_u128(n))
}

pub fn order(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}

pub fn confirmed(n: u128) -> OrderConfirmed {
    OrderConfirmed {
        order_id: order(n),
        number: "H-10001".into(),
        channel: ChannelId::default(),
        cart_id: CartId::from_bytes(&[1; 20]).expect("20 bytes"),
        customer_id: None,
        total: Money::new(2890, Currency::EUR),
        lines: vec![OrderLine {
            item_id: ItemId::new(Uuid::from_u128(1)),
            variant_id: VariantId::new(Uuid::from_u128(1)),
            quantity: 2,
        }],
        discount_codes: vec![],
        placed_at: "2026-11-23T10:00:00Z".parse().expect("a time"),
    }
}
