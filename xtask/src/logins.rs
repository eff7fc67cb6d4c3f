//! Whom the browser's stories log in with besides a password: what the shop is told of them. The stories start them there.

use crate::process;
use anyhow::Result;
use std::process::Command;

/// Of the stories' own providers alone.
const SECRET: &str = "of the browser tests";

/// Where each listens.
pub struct Providers {
    /// Speaks OpenID Connect as it should.
    kontor: String,
    /// Speaks it too, and lies.
    wrecker: String,
    facebook: String,
}

impl Providers {
    pub fn at_free_ports() -> Result<Self> {
        let port = || process::free_port().map(|port| port.to_string());
        Ok(Self { kontor: port()?, wrecker: port()?, facebook: port()? })
    }

    /// Sets them up in the shop that is about to start.
    pub fn tell(&self, shop: &mut Command) {
        let mut set = |name: &str, key: &str, value: &str| {
            shop.env(format!("HANSE__AUTH__PROVIDERS__{name}__{key}"), value);
        };
        for name in ["KONTOR", "WRECKER", "FACEBOOK"] {
            set(name, "CLIENT_ID", "shop");
            set(name, "CLIENT_SECRET", SECRET);
        }
        for (name, label, port) in
            [("KONTOR", "Kontor ID", &self.kontor), ("WRECKER", "Wrecker ID", &self.wrecker)]
        {
            set(name, "KIND", "oidc");
            set(name, "LABEL", label);
            set(name, "ISSUER", &format!("http://127.0.0.1:{port}"));
        }
        set("FACEBOOK", "KIND", "facebook");
        for (key, path) in [("AUTHORIZE_URL", "dialog"), ("TOKEN_URL", "token"), ("PROFILE_URL", "me")] {
            set("FACEBOOK", key, &format!("http://127.0.0.1:{}/{path}", self.facebook));
        }
    }

    /// What the stories start them with.
    pub fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("PROVIDER_PORT", &self.kontor),
            ("WRECKER_PORT", &self.wrecker),
            ("FACEBOOK_PORT", &self.facebook),
            ("CLIENT_SECRET", SECRET),
        ]
    }
}
