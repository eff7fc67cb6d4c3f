//! Questions to cart, product, pricing and payment, over the generated clients.

use crate::application::error::CartProblem;
use crate::application::ports::{
    CartLine, CartSnapshot, Carts, Catalogue, CatalogueVariant, DiscountHold, NeighbourError, Opened,
    PaymentChoice, Payments, Pricing, Quote, QuotedLine,
};
use crate::domain::order::{Address, Explain};
use async_trait::async_trait;
use hanse_cart_contract::rpc as cart;
use hanse_cart_contract::rpc::carts_client::CartsClient;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{
    CartId, ChannelId, Clock, Ctx, Currency, Locale, Money, OrderId, Timestamp, UserId, VariantId,
};
use hanse_payment_contract::rpc as payment;
use hanse_payment_contract::rpc::payments_client::PaymentsClient;
use hanse_pricing_contract::rpc as pricing;
use hanse_pricing_contract::rpc::pricing_client::PricingClient;
use hanse_product_contract::rpc as product;
use hanse_product_contract::rpc::catalogue_client::CatalogueClient;
use hanse_rpc::{Link, Network, RpcError, request};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use tonic::Status;

#[derive(Clone)]
pub struct Neighbours {
    carts: CartsClient<Link>,
    catalogue: CatalogueClient<Link>,
    pricing: PricingClient<Link>,
    payments: PaymentsClient<Link>,
    clock: Arc<dyn Clock>,
}

impl Neighbours {
    pub fn new(network: &dyn Network, clock: Arc<dyn Clock>) -> Self {
        Self {
            carts: CartsClient::new(network.link("cart")),
            catalogue: CatalogueClient::new(network.link("product")),
            pricing: PricingClient::new(network.link("pricing")),
            payments: PaymentsClient::new(network.link("payment")),
            clock,
        }
    }
}

fn failed(service: &'static str) -> impl Fn(Status) -> NeighbourError {
    move |status| {
        let error = RpcError::from_status(service, status);
        match error {
            RpcError::Unavailable { message, .. } => NeighbourError::Unavailable { service, message },
            ref e if e.is_not_found() => NeighbourError::NotFound { service },
            RpcError::Refused { message, .. } => NeighbourError::Refused { service, message },
        }
    }
}

fn broken(service: &'static str, message: impl Display) -> NeighbourError {
    NeighbourError::Broken { service, message: message.to_string() }
}

fn read<T: FromStr<Err: Display>>(service: &'static str, text: &str) -> Result<T, NeighbourError> {
    text.parse().map_err(|e: T::Err| broken(service, e))
}

/// Protobuf's empty text is none.
fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Metadata left out is an empty object.
fn object(json: String) -> String {
    given(json).unwrap_or_else(|| "{}".into())
}

fn read_given<T: FromStr<Err: Display>>(
    service: &'static str,
    text: &str,
) -> Result<Option<T>, NeighbourError> {
    if text.is_empty() { Ok(None) } else { read(service, text).map(Some) }
}

fn address(a: cart::Address) -> Address {
    Address {
        name: a.name,
        line1: a.line1,
        line2: given(a.line2),
        city: a.city,
        postal_code: a.postal_code,
        region: given(a.region),
        country: a.country,
        phone: given(a.phone),
    }
}

fn which(ctx: &Ctx, cart: CartId) -> cart::GetSnapshotRequest {
    let customer_id = ctx.actor.user().map(|user| user.to_string()).unwrap_or_default();
    cart::GetSnapshotRequest { cart_id: cart.to_string(), customer_id }
}

const CART: &str = "cart";

#[async_trait]
impl Carts for Neighbours {
    async fn snapshot(&self, ctx: &Ctx, cart: CartId) -> Result<CartSnapshot, NeighbourError> {
        let question = request(ctx, &*self.clock, which(ctx, cart));
        let s = self.carts.clone().get_snapshot(question).await.map_err(failed(CART))?.into_inner();
        let line = |l: cart::SnapshotLine| {
            let (item, variant) = (read(CART, &l.item_id)?, read(CART, &l.variant_id)?);
            Ok(CartLine { item, variant, quantity: l.quantity, metadata: object(l.metadata) })
        };
        let applied = s.applied_orders.iter().map(|id| read(CART, id)).collect::<Result<_, _>>()?;
        let merged = s.merged_carts.iter().map(|id| read(CART, id)).collect::<Result<_, _>>()?;
        Ok(CartSnapshot {
            id: read(CART, &s.cart_id)?,
            version: s.version,
            currency: Currency::parse(&s.currency).map_err(|e| broken(CART, e))?,
            channel: ChannelId::new(&s.channel),
            locale: Locale::new(&s.locale),
            email: given(s.email),
            customer: read_given(CART, &s.customer_id)?,
            lines: s.lines.into_iter().map(line).collect::<Result<_, NeighbourError>>()?,
            shipping_address: s.shipping_address.map(address),
            billing_address: s.billing_address.map(address),
            shipping_method: read_given(CART, &s.shipping_method_id)?,
            discount_codes: s.discount_codes,
            applied_orders: applied,
            merged_carts: merged,
            metadata: object(s.metadata),
        })
    }

    async fn show(&self, ctx: &Ctx, cart: CartId) -> Result<String, NeighbourError> {
        let question = request(ctx, &*self.clock, which(ctx, cart));
        let shown = self.carts.clone().show(question).await.map_err(failed(CART))?;
        Ok(shown.into_inner().json)
    }
}

const PRODUCT: &str = "product";

