//! The tables that every service's database has besides its own: messages and recorded answers.

use hanse_database::migrate::Migrations;

/// In the order in which they are brought up to date, before the service's own.
pub fn platform_migrations() -> [Migrations; 2] {
    [hanse_messaging::MIGRATIONS, hanse_http::idempotency::MIGRATIONS]
}
