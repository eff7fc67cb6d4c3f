//! What of a cart can be about somebody, as text: in its rows, and in the document that Redis keeps. It is sealed with a key of
//! the cart's own, a customer's cart too: nothing has to be sealed anew when a guest logs in, and the key goes when the cart
//! does.

use super::address_row::AddressRow;
use crate::domain::{Address, Cart, Email};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Personal, UserId};
use hanse_vault::{Column, HeldKey, Key, Rows, Vault, is_sealed, says_nothing};

const HEAD: [Column; 4] = [
    Column::new("carts", "email"),
    Column::new("carts", "shipping_address"),
    Column::new("carts", "billing_address"),
    Column::new("carts", "metadata"),
];
const LINE: Column = Column::new("cart_lines", "metadata");

/// What stands there from before is sealed while the service works.
pub fn rows() -> Vec<Rows> {
    vec![Rows::of("carts", &["id"], &["id"], &HEAD), Rows::of("cart_lines", &["id"], &["cart_id"], &[LINE])]
}

/// As they are, or as they stand in the store.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts {
    pub email: Option<String>,
    pub shipping: Option<String>,
    pub billing: Option<String>,
    pub metadata: String,
    /// Of the lines, in their order.
    pub lines: Vec<String>,
}

impl Texts {
    pub fn of(cart: &Cart) -> Result<Self, DbError> {
        Ok(Self {
            email: cart.email.as_ref().map(|email| email.reveal().as_str().to_string()),
            shipping: cart.shipping_address.as_ref().map(|a| write(&a.reveal().into())).transpose()?,
            billing: cart.billing_address.as_ref().map(|a| write(&a.reveal().into())).transpose()?,
            metadata: cart.metadata.clone(),
            lines: cart.lines.iter().map(|line| line.metadata.clone()).collect(),
        })
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        let head = self.email.iter().chain(&self.shipping).chain(&self.billing);
        head.chain(std::iter::once(&self.metadata)).chain(&self.lines)
    }

    pub fn say_nothing(&self) -> bool {
        self.all().all(|text| says_nothing(text))
    }

    pub fn are_sealed(&self) -> bool {
        self.all().any(|text| is_sealed(text))
    }

    /// Something was stored before its column was sealed.
    pub fn are_from_before(&self) -> bool {
        self.all().any(|text| !is_sealed(text) && !says_nothing(text))
    }

    fn each(&self, work: impl Fn(Column, &str) -> Result<String, DbError>) -> Result<Self, DbError> {
        let [email, shipping, billing, metadata] = HEAD;
        let some = |column, text: &Option<String>| text.as_ref().map(|text| work(column, text)).transpose();
        Ok(Self {
            email: some(email, &self.email)?,
            shipping: some(shipping, &self.shipping)?,
            billing: some(billing, &self.billing)?,
            metadata: work(metadata, &self.metadata)?,
            lines: self.lines.iter().map(|text| work(LINE, text)).collect::<Result<_, _>>()?,
        })
    }

    pub fn sealed(&self, key: &Key) -> Result<Self, DbError> {
        self.each(|column, text| key.seal(column, text))
    }

    pub fn opened(&self, key: &HeldKey) -> Result<Self, DbError> {
        self.each(|column, text| key.open(column, text))
    }

    /// Puts opened texts where they belong.
    pub fn into_cart(self, cart: &mut Cart) -> Result<(), DbError> {
        let customer = cart.customer;
        let address = |text: Option<String>| text.map(|text| read(customer, &text)).transpose();
        cart.email = self.email.map(|email| personal(customer, Email::stored(email)));
        cart.shipping_address = address(self.shipping)?;
        cart.billing_address = address(self.billing)?;
        cart.metadata = self.metadata;
        for (line, metadata) in cart.lines.iter_mut().zip(self.lines) {
            line.metadata = metadata;
        }
        Ok(())
    }
}

/// What is to be stored of a cart's texts. A cart of which nothing is told has no key.
pub async fn seal(tx: &mut Tx, vault: &Vault, cart: &Cart) -> Result<Texts, DbError> {
    let texts = Texts::of(cart)?;
    if texts.say_nothing() { Ok(texts) } else { texts.sealed(&vault.of(tx, &cart.id).await?) }
}

/// Puts the texts of a row where they belong.
pub async fn open(tx: &mut Tx, vault: &Vault, texts: Texts, cart: &mut Cart) -> Result<(), DbError> {
    let texts = if texts.are_sealed() { texts.opened(&vault.find(tx, &cart.id).await?)? } else { texts };
    texts.into_cart(cart)
}

/// An address as one text.
pub fn write(address: &AddressRow) -> Result<String, DbError> {
    serde_json::to_string(address)
        .map_err(|_| DbError::Other("an address of a cart cannot be written".into()))
}

fn read(customer: Option<UserId>, text: &str) -> Result<Personal<Address>, DbError> {
    // What is wrong with it would tell what is in it.
    let row: AddressRow = serde_json::from_str(text)
        .map_err(|_| DbError::Other("an address of a cart cannot be read".into()))?;
    Ok(personal(customer, row.into()))
}

fn personal<T>(customer: Option<UserId>, value: T) -> Personal<T> {
    match customer {
        Some(customer) => Personal::of(customer, value),
        None => Personal::guest(value),
    }
}
