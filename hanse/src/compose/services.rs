//! Which services there are and what each is given. `ls services` says the same.

use super::Berth;
use crate::config::{Capture, Config};
use crate::secrets::Secrets;
use anyhow::Result;
use hanse_gateway::{GatewayConfig, RateLimit};
use hanse_kernel::{Locale, Secret};
use hanse_order::CaptureMode;
use hanse_product::ProductConfig;
use hanse_runtime::Module;
use hanse_sample::art::Address;
use std::sync::Arc;
use std::time::Duration;

const ISSUER: &str = "hanse";
const AUDIENCE: &str = "hanse";

pub(super) async fn all(berth: &Berth<'_>, config: &Config, secrets: &Secrets) -> Result<Vec<Module>> {
    let auth = hanse_auth::AuthConfig {
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        wrapping_key: Some(Secret::from(
            secrets.signing_keys.iter().map(|b| format!("{b:02x}")).collect::<String>(),
        )),
        secure_cookies: config.public_url().starts_with("https://"),
        ..Default::default()
    };
    Ok(vec![
        hanse_auth::module(berth.host("auth", hanse_auth::MIGRATIONS).await?, auth).await?,
        hanse_user::module(berth.host("user", hanse_user::MIGRATIONS).await?, ())?,
        hanse_product::module(berth.host("product", hanse_product::MIGRATIONS).await?, product(config))?,
        hanse_inventory::module(
            berth.host("inventory", hanse_inventory::MIGRATIONS).await?,
            Default::default(),
        )?,
        hanse_pricing::module(berth.host("pricing", hanse_pricing::MIGRATIONS).await?, Default::default())?,
        hanse_cart::module(berth.host("cart", hanse_cart::MIGRATIONS).await?, Default::default())?,
        hanse_order::module(berth.host("order", hanse_order::MIGRATIONS).await?, order(config, secrets))?,
        hanse_payment::module(
            berth.host("payment", hanse_payment::MIGRATIONS).await?,
            hanse_payment::PaymentConfig::new(secrets.payment_tokens),
        )?,
        hanse_notification::module(
            berth.host("notification", hanse_notification::MIGRATIONS).await?,
            mail(config),
        )?,
        hanse_analytics::module(berth.host("analytics", hanse_analytics::MIGRATIONS).await?)?,
    ])
}

pub(super) fn gateway(config: &Config) -> GatewayConfig {
    let limits = &config.limits;
    GatewayConfig {
        public_url: config.public_url(),
        shop_name: config.shop.name.clone(),
        locales: locales(),
        rate_limit: RateLimit {
            enabled: limits.enabled,
            loopback: limits.loopback,
            login: limits.login_per_minute,
            checkout: limits.checkout_per_minute,
            other: limits.other_per_minute,
        },
        token_issuer: ISSUER.into(),
        token_audience: AUDIENCE.into(),
        ..Default::default()
    }
}

fn product(config: &Config) -> ProductConfig {
    let sample_art = |address: &str| {
        let picture: Address = address.parse().ok()?;
        Some((picture.svg().into_bytes(), "image/svg+xml".to_string()))
    };
    ProductConfig {
        media: Some(Arc::new(sample_art)),
        locales: locales(),
        // The lock on the data folder sees to it where the store is in there.
        only_process: config.database.url.is_empty(),
        ..Default::default()
    }
}

fn locales() -> Vec<Locale> {
    vec![Locale::new("en"), Locale::new("de")]
}

fn order(config: &Config, secrets: &Secrets) -> hanse_order::OrderConfig {
    hanse_order::OrderConfig {
        wait: Duration::from_millis(config.checkout.wait_ms),
        capture: match config.checkout.capture {
            Capture::Confirmation => CaptureMode::AtConfirmation,
            Capture::Fulfilment => CaptureMode::AtFulfilment,
            Capture::FirstShipment => CaptureMode::AtFirstShipment,
        },
        ..hanse_order::OrderConfig::new(secrets.order_access)
    }
}

fn mail(config: &Config) -> hanse_notification::NotificationConfig {
    let smtp = &config.mail.smtp_url;
    hanse_notification::NotificationConfig {
        public_url: config.public_url(),
        shop_name: config.shop.name.clone(),
        from: config.mail.from.clone(),
        smtp_url: (!smtp.is_empty()).then(|| Secret::from(smtp.expose().to_string())),
    }
}
