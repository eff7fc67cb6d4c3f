//! Which services there are. `ls services` says the same.

/// In the order of their ports: a new one comes last.
pub const NAMES: &[&str] = &[
    "auth",
    "user",
    "product",
    "inventory",
    "pricing",
    "cart",
    "order",
    "payment",
    "notification",
    "analytics",
];

/// The port of the first of them.
const FIRST_PORT: u16 = 7401;

/// The port on which a service answers the others unless the configuration says otherwise.
pub fn usual_port(service: &str) -> Option<u16> {
    let place = NAMES.iter().position(|name| *name == service)?;
    FIRST_PORT.checked_add(u16::try_from(place).ok()?)
}
