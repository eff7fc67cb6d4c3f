//! A cart as the document that Redis keeps, its texts sealed as they are in rows; its id and version stand beside it.

use super::super::address_row::AddressRow;
use super::super::sealed::{self, Texts};
use crate::domain::{Cart, Code, Line};
use hanse_database::DbError;
use hanse_kernel::{
    CartId, ChannelId, Currency, ItemId, Locale, ShippingMethodId, Timestamp, UserId, VariantId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct Document {
    channel: ChannelId,
    currency: String,
    locale: Locale,
    customer: Option<UserId>,
    email: Option<String>,
    shipping_address: Option<AddressText>,
    billing_address: Option<AddressText>,
    shipping_method: Option<ShippingMethodId>,
    codes: Vec<String>,
    lines: Vec<LineDocument>,
    metadata: String,
    operations: Vec<Uuid>,
    created_at: i64,
    updated_at: i64,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
struct LineDocument {
    id: ItemId,
    variant: VariantId,
    quantity: i64,
    metadata: String,
}

/// As it is written now, and as it was before addresses were sealed.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum AddressText {
    Text(String),
    Open(AddressRow),
}

impl AddressText {
    fn stored(self) -> Result<String, DbError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Open(row) => sealed::write(&row),
        }
    }
}

fn unreadable(error: impl std::fmt::Display) -> DbError {
    DbError::Other(format!("a cart in Redis: {error}"))
}

/// `texts`: the cart's, as they are to stand there.
pub fn write(cart: &Cart, texts: &Texts) -> Result<String, DbError> {
    let line = |(line, metadata): (&Line, &String)| LineDocument {
        id: line.id,
        variant: line.variant,
        quantity: line.quantity,
        metadata: metadata.clone(),
    };
    let document = Document {
        channel: cart.channel.clone(),
        currency: cart.currency.code().into(),
        locale: cart.locale.clone(),
        customer: cart.customer,
        email: texts.email.clone(),
        shipping_address: texts.shipping.clone().map(AddressText::Text),
        billing_address: texts.billing.clone().map(AddressText::Text),
        shipping_method: cart.shipping_method,
        codes: cart.codes.iter().map(|code| code.as_str().to_string()).collect(),
        lines: cart.lines.iter().zip(&texts.lines).map(line).collect(),
        metadata: texts.metadata.clone(),
        operations: cart.operations.clone(),
        created_at: cart.created_at.micros(),
        updated_at: cart.updated_at.micros(),
        expires_at: cart.expires_at.micros(),
    };
    serde_json::to_string(&document).map_err(unreadable)
}

/// The cart without its texts, and those as they stand there.
pub fn read(id: CartId, version: i64, text: &str) -> Result<(Cart, Texts), DbError> {
    let d: Document = serde_json::from_str(text).map_err(unreadable)?;
    let line = |line: LineDocument| {
        let LineDocument { id, variant, quantity, metadata } = line;
        (Line { id, variant, quantity, metadata: String::new() }, metadata)
    };
    let (lines, told): (Vec<Line>, Vec<String>) = d.lines.into_iter().map(line).unzip();
    let texts = Texts {
        email: d.email,
        shipping: d.shipping_address.map(AddressText::stored).transpose()?,
        billing: d.billing_address.map(AddressText::stored).transpose()?,
        metadata: d.metadata,
        lines: told,
    };
    let cart = Cart {
        id,
        version,
        channel: d.channel,
        currency: Currency::parse(&d.currency).map_err(unreadable)?,
        locale: d.locale,
        customer: d.customer,
        email: None,
        shipping_address: None,
        billing_address: None,
        shipping_method: d.shipping_method,
        codes: d.codes.into_iter().map(Code::stored).collect(),
        lines,
        metadata: String::new(),
        operations: d.operations,
        created_at: Timestamp::from_micros(d.created_at),
        updated_at: Timestamp::from_micros(d.updated_at),
        expires_at: Timestamp::from_micros(d.expires_at),
    };
    Ok((cart, texts))
}

/// What is left of a cart that was merged into another: when it ends, and nothing about its shopper.
pub fn left_of(absorbed: &Cart) -> Cart {
    Cart {
        email: None,
        shipping_address: None,
        billing_address: None,
        metadata: "{}".into(),
        lines: vec![],
        ..absorbed.clone()
    }
}
