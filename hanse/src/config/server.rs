//! Where the shop is reached: address, TLS, and the proxies whose word about clients is taken.

use crate::listener::Places;
use anyhow::{Context, Result, bail};
use hanse_gateway::{Hearsay, Proxies};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// How shoppers reach the shop; links in mails and pages begin with it. Empty: `http://` (with TLS `https://`) and the
    /// listen address.
    pub public_url: String,
    /// A file with the certificate (PEM) that clients are shown, and those of its issuers after it; with `tls_key` the shop
    /// speaks TLS 1.2 and 1.3. Both files may be replaced while it is open.
    pub tls_cert: Option<PathBuf>,
    /// A file with the certificate's private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Browsers are told to reach the names below the shop's own by https:// only, too.
    pub hsts_subdomains: bool,
    /// Networks of proxies whose word is taken about whom they speak for, such as `["10.0.0.0/8", "192.0.2.7"]`. Empty: none,
    /// or those on this machine where the shop is reached by https:// and does not speak TLS itself.
    pub trusted_proxies: Vec<String>,
    /// The header in which they tell: the one that all of them write, and none passes on from clients as it is.
    pub proxy_header: ProxyHeader,
    /// Plain HTTP on an address that others can reach.
    pub insecure_http: bool,
    /// How long a process that is to end goes on answering, in milliseconds, so that those who send it requests see that
    /// it is not ready any more. For processes behind a balancer; `hanse up` has none.
    pub drain_ms: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProxyHeader {
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    #[serde(rename = "forwarded")]
    Forwarded,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: String::new(),
            tls_cert: None,
            tls_key: None,
            hsts_subdomains: false,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            insecure_http: false,
            drain_ms: 5_000,
        }
    }
}

impl Server {
    pub(super) fn check(&self) -> Result<()> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => bail!(
                "server.tls_key is missing: name the file with the private key of the certificate in server.tls_cert"
            ),
            (None, Some(_)) => bail!(
                "server.tls_cert is missing: name the file with the certificate that server.tls_key is the key of"
            ),
            _ => {}
        }
        let (loopback, tls) = (self.listen.ip().is_loopback(), self.tls().is_some());
        let https = self.public_url.starts_with("https://");
        if !loopback && !https && !tls && !self.insecure_http {
            bail!(
                "server.listen is {}, which others can reach, over plain HTTP: passwords would travel unprotected. \
                 Name a certificate (server.tls_cert, server.tls_key), or put a proxy that speaks HTTPS in front and set \
                 server.public_url to its https:// address, or say --insecure-http if the network is yours",
                self.listen
            );
        }
        if !self.public_url.is_empty() && !https && !self.public_url.starts_with("http://") {
            bail!("server.public_url must begin with http:// or https://, such as https://shop.example");
        }
        if tls && !self.public_url.is_empty() && !https {
            bail!(
                "server.public_url must begin with https://, since the shop speaks TLS (server.tls_cert); leave it out \
                 where shoppers come to server.listen"
            );
        }
        if self.drain_ms > 300_000 {
            bail!("server.drain_ms must be at most 300000 (milliseconds)");
        }
        self.proxies().map(|_| ())
    }

    /// The certificate's files, where the shop speaks TLS itself.
    pub fn tls(&self) -> Option<Places> {
        let (cert, key) = self.tls_cert.clone().zip(self.tls_key.clone())?;
        Some(Places { cert, key })
    }

    /// Others can reach it, by themselves or through somebody in front who speaks for it.
    pub fn is_reachable(&self) -> bool {
        let fronted = self.public_url.starts_with("https://") || !self.trusted_proxies.is_empty();
        fronted || !self.listen.ip().is_loopback()
    }

    pub fn scheme(&self) -> &'static str {
        if self.tls().is_some() { "https" } else { "http" }
    }

    /// Whom the shop believes about clients.
    pub fn proxies(&self) -> Result<Proxies> {
        let told = match self.proxy_header {
            ProxyHeader::XForwardedFor => Hearsay::XForwardedFor,
            ProxyHeader::Forwarded => Hearsay::Forwarded,
        };
        let proxied = self.public_url.starts_with("https://") && self.tls().is_none();
        if self.trusted_proxies.is_empty() {
            return Ok(if proxied { Proxies::near(told) } else { Proxies::none() });
        }
        Proxies::of(self.trusted_proxies.iter().map(String::as_str), told).context(
            "server.trusted_proxies must be a list of networks or addresses, such as [\"10.0.0.0/8\", \"192.0.2.7\"]",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stands_in_front_of_a_shop_lets_others_reach_it() {
        let reachable = |change: fn(&mut Server)| {
            let mut server =
                Server { listen: "127.0.0.1:8080".parse().expect("an address"), ..Server::default() };
            change(&mut server);
            server.is_reachable()
        };
        assert!(!reachable(|_| ()) && !reachable(|s| s.public_url = "http://127.0.0.1:8080".into()));
        assert!(reachable(|s| s.listen = "0.0.0.0:8080".parse().expect("an address")));
        assert!(reachable(|s| s.public_url = "https://shop.example".into()));
        assert!(reachable(|s| s.trusted_proxies = vec!["127.0.0.1".into()]));
    }
    use crate::config::Config;

    fn told(text: &str) -> Result<()> {
        Config::load_text(text, std::path::Path::new("hanse.toml"))?.check()
    }

    #[test]
    fn tls_and_proxies_are_checked_before_anything_opens() {
        for (text, key) in [
            ("tls_cert = \"cert.pem\"", "server.tls_key is missing"),
            ("tls_key = \"key.pem\"", "server.tls_cert is missing"),
            ("tls_cert = \"c\"\ntls_key = \"k\"\npublic_url = \"http://shop.example\"", "server.public_url"),
            ("trusted_proxies = [\"10.0.0.0/40\"]", "server.trusted_proxies"),
            ("trusted_proxies = [\"proxy.example\"]", "server.trusted_proxies"),
            ("trusted_proxies = [\"0.0.0.0/0\"]", "server.trusted_proxies"),
            ("proxy_header = \"x-real-ip\"", "x-forwarded-for"),
            ("listen = \"0.0.0.0:80\"", "server.tls_cert"),
        ] {
            let refused = format!("{:#}", told(&format!("[server]\n{text}")).expect_err(text));
            assert!(refused.contains(key), "{refused}");
        }
        told("[server]\nlisten = \"0.0.0.0:443\"\ntls_cert = \"c\"\ntls_key = \"k\"").expect("TLS is enough");
        told("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.7\", \"::1\"]").expect("networks");
    }
}