#[async_trait]
impl Catalogue for Neighbours {
    async fn variants(&self, ctx: &Ctx, ids: &[VariantId]) -> Result<Vec<CatalogueVariant>, NeighbourError> {
        let variant_ids = ids.iter().map(ToString::to_string).collect();
        let question = request(ctx, &*self.clock, product::GetVariantsRequest { variant_ids });
        let reply =
            self.catalogue.clone().get_variants(question).await.map_err(failed(PRODUCT))?.into_inner();
        let variant = |v: product::Variant| {
            Ok(CatalogueVariant {
                variant: read(PRODUCT, &v.variant_id)?,
                sku: v.sku,
                title: v.title,
                variant_title: v.variant_title,
                product_slug: v.product_slug,
                image_url: v.image_url,
                published: v.published,
                tax_class: v.tax_class,
                weight_grams: v.weight_grams,
                requires_shipping: v.requires_shipping,
            })
        };
        reply.variants.into_iter().map(variant).collect()
    }
}

const PRICING: &str = "pricing";

fn problem(p: pricing::Problem) -> CartProblem {
    CartProblem { code: p.code, message: p.message, item: given(p.r#ref) }
}

#[async_trait]
impl Pricing for Neighbours {
    async fn quote(
        &self,
        ctx: &Ctx,
        order: OrderId,
        cart: &CartSnapshot,
        variants: &[CatalogueVariant],
    ) -> Result<Quote, NeighbourError> {
        let line = |l: &CartLine| {
            let known = variants.iter().find(|v| v.variant == l.variant);
            pricing::QuoteLine {
                r#ref: l.item.to_string(),
                variant_id: l.variant.to_string(),
                quantity: l.quantity,
                tax_class: known.map(|v| v.tax_class.clone()).unwrap_or_default(),
                weight_grams: known.map_or(0, |v| v.weight_grams),
                requires_shipping: known.is_some_and(|v| v.requires_shipping),
            }
        };
        let to = cart.shipping_address.as_ref().or(cart.billing_address.as_ref());
        let question = pricing::QuoteRequest {
            channel: cart.channel.to_string(),
            currency: cart.currency.code().into(),
            lines: cart.lines.iter().map(line).collect(),
            country: to.map(|a| a.country.clone()).unwrap_or_default(),
            region: to.and_then(|a| a.region.clone()).unwrap_or_default(),
            shipping_method_id: cart.shipping_method.map(|id| id.to_string()).unwrap_or_default(),
            discount_codes: cart.discount_codes.clone(),
            customer_group: String::new(),
            order_id: order.to_string(),
        };
        let question = request(ctx, &*self.clock, question);
        let reply = self.pricing.clone().quote(question).await.map_err(failed(PRICING))?.into_inner();
        let money = |minor| Money::new(minor, cart.currency);
        let quoted = |l: pricing::QuotedLine| {
            Ok(QuotedLine {
                item: read(PRICING, &l.r#ref)?,
                unit_price: money(l.unit_price),
                total: money(l.total),
                discount: money(l.discount),
                tax: money(l.tax),
                tax_rate: l.tax_rate,
            })
        };
        let explain = |e: pricing::Explain| Explain { rule: e.rule, text: e.text, amount: money(e.amount) };
        Ok(Quote {
            lines: reply.lines.into_iter().map(quoted).collect::<Result<_, NeighbourError>>()?,
            items: money(reply.items),
            discount: money(reply.discount),
            shipping: money(reply.shipping),
            tax: money(reply.tax),
            total: money(reply.total),
            tax_included: reply.tax_included,
            explain: reply.explain.into_iter().map(explain).collect(),
            problems: reply.problems.into_iter().map(problem).collect(),
            shipping_title: reply.shipping_method_title,
        })
    }

    async fn hold_discount(
        &self,
        ctx: &Ctx,
        order: OrderId,
        cart: &CartSnapshot,
        customer: Option<UserId>,
    ) -> Result<DiscountHold, NeighbourError> {
        if cart.discount_codes.is_empty() {
            return Ok(DiscountHold::Held(None));
        }
        let question = pricing::HoldDiscountRequest {
            order_id: order.to_string(),
            attempt: 1,
            discount_codes: cart.discount_codes.clone(),
            channel: cart.channel.to_string(),
            customer_id: customer.map(|c| c.to_string()).unwrap_or_default(),
        };
        let question = request(ctx, &*self.clock, question);
        let reply = self.pricing.clone().hold_discount(question).await.map_err(failed(PRICING))?.into_inner();
        if !reply.held {
            return Ok(DiscountHold::Refused(reply.problems.into_iter().map(problem).collect()));
        }
        let until = (reply.expires_at > 0).then(|| Timestamp::from_micros(reply.expires_at));
        Ok(DiscountHold::Held(until))
    }
}

const PAYMENT: &str = "payment";

#[async_trait]
impl Payments for Neighbours {
    async fn open(
        &self,
        ctx: &Ctx,
        order: OrderId,
        attempt: u32,
        amount: Money,
        choice: &PaymentChoice,
    ) -> Result<Opened, NeighbourError> {
        let question = payment::OpenPaymentRequest {
            order_id: order.to_string(),
            attempt,
            amount: amount.minor(),
            currency: amount.currency().code().into(),
            provider: choice.provider.clone(),
            token: choice.token.expose_secret().to_string(),
        };
        let question = request(ctx, &*self.clock, question);
        let reply = self.payments.clone().open_payment(question).await.map_err(failed(PAYMENT))?.into_inner();
        Ok(Opened { payment: read(PAYMENT, &reply.payment_id)?, at_fulfilment: reply.capture_at_fulfilment })
    }
}
