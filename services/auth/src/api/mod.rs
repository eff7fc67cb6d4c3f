//! What auth answers: its route table, its questions over gRPC, and how its errors look outside.

mod allow;
mod api_keys;
mod body;
mod cookie;
mod email;
mod error;
mod factors;
mod identities;
mod invitations;
mod jwks;
mod live;
mod login;
mod logout;
mod me;
mod oauth;
mod passkeys;
mod password;
mod refresh;
mod register;
mod roles;
mod rpc;
mod sessions;
mod staff;

pub use allow::allow;
pub use rpc::AccountsServer;

use crate::application::UseCases;
use cookie::HostCookie;
use hanse_http::{Access, BuiltRoutes, Class, Routes, routes};
use hanse_kernel::Permission;
use std::sync::Arc;

/// What the handlers share.
#[derive(Clone)]
pub struct Api {
    use_cases: Arc<UseCases>,
    session_cookie: HostCookie,
    device_cookie: HostCookie,
    errand_cookie: HostCookie,
}

/// No body here is longer than a name, an address and a password.
const BODY: usize = 8 * 1024;
/// But a device's answer, which may carry certificates.
const ANSWER: usize = 32 * 1024;

/// The route table: who may call what.
pub fn routes(use_cases: Arc<UseCases>, secure_cookies: bool) -> BuiltRoutes {
    let anybody = Access::Public;
    let whoever_hires = Access::Staff(Permission::StaffWrite);
    let having_shown_it = Access::RecentPerson(Permission::StaffWrite);
    Routes::new("auth")
        .class(Class::Cart)
        .route_sized(anybody, BODY, routes!(register::register))
        .route_sized(anybody, BODY, routes!(login::login))
        .route_sized(anybody, BODY, routes!(refresh::refresh))
        .route_sized(anybody, BODY, routes!(logout::logout))
        .route(anybody, routes!(jwks::jwks))
        .route_sized(anybody, BODY, routes!(password::forgot))
        .route_sized(anybody, BODY, routes!(password::reset))
        .route_sized(Access::Customer, BODY, routes!(password::change))
        .route_sized(anybody, BODY, routes!(email::verify))
        .route_sized(Access::Customer, BODY, routes!(email::ask_verification))
        .route_sized(Access::Customer, BODY, routes!(email::ask_change))
        .route_sized(anybody, BODY, routes!(email::confirm_change))
        .route_sized(anybody, ANSWER, routes!(factors::login_factor))
        .route_sized(anybody, BODY, routes!(passkeys::ask_login_passkey))
        .route_sized(anybody, ANSWER, routes!(passkeys::login_passkey))
        .route_sized(Access::Person, BODY, routes!(passkeys::begin_passkey))
        .route_sized(Access::Person, ANSWER, routes!(passkeys::confirm_passkey))
        .route(Access::Person, routes!(passkeys::ask_passkey))
        .route_sized(Access::Person, BODY, routes!(passkeys::rename_passkey))
        .route_sized(Access::Person, BODY, routes!(passkeys::remove_passkey))
        .route_sized(Access::Person, ANSWER, routes!(factors::step_up))
        .route(Access::Person, routes!(factors::list_factors))
        .route_sized(Access::Person, BODY, routes!(factors::begin_totp))
        .route_sized(Access::Person, BODY, routes!(factors::confirm_totp))
        .route_sized(Access::Person, BODY, routes!(factors::remove_totp))
        .route_sized(Access::Person, BODY, routes!(factors::new_recovery_codes))
        .route(Access::Person, routes!(sessions::list, sessions::end_others))
        .route(Access::Person, routes!(sessions::end))
        .route(Access::Person, routes!(me::me))
        .route(whoever_hires, routes!(staff::list_staff))
        .route_sized(having_shown_it, BODY, routes!(staff::create_staff))
        .route_sized(having_shown_it, BODY, routes!(staff::change_staff, staff::dismiss_staff))
        .route(whoever_hires, routes!(roles::list_roles))
        .route_sized(having_shown_it, BODY, routes!(roles::create_role))
        .route_sized(having_shown_it, BODY, routes!(roles::change_role, roles::remove_role))
        .route(whoever_hires, routes!(invitations::list_invitations))
        .route_sized(having_shown_it, BODY, routes!(invitations::invite))
        .route(anybody, routes!(oauth::list_providers))
        .route(anybody, routes!(oauth::start))
        .route(anybody, routes!(oauth::callback))
        .route(Access::Customer, routes!(identities::list_identities))
        .route_sized(Access::Customer, BODY, routes!(identities::link))
        .route(Access::Customer, routes!(identities::unlink))
        .route(whoever_hires, routes!(invitations::withdraw_invitation))
        .route_sized(anybody, BODY, routes!(invitations::show_invitation))
        .route_sized(anybody, BODY, routes!(invitations::accept_invitation))
        .route(whoever_hires, routes!(api_keys::list_api_keys))
        .route_sized(having_shown_it, BODY, routes!(api_keys::create_api_key))
        .route(whoever_hires, routes!(api_keys::withdraw_api_key))
        .with_state(Api {
            use_cases,
            session_cookie: cookie::session(secure_cookies),
            device_cookie: cookie::device(secure_cookies),
            errand_cookie: cookie::errand(secure_cookies),
        })
        .build()
}
