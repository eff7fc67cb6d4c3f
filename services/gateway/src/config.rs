//! What can be set about the gateway.

use crate::edge::Proxies;
use hanse_auth_contract::EndedSessions;
use hanse_http::overload;
use hanse_kernel::Locale;
use hanse_redis::Redis;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// `http://127.0.0.1:8080`: for canonical links.
    pub public_url: String,
    pub shop_name: String,
    /// The first is the default.
    pub locales: Vec<Locale>,
    pub request_timeout: Duration,
    pub upload_timeout: Duration,
    pub rate_limit: RateLimit,
    /// Whose word about clients is taken.
    pub proxies: Proxies,
    /// Clients speak TLS with this process itself.
    pub tls: bool,
    /// HTTPS only also for names below the shop's own.
    pub hsts_subdomains: bool,
    /// What is refused when more is asked than can be done.
    pub overload: overload::Settings,
    /// Who signs access tokens and for whom; must match auth's.
    pub token_issuer: String,
    pub token_audience: String,
    /// What several gateways share: their limits, and which sessions are known or have ended. None: this is the only one.
    pub redis: Option<Redis>,
    /// How it hears of sessions that auth has ended, where both are in one process and there is no Redis.
    pub ended_sessions: EndedSessions,
}

/// Requests per minute, of one address and, where somebody is logged in, of one account; by what they ask for.
#[derive(Debug, Clone, Copy)]
pub struct RateLimit {
    pub enabled: bool,
    /// Whether clients on this very machine are limited too.
    pub loopback: bool,
    pub login: u32,
    pub mail: u32,
    pub checkout: u32,
    pub import: u32,
    pub webhook: u32,
    /// Everything else, by address.
    pub other: u32,
    /// Everything else, by account.
    pub account: u32,
}

impl RateLimit {
    pub const USUAL: Self = Self {
        enabled: true,
        loopback: false,
        login: 20,
        mail: 10,
        checkout: 60,
        import: 30,
        webhook: 1_200,
        other: 1_200,
        account: 3_000,
    };
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".into(),
            shop_name: "Hanse".into(),
            locales: vec![Locale::new("en"), Locale::new("de")],
            request_timeout: Duration::from_secs(15),
            upload_timeout: Duration::from_secs(300),
            rate_limit: RateLimit::default(),
            proxies: Proxies::none(),
            tls: false,
            hsts_subdomains: false,
            overload: overload::Settings::default(),
            token_issuer: "hanse".into(),
            token_audience: "hanse".into(),
            redis: None,
            ended_sessions: EndedSessions::default(),
        }
    }
}

impl GatewayConfig {
    /// Behind plain HTTP a `Secure` cookie would never come back.
    pub fn secure_cookies(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Somebody else speaks with clients first.
    pub(crate) fn proxied(&self) -> bool {
        self.proxies.are_there() || (self.secure_cookies() && !self.tls)
    }
}
