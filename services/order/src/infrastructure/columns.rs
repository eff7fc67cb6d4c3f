//! The JSON texts in the order's columns. They are ours alone: no other service reads them.

use crate::domain::order::{Address, Explain, Piece};
use crate::domain::saga::{NextAction, OpenCapture, OpenRefund, PendingCancel};
use hanse_database::DbError;
use hanse_kernel::{Currency, ItemId, Money, RefundId, VariantId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub fn write<T: Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Other(e.to_string()))
}

pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|e| DbError::Other(format!("a column's JSON does not read: {e}")))
}

fn known<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|e: T::Err| DbError::Other(e.to_string()))
}

#[derive(Serialize, Deserialize)]
pub struct AddressJson {
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    postal_code: String,
    region: Option<String>,
    country: String,
    phone: Option<String>,
}

impl From<&Address> for AddressJson {
    fn from(a: &Address) -> Self {
        let a = a.clone();
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

impl From<AddressJson> for Address {
    fn from(a: AddressJson) -> Self {
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

#[derive(Serialize, Deserialize)]
pub struct ExplainJson {
    rule: String,
    text: String,
    amount: i64,
}

pub fn write_explain(list: &[Explain]) -> Result<String, DbError> {
    let json =
        |e: &Explain| ExplainJson { rule: e.rule.clone(), text: e.text.clone(), amount: e.amount.minor() };
    write(&list.iter().map(json).collect::<Vec<_>>())
}

pub fn read_explain(text: &str, currency: Currency) -> Result<Vec<Explain>, DbError> {
    let list: Vec<ExplainJson> = read(text)?;
    let explain =
        |e: ExplainJson| Explain { rule: e.rule, text: e.text, amount: Money::new(e.amount, currency) };
    Ok(list.into_iter().map(explain).collect())
}

#[derive(Serialize, Deserialize)]
struct PieceJson {
    item: ItemId,
    variant: VariantId,
    quantity: i64,
}

pub fn write_pieces(pieces: &[Piece]) -> Result<String, DbError> {
    let json = |p: &Piece| PieceJson { item: p.item, variant: p.variant, quantity: p.quantity };
    write(&pieces.iter().map(json).collect::<Vec<_>>())
}

pub fn read_pieces(text: &str) -> Result<Vec<Piece>, DbError> {
    let list: Vec<PieceJson> = read(text)?;
    Ok(list.into_iter().map(|p| Piece { item: p.item, variant: p.variant, quantity: p.quantity }).collect())
}

#[derive(Serialize, Deserialize)]
struct ActionJson {
    kind: String,
    url: String,
}

pub fn write_action(action: Option<&NextAction>) -> Result<Option<String>, DbError> {
    action.map(|a| write(&ActionJson { kind: a.kind.clone(), url: a.url.clone() })).transpose()
}

pub fn read_action(text: Option<String>) -> Result<Option<NextAction>, DbError> {
    let Some(text) = text else { return Ok(None) };
    let ActionJson { kind, url } = read(&text)?;
    Ok(Some(NextAction { kind, url }))
}

#[derive(Serialize, Deserialize)]
struct CaptureJson {
    id: Uuid,
    amount: i64,
}

pub fn write_captures(captures: &[OpenCapture]) -> Result<String, DbError> {
    if captures.is_empty() {
        return Ok("[]".into());
    }
    let json = |c: &OpenCapture| CaptureJson { id: c.id, amount: c.amount.minor() };
    write(&captures.iter().map(json).collect::<Vec<_>>())
}

pub fn read_captures(text: &str, currency: Currency) -> Result<Vec<OpenCapture>, DbError> {
    if text == "[]" {
        return Ok(vec![]);
    }
    let list: Vec<CaptureJson> = read(text)?;
    Ok(list.into_iter().map(|c| OpenCapture { id: c.id, amount: Money::new(c.amount, currency) }).collect())
}

#[derive(Serialize, Deserialize)]
struct RefundJson {
    id: RefundId,
    amount: i64,
    target: i64,
    whole: bool,
    cancel: Option<String>,
}

pub fn write_refund(refund: Option<&OpenRefund>) -> Result<Option<String>, DbError> {
    let json = |r: &OpenRefund| RefundJson {
        id: r.id,
        amount: r.amount.minor(),
        target: r.target.minor(),
        whole: r.whole,
        cancel: r.cancel.map(|reason| reason.to_string()),
    };
    refund.map(|r| write(&json(r))).transpose()
}

pub fn read_refund(text: Option<String>, currency: Currency) -> Result<Option<OpenRefund>, DbError> {
    let Some(text) = text else { return Ok(None) };
    let json: RefundJson = read(&text)?;
    Ok(Some(OpenRefund {
        id: json.id,
        amount: Money::new(json.amount, currency),
        target: Money::new(json.target, currency),
        whole: json.whole,
        cancel: json.cancel.as_deref().map(known).transpose()?,
    }))
}

#[derive(Serialize, Deserialize)]
struct CancelJson {
    reason: String,
    operation: Uuid,
    unsent: i64,
    sent: bool,
}

pub fn write_cancel(cancel: Option<&PendingCancel>) -> Result<Option<String>, DbError> {
    let json = |c: &PendingCancel| CancelJson {
        reason: c.reason.to_string(),
        operation: c.operation,
        unsent: c.unsent.minor(),
        sent: c.sent,
    };
    cancel.map(|c| write(&json(c))).transpose()
}

pub fn read_cancel(text: Option<String>, currency: Currency) -> Result<Option<PendingCancel>, DbError> {
    let Some(text) = text else { return Ok(None) };
    let json: CancelJson = read(&text)?;
    Ok(Some(PendingCancel {
        reason: known(&json.reason)?,
        operation: json.operation,
        unsent: Money::new(json.unsent, currency),
        sent: json.sent,
    }))
}
