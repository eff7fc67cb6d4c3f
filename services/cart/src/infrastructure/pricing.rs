//! The way to pricing. How a channel sells is remembered for a minute, and longer while pricing is away.

use crate::application::ports::{
    Away, Channel, Explain, Offer, Pricing, QuoteAsk, QuoteProblem, Quoted, QuotedLine, Totals,
};
use async_trait::async_trait;
use hanse_kernel::{ChannelId, Clock, Ctx, Currency, Money, Timestamp};
use hanse_pricing_contract::rpc::pricing_client::PricingClient;
use hanse_pricing_contract::rpc::{GetChannelRequest, QuoteLine, QuoteReply, QuoteRequest};
use hanse_rpc::{Link, Network, RpcError, request};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tonic::Status;

const MAX_AGE: Duration = Duration::from_secs(60);

pub struct PricingLink {
    link: Link,
    clock: Arc<dyn Clock>,
    channels: RwLock<BTreeMap<ChannelId, (Timestamp, Channel)>>,
}

impl PricingLink {
    pub fn new(network: &dyn Network, clock: Arc<dyn Clock>) -> Self {
        Self { link: network.link("pricing"), clock, channels: RwLock::default() }
    }

    fn client(&self) -> PricingClient<Link> {
        PricingClient::new(self.link.clone())
    }

    fn remembered(&self, id: &ChannelId) -> Option<(Timestamp, Channel)> {
        self.channels.read().unwrap_or_else(|e| e.into_inner()).get(id).copied()
    }
}

fn away(status: Status) -> Away {
    Away(RpcError::from_status("pricing", status).to_string())
}

fn question(ask: QuoteAsk) -> QuoteRequest {
    let line = |l: crate::application::ports::AskLine| QuoteLine {
        r#ref: l.item.to_string(),
        variant_id: l.variant.to_string(),
        quantity: l.quantity,
        tax_class: l.facts.tax_class.clone(),
        weight_grams: l.facts.weight_grams,
        requires_shipping: l.facts.requires_shipping,
    };
    QuoteRequest {
        channel: ask.channel.to_string(),
        currency: ask.currency.code().into(),
        lines: ask.lines.into_iter().map(line).collect(),
        country: ask.country,
        region: ask.region,
        shipping_method_id: ask.method.map(|m| m.to_string()).unwrap_or_default(),
        discount_codes: ask.codes,
        customer_group: String::new(),
        order_id: String::new(),
    }
}

fn quoted(reply: QuoteReply, currency: Currency) -> Result<Quoted, Away> {
    let money = |minor| Money::new(minor, currency);
    let line = |l: hanse_pricing_contract::rpc::QuotedLine| {
        Ok(QuotedLine {
            item: l
                .r#ref
                .parse()
                .map_err(|_| Away("pricing answered about a line that was not asked".into()))?,
            unit: money(l.unit_price),
            total: money(l.total),
            compare_at: Some(l.compare_at).filter(|c| *c > 0).map(money),
        })
    };
    let explain = |e: hanse_pricing_contract::rpc::Explain| Explain {
        rule: e.rule,
        text: e.text,
        amount: money(e.amount),
    };
    let problem = |p: hanse_pricing_contract::rpc::Problem| QuoteProblem {
        code: p.code,
        message: p.message,
        reference: p.r#ref,
    };
    Ok(Quoted {
        lines: reply.lines.into_iter().map(line).collect::<Result<_, Away>>()?,
        totals: Totals {
            items: money(reply.items),
            discount: money(reply.discount),
            shipping: money(reply.shipping),
            tax: money(reply.tax),
            total: money(reply.total),
            tax_included: reply.tax_included,
            explain: reply.explain.into_iter().map(explain).collect(),
        },
        problems: reply.problems.into_iter().map(problem).collect(),
    })
}

#[async_trait]
impl Pricing for PricingLink {
    async fn quote(&self, ctx: &Ctx, ask: QuoteAsk) -> Result<Quoted, Away> {
        let currency = ask.currency;
        let reply = self.client().quote(request(ctx, &*self.clock, question(ask))).await.map_err(away)?;
        quoted(reply.into_inner(), currency)
    }

    async fn offers(&self, ctx: &Ctx, ask: QuoteAsk) -> Result<Vec<Offer>, Away> {
        let currency = ask.currency;
        let asked = request(ctx, &*self.clock, question(ask));
        let reply = self.client().list_shipping_methods(asked).await.map_err(away)?.into_inner();
        let offer = |m: hanse_pricing_contract::rpc::ShippingMethod| {
            Ok(Offer {
                id: m.id.parse().map_err(|_| Away("pricing answered with an id that is none".into()))?,
                title: m.title,
                price: Money::new(m.price, currency),
                estimate: Some(m.estimate).filter(|e| !e.is_empty()),
            })
        };
        reply.methods.into_iter().map(offer).collect()
    }

    async fn channel(&self, ctx: &Ctx, id: &ChannelId) -> Result<Option<Channel>, Away> {
        let now = self.clock.now();
        let remembered = self.remembered(id);
        if let Some((asked_at, channel)) = remembered
            && now.since(asked_at) < MAX_AGE
        {
            return Ok(Some(channel));
        }
        let asked = request(ctx, &*self.clock, GetChannelRequest { channel: id.to_string() });
        let reply = match self.client().get_channel(asked).await {
            Ok(reply) => reply.into_inner(),
            Err(status) => {
                let error = RpcError::from_status("pricing", status);
                return match remembered {
                    _ if error.is_not_found() => Ok(None),
                    Some((_, channel)) => Ok(Some(channel)),
                    None => Err(Away(error.to_string())),
                };
            }
        };
        let currency = Currency::parse(&reply.currency).map_err(|e| Away(e.to_string()))?;
        let channel = Channel { currency, tax_included: reply.tax_included };
        self.channels.write().unwrap_or_else(|e| e.into_inner()).insert(id.clone(), (now, channel));
        Ok(Some(channel))
    }
}
