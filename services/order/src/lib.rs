//! Order: from a cart to a paid and sent order, or back.

pub mod domain;
