//! How user does what its use cases need: SQL, the handler of auth's messages, the client of auth.

mod address_books;
mod auth_client;
mod consents;
mod erasures;
mod examine;
mod holders;
mod messages;
mod profiles;
mod sealed;

pub use address_books::SqlAddressBooks;
pub use auth_client::AuthClient;
pub use consents::SqlConsents;
pub use erasures::SqlErasures;
pub use examine::OwnStore;
pub use holders::LiveHolders;
pub use messages::OnUserRegistered;
pub use profiles::SqlProfiles;
pub use sealed::rows as sealed_rows;

hanse_database::migrations!("user");
