//! A cart as the document that Redis keeps; its id and version stand beside it.

use super::super::address_row::AddressRow;
use super::super::rows::personal;
use crate::domain::{Address, Cart, Code, Email, Line};
use hanse_database::DbError;
use hanse_kernel::{
    CartId, ChannelId, Currency, ItemId, Locale, Personal, ShippingMethodId, Timestamp, UserId, VariantId,
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
    shipping_address: Option<AddressRow>,
    billing_address: Option<AddressRow>,
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

fn unreadable(error: impl std::fmt::Display) -> DbError {
    DbError::Other(format!("a cart in Redis: {error}"))
}

fn address(address: Option<&Personal<Address>>) -> Option<AddressRow> {
    address.map(|address| AddressRow::from(address.reveal()))
}

pub fn write(cart: &Cart) -> Result<String, DbError> {
    let line = |line: &Line| LineDocument {
        id: line.id,
        variant: line.variant,
        quantity: line.quantity,
        metadata: line.metadata.clone(),
    };
    let document = Document {
        channel: cart.channel.clone(),
        currency: cart.currency.code().into(),
        locale: cart.locale.clone(),
        customer: cart.customer,
        email: cart.email.as_ref().map(|email| email.reveal().as_str().to_string()),
        shipping_address: address(cart.shipping_address.as_ref()),
        billing_address: address(cart.billing_address.as_ref()),
        shipping_method: cart.shipping_method,
        codes: cart.codes.iter().map(|code| code.as_str().to_string()).collect(),
        lines: cart.lines.iter().map(line).collect(),
        metadata: cart.metadata.clone(),
        operations: cart.operations.clone(),
        created_at: cart.created_at.micros(),
        updated_at: cart.updated_at.micros(),
        expires_at: cart.expires_at.micros(),
    };
    serde_json::to_string(&document).map_err(unreadable)
}

pub fn read(id: CartId, version: i64, text: &str) -> Result<Cart, DbError> {
    let d: Document = serde_json::from_str(text).map_err(unreadable)?;
    let line = |line: LineDocument| Line {
        id: line.id,
        variant: line.variant,
        quantity: line.quantity,
        metadata: line.metadata,
    };
    let address = |row: Option<AddressRow>| row.map(|row| personal(d.customer, Address::from(row)));
    Ok(Cart {
        id,
        version,
        channel: d.channel,
        currency: Currency::parse(&d.currency).map_err(unreadable)?,
        locale: d.locale,
        customer: d.customer,
        email: d.email.map(|email| personal(d.customer, Email::stored(email))),
        shipping_address: address(d.shipping_address),
        billing_address: address(d.billing_address),
        shipping_method: d.shipping_method,
        codes: d.codes.into_iter().map(Code::stored).collect(),
        lines: d.lines.into_iter().map(line).collect(),
        metadata: d.metadata,
        operations: d.operations,
        created_at: Timestamp::from_micros(d.created_at),
        updated_at: Timestamp::from_micros(d.updated_at),
        expires_at: Timestamp::from_micros(d.expires_at),
    })
}

/// What is left of a cart that was merged into another: when it ends, and nothing about its shopper.
pub fn left_of(absorbed: &Cart) -> Cart {
    Cart { email: None, shipping_address: None, billing_address: None, lines: vec![], ..absorbed.clone() }
}
