//! The cart as it stands on the wire.

use crate::application::CartView;
use crate::application::ports;
use crate::application::view::{LineView, Problem};
use crate::domain::Address;
use hanse_kernel::{CartId, Currency, ItemId, Money, Personal, ShippingMethodId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What stands in the way of ordering.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CartProblemBody {
    /// Of a line: not_published, no_price, out_of_stock, insufficient_stock. Of the cart: catalogue_unavailable,
    /// prices_unavailable, stock_unavailable, and those of discount codes and shipping methods.
    code: String,
    message: String,
    /// With insufficient_stock and out_of_stock: how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    available_quantity: Option<i64>,
}

impl From<Problem> for CartProblemBody {
    fn from(p: Problem) -> Self {
        Self { code: p.code, message: p.message, available_quantity: p.available }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CartItemBody {
    id: ItemId,
    variant_id: VariantId,
    /// Null, as the other texts: the variant does not exist any more, or the catalogue is away.
    sku: Option<String>,
    product_slug: Option<String>,
    title: Option<String>,
    /// Null also for a product without options.
    variant_title: Option<String>,
    image_url: Option<String>,
    quantity: i64,
    /// Null: it has no price, or prices cannot be worked out now.
    unit_price: Option<Money>,
    compare_at_price: Option<Money>,
    total: Option<Money>,
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
    problems: Vec<CartProblemBody>,
}

#[derive(Serialize, Deserialize, Clone, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    pub name: String,
    pub line1: String,
    #[serde(default)]
    pub line2: Option<String>,
    pub city: String,
    pub postal_code: String,
    #[serde(default)]
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    #[serde(default)]
    pub phone: Option<String>,
}

impl From<AddressBody> for Address {
    fn from(a: AddressBody) -> Self {
        Self {
            name: a.name,
            line1: a.line1,
            line2: a.line2,
            city: a.city,
            postal_code: a.postal_code,
            region: a.region,
            country: a.country,
            phone: a.phone,
        }
    }
}

impl From<Address> for AddressBody {
    fn from(a: Address) -> Self {
        Self {
            name: a.name,
            line1: a.line1,
            line2: a.line2,
            city: a.city,
            postal_code: a.postal_code,
            region: a.region,
            country: a.country,
            phone: a.phone,
        }
    }
}

/// One step of the calculation, in the order in which it was taken.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExplainBody {
    /// `price:<item>`, `discount:<code>`, `shipping:<method>`, `tax:<country>:<class>`
    rule: String,
    text: String,
    amount: Money,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TotalsBody {
    items: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
    total: Money,
    tax_included: bool,
    explain: Vec<ExplainBody>,
}

impl From<ports::Totals> for TotalsBody {
    fn from(t: ports::Totals) -> Self {
        let explain = |e: ports::Explain| ExplainBody { rule: e.rule, text: e.text, amount: e.amount };
        Self {
            items: t.items,
            discount: t.discount,
            shipping: t.shipping,
            tax: t.tax,
            total: t.total,
            tax_included: t.tax_included,
            explain: t.explain.into_iter().map(explain).collect(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CartBody {
    #[schema(value_type = String)]
    id: CartId,
    version: i64,
    currency: Currency,
    channel: String,
    email: Option<String>,
    items: Vec<CartItemBody>,
    shipping_address: Option<AddressBody>,
    billing_address: Option<AddressBody>,
    shipping_method_id: Option<ShippingMethodId>,
    discount_codes: Vec<String>,
    /// Null: prices cannot be worked out now (the cart's problems say so); everything else works on.
    totals: Option<TotalsBody>,
    problems: Vec<CartProblemBody>,
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
    expires_at: Timestamp,
}

/// The merchant's own JSON as it was given; it was parsed when it came.
fn raw(metadata: String) -> Box<RawValue> {
    RawValue::from_string(metadata).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn item(view: LineView) -> CartItemBody {
    let (sku, product_slug, title, variant_title, image_url) = match view.facts.as_deref() {
        Some(f) => (
            Some(f.sku.clone()),
            Some(f.product_slug.clone()),
            Some(f.title.clone()),
            f.variant_title.clone(),
            f.image_url.clone(),
        ),
        None => (None, None, None, None, None),
    };
    CartItemBody {
        id: view.line.id,
        variant_id: view.line.variant,
        sku,
        product_slug,
        title,
        variant_title,
        image_url,
        quantity: view.line.quantity,
        unit_price: view.unit,
        compare_at_price: view.compare_at,
        total: view.total,
        metadata: raw(view.line.metadata),
        problems: view.problems.into_iter().map(CartProblemBody::from).collect(),
    }
}

impl From<CartView> for CartBody {
    fn from(view: CartView) -> Self {
        let cart = view.cart;
        let address = |a: Option<Personal<Address>>| a.map(|a| a.into_revealed().into());
        Self {
            id: cart.id,
            version: cart.version,
            currency: cart.currency,
            channel: cart.channel.to_string(),
            email: cart.email.map(|e| e.into_revealed().as_str().to_string()),
            items: view.lines.into_iter().map(item).collect(),
            shipping_address: address(cart.shipping_address),
            billing_address: address(cart.billing_address),
            shipping_method_id: cart.shipping_method,
            discount_codes: cart.codes.iter().map(|c| c.as_str().to_string()).collect(),
            totals: view.totals.map(TotalsBody::from),
            problems: view.problems.into_iter().map(CartProblemBody::from).collect(),
            metadata: raw(cart.metadata),
            expires_at: cart.expires_at,
        }
    }
}

impl CartBody {
    pub fn answer(view: CartView) -> super::Answer {
        (hanse_http::ETag(view.cart.version), hanse_http::Json(view.into()))
    }
}
