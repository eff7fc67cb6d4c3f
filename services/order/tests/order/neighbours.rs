//! Neighbours that do what a test tells them: cart, product and pricing answer questions; inventory and payment also
//! answer commands, through real outboxes.

use async_trait::async_trait;
use hanse_cart_contract::rpc as cart;
use hanse_cart_contract::rpc::carts_server::{Carts, CartsServer};
use hanse_database::Tx;
use hanse_inventory_contract::{
    CommitStock, InventoryUpdated, ReleaseStock, RenewHold, ReserveStock, Restock, StockOutcome,
};
use hanse_kernel::{Ctx, Currency, Money, OrderId, PaymentId};
use hanse_messaging::{Handle, HandlerError, Message, Outbox, Received};
use hanse_order_contract::OrderPlaced;
use hanse_payment_contract::rpc as payment;
use hanse_payment_contract::rpc::payments_server::{Payments, PaymentsServer};
use hanse_payment_contract::{
    Authorize, CancelPayment, Capture, NextAction, PaymentOutcome, PaymentProcessed, Refund, VoidRest,
};
use hanse_pricing_contract::rpc as pricing;
use hanse_pricing_contract::rpc::pricing_server::{Pricing, PricingServer};
use hanse_product_contract::rpc as product;
use hanse_product_contract::rpc::catalogue_server::{Catalogue, CatalogueServer};
use hanse_rpc::{Allow, Switchboard};
use hanse_runtime::Module;
use hanse_testkit::{TestHost, TestModule};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// What inventory or payment does with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Will {
    Do,
    Fail,
    StaySilent,
}

#[derive(Debug, Clone)]
pub struct Paid {
    pub order: OrderId,
    pub attempt: u32,
    pub amount: Money,
    pub token: String,
    pub authorized: i64,
    pub captured: i64,
    pub refunded: i64,
    pub voided: bool,
    /// The last renewal that was granted.
    pub renewed: u32,
}

/// What the neighbours know and how they behave.
pub struct Stage {
    pub carts: BTreeMap<String, cart::Snapshot>,
    pub unit_price: i64,
    pub shipping: i64,
    pub quote_problems: Vec<pricing::Problem>,
    pub hold: pricing::HoldDiscountReply,
    pub unpublished: bool,
    pub reserve: Will,
    pub commit: Will,
    pub release: Will,
    pub restock: Will,
    pub capture: Will,
    pub cancel: Will,
    pub refund: Will,
    /// OpenPayment: Fail is UNAVAILABLE, StaySilent never answers.
    pub open: Will,
    /// Payment takes its time, and counts how many are with it at once: now, and at most.
    pub dawdle: bool,
    pub inside: (usize, usize),
    pub capture_at_fulfilment: bool,
    pub payments: BTreeMap<PaymentId, Paid>,
    /// Every command and question that asks for something, in order.
    pub asked: Vec<String>,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            carts: BTreeMap::new(),
            unit_price: 1200,
            shipping: 490,
            quote_problems: vec![],
            hold: pricing::HoldDiscountReply { held: true, problems: vec![], expires_at: 0 },
            unpublished: false,
            reserve: Will::Do,
            commit: Will::Do,
            release: Will::Do,
            restock: Will::Do,
            capture: Will::Do,
            cancel: Will::Do,
            refund: Will::Do,
            open: Will::Do,
            dawdle: false,
            inside: (0, 0),
            capture_at_fulfilment: false,
            payments: BTreeMap::new(),
            asked: vec![],
        }
    }
}

#[derive(Clone, Default)]
pub struct Neighbours(pub Arc<Mutex<Stage>>);

