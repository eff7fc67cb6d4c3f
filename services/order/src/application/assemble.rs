//! Puts together what an order is made of: the cart, the catalogue's texts and the quote, and checks that nothing is
//! missing.

use super::error::{CartProblem, Missing, OrderError};
use super::place::Wish;
use super::ports::{CartSnapshot, CatalogueVariant, Quote};
use crate::domain::order::{LineDetails, Placing, PlacingLine, ShippingMethod, Totals};
use crate::domain::saga::CaptureMode;
use hanse_kernel::{PaymentId, Personal, UserId};

/// Every line must still be sold.
pub fn sellable(cart: &CartSnapshot, variants: &[CatalogueVariant]) -> Result<(), OrderError> {
    let gone = cart
        .lines
        .iter()
        .filter(|line| !variants.iter().any(|variant| variant.variant == line.variant && variant.published));
    let problems: Vec<CartProblem> = gone
        .map(|line| CartProblem {
            code: "variant_unavailable".into(),
            message: "is no longer sold; take it out of the cart".into(),
            item: Some(line.item.to_string()),
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(OrderError::CartProblems(problems)) }
}

/// The cart must have what the order needs.
pub fn complete(cart: &CartSnapshot, variants: &[CatalogueVariant]) -> Result<(), OrderError> {
    let ships = variants.iter().any(|variant| variant.requires_shipping);
    let mut missing = vec![];
    if cart.email.is_none() {
        missing.push(Missing::Email);
    }
    if ships && cart.shipping_address.is_none() {
        missing.push(Missing::ShippingAddress);
    }
    if ships && cart.shipping_method.is_none() {
        missing.push(Missing::ShippingMethod);
    }
    if missing.is_empty() { Ok(()) } else { Err(OrderError::Incomplete(missing)) }
}

/// What is decided beside the cart.
pub struct Assembly<'a> {
    pub wish: &'a Wish,
    pub customer: Option<UserId>,
    pub payment: Option<PaymentId>,
    pub capture: CaptureMode,
}

impl Assembly<'_> {
    pub fn of(
        self,
        cart: CartSnapshot,
        variants: &[CatalogueVariant],
        quote: Quote,
    ) -> Result<Placing, OrderError> {
        let Self { wish, customer, payment, capture } = self;
        let unanswered = |what: &str| OrderError::Broken(format!("{what} left out a line of the cart"));
        let mut lines = Vec::with_capacity(cart.lines.len());
        for line in &cart.lines {
            let variant =
                variants.iter().find(|v| v.variant == line.variant).ok_or_else(|| unanswered("product"))?;
            let quoted =
                quote.lines.iter().find(|q| q.item == line.item).ok_or_else(|| unanswered("pricing"))?;
            lines.push(PlacingLine {
                item: line.item,
                variant: line.variant,
                quantity: line.quantity,
                details: LineDetails {
                    sku: variant.sku.clone(),
                    title: variant.title.clone(),
                    variant_title: variant.variant_title.clone(),
                    product_slug: variant.product_slug.clone(),
                    image_url: variant.image_url.clone(),
                    unit_price: quoted.unit_price,
                    total: quoted.total,
                    discount: quoted.discount,
                    tax: quoted.tax,
                    tax_rate: quoted.tax_rate,
                    metadata: line.metadata.clone(),
                },
            });
        }
        let title = quote.shipping_title;
        Ok(Placing {
            id: wish.order,
            channel: cart.channel,
            locale: cart.locale,
            customer,
            cart: wish.cart,
            cart_version: cart.version,
            email: personal(customer, cart.email.unwrap_or_default()),
            shipping_address: cart.shipping_address.map(|a| personal(customer, a)),
            billing_address: cart.billing_address.map(|a| personal(customer, a)),
            shipping_method: cart.shipping_method.map(|id| ShippingMethod { id, title }),
            lines,
            totals: Totals {
                items: quote.items,
                discount: quote.discount,
                shipping: quote.shipping,
                tax: quote.tax,
                total: quote.total,
                tax_included: quote.tax_included,
                explain: quote.explain,
            },
            discount_codes: cart.discount_codes,
            metadata: cart.metadata,
            payment,
            capture,
        })
    }
}

fn personal<T>(customer: Option<UserId>, value: T) -> Personal<T> {
    match customer {
        Some(user) => Personal::of(user, value),
        None => Personal::guest(value),
    }
}
