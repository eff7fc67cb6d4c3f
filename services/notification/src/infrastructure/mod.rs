//! Notification's tables, message handlers, the other services it asks, the renderer and what delivers mail.

mod examine;
mod handlers;
mod intents;
mod mails;
mod neighbours;
mod outbox;
mod personal;
mod render;
mod sealed;
mod smtp;
mod templates;

pub use examine::Examination;
pub use handlers::consumers;
pub use intents::SqlIntents;
pub use mails::SqlMails;
pub use neighbours::LiveNeighbours;
pub use outbox::OutboxMailer;
pub use personal::OwnMails;
pub use render::Renderer;
pub use sealed::rows as sealed_rows;
pub use smtp::SmtpMailer;
pub use templates::SqlTemplates;

hanse_database::migrations!("notification");