impl Neighbours {
    pub fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap()
    }

    pub fn asked(&self, what: &str) -> usize {
        self.stage().asked.iter().filter(|asked| asked.starts_with(what)).count()
    }

    /// Puts them all in their places.
    async fn dawdle(&self) {
        {
            let mut stage = self.stage();
            if !stage.dawdle {
                return;
            }
            stage.inside = (stage.inside.0 + 1, stage.inside.1.max(stage.inside.0 + 1));
        }
        // First until as many are here as may be, then for whoever is one too many.
        for _ in 0..1_000_000 {
            if self.stage().inside.1 >= 32 {
                break;
            }
            tokio::task::yield_now().await;
        }
        for _ in 0..5_000 {
            tokio::task::yield_now().await;
        }
        self.stage().inside.0 -= 1;
    }

    pub async fn open(&self, bench: &TestHost) -> Vec<TestModule> {
        let plain = |board: &Switchboard, name, routes| board.plug(name, routes, Allow::anybody(name, &[]));
        plain(&bench.board, "cart", tonic::service::Routes::new(CartsServer::new(self.clone())));
        plain(&bench.board, "product", tonic::service::Routes::new(CatalogueServer::new(self.clone())));
        plain(&bench.board, "pricing", tonic::service::Routes::new(PricingServer::new(self.clone())));
        let host = bench.host("inventory", hanse_order::MIGRATIONS).await.sending(&[InventoryUpdated::TYPE]);
        let stock = Stock { all: self.clone(), outbox: host.outbox.clone() };
        let consumers = host
            .consumers()
            .on::<OrderPlaced>("inventory.placed", stock.clone())
            .on::<ReserveStock>("inventory.reserve", stock.clone())
            .on::<RenewHold>("inventory.renew", stock.clone())
            .on::<CommitStock>("inventory.commit", stock.clone())
            .on::<ReleaseStock>("inventory.release", stock.clone())
            .on::<Restock>("inventory.restock", stock.clone())
            .on::<PaymentProcessed>("inventory.paid", stock);
        let routes = hanse_http::Routes::<()>::new("inventory").build();
        let rpc = tonic::service::Routes::default();
        let allow = Allow::new("inventory", &[]);
        let inventory = bench.start(Module { host, routes, rpc, allow, consumers, workers: vec![] });
        let host = bench.host("payment", hanse_order::MIGRATIONS).await.sending(&[PaymentProcessed::TYPE]);
        let till = Till { all: self.clone(), outbox: host.outbox.clone() };
        let consumers = host
            .consumers()
            .on::<Authorize>("payment.authorize", till.clone())
            .on::<CancelPayment>("payment.cancel", till.clone())
            .on::<Capture>("payment.capture", till.clone())
            .on::<VoidRest>("payment.void_rest", till.clone())
            .on::<Refund>("payment.refund", till);
        let routes = hanse_http::Routes::<()>::new("payment").build();
        let rpc = tonic::service::Routes::new(PaymentsServer::new(self.clone()));
        let allow = Allow::anybody("payment", &[]);
        let payment = bench.start(Module { host, routes, rpc, allow, consumers, workers: vec![] });
        vec![inventory, payment]
    }
}

