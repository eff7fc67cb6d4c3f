//! A cart with what stands beside it, as Redis tells it.

use super::super::sealed::Texts;
use super::document;
use crate::application::ports::{Found, Standing};
use crate::domain::Cart;
use hanse_database::DbError;
use hanse_kernel::{CartId, OrderId, Timestamp};

pub const FIELDS: [&str; 6] = ["v", "d", "a", "m", "t", "g"];

/// As many merged carts as checkout is told.
const MOST_MERGED: usize = 100;

pub struct Record {
    /// None: it was destroyed, and is remembered only so that it does not come back.
    pub cart: Option<Cart>,
    /// Orders taken out of it or of what was merged into it, each with the cart that it was made from.
    pub applied: Vec<(OrderId, CartId)>,
    pub merged: Vec<CartId>,
    pub merged_into: Option<CartId>,
}

fn unreadable() -> DbError {
    DbError::Other("a cart in Redis cannot be read".into())
}

/// An order that was taken out, as it stands in the list.
pub fn taken_out(order: OrderId, cart: CartId) -> String {
    format!("{order}/{cart}")
}

/// What every script that writes a cart is given of it: version, document, customer, times.
pub fn written(cart: &Cart, texts: &Texts) -> Result<[String; 5], DbError> {
    Ok([
        cart.version.to_string(),
        document::write(cart, texts)?,
        cart.customer.map(|customer| customer.to_string()).unwrap_or_default(),
        cart.updated_at.micros().to_string(),
        cart.expires_at.micros().to_string(),
    ])
}

impl Record {
    /// From the values of [`FIELDS`]; the texts of its cart as they stand there.
    pub fn read(id: CartId, fields: Vec<Option<String>>) -> Result<Option<(Self, Texts)>, DbError> {
        let [version, document, applied, merged, merged_into, gone] =
            <[Option<String>; 6]>::try_from(fields).map_err(|_| unreadable())?;
        let Some(version) = version else { return Ok(None) };
        let (cart, texts) = match (gone, document) {
            (None, Some(text)) => {
                let version = version.parse().map_err(|_| unreadable())?;
                let (cart, texts) = document::read(id, version, &text)?;
                (Some(cart), texts)
            }
            _ => (None, Texts::default()),
        };
        let order = |entry: &str| {
            let (order, cart) = entry.split_once('/')?;
            Some((order.parse().ok()?, cart.parse().ok()?))
        };
        let applied: Option<Vec<(OrderId, CartId)>> =
            applied.unwrap_or_default().split_whitespace().map(order).collect();
        let merged: Result<Vec<CartId>, _> =
            merged.unwrap_or_default().split_whitespace().map(str::parse).collect();
        let merged_into = merged_into.map(|id| id.parse()).transpose().map_err(|_| unreadable())?;
        let (applied, merged) = (applied.ok_or_else(unreadable)?, merged.map_err(|_| unreadable())?);
        Ok(Some((Self { cart, applied, merged, merged_into }, texts)))
    }

    pub fn found(self, now: Timestamp) -> Option<Found> {
        let cart = self.cart.filter(|cart| cart.expires_at > now)?;
        Some(match self.merged_into {
            Some(into) => Found::MergedInto(into),
            None => Found::Cart(Box::new(cart)),
        })
    }

    pub fn standing(mut self, now: Timestamp) -> Option<Standing> {
        let cart = self.cart.filter(|cart| self.merged_into.is_none() && cart.expires_at > now)?;
        self.merged.sort();
        self.merged.truncate(MOST_MERGED);
        let applied = self.applied.into_iter().map(|(order, _)| order).collect();
        Some(Standing { cart, applied, merged: self.merged })
    }
}
