//! The words and rules of carts; pure.

pub mod address;
pub mod cart;
pub mod code;
pub mod countries;
pub mod email;
pub mod fault;
pub mod order;
pub mod wording;

pub use address::Address;
pub use cart::{Cart, Change, Line};
pub use code::Code;
pub use email::Email;
pub use fault::Fault;
pub use order::ConfirmedOrder;
