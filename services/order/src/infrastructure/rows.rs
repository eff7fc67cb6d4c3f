//! How the rows of `orders` and `order_lines` read.

use super::columns;
use super::sealed::{ACTION, BILLING, EMAIL, METADATA, SHIPPING, open_address, whose};
use crate::domain::order::{Counts, Details, Line, LineDetails, Number, Order, ShippingMethod, Totals};
use crate::domain::saga::{Current, Renewals, Saga, Terms};
use hanse_database::sql::Row;
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, Locale, Money, Personal, UserId};
use hanse_vault::{HeldBy, HeldKey, Subject, Vault, is_sealed};

/// What the rules need of an order.
pub const ORDER: &str = "id, number, channel, customer_id, cart_id, cart_version, discount_codes, currency, total_amount,
 placed_at, capture_mode, state, payment_id, attempt, phase, next_action, authorized, captured, refunded, capture_asked,
 cancelled_value, captures, refund, cancel, committed, payment_closed, stock_closed, stuck, attention, reason,
 confirmed_at, hold_until, entered_at, due_at, tries, version, events, notes,
 renewal_asked, renewal_answered, renewal_granted";

/// What is shown of it besides; to be read after [`ORDER`].
pub const DETAILS: &str =
    "locale, email, shipping_address, billing_address, shipping_method_id, shipping_method,
 items_amount, discount_amount, shipping_amount, tax_amount, tax_included, explain, metadata, country";

/// What the rules need of a line.
pub const LINE: &str = "item_id, variant_id, quantity, worth, fulfilled, returned, refunded, cancelled";

/// What is shown of it besides; to be read after [`LINE`].
pub const LINE_DETAILS: &str = "sku, title, variant_title, product_slug, image_url, unit_price, total, discount, tax, tax_rate, metadata";

fn currency(row: &Row<'_>) -> Result<Currency, DbError> {
    let code: String = row.get(7)?;
    Currency::parse(&code).map_err(|e| DbError::Column { index: 7, message: e.to_string() })
}

/// An order as it stands in its row: where its shopper is asked to go for their payment is still sealed.
pub struct StoredOrder {
    /// Without its lines and that.
    pub order: Order,
    action: Option<String>,
}

impl StoredOrder {
    pub fn whose(&self) -> Subject {
        whose(self.order.customer, self.order.id)
    }

    pub fn open(mut self, key: &HeldKey) -> Result<Order, DbError> {
        let action = key.open_some(ACTION, self.action.as_deref())?;
        self.order.saga.next_action = columns::read_action(action)?;
        Ok(self.order)
    }

    /// Most orders ask their shopper for nothing, and no key is looked for.
    pub async fn open_in(self, tx: &mut Tx, vault: &Vault) -> Result<Order, DbError> {
        let key = match self.action.as_deref().is_some_and(is_sealed) {
            true => vault.find(tx, self.whose()).await?,
            false => HeldBy::default().of(self.whose()),
        };
        self.open(&key)
    }
}

/// The order of a row of [`ORDER`].
pub fn order(row: &Row<'_>) -> Result<StoredOrder, DbError> {
    let currency = currency(row)?;
    let money = |index| Ok::<_, DbError>(Money::new(row.get(index)?, currency));
    let attempt: u32 = row.get(13)?;
    let reason: Option<String> = row.get(29)?;
    let reason = reason.map(|text| text.parse().map_err(|e: _| unknown(29, &e))).transpose()?;
    let captures: String = row.get(21)?;
    let order = Order {
        id: row.id(0)?,
        number: Number::stored(row.get(1)?),
        channel: ChannelId::new(&row.get::<String>(2)?),
        customer: row.id_opt(3)?,
        cart: row.get(4)?,
        cart_version: row.get(5)?,
        discount_codes: row.json(6)?,
        lines: vec![],
        saga: Saga {
            terms: Terms { total: money(8)?, placed_at: row.get(9)?, capture: row.parse(10)? },
            state: row.parse(11)?,
            payment: row.id_opt(12)?.map(|id| Current { id, attempt }),
            phase: row.parse(14)?,
            next_action: None,
            authorized: money(16)?,
            captured: money(17)?,
            refunded: money(18)?,
            capture_asked: money(19)?,
            cancelled_value: money(20)?,
            captures: columns::read_captures(&captures, currency)?,
            refund: columns::read_refund(row.get(22)?, currency)?,
            cancel: columns::read_cancel(row.get(23)?, currency)?,
            committed: row.get(24)?,
            payment_closed: row.get(25)?,
            stock_closed: row.get(26)?,
            stuck: row.get(27)?,
            attention: row.get(28)?,
            renewals: Renewals { asked: row.get(38)?, answered: row.get(39)?, granted: row.get(40)? },
            reason,
            confirmed_at: row.get(30)?,
            hold_until: row.get(31)?,
            entered_at: row.get(32)?,
            due_at: row.get(33)?,
            tries: row.get(34)?,
        },
        version: row.get(35)?,
        events: row.get(36)?,
        notes: row.get(37)?,
    };
    Ok(StoredOrder { order, action: row.get(15)? })
}

