//! The questions that other services ask of pricing.

use crate::application::PricingError;
use crate::application::hold_discount::{HoldDiscount, Outcome, Wish};
use crate::application::list_prices::ListPrices;
use crate::application::quote::{Ask, QuoteCart};
use crate::application::settings::ManageSettings;
use crate::domain::quote::{AskedMethod, Item, Quote};
use crate::domain::{TaxClass, wording};
use hanse_kernel::{ChannelId, Clock, Currency, Locale, Money};
use hanse_pricing_contract::rpc::pricing_server::Pricing;
use hanse_pricing_contract::rpc::{
    Channel, Explain, GetChannelRequest, GetPricesReply, GetPricesRequest, HoldDiscountReply,
    HoldDiscountRequest, Price, Problem, QuoteLine, QuoteReply, QuoteRequest, QuotedLine, ShippingMethod,
    ShippingMethods,
};
use hanse_rpc::ctx_of;
use std::str::FromStr;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Variants that one question may name.
const MOST_VARIANTS: usize = 500;

pub struct Answers {
    pub quote: QuoteCart,
    pub hold: HoldDiscount,
    pub prices: ListPrices,
    pub settings: ManageSettings,
    pub clock: Arc<dyn Clock>,
}

fn status(error: PricingError) -> Status {
    use hanse_database::DbError;
    match error {
        PricingError::NotFound(what) => Status::not_found(format!("no such {what}")),
        e @ (PricingError::Invalid { .. }
        | PricingError::Money(_)
        | PricingError::Price(_)
        | PricingError::Discount(_)) => Status::invalid_argument(e.to_string()),
        PricingError::Conflict { message, .. } => Status::failed_precondition(message),
        PricingError::Stale => Status::aborted("another version is the present one"),
        PricingError::Unavailable(what) => Status::unavailable(what),
        PricingError::Db(e @ (DbError::Unavailable(_) | DbError::Conflict { .. })) => {
            Status::unavailable(e.to_string())
        }
        PricingError::Db(e) => {
            tracing::error!(error = %e, "pricing could not answer");
            Status::internal("pricing could not answer")
        }
    }
}

fn read<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Status> {
    text.parse().map_err(|e| Status::invalid_argument(format!("{field} {e}")))
}

/// Empty is None.
fn optional<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<Option<T>, Status> {
    if text.is_empty() { Ok(None) } else { read(field, text).map(Some) }
}

fn currency(code: &str) -> Result<Option<Currency>, Status> {
    if code.is_empty() {
        return Ok(None);
    }
    Currency::parse(code).map(Some).map_err(|e| Status::invalid_argument(e.to_string()))
}

fn channel(name: &str) -> ChannelId {
    if name.is_empty() { ChannelId::default() } else { ChannelId::new(name) }
}

fn item(line: QuoteLine) -> Result<Item, Status> {
    let class = optional::<TaxClass>("tax_class", &line.tax_class)?;
    Ok(Item {
        variant: read("variant_id", &line.variant_id)?,
        reference: line.r#ref,
        quantity: line.quantity,
        tax_class: class.unwrap_or(TaxClass::Standard),
        weight_grams: line.weight_grams,
        requires_shipping: line.requires_shipping,
    })
}

fn ask(request: QuoteRequest) -> Result<Ask, Status> {
    let method = match request.shipping_method_id.as_str() {
        "" => AskedMethod::NotYet,
        id => id.parse().map_or(AskedMethod::Unreadable, AskedMethod::Id),
    };
    Ok(Ask {
        channel: channel(&request.channel),
        currency: currency(&request.currency)?,
        items: request.lines.into_iter().map(item).collect::<Result<_, _>>()?,
        country: optional("country", &request.country)?,
        method,
        codes: request.discount_codes,
        group: request.customer_group,
        order: optional("order_id", &request.order_id)?,
    })
}

fn reply(quote: Quote) -> QuoteReply {
    let line = |l: crate::domain::quote::QuotedLine| QuotedLine {
        r#ref: l.reference,
        unit_price: l.unit.map_or(0, Money::minor),
        total: l.total.minor(),
        discount: l.discount.minor(),
        tax: l.tax.minor(),
        tax_rate: l.tax_rate,
        compare_at: l.compare_at.map_or(0, Money::minor),
    };
    let explain =
        |e: crate::domain::quote::Explain| Explain { rule: e.rule, text: e.text, amount: e.amount.minor() };
    let problem = |p: crate::domain::quote::Problem| Problem {
        code: p.code.into(),
        message: p.message,
        r#ref: p.reference.unwrap_or_default(),
    };
    QuoteReply {
        lines: quote.lines.into_iter().map(line).collect(),
        items: quote.items.minor(),
        discount: quote.discount.minor(),
        shipping: quote.shipping.minor(),
        tax: quote.tax.minor(),
        total: quote.total.minor(),
        tax_included: quote.tax_included,
        explain: quote.explain.into_iter().map(explain).collect(),
        problems: quote.problems.into_iter().map(problem).collect(),
        shipping_method_title: quote.shipping_title,
    }
}

