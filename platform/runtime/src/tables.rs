//! The tables that every service's database has besides its own: messages, recorded answers, jobs,
//! the audit log and the keys of people.

use hanse_database::migrate::Migrations;

/// In the order in which they are brought up to date, before the service's own.
pub fn platform_migrations() -> [Migrations; 5] {
    [
        hanse_messaging::MIGRATIONS,
        hanse_http::idempotency::MIGRATIONS,
        crate::jobs::MIGRATIONS,
        hanse_record::MIGRATIONS,
        hanse_vault::MIGRATIONS,
    ]
}
