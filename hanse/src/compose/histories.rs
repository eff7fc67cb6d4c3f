//! The histories of a service's database: the platform's tables, then its own.

use anyhow::{Result, bail};
use hanse_database::migrate::Migrations;

pub fn histories(service: &str) -> Result<Vec<Migrations>> {
    let own = match service {
        "auth" => hanse_auth::MIGRATIONS,
        "user" => hanse_user::MIGRATIONS,
        "product" => hanse_product::MIGRATIONS,
        "inventory" => hanse_inventory::MIGRATIONS,
        "pricing" => hanse_pricing::MIGRATIONS,
        "cart" => hanse_cart::MIGRATIONS,
        "order" => hanse_order::MIGRATIONS,
        "payment" => hanse_payment::MIGRATIONS,
        "notification" => hanse_notification::MIGRATIONS,
        "analytics" => hanse_analytics::MIGRATIONS,
        other => bail!("there is no service {other}"),
    };
    let mut histories = hanse_runtime::platform_migrations().to_vec();
    histories.push(own);
    Ok(histories)
}
