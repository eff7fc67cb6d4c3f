//! The rules of an order: the saga that takes it from the cart to paid and sent (or undoes it), and what it froze.

pub mod order;
pub mod saga;
