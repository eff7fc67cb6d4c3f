//! What carts can do, one use case per file, over the ports of [`ports`].

pub mod add_item;
pub mod change_cart;
pub mod change_item;
pub mod desk;
pub mod error;
pub mod follow;
pub mod look;
pub mod open_cart;
pub mod ports;
pub mod shipping_methods;
pub mod show_cart;
pub mod snapshot;
pub mod sweep;
pub mod view;

pub use desk::Desk;
pub use error::CartError;
pub use view::CartView;
