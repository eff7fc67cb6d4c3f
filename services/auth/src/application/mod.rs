//! What one can ask of auth: one use case per file, and the ports they need.

mod api_keys;
mod beat;
mod begin_session;
mod change_password;
mod change_staff;
mod create_staff;
mod erase;
mod error;
mod exchange;
pub mod factors;
mod faults;
mod find_people;
pub mod invitations;
mod keep_keys;
pub mod links;
mod list_staff;
pub mod log_in;
mod log_out;
mod own_session;
mod own_sessions;
pub mod ports;
mod prove_password;
pub mod providers;
mod refresh;
mod register;
mod rewrap;
mod roles;
mod sweep;
mod use_key;
mod who_am_i;

pub use api_keys::ApiKeys;
pub use beat::Beat;
pub use begin_session::{BeginSession, LoggedIn, Origin};
pub use change_password::ChangePassword;
pub use change_staff::ChangeStaff;
pub use create_staff::{CreateStaff, NewStaff, StaffCreated};
pub use erase::EraseAccount;
pub use error::AuthError;
pub use exchange::Exchange;
pub use factors::FactorUseCases;
pub use faults::{Fault, Faults};
pub use find_people::FindPeople;
pub use invitations::{Accept, Invite, Invited, OpenInvitations};
pub use keep_keys::KeepKeys;
pub use links::{LinkUseCases, MailLinks};
pub use list_staff::ListStaff;
pub use log_in::{Credentials, LogIn};
pub use log_out::{LogOut, Proofs};
pub use own_session::{OwnSession, just_now};
pub use own_sessions::{Listed, OwnSessions};
pub use prove_password::ProvePassword;
pub use providers::{ProviderUseCases, Providers};
pub use refresh::Refresh;
pub use register::{NewCustomer, Register};
pub use rewrap::Rewrap;
pub use roles::CustomRoles;
pub use sweep::Sweep;
pub use use_key::UseKey;
pub use who_am_i::WhoAmI;

use std::time::Duration;

/// How long what a login gives is good for.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub customer_session: Duration,
    pub staff_session: Duration,
    /// A refresh token that lies unused for so long is worthless.
    pub refresh_token: Duration,
    /// See [`crate::domain::RefreshToken::judge`].
    pub refresh_overlap: Duration,
}

/// All use cases, wired. What the API is built on.
pub struct UseCases {
    pub register: Register,
    pub log_in: LogIn,
    pub refresh: Refresh,
    pub log_out: LogOut,
    pub exchange: Exchange,
    pub who_am_i: WhoAmI,
    pub find_people: FindPeople,
    pub create_staff: CreateStaff,
    pub list_staff: ListStaff,
    pub keep_keys: KeepKeys,
    pub links: LinkUseCases,
    pub change_password: ChangePassword,
    pub own_sessions: OwnSessions,
    pub api_keys: ApiKeys,
    pub custom_roles: CustomRoles,
    pub change_staff: ChangeStaff,
    pub invite: Invite,
    pub open_invitations: OpenInvitations,
    pub accept: Accept,
    pub factors: FactorUseCases,
    pub providers: ProviderUseCases,
    pub prove_password: ProvePassword,
}