fn held(outcome: Outcome, locale: &Locale) -> HoldDiscountReply {
    let problem =
        |code: &str, message: String, typed: String| Problem { code: code.into(), message, r#ref: typed };
    match outcome {
        Outcome::Held(until) => {
            HoldDiscountReply { held: true, problems: vec![], expires_at: until.map_or(0, |t| t.micros()) }
        }
        Outcome::Refused(codes) => {
            let problems = codes.into_iter().map(|(typed, refusal)| {
                problem(refusal.code(), wording::refusal(refusal, &typed, None, locale), typed)
            });
            HoldDiscountReply { held: false, problems: problems.collect(), expires_at: 0 }
        }
        Outcome::Closed => HoldDiscountReply {
            held: false,
            problems: vec![problem("order_closed", "the order has ended".into(), String::new())],
            expires_at: 0,
        },
    }
}

#[tonic::async_trait]
impl Pricing for Answers {
    async fn quote(&self, request: Request<QuoteRequest>) -> Result<Response<QuoteReply>, Status> {
        let ctx = ctx_of(&request, &*self.clock);
        let quote = self.quote.run(&ctx, ask(request.into_inner())?).await.map_err(status)?;
        Ok(Response::new(reply(quote)))
    }

    async fn list_shipping_methods(
        &self,
        request: Request<QuoteRequest>,
    ) -> Result<Response<ShippingMethods>, Status> {
        let ctx = ctx_of(&request, &*self.clock);
        let offers = self.quote.offers(&ctx, ask(request.into_inner())?).await.map_err(status)?;
        let methods = offers.into_iter().map(|o| ShippingMethod {
            id: o.id.to_string(),
            title: o.title,
            price: o.price.minor(),
            estimate: o.estimate,
        });
        Ok(Response::new(ShippingMethods { methods: methods.collect() }))
    }

    async fn hold_discount(
        &self,
        request: Request<HoldDiscountRequest>,
    ) -> Result<Response<HoldDiscountReply>, Status> {
        let locale = ctx_of(&request, &*self.clock).locale;
        let request = request.into_inner();
        let wish = Wish {
            order: read("order_id", &request.order_id)?,
            attempt: i64::from(request.attempt),
            codes: request.discount_codes,
            customer: optional("customer_id", &request.customer_id)?,
        };
        let outcome = self.hold.run(wish).await.map_err(status)?;
        Ok(Response::new(held(outcome, &locale)))
    }

    async fn get_prices(
        &self,
        request: Request<GetPricesRequest>,
    ) -> Result<Response<GetPricesReply>, Status> {
        let request = request.into_inner();
        if request.variant_ids.len() > MOST_VARIANTS {
            return Err(Status::invalid_argument(format!("at most {MOST_VARIANTS} variants at once")));
        }
        let variants = request.variant_ids.iter().map(|id| read("variant_ids", id));
        let variants = variants.collect::<Result<Vec<_>, _>>()?;
        let (channel, currency) = (channel(&request.channel), currency(&request.currency)?);
        let (prices, tax_included) = self.prices.shown(&channel, currency, variants).await.map_err(status)?;
        let prices = prices.into_iter().map(|p| Price {
            variant_id: p.variant.to_string(),
            amount: p.amount.minor(),
            compare_at: p.compare_at.map_or(0, Money::minor),
        });
        Ok(Response::new(GetPricesReply { prices: prices.collect(), tax_included }))
    }

    async fn get_channel(&self, request: Request<GetChannelRequest>) -> Result<Response<Channel>, Status> {
        let found = self.settings.channel(&channel(&request.get_ref().channel)).await.map_err(status)?;
        Ok(Response::new(Channel {
            id: found.id.to_string(),
            currency: found.currency.code().into(),
            currencies: found.currencies.iter().map(|c| c.code().into()).collect(),
            tax_included: found.tax_included,
            home_country: found.home.to_string(),
            locales: found.locales.iter().map(|l| l.as_str().into()).collect(),
        }))
    }
}