#[async_trait]
impl Carts for Neighbours {
    async fn get_snapshot(
        &self,
        request: Request<cart::GetSnapshotRequest>,
    ) -> Result<Response<cart::Snapshot>, Status> {
        let asked = request.into_inner();
        let found = self.stage().carts.get(&asked.cart_id).cloned();
        let mine = found.filter(|cart| cart.customer_id.is_empty() || cart.customer_id == asked.customer_id);
        mine.map(Response::new).ok_or_else(|| Status::not_found("no such cart"))
    }
    async fn show(
        &self,
        request: Request<cart::GetSnapshotRequest>,
    ) -> Result<Response<cart::Shown>, Status> {
        let id = request.into_inner().cart_id;
        Ok(Response::new(cart::Shown { json: format!(r#"{{"id":"{id}","version":3}}"#) }))
    }
}

#[async_trait]
impl Catalogue for Neighbours {
    async fn get_variants(
        &self,
        request: Request<product::GetVariantsRequest>,
    ) -> Result<Response<product::GetVariantsReply>, Status> {
        let published = !self.stage().unpublished;
        let variant = |variant_id: String| product::Variant {
            sku: format!("SKU-{}", &variant_id[variant_id.len() - 2..]),
            variant_id,
            product_id: String::new(),
            product_slug: "enamel-mug".into(),
            title: "Enamel mug".into(),
            variant_title: "Green / S".into(),
            image_url: "/media/mug.svg".into(),
            published,
            weight_grams: 300,
            tax_class: "standard".into(),
            requires_shipping: true,
        };
        let variants = request.into_inner().variant_ids.into_iter().map(variant).collect();
        Ok(Response::new(product::GetVariantsReply { variants }))
    }
}

#[async_trait]
impl Pricing for Neighbours {
    async fn quote(
        &self,
        request: Request<pricing::QuoteRequest>,
    ) -> Result<Response<pricing::QuoteReply>, Status> {
        let (asked, stage) = (request.into_inner(), self.stage());
        let price = stage.unit_price;
        let line = |l: pricing::QuoteLine| pricing::QuotedLine {
            r#ref: l.r#ref,
            unit_price: price,
            total: price * l.quantity,
            discount: 0,
            tax: price * l.quantity / 5,
            tax_rate: 2500,
            compare_at: 0,
        };
        let lines: Vec<_> = asked.lines.into_iter().map(line).collect();
        let items: i64 = lines.iter().map(|l| l.total).sum();
        let total = items + stage.shipping;
        Ok(Response::new(pricing::QuoteReply {
            lines,
            items,
            discount: 0,
            shipping: stage.shipping,
            tax: total / 5,
            total,
            tax_included: true,
            explain: vec![pricing::Explain {
                rule: "shipping:x".into(),
                text: "Standard".into(),
                amount: stage.shipping,
            }],
            problems: stage.quote_problems.clone(),
            shipping_method_title: "Standard".into(),
        }))
    }
    async fn list_shipping_methods(
        &self,
        _: Request<pricing::QuoteRequest>,
    ) -> Result<Response<pricing::ShippingMethods>, Status> {
        Err(Status::unimplemented("order never asks"))
    }
    async fn hold_discount(
        &self,
        request: Request<pricing::HoldDiscountRequest>,
    ) -> Result<Response<pricing::HoldDiscountReply>, Status> {
        let mut stage = self.stage();
        stage.asked.push(format!("HoldDiscount {}", request.into_inner().order_id));
        Ok(Response::new(stage.hold.clone()))
    }
    async fn get_channel(
        &self,
        _: Request<pricing::GetChannelRequest>,
    ) -> Result<Response<pricing::Channel>, Status> {
        Err(Status::unimplemented("order never asks"))
    }
    async fn get_prices(
        &self,
        _: Request<pricing::GetPricesRequest>,
    ) -> Result<Response<pricing::GetPricesReply>, Status> {
        Err(Status::unimplemented("order never asks"))
    }
}

#[async_trait]
impl Payments for Neighbours {
    async fn open_payment(
        &self,
        request: Request<payment::OpenPaymentRequest>,
    ) -> Result<Response<payment::OpenPaymentReply>, Status> {
        let asked = request.into_inner();
        let open = {
            let mut stage = self.stage();
            stage.asked.push(format!("OpenPayment {} {}", asked.order_id, asked.attempt));
            stage.open
        };
        self.dawdle().await;
        match open {
            Will::Do => {}
            Will::Fail => return Err(Status::unavailable("payment is away")),
            Will::StaySilent => return std::future::pending().await,
        }
        if asked.provider != "test" {
            return Err(Status::invalid_argument(format!("there is no provider {}", asked.provider)));
        }
        let order: OrderId = asked.order_id.parse().unwrap();
        // The same (order, attempt) opens the same payment.
        let id = PaymentId::new(Uuid::from_u128(order.uuid().as_u128() ^ u128::from(asked.attempt)));
        let paid = Paid {
            order,
            attempt: asked.attempt,
            amount: Money::new(asked.amount, Currency::parse(&asked.currency).unwrap()),
            token: asked.token,
            authorized: 0,
            captured: 0,
            refunded: 0,
            voided: false,
            renewed: 0,
        };
        self.stage().payments.insert(id, paid);
        let capture_at_fulfilment = self.stage().capture_at_fulfilment;
        Ok(Response::new(payment::OpenPaymentReply { payment_id: id.to_string(), capture_at_fulfilment }))
    }
    async fn reconcile(
        &self,
        _: Request<payment::ReconcileRequest>,
    ) -> Result<Response<payment::ReconcileReply>, Status> {
        Err(Status::unimplemented("order never asks"))
    }
}

/// Inventory's handlers.
#[derive(Clone)]
struct Stock {
    all: Neighbours,
    outbox: Outbox,
}

pub fn stock_news(order: OrderId, outcome: StockOutcome) -> InventoryUpdated {
    InventoryUpdated {
        outcome,
        order_id: Some(order),
        key: None,
        restock_id: None,
        reason: None,
        short: vec![],
        levels: vec![],
    }
}

impl Stock {
    fn hear(&self, what: &str, order: OrderId) -> MutexGuard<'_, Stage> {
        let mut stage = self.all.stage();
        stage.asked.push(format!("{what} {order}"));
        stage
    }
    async fn say(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        order: OrderId,
        will: Will,
        (yes, no): (StockOutcome, StockOutcome),
    ) -> Result<(), HandlerError> {
        let outcome = match will {
            Will::Do => yes,
            Will::Fail => no,
            Will::StaySilent => return Ok(()),
        };
        Ok(self.outbox.command(tx, ctx, &order, &stock_news(order, outcome)).await?)
    }
}

const RESERVED: (StockOutcome, StockOutcome) = (StockOutcome::Reserved, StockOutcome::OutOfStock);
const COMMITTED: (StockOutcome, StockOutcome) = (StockOutcome::Committed, StockOutcome::CommitFailed);

#[async_trait]
impl Handle<OrderPlaced> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<OrderPlaced>) -> Result<(), HandlerError> {
        let will = self.hear("OrderPlaced", m.message.order_id).reserve;
        self.say(tx, &m.ctx, m.message.order_id, will, RESERVED).await
    }
}
#[async_trait]
impl Handle<ReserveStock> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<ReserveStock>) -> Result<(), HandlerError> {
        let will = self.hear("ReserveStock", m.message.order_id).reserve;
        self.say(tx, &m.ctx, m.message.order_id, will, RESERVED).await
    }
}
#[async_trait]
impl Handle<RenewHold> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<RenewHold>) -> Result<(), HandlerError> {
        let will = self.hear(&format!("RenewHold {}", m.message.until), m.message.order_id).reserve;
        self.say(tx, &m.ctx, m.message.order_id, will, (StockOutcome::Reserved, StockOutcome::Expired)).await
    }
}
#[async_trait]
impl Handle<CommitStock> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<CommitStock>) -> Result<(), HandlerError> {
        let will = self.hear("CommitStock", m.message.order_id).commit;
        self.say(tx, &m.ctx, m.message.order_id, will, COMMITTED).await
    }
}
#[async_trait]
impl Handle<PaymentProcessed> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<PaymentProcessed>) -> Result<(), HandlerError> {
        if m.message.outcome != PaymentOutcome::Authorized {
            return Ok(());
        }
        let will = self.all.stage().commit;
        self.say(tx, &m.ctx, m.message.order_id, will, COMMITTED).await
    }
}
#[async_trait]
impl Handle<ReleaseStock> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<ReleaseStock>) -> Result<(), HandlerError> {
        let will = self.hear("ReleaseStock", m.message.order_id).release;
        self.say(tx, &m.ctx, m.message.order_id, will, (StockOutcome::Released, StockOutcome::Released)).await
    }
}
#[async_trait]
impl Handle<Restock> for Stock {
    async fn handle(&self, tx: &mut Tx, m: &Received<Restock>) -> Result<(), HandlerError> {
        let lines: Vec<i64> = m.message.lines.iter().map(|l| l.quantity).collect();
        let order = m.message.order_id;
        if self.hear(&format!("Restock {lines:?}"), order).restock == Will::Do {
            let restock_id = Some(m.message.restock_id);
            let news = InventoryUpdated { restock_id, ..stock_news(order, StockOutcome::Restocked) };
            self.outbox.command(tx, &m.ctx, &order, &news).await?;
        }
        Ok(())
    }
}

