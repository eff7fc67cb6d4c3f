//! The services of the checkout line, as the composition root makes them, with idle loops that look less often.

use crate::world::Plan;
use hanse_database::migrate::Migrations;
use hanse_notification::NotificationConfig;
use hanse_order::OrderConfig;
use hanse_payment::{PaymentConfig, Provider};
use hanse_pricing::PricingConfig;
use hanse_runtime::{Host, Module, StartError};
use std::sync::Arc;
use std::time::Duration;

/// Those whose messages and questions a checkout is made of, and who counts what came of it. The others, and why they are
/// not here: ADR 0066.
pub const NAMES: [&str; 8] =
    ["product", "inventory", "pricing", "cart", "order", "payment", "notification", "analytics"];

pub const PRODUCT: usize = 0;
pub const INVENTORY: usize = 1;
pub const PRICING: usize = 2;
pub const CART: usize = 3;
pub const ORDER: usize = 4;
pub const PAYMENT: usize = 5;
pub const NOTIFICATION: usize = 6;
pub const ANALYTICS: usize = 7;

/// The history of a service's own tables.
pub fn history(service: usize) -> Migrations {
    match service {
        PRODUCT => hanse_product::MIGRATIONS,
        INVENTORY => hanse_inventory::MIGRATIONS,
        PRICING => hanse_pricing::MIGRATIONS,
        CART => hanse_cart::MIGRATIONS,
        ORDER => hanse_order::MIGRATIONS,
        PAYMENT => hanse_payment::MIGRATIONS,
        NOTIFICATION => hanse_notification::MIGRATIONS,
        _ => hanse_analytics::MIGRATIONS,
    }
}

pub fn module(
    service: usize,
    host: Host,
    plan: &Plan,
    provider: Arc<dyn Provider>,
) -> Result<Module, StartError> {
    match service {
        PRODUCT => hanse_product::module(host, Default::default()),
        INVENTORY => hanse_inventory::module(host, Default::default()),
        PRICING => {
            let config = PricingConfig { price_check: Duration::from_secs(20), ..Default::default() };
            hanse_pricing::module(host, config)
        }
        CART => hanse_cart::module(host, Default::default()),
        ORDER => {
            hanse_order::module(host, OrderConfig { capture: plan.capture, ..OrderConfig::new([7; 32]) })
        }
        PAYMENT => hanse_payment::module(
            host,
            PaymentConfig { providers: vec![provider], look: plan.look, ..PaymentConfig::new([8; 32]) },
        ),
        NOTIFICATION => {
            let config = NotificationConfig {
                public_url: "https://shop.example".into(),
                shop_name: "Kontor".into(),
                from: "Kontor <shop@example.org>".into(),
                smtp_url: None,
                keep: std::time::Duration::from_secs(90 * 24 * 60 * 60),
            };
            hanse_notification::module(host, config)
        }
        _ => hanse_analytics::module(host),
    }
}
