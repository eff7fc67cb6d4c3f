//! What one can ask of user: one use case per file, and the ports they need.

mod address_book;
mod change_me;
mod consents;
mod erase;
mod error;
mod export;
mod get_profile;
mod learn_names;
mod list_customers;
mod open_profile;
pub mod ports;
mod repeat_erasures;
mod show_customer;
mod show_me;

pub use address_book::{AddressChange, AddressUse, NewAddress};
pub use change_me::{ChangeMe, MyChange};
pub use consents::{ConsentUse, Said};
pub use erase::Erase;
pub use error::UserError;
pub use export::{By, Export, ExportMe, HOLDERS};
pub use get_profile::GetProfile;
pub use learn_names::LearnNames;
pub use list_customers::{CustomerQuery, ListCustomers};
pub use open_profile::OpenProfile;
pub use repeat_erasures::{MOST_ERASURES, Past, RepeatErasures, Repeated};
pub use show_customer::{Customer, ShowCustomer};
pub use show_me::{Me, ShowMe};

/// All use cases, wired. What the API is built on.
pub struct UseCases {
    pub show_me: ShowMe,
    pub change_me: ChangeMe,
    pub addresses: AddressUse,
    pub list_customers: ListCustomers,
    pub show_customer: ShowCustomer,
    pub get_profile: GetProfile,
    pub erase: Erase,
    pub repeat_erasures: RepeatErasures,
    pub export_me: ExportMe,
    pub consents: ConsentUse,
}
