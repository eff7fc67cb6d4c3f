//! Orders as they look on the wire.

use crate::application::ports::{Listed, Shown, ShownShipment};
use crate::domain::order::{Address, Details, Line, LineDetails, Order};
use hanse_kernel::{ItemId, Money, OrderId, ShipmentId, Timestamp, UserId, VariantId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderBody {
    id: OrderId,
    number: String,
    /// pending | awaiting_payment | confirmed | rejected | cancelled | refunded | fulfilled
    status: &'static str,
    /// not_required | pending | action_required | authorized | captured | partially_refunded | refunded | voided |
    /// declined
    payment_status: &'static str,
    /// unfulfilled | partially_fulfilled | fulfilled | cancelled
    fulfilment_status: &'static str,
    /// Opens this order without a login: `Authorization: Order <access_token>`. For whom it is; staff, who would act as the shopper by
    /// it, are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// What the shopper has to do before the payment can go on.
    next_action: Option<NextActionBody>,
    /// Why it was rejected or cancelled, or waits for another payment.
    reason: Option<&'static str>,
    email: Option<String>,
    placed_at: Timestamp,
    items: Vec<ItemBody>,
    shipping_address: Option<AddressBody>,
    billing_address: Option<AddressBody>,
    shipping_method: Option<String>,
    discount_codes: Vec<String>,
    totals: TotalsBody,
    refunded: Money,
    shipments: Vec<ShipmentBody>,
    history: Vec<HistoryBody>,
    /// The merchant's own JSON.
    metadata: serde_json::Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextActionBody {
    #[serde(rename = "type")]
    kind: String,
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemBody {
    id: ItemId,
    variant_id: VariantId,
    sku: String,
    product_slug: String,
    title: String,
    variant_title: String,
    image_url: Option<String>,
    quantity: i64,
    unit_price: Money,
    /// Before discounts.
    total: Money,
    fulfilled_quantity: i64,
    returned_quantity: i64,
    refunded_quantity: i64,
    cancelled_quantity: i64,
    /// The merchant's own JSON.
    metadata: serde_json::Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressBody {
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    postal_code: String,
    region: Option<String>,
    country: String,
    phone: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsBody {
    items: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
    total: Money,
    tax_included: bool,
    explain: Vec<ExplainBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainBody {
    rule: String,
    text: String,
    amount: Money,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShipmentBody {
    id: ShipmentId,
    at: Timestamp,
    tracking: Option<String>,
    items: Vec<PieceBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PieceBody {
    item_id: ItemId,
    quantity: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryBody {
    at: Timestamp,
    event: &'static str,
}

/// An order as the staff see it: the same, with how it works inside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminOrderBody {
    #[serde(flatten)]
    order: OrderBody,
    channel: String,
    /// Where it went, or was billed; stays when the customer is erased.
    country: Option<String>,
    customer_id: Option<UserId>,
    /// Where the checkout stands, for support.
    state: &'static str,
    captured: Money,
    /// It does not end by itself.
    stuck: bool,
    /// Its payment is in doubt: nothing can be sent.
    payment_attention: bool,
}

/// A line of a list of orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLineBody {
    id: OrderId,
    number: String,
    status: &'static str,
    payment_status: &'static str,
    fulfilment_status: &'static str,
    placed_at: Timestamp,
    total: Money,
    /// Pieces, all lines together.
    quantity: i64,
    email: Option<String>,
    customer_id: Option<UserId>,
    reason: Option<&'static str>,
    stuck: bool,
    payment_attention: bool,
    items: Vec<ItemBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderPage {
    pub items: Vec<OrderLineBody>,
    pub next_cursor: Option<String>,
}

/// It was JSON when the cart gave it.
fn raw(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn item((line, details): (&Line, LineDetails)) -> ItemBody {
    ItemBody {
        id: line.item,
        variant_id: line.variant,
        sku: details.sku,
        product_slug: details.product_slug,
        title: details.title,
        variant_title: details.variant_title,
        image_url: (!details.image_url.is_empty()).then_some(details.image_url),
        quantity: line.quantity,
        unit_price: details.unit_price,
        total: details.total,
        fulfilled_quantity: line.counts.fulfilled,
        returned_quantity: line.counts.returned,
        refunded_quantity: line.counts.refunded,
        cancelled_quantity: line.counts.cancelled,
        metadata: raw(&details.metadata),
    }
}

fn items(order: &Order, details: Vec<LineDetails>) -> Vec<ItemBody> {
    order.lines.iter().zip(details).map(item).collect()
}

fn address(a: Address) -> AddressBody {
    AddressBody {
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

fn shipment(s: ShownShipment) -> ShipmentBody {
    let piece = |p: crate::domain::order::Piece| PieceBody { item_id: p.item, quantity: p.quantity };
    ShipmentBody {
        id: s.id,
        at: s.at,
        tracking: s.tracking,
        items: s.pieces.into_iter().map(piece).collect(),
    }
}

/// The whole order, for its shopper; `token` opens it.
pub(crate) fn order_body(shown: Shown, token: String) -> OrderBody {
    OrderBody { access_token: Some(token), ..body(shown) }
}

fn body(shown: Shown) -> OrderBody {
    let Shown { order, details, history, shipments } = shown;
    let Details {
        email, shipping_address, billing_address, shipping_method, totals, metadata, lines, ..
    } = details;
    let saga = &order.saga;
    OrderBody {
        id: order.id,
        number: order.number.as_str().to_string(),
        status: order.status().as_str(),
        payment_status: order.payment_status().as_str(),
        fulfilment_status: order.fulfilment_status().as_str(),
        access_token: None,
        next_action: saga
            .next_action
            .as_ref()
            .map(|a| NextActionBody { kind: a.kind.clone(), url: a.url.clone() }),
        reason: saga.reason.map(|reason| reason.as_str()),
        email: email.map(|e| e.into_revealed()),
        placed_at: order.placed_at(),
        items: items(&order, lines),
        shipping_address: shipping_address.map(|a| address(a.into_revealed())),
        billing_address: billing_address.map(|a| address(a.into_revealed())),
        shipping_method: shipping_method.map(|method| method.title),
        discount_codes: order.discount_codes.clone(),
        totals: TotalsBody {
            items: totals.items,
            discount: totals.discount,
            shipping: totals.shipping,
            tax: totals.tax,
            total: totals.total,
            tax_included: totals.tax_included,
            explain: totals
                .explain
                .into_iter()
                .map(|e| ExplainBody { rule: e.rule, text: e.text, amount: e.amount })
                .collect(),
        },
        refunded: saga.refunded,
        shipments: shipments.into_iter().map(shipment).collect(),
        history: history.into_iter().map(|(at, event)| HistoryBody { at, event: event.as_str() }).collect(),
        metadata: raw(&metadata),
    }
}

pub(crate) fn admin_body(shown: Shown) -> AdminOrderBody {
    let saga = &shown.order.saga;
    AdminOrderBody {
        channel: shown.order.channel.to_string(),
        country: shown.details.country.clone(),
        customer_id: shown.order.customer,
        state: saga.state.as_str(),
        captured: saga.captured,
        stuck: saga.stuck,
        payment_attention: saga.attention,
        order: body(shown),
    }
}

pub(crate) fn line_body(listed: Listed) -> OrderLineBody {
    let Listed { order, details } = listed;
    OrderLineBody {
        id: order.id,
        number: order.number.as_str().to_string(),
        status: order.status().as_str(),
        payment_status: order.payment_status().as_str(),
        fulfilment_status: order.fulfilment_status().as_str(),
        placed_at: order.placed_at(),
        total: order.total(),
        quantity: order.lines.iter().map(|line| line.quantity).sum(),
        email: details.email.map(|e| e.into_revealed()),
        customer_id: order.customer,
        reason: order.saga.reason.map(|reason| reason.as_str()),
        stuck: order.saga.stuck,
        payment_attention: order.saga.attention,
        items: items(&order, details.lines),
    }
}