/// Payment's handlers.
#[derive(Clone)]
struct Till {
    all: Neighbours,
    outbox: Outbox,
}

pub fn payment_news(id: PaymentId, paid: &Paid, outcome: PaymentOutcome) -> PaymentProcessed {
    let money = |minor| Money::new(minor, paid.amount.currency());
    PaymentProcessed {
        payment_id: id,
        order_id: paid.order,
        attempt: paid.attempt,
        outcome,
        authorized: money(paid.authorized),
        captured: money(paid.captured),
        refunded: money(paid.refunded),
        reason: None,
        next_action: None,
        refund_id: None,
        capture_id: None,
        renewal: 0,
    }
}

impl Till {
    /// Hears a command; the answer is what the test's script makes of it.
    async fn hear<M: Message>(
        &self,
        tx: &mut Tx,
        m: &Received<M>,
        id: PaymentId,
        what: &str,
        act: impl FnOnce(&mut Paid, &Stage) -> Option<PaymentProcessed> + Send,
    ) -> Result<(), HandlerError> {
        let news = {
            let mut stage = self.all.stage();
            let mut paid = stage.payments.get(&id).cloned().expect("a payment that was opened");
            stage.asked.push(format!("{what} {}", paid.order));
            let news = act(&mut paid, &stage);
            stage.payments.insert(id, paid);
            news
        };
        match news {
            Some(news) => Ok(self.outbox.command(tx, &m.ctx, &news.order_id, &news).await?),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Handle<Authorize> for Till {
    async fn handle(&self, tx: &mut Tx, m: &Received<Authorize>) -> Result<(), HandlerError> {
        let Authorize { payment_id: id, renewal, .. } = m.message;
        let what = if renewal == 0 { "Authorize".to_string() } else { format!("Renew {renewal}") };
        self.hear(tx, m, id, &what, |paid, _| {
            let outcome = match paid.token.as_str() {
                _ if paid.voided => PaymentOutcome::Voided,
                "tok_success" => PaymentOutcome::Authorized,
                "tok_declined" => PaymentOutcome::Declined,
                "tok_action_required" => PaymentOutcome::ActionRequired,
                _ => return None,
            };
            if outcome == PaymentOutcome::Authorized {
                paid.authorized = paid.amount.minor();
                paid.renewed = renewal;
            }
            let action = NextAction { kind: "redirect".into(), url: "https://bank.example/3ds".into() };
            let next_action = (outcome == PaymentOutcome::ActionRequired).then_some(action);
            let reason = (outcome == PaymentOutcome::Declined).then(|| "card_declined".to_string());
            Some(PaymentProcessed { next_action, reason, renewal, ..payment_news(id, paid, outcome) })
        })
        .await
    }
}
#[async_trait]
impl Handle<CancelPayment> for Till {
    async fn handle(&self, tx: &mut Tx, m: &Received<CancelPayment>) -> Result<(), HandlerError> {
        let id = m.message.payment_id;
        self.hear(tx, m, id, "CancelPayment", |paid, stage| {
            if stage.cancel != Will::Do {
                return None;
            }
            paid.voided = true;
            paid.refunded = paid.captured;
            let outcome = if paid.captured > 0 { PaymentOutcome::Refunded } else { PaymentOutcome::Voided };
            Some(payment_news(id, paid, outcome))
        })
        .await
    }
}
#[async_trait]
impl Handle<Capture> for Till {
    async fn handle(&self, tx: &mut Tx, m: &Received<Capture>) -> Result<(), HandlerError> {
        let (id, amount) = (m.message.payment_id, m.message.amount.minor());
        let capture_id = Some(m.message.capture_id);
        self.hear(tx, m, id, &format!("Capture {amount}"), |paid, stage| match stage.capture {
            Will::Do => {
                paid.captured += amount;
                let news = payment_news(id, paid, PaymentOutcome::Captured);
                Some(PaymentProcessed { capture_id, ..news })
            }
            Will::Fail => {
                let (reason, renewal) = (Some("capture_failed".into()), paid.renewed);
                let news = payment_news(id, paid, PaymentOutcome::Declined);
                Some(PaymentProcessed { capture_id, reason, renewal, ..news })
            }
            Will::StaySilent => None,
        })
        .await
    }
}
#[async_trait]
impl Handle<VoidRest> for Till {
    async fn handle(&self, tx: &mut Tx, m: &Received<VoidRest>) -> Result<(), HandlerError> {
        self.hear(tx, m, m.message.payment_id, "VoidRest", |_, _| None).await
    }
}
#[async_trait]
impl Handle<Refund> for Till {
    async fn handle(&self, tx: &mut Tx, m: &Received<Refund>) -> Result<(), HandlerError> {
        let (id, amount) = (m.message.payment_id, m.message.amount.minor());
        let refund_id = Some(m.message.refund_id);
        self.hear(tx, m, id, &format!("Refund {amount}"), |paid, stage| match stage.refund {
            Will::Do => {
                paid.refunded += amount;
                let news = payment_news(id, paid, PaymentOutcome::Refunded);
                Some(PaymentProcessed { refund_id, ..news })
            }
            Will::Fail => {
                let reason = Some("refund_failed".into());
                let news = payment_news(id, paid, PaymentOutcome::Declined);
                Some(PaymentProcessed { refund_id, reason, ..news })
            }
            Will::StaySilent => None,
        })
        .await
    }
}
