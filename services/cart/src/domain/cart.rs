//! The cart: lines, who it is for, how it is sent, and the version that every change bumps.

use super::{Address, Code, ConfirmedOrder, Email, Fault};
use hanse_kernel::{
    Actor, CartId, ChannelId, Currency, ItemId, Locale, Personal, ShippingMethodId, Timestamp, UserId,
    VariantId,
};
use std::time::Duration;
use uuid::Uuid;

pub const MOST_LINES: usize = 100;
pub const MOST_PIECES: i64 = 999;
pub const MOST_CODES: usize = 10;
/// A cart that nobody changes for so long is thrown away.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Operations remembered, so that a request tried again after a crash is not done twice.
const REMEMBERED: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
    /// The merchant's own JSON (an engraving, say). Two lines of one variant differ by it.
    pub metadata: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: CartId,
    pub version: i64,
    pub channel: ChannelId,
    pub currency: Currency,
    pub locale: Locale,
    /// None: a guest's, open to whoever holds its id.
    pub customer: Option<UserId>,
    pub email: Option<Personal<Email>>,
    pub shipping_address: Option<Personal<Address>>,
    pub billing_address: Option<Personal<Address>>,
    pub shipping_method: Option<ShippingMethodId>,
    pub codes: Vec<Code>,
    pub lines: Vec<Line>,
    pub metadata: String,
    pub operations: Vec<Uuid>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a shopper may change besides lines. None stays as it is; `Some(None)` is taken away.
#[derive(Clone, Default)]
pub struct Change {
    pub email: Option<Option<Email>>,
    pub shipping_address: Option<Option<Address>>,
    pub billing_address: Option<Option<Address>>,
    pub shipping_method: Option<Option<ShippingMethodId>>,
    pub codes: Option<Vec<Code>>,
    pub metadata: Option<String>,
}

impl Cart {
    pub fn new(
        id: CartId,
        channel: ChannelId,
        currency: Currency,
        locale: Locale,
        customer: Option<UserId>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 1,
            channel,
            currency,
            locale,
            customer,
            email: None,
            shipping_address: None,
            billing_address: None,
            shipping_method: None,
            codes: vec![],
            lines: vec![],
            metadata: "{}".into(),
            operations: vec![],
            created_at: now,
            updated_at: now,
            expires_at: expiry(now),
        }
    }

    /// A customer's cart opens to that customer only; a guest's to everybody who has its id.
    pub fn opens_for(&self, actor: &Actor) -> bool {
        match self.customer {
            None => true,
            Some(owner) => matches!(actor, Actor::Customer { user } if *user == owner),
        }
    }

    /// From now on it is this customer's alone.
    pub fn bind(&mut self, customer: UserId) {
        self.customer = Some(customer);
        self.email = self.email.take().map(|e| Personal::of(customer, e.into_revealed()));
        for address in [&mut self.shipping_address, &mut self.billing_address] {
            *address = address.take().map(|a| Personal::of(customer, a.into_revealed()));
        }
    }

    fn personal<T>(&self, value: T) -> Personal<T> {
        match self.customer {
            Some(customer) => Personal::of(customer, value),
            None => Personal::guest(value),
        }
    }

    /// Adds pieces, to the line that has the variant already or to a new one. An operation that was done before
    /// changes nothing.
    pub fn add(&mut self, new: Line, operation: Option<Uuid>) -> Result<(), Fault> {
        if let Some(operation) = operation {
            if self.operations.contains(&operation) {
                return Ok(());
            }
            self.operations.push(operation);
            let surplus = self.operations.len().saturating_sub(REMEMBERED);
            self.operations.drain(..surplus);
        }
        pieces(new.quantity)?;
        let same = |l: &Line| l.variant == new.variant && l.metadata == new.metadata;
        match self.lines.iter().position(same) {
            Some(index) => {
                let quantity = self.lines[index].quantity + new.quantity;
                pieces(quantity)?;
                self.lines[index].quantity = quantity;
            }
            None if self.lines.len() >= MOST_LINES => {
                let message = format!("would be line {}; a cart has at most {MOST_LINES}", MOST_LINES + 1);
                return Err(Fault::new("variant_id", "too_many_lines", message));
            }
            None => self.lines.push(new),
        }
        Ok(())
    }

    /// False: there is no such line.
    pub fn set_quantity(&mut self, item: ItemId, quantity: i64) -> Result<bool, Fault> {
        pieces(quantity)?;
        let found = self.lines.iter_mut().find(|l| l.id == item);
        Ok(found.map(|line| line.quantity = quantity).is_some())
    }

    /// False: there is no such line.
    pub fn remove(&mut self, item: ItemId) -> bool {
        let before = self.lines.len();
        self.lines.retain(|l| l.id != item);
        self.lines.len() != before
    }

    pub fn change(&mut self, change: Change) {
        if let Some(email) = change.email {
            self.email = email.map(|e| self.personal(e));
        }
        if let Some(address) = change.shipping_address {
            self.shipping_address = address.map(|a| self.personal(a));
        }
        if let Some(address) = change.billing_address {
            self.billing_address = address.map(|a| self.personal(a));
        }
        if let Some(method) = change.shipping_method {
            self.shipping_method = method;
        }
        if let Some(codes) = change.codes {
            self.codes = codes;
        }
        if let Some(metadata) = change.metadata {
            self.metadata = metadata;
        }
    }

    /// Takes in what another cart of the same customer holds. False: it does not all fit, so nothing is taken.
    pub fn absorb(&mut self, other: &Self) -> bool {
        if other.currency != self.currency || other.channel != self.channel {
            return false;
        }
        let mut whole = self.clone();
        if other.lines.iter().any(|line| whole.add(line.clone(), None).is_err()) {
            return false;
        }
        self.lines = whole.lines;
        true
    }

    /// Takes out what an order bought. What was added since it was placed stays; the codes it used are spent.
    pub fn take_out(&mut self, order: &ConfirmedOrder) {
        let merged = order.cart != self.id;
        for bought in &order.lines {
            let by_id = self.lines.iter().position(|l| l.id == bought.item);
            // The lines of a cart that was merged into this one may have gone into lines that were here. In its own
            // cart a line that is gone was taken out by the shopper: what has its variant now was added since.
            let same = |l: &Line| merged && l.variant == bought.variant;
            let found = by_id.or_else(|| self.lines.iter().position(same));
            if let Some(index) = found {
                self.lines[index].quantity -= bought.quantity;
                if self.lines[index].quantity <= 0 {
                    self.lines.remove(index);
                }
            }
        }
        self.codes.retain(|code| !order.codes.iter().any(|used| used == code.as_str()));
    }

    /// Every change makes a new version and gives the cart another lifetime.
    pub fn touched(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
        self.expires_at = expiry(now);
    }

    /// Where it goes, as far as the shopper has told; what is not sent anywhere goes to whom it is billed to.
    pub fn destination(&self) -> Option<&Address> {
        self.shipping_address.as_ref().or(self.billing_address.as_ref()).map(Personal::reveal)
    }
}

/// To the second: it stands in every answer.
fn expiry(now: Timestamp) -> Timestamp {
    let end = now.plus(LIFETIME).micros();
    Timestamp::from_micros(end - end.rem_euclid(1_000_000))
}

fn pieces(quantity: i64) -> Result<(), Fault> {
    if (1..=MOST_PIECES).contains(&quantity) {
        return Ok(());
    }
    Err(Fault::new("quantity", "range", format!("must be between 1 and {MOST_PIECES}")))
}
