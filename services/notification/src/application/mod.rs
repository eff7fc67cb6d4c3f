//! Notification's use cases: intend a mail, deliver what is due, edit templates, look into the outbox.

pub mod deliver;
pub mod error;
pub mod intend;
pub mod mails;
pub mod ports;
pub mod retain;
pub mod templates;