fn unknown(index: usize, error: &crate::domain::saga::UnknownName) -> DbError {
    DbError::Column { index, message: error.to_string() }
}

fn personal<T>(customer: Option<UserId>, value: T) -> Personal<T> {
    match customer {
        Some(user) => Personal::of(user, value),
        None => Personal::guest(value),
    }
}

/// The details as they stand in their row, the texts about the person still sealed.
pub struct StoredDetails {
    email: Option<String>,
    shipping_address: Option<String>,
    billing_address: Option<String>,
    details: Details,
}

impl StoredDetails {
    pub fn open(self, customer: Option<UserId>, key: &HeldKey) -> Result<Details, DbError> {
        let shipping = open_address(key, SHIPPING, self.shipping_address.as_deref())?;
        let billing = open_address(key, BILLING, self.billing_address.as_deref())?;
        // Orders from before it was kept beside them have it in their addresses only.
        let to = shipping.as_ref().or(billing.as_ref()).map(|address| address.country.clone());
        Ok(Details {
            country: to.or(self.details.country),
            email: key.open_some(EMAIL, self.email.as_deref())?.map(|email| personal(customer, email)),
            shipping_address: shipping.map(|address| personal(customer, address)),
            billing_address: billing.map(|address| personal(customer, address)),
            metadata: key.open(METADATA, &self.details.metadata)?,
            ..self.details
        })
    }
}

/// The details of a row of [`ORDER`] and [`DETAILS`], still without those of the lines.
pub fn details(row: &Row<'_>) -> Result<StoredDetails, DbError> {
    let currency = currency(row)?;
    let money = |index| Ok::<_, DbError>(Money::new(row.get(index)?, currency));
    let title: Option<String> = row.get(46)?;
    let explain: String = row.get(52)?;
    let details = Details {
        locale: Locale::new(&row.get::<String>(41)?),
        email: None,
        shipping_address: None,
        billing_address: None,
        country: row.get(54)?,
        shipping_method: row.id_opt(45)?.map(|id| ShippingMethod { id, title: title.unwrap_or_default() }),
        totals: Totals {
            items: money(47)?,
            discount: money(48)?,
            shipping: money(49)?,
            tax: money(50)?,
            total: money(8)?,
            tax_included: row.get(51)?,
            explain: columns::read_explain(&explain, currency)?,
        },
        metadata: row.get(53)?,
        lines: vec![],
    };
    Ok(StoredDetails {
        email: row.get(42)?,
        shipping_address: row.get(43)?,
        billing_address: row.get(44)?,
        details,
    })
}

/// The line of a row that begins with [`LINE`].
pub fn line(row: &Row<'_>, currency: Currency) -> Result<Line, DbError> {
    Ok(Line {
        item: row.id(0)?,
        variant: row.id(1)?,
        quantity: row.get(2)?,
        worth: Money::new(row.get(3)?, currency),
        counts: Counts {
            fulfilled: row.get(4)?,
            returned: row.get(5)?,
            refunded: row.get(6)?,
            cancelled: row.get(7)?,
        },
    })
}

/// The details of a row of [`LINE`] and [`LINE_DETAILS`], its metadata as it stands there.
pub fn line_details(row: &Row<'_>, currency: Currency) -> Result<LineDetails, DbError> {
    let money = |index| Ok::<_, DbError>(Money::new(row.get(index)?, currency));
    Ok(LineDetails {
        sku: row.get(8)?,
        title: row.get(9)?,
        variant_title: row.get(10)?,
        product_slug: row.get(11)?,
        image_url: row.get(12)?,
        unit_price: money(13)?,
        total: money(14)?,
        discount: money(15)?,
        tax: money(16)?,
        tax_rate: row.get(17)?,
        metadata: row.get(18)?,
    })
}
