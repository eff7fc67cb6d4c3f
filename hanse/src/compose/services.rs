//! What each service is given.

use super::Berth;
use crate::config::{self, Capture, Config};
use crate::secrets::Secrets;
use anyhow::{Context, Result, bail};
use hanse_auth::{FacebookUrls, ProviderConfig, ProviderKind};
use hanse_auth_contract::EndedSessions;
use hanse_cart::CartConfig;
use hanse_database::{Db, LiteOptions};
use hanse_gateway::{GatewayConfig, RateLimit};
use hanse_http::overload;
use hanse_kernel::{Locale, Secret};
use hanse_order::CaptureMode;
use hanse_product::{ProductConfig, RedisAnswers, SharedAnswers};
use hanse_redis::Redis;
use hanse_runtime::Module;
use hanse_sample::art::Address;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const ISSUER: &str = "hanse";
const AUDIENCE: &str = "hanse";

/// What services are made from besides their stores.
pub struct Means<'a> {
    pub config: &'a Config,
    pub secrets: &'a Secrets,
    pub redis: Option<Redis>,
    /// Where auth and the gateway are in this process.
    pub ended_sessions: EndedSessions,
}

/// Whether a service is made with the Redis that processes share (see [`module`]).
pub fn uses_redis(name: &str) -> bool {
    matches!(name, "auth" | "product" | "cart")
}

/// Makes a service: its store is opened, nothing of it runs yet.
pub async fn module(name: &str, berth: &Berth<'_>, means: &Means<'_>) -> Result<Module> {
    let Means { config, secrets, redis, .. } = means;
    Ok(match name {
        "auth" => {
            let host = berth.host("auth", hanse_auth::MIGRATIONS).await?;
            match berth.keeps() {
                true => hanse_auth::module(host, auth(means, true)?).await?,
                false => hanse_auth::drawn(host, auth(means, false)?)?,
            }
        }
        "user" => hanse_user::module(berth.host("user", hanse_user::MIGRATIONS).await?, ())?,
        "product" => {
            let host = berth.host("product", hanse_product::MIGRATIONS).await?;
            let shared = redis.clone().map(|redis| {
                Arc::new(RedisAnswers::new(redis, host.effects.clone())) as Arc<dyn SharedAnswers>
            });
            hanse_product::module(host, ProductConfig { shared, ..product(config) })?
        }
        "inventory" => {
            let host = berth.host("inventory", hanse_inventory::MIGRATIONS).await?;
            hanse_inventory::module(host, Default::default())?
        }
        "pricing" => {
            let host = berth.host("pricing", hanse_pricing::MIGRATIONS).await?;
            hanse_pricing::module(host, Default::default())?
        }
        "cart" => {
            let host = berth.host("cart", hanse_cart::MIGRATIONS).await?;
            hanse_cart::module(host, CartConfig { redis: redis.clone(), ..Default::default() })?
        }
        "order" => {
            hanse_order::module(berth.host("order", hanse_order::MIGRATIONS).await?, order(config, secrets))?
        }
        "payment" => {
            let host = berth.host("payment", hanse_payment::MIGRATIONS).await?;
            let test_books = match &config.payment.test_books {
                Some(file) if berth.keeps() => Some(test_books(file).await?),
                _ => None,
            };
            let config = hanse_payment::PaymentConfig::new(secrets.payment_tokens);
            let former_token_keys = secrets.former_payment_tokens.clone();
            hanse_payment::module(
                host,
                hanse_payment::PaymentConfig { test_books, former_token_keys, ..config },
            )?
        }
        "notification" => {
            let host = berth.host("notification", hanse_notification::MIGRATIONS).await?;
            hanse_notification::module(host, mail(config))?
        }
        "analytics" => hanse_analytics::module(berth.host("analytics", hanse_analytics::MIGRATIONS).await?)?,
        other => bail!("there is no service {other}"),
    })
}

/// Of the provider's, not of the shop's stores: it is neither moved nor backed up with them.
async fn test_books(file: &Path) -> Result<Db> {
    let books = Db::open_sqlite(file, LiteOptions::default(), &[hanse_payment::MIGRATIONS]).await;
    books.with_context(|| {
        format!("payment.test_books: {} does not open; is its folder there, and yours?", file.display())
    })
}

/// Whoever only looks at what auth is, as a gateway does, need not know what providers of logins trust it by.
fn auth(means: &Means<'_>, answers: bool) -> Result<hanse_auth::AuthConfig> {
    let Means { config, secrets, redis, ended_sessions } = means;
    let providers = config.auth.providers.iter().map(|(id, one)| provider(id, one, answers));
    Ok(hanse_auth::AuthConfig {
        public_url: config.public_url(),
        providers: providers.collect::<Result<_>>()?,
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        shop_name: config.shop.name.clone(),
        staff_factor: config.auth.needed(),
        answer_beat: Duration::from_millis(config.auth.answer_beat_ms.into()),
        wrapping_key: Some(hex(&secrets.signing_keys)),
        former_wrapping_keys: secrets.former_signing_keys.iter().map(hex).collect(),
        pepper: secrets.pepper.as_ref().map(hex),
        former_peppers: secrets.former_peppers.iter().map(hex).collect(),
        secure_cookies: config.public_url().starts_with("https://"),
        redis: redis.clone(),
        ended_sessions: ended_sessions.clone(),
        ..Default::default()
    })
}

fn provider(id: &str, one: &config::auth::Provider, answers: bool) -> Result<ProviderConfig> {
    Ok(ProviderConfig {
        id: id.into(),
        kind: match one.kind {
            config::auth::Kind::Oidc => ProviderKind::Oidc,
            config::auth::Kind::Google => ProviderKind::Google,
            config::auth::Kind::Facebook => ProviderKind::Facebook,
        },
        label: one.label.clone(),
        issuer: one.issuer.clone(),
        client_id: one.client_id.clone(),
        client_secret: if answers { one.secret(id)? } else { Secret::default() },
        private_network: one.private_network,
        facebook: FacebookUrls {
            authorize: one.authorize_url.clone(),
            token: one.token_url.clone(),
            profile: one.profile_url.clone(),
        },
    })
}

fn hex(key: &[u8; 32]) -> Secret {
    Secret::from(key.iter().map(|b| format!("{b:02x}")).collect::<String>())
}

pub fn gateway(config: &Config, redis: Option<Redis>) -> Result<GatewayConfig> {
    let limits = &config.limits;
    Ok(GatewayConfig {
        public_url: config.public_url(),
        shop_name: config.shop.name.clone(),
        locales: locales(),
        rate_limit: RateLimit {
            enabled: limits.enabled,
            loopback: limits.loopback,
            login: limits.login_per_minute,
            mail: limits.mail_per_minute,
            checkout: limits.checkout_per_minute,
            import: limits.import_per_minute,
            webhook: limits.webhook_per_minute,
            other: limits.other_per_minute,
            account: limits.account_per_minute,
        },
        proxies: config.server.proxies()?,
        tls: config.server.tls().is_some(),
        hsts_subdomains: config.server.hsts_subdomains,
        overload: overload::Settings::new(config.overload.checkouts),
        token_issuer: ISSUER.into(),
        token_audience: AUDIENCE.into(),
        redis,
        ..Default::default()
    })
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
        keep: std::time::Duration::from_secs(u64::from(config.mail.keep_days) * 24 * 60 * 60),
    }
}
