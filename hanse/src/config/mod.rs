//! The configuration: `hanse.toml` in the data folder (or `HANSE_CONFIG`), then environment, then the command line;
//! typed, checked before a port opens, printable with secrets masked.

mod audit;
pub mod auth;
mod keys;
mod league;
mod overload;
mod secret_text;
mod secret_url;
mod server;
mod telemetry;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use audit::Audit;
pub use auth::Auth;
pub use keys::{KeySource, Keys};
pub use league::{Admin, Rpc};
pub use overload::Overload;
pub use secret_text::SecretText;
pub use secret_url::SecretUrl;
pub use server::Server;
pub use telemetry::Telemetry;

/// Everything that can be set. The file has the same names: `[server] listen = "127.0.0.1:8080"`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub shop: Shop,
    pub server: Server,
    pub auth: Auth,
    pub limits: Limits,
    pub overload: Overload,
    pub mail: Mail,
    pub checkout: Checkout,
    pub payment: Payment,
    pub database: Database,
    pub broker: Broker,
    pub redis: Redis,
    pub rpc: Rpc,
    pub admin: Admin,
    pub keys: Keys,
    pub log: Log,
    pub telemetry: Telemetry,
    pub audit: Audit,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shop {
    pub name: String,
    /// The sample goods on first start.
    pub sample: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub enabled: bool,
    /// Whether clients on this very machine are limited too.
    pub loopback: bool,
    /// Requests per minute, counted by the address that they come from and, where somebody is logged in, by account as well.
    /// Changes under `/api/auth/`.
    pub login_per_minute: u32,
    /// Those of them that send a mail to somebody.
    pub mail_per_minute: u32,
    pub checkout_per_minute: u32,
    pub import_per_minute: u32,
    /// Calls of payment providers.
    pub webhook_per_minute: u32,
    /// Everything else, by address.
    pub other_per_minute: u32,
    /// Everything else, by account: a program's, say, which may come from many addresses.
    pub account_per_minute: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    pub from: String,
    /// `smtps://user:password@host:465` or `smtp://user:password@host:587?tls=required`. Empty: mails stay in the outbox at /mail, open to this machine only.
    pub smtp_url: SecretUrl,
    /// Days after which mails in the outbox are thrown away.
    pub keep_days: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkout {
    /// How long a checkout request waits for its order to settle before it answers 202, in milliseconds.
    pub wait_ms: u64,
    /// When the money is taken: `at_confirmation`, `at_fulfilment` (each shipment takes its part) or
    /// `at_first_shipment` (all with the first). What waits is set aside anew every five days.
    pub capture: Capture,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Capture {
    #[default]
    #[serde(rename = "at_confirmation")]
    Confirmation,
    #[serde(rename = "at_fulfilment")]
    Fulfilment,
    #[serde(rename = "at_first_shipment")]
    FirstShipment,
}

/// Who moves money.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payment {
    /// A file with the test provider's books, outside of the data folder: they then outlive the shop, as a real provider's
    /// do, and a restored shop can be compared with them. Without it they are in the shop's own store.
    pub test_books: Option<PathBuf>,
}

/// Where the services keep what they know. Empty: a SQLite file each in the data folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://hanse_{service}:password@host/hanse_{service}`: a database for each service, and best a role too;
    /// `{service}` stands for its name.
    pub url: SecretUrl,
    /// Connections that one service holds at most.
    pub connections: usize,
    /// A file with the certificates (PEM) of those who may vouch for the server. Named, connections are over TLS to a
    /// server that shows such a certificate for its name, and to no other.
    pub ca: Option<PathBuf>,
}

/// What carries messages from service to service. Empty: the process itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Broker {
    /// `amqp://user:password@host:5672/vhost`, a RabbitMQ; or `amqps://user:password@host:5671/vhost` for TLS.
    pub url: SecretUrl,
    /// What the names of exchanges and queues begin with: shops that share a broker need different ones.
    pub prefix: String,
    /// With `amqps`: a file with the certificates (PEM) of those who may vouch for the broker.
    pub ca: Option<PathBuf>,
}

/// What several processes share: carts, limits, ends of sessions, kept answers. Empty: each process has its own, and
/// carts are in the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redis {
    /// `redis://user:password@host:6379/0`, or `rediss://…` for TLS. It must not evict and has to keep a log
    /// (`maxmemory-policy noeviction`, `appendonly yes`), because carts live in it.
    pub url: SecretUrl,
    /// What the names of keys begin with: shops that share a server need different ones.
    pub prefix: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `info`, `debug`, or directives such as `info,hanse_order=debug`.
    pub filter: String,
    /// One JSON object a line instead of text; docs/operations/observation.md tells what is in it.
    pub json: bool,
}

impl Default for Shop {
    fn default() -> Self {
        Self { name: "Hanse".into(), sample: true }
    }
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            loopback: false,
            login_per_minute: 20,
            mail_per_minute: 10,
            checkout_per_minute: 60,
            import_per_minute: 30,
            webhook_per_minute: 1_200,
            other_per_minute: 1_200,
            account_per_minute: 3_000,
        }
    }
}
impl Default for Mail {
    fn default() -> Self {
        Self { from: "Hanse <shop@localhost>".into(), smtp_url: SecretUrl::default(), keep_days: 90 }
    }
}
impl Checkout {
    /// Somebody who waits for a checkout is answered by then: it waits for its order, and a little is done before and after.
    pub fn answered_within(&self) -> Duration {
        Duration::from_millis(self.wait_ms) + Duration::from_secs(2)
    }

    fn check(&self) -> Result<()> {
        let given_up = hanse_gateway::GatewayConfig::default().request_timeout;
        let most = given_up.saturating_sub(Duration::from_secs(3));
        if !(Duration::from_millis(100)..=most).contains(&Duration::from_millis(self.wait_ms)) {
            bail!(
                "checkout.wait_ms must be between 100 and {} (milliseconds): who has no answer after {} s is told that the \
                 shop takes too long, though the order may be placed",
                most.as_millis(),
                given_up.as_secs()
            );
        }
        Ok(())
    }
}
impl Default for Checkout {
    fn default() -> Self {
        Self { wait_ms: 5_000, capture: Capture::default() }
    }
}
impl Default for Database {
    fn default() -> Self {
        Self { url: SecretUrl::default(), connections: 8, ca: None }
    }
}
impl Default for Broker {
    fn default() -> Self {
        Self { url: SecretUrl::default(), prefix: "hanse".into(), ca: None }
    }
}
impl Default for Redis {
    fn default() -> Self {
        Self { url: SecretUrl::default(), prefix: "hanse".into() }
    }
}
impl Default for Log {
    fn default() -> Self {
        // What lapin has to tell, our own supervisor of its connections tells once, and what to do.
        Self { filter: "warn,lapin=off".into(), json: false }
    }
}

impl Config {
    /// Reads the file (if any) and the environment: `HANSE__SERVER__LISTEN` sets `server.listen`.
    pub fn load(data: &Path) -> Result<Self> {
        #[allow(clippy::disallowed_methods)]
        let named = std::env::var_os("HANSE_CONFIG").map(PathBuf::from);
        let default = data.join("hanse.toml");
        match named {
            Some(file) => Self::load_from(&file),
            None if default.exists() => Self::load_from(&default),
            None => Self::load_text("", &default),
        }
    }

    /// As [`Config::load`], from a file that must be there.
    pub fn load_from(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the configuration {} cannot be read", file.display()))?;
        Self::load_text(&text, file)
    }

    fn load_text(text: &str, file: &Path) -> Result<Self> {
        #[allow(clippy::disallowed_methods)]
        let environment: Vec<(String, String)> = std::env::vars().collect();
        let config = Self::from_sources(text, &file.display().to_string(), &environment)?;
        config.check()?;
        Ok(config)
    }

    fn from_sources(text: &str, source: &str, environment: &[(String, String)]) -> Result<Self> {
        // Without the line itself, which may hold a password.
        let mut table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |at| text[..at.start].lines().count().max(1));
            anyhow::anyhow!("{source} is not TOML: line {line}: {}", e.message())
        })?;
        for (name, value) in environment {
            let Some(path) = name.strip_prefix("HANSE__") else { continue };
            let path = path.to_ascii_lowercase();
            let mut sections: Vec<&str> = path.split("__").collect();
            let Some(key) = sections.pop().filter(|key| !key.is_empty() && !sections.is_empty()) else {
                bail!("{name}: expected HANSE__SECTION__KEY, such as HANSE__SERVER__LISTEN");
            };
            // `8080`, `true` and the like are what they look like; everything else is a text.
            let value = format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
            let value = value.unwrap_or_else(|| toml::Value::String(environment_text(environment, name)));
            let mut into = &mut table;
            for section in sections {
                let entry = into.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
                let Some(section_table) = entry.as_table_mut() else {
                    bail!("{name}: `{section}` in {source} is not a section");
                };
                into = section_table;
            }
            into.insert(key.to_string(), value);
        }
        table.try_into().map_err(|e: toml::de::Error| {
            anyhow::anyhow!("configuration from {source} and HANSE__… variables: {e}")
        })
    }

    /// What a type cannot tell.
    pub fn check(&self) -> Result<()> {
        self.server.check()?;
        for (key, value) in [
            ("limits.login_per_minute", self.limits.login_per_minute),
            ("limits.mail_per_minute", self.limits.mail_per_minute),
            ("limits.checkout_per_minute", self.limits.checkout_per_minute),
            ("limits.import_per_minute", self.limits.import_per_minute),
            ("limits.webhook_per_minute", self.limits.webhook_per_minute),
            ("limits.other_per_minute", self.limits.other_per_minute),
            ("limits.account_per_minute", self.limits.account_per_minute),
        ] {
            if value == 0 {
                bail!("{key} must be at least 1; to have no limits set limits.enabled = false");
            }
        }
        if !(1..=3650).contains(&self.mail.keep_days) {
            bail!("mail.keep_days must be between 1 and 3650");
        }
        self.check_servers()?;
        self.overload.check()?;
        self.rpc.check()?;
        self.keys.check()?;
        self.telemetry.check()?;
        self.audit.check()?;
        self.auth.check()?;
        self.checkout.check()
    }

    fn check_servers(&self) -> Result<()> {
        let (database, broker) = (&self.database, &self.broker);
        if !database.url.is_empty() {
            let url = database.url.expose();
            if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                bail!(
                    "database.url must begin with postgres://; leave it out to keep SQLite files in the data folder"
                );
            }
            if !named_database(url).contains("{service}") {
                bail!(
                    "database.url must hold {{service}} in the name of the database, since every service has a database of its own, such as \
                     postgres://hanse:password@localhost/hanse_{{service}}"
                );
            }
        }
        if !(2..=200).contains(&database.connections) {
            bail!("database.connections must be between 2 and 200");
        }
        let (plain, secured) = ["amqp://", "amqps://"].map(|s| broker.url.expose().starts_with(s)).into();
        if !broker.url.is_empty() && !plain && !secured {
            bail!(
                "broker.url must begin with amqp:// or amqps://; leave it out to carry messages in the process"
            );
        }
        if secured != broker.ca.is_some() {
            bail!(
                "broker.ca and amqps:// go together: name the file with the certificate (PEM) of the authority that \
                 issued the broker's, such as /etc/ssl/certs/ca-certificates.crt for a public one"
            );
        }
        if database.ca.is_none()
            && ["sslmode=require", "sslmode=verify"].iter().any(|s| database.url.expose().contains(s))
        {
            bail!(
                "database.ca is missing: name the file with the certificate (PEM) of the authority that issued the \
                 server's, such as /etc/ssl/certs/ca-certificates.crt for a public one"
            );
        }
        let redis = &self.redis;
        if !redis.url.is_empty()
            && !["redis://", "rediss://"].iter().any(|s| redis.url.expose().starts_with(s))
        {
            bail!(
                "redis.url must begin with redis:// or rediss://; leave it out to share nothing between processes"
            );
        }
        check_addresses(database.url.expose(), broker.url.expose(), redis.url.expose())?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        for (key, prefix) in [("broker.prefix", &broker.prefix), ("redis.prefix", &redis.prefix)] {
            if prefix.is_empty() || prefix.len() > 60 || !prefix.chars().all(plain) {
                bail!("{key} must be 1 to 60 letters, digits, '-', '_' or '.'");
            }
        }
        Ok(())
    }

    pub fn public_url(&self) -> String {
        if self.server.public_url.is_empty() {
            format!("{}://{}", self.server.scheme(), self.server.listen)
        } else {
            self.server.public_url.trim_end_matches('/').to_string()
        }
    }
}

/// What is between the host's `/` and the options.
fn named_database(url: &str) -> &str {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let place = place.split_once('?').map_or(place, |(place, _)| place);
    place.split_once('/').map_or("", |(_, name)| name)
}

/// A server that is away is waited for; one whose address does not read would be waited for in vain.
fn check_addresses(database: &str, broker: &str, redis: &str) -> Result<()> {
    let database_reads = hanse_database::Db::reads(&database.replace("{service}", "order"));
    for (key, url, reads, example) in [
        (
            "database.url",
            database,
            database_reads,
            "postgres://hanse_{service}:password@localhost:5432/hanse_{service}",
        ),
        (
            "broker.url",
            broker,
            hanse_messaging::RabbitSettings::reads(broker),
            "amqp://user:password@localhost:5672/%2f",
        ),
        ("redis.url", redis, hanse_redis::Redis::reads(redis), "redis://:password@localhost:6379/0"),
    ] {
        if !url.is_empty() && !reads {
            bail!(
                "{key} does not read as an address such as {example}; ports and the values behind `?` that are numbers \
                 must be some, and what is no letter or digit in a name or a password is written with `%`: `/` as %2F, \
                 `@` as %40, `:` as %3A, `#` as %23, `%` as %25"
            );
        }
    }
    Ok(())
}

fn environment_text(environment: &[(String, String)], name: &str) -> String {
    environment.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
        let environment: Vec<_> = environment.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        Config::from_sources(text, "hanse.toml", &environment)
    }

    #[test]
    fn the_environment_wins_over_the_file_and_errors_name_the_key() {
        let config = read("[server]\nlisten = \"127.0.0.1:1\"", &[("HANSE__SERVER__LISTEN", "127.0.0.1:2")]);
        assert_eq!(config.expect("reads").server.listen.port(), 2);
        let config =
            read("", &[("HANSE__CHECKOUT__WAIT_MS", "250"), ("HANSE__SHOP__NAME", "Kontor")]).expect("reads");
        assert_eq!((config.checkout.wait_ms, config.shop.name.as_str()), (250, "Kontor"));
        assert_eq!(config.checkout.capture, Capture::Confirmation);
        let config = read("[checkout]\ncapture = \"at_fulfilment\"", &[]).expect("reads");
        assert_eq!(config.checkout.capture, Capture::Fulfilment);
        let wrong = read("[checkout]\ncapture = \"later\"", &[]).unwrap_err().to_string();
        assert!(wrong.contains("at_fulfilment") && wrong.contains("later"), "{wrong}");
        let unknown = read("[server]\nlissten = 1", &[]).unwrap_err().to_string();
        assert!(unknown.contains("lissten"), "{unknown}");
        let wrong = read("[checkout]\nwait_ms = \"soon\"", &[]).unwrap_err().to_string();
        assert!(wrong.contains("wait_ms"), "{wrong}");
    }

    #[test]
    fn plain_http_for_others_needs_to_be_said() {
        let mut config = Config::default();
        config.server.listen = "0.0.0.0:8080".parse().expect("an address");
        assert!(config.check().unwrap_err().to_string().contains("--insecure-http"));
        config.server.public_url = "https://shop.example".into();
        assert!(config.check().is_ok());
    }

    #[test]
    fn servers_are_checked_before_anything_opens() {
        for (text, key) in [
            ("[database]\nurl = \"mysql://h/{service}\"", "database.url"),
            ("[database]\nurl = \"postgres://h/hanse\"", "{service}"),
            (
                "[database]\nurl = \"postgres://hanse_{service}:p@h/hanse\"",
                "database.url must hold {service} in the name",
            ),
            ("[database]\nurl = \"postgres://h/hanse?user={service}\"", "localhost/hanse_{service}"),
            ("[database]\nconnections = 1", "database.connections"),
            ("[broker]\nurl = \"http://h\"", "broker.url"),
            ("[broker]\nprefix = \"a b\"", "broker.prefix"),
            ("[broker]\nurl = \"amqps://h\"", "broker.ca"),
            ("[broker]\nurl = \"amqp://h\"\nca = \"ca.pem\"", "broker.ca"),
            ("[database]\nurl = \"postgres://h/{service}?sslmode=require\"", "database.ca"),
            ("[redis]\nurl = \"http://h\"", "redis.url"),
            ("[redis]\nprefix = \"\"", "redis.prefix"),
            ("[checkout]\nwait_ms = 99", "checkout.wait_ms"),
            ("[checkout]\nwait_ms = 12001", "checkout.wait_ms must be between 100 and 12000"),
            ("[overload]\nconnections = 2", "overload.connections"),
            ("[overload]\ncheckouts = 0", "overload.checkouts"),
            ("[telemetry]\notlp_endpoint = \"collector:4318\"", "telemetry.otlp_endpoint"),
            ("[telemetry]\notlp_endpoint = \"https://collector\"", "run a collector beside"),
            ("[telemetry]\notlp_endpoint = \"http://ana:secret@collector\"", "no login"),
            ("[telemetry]\nsample_ratio = 1.5", "telemetry.sample_ratio"),
            ("[rpc]\npeers = { oder = [\"h:1\"] }", "oder"),
            ("[rpc]\npeers = { order = [\"h\"] }", "rpc.peers.order"),
        ] {
            let told = read(text, &[]).expect("reads").check().expect_err("refused").to_string();
            assert!(told.contains(key), "{told}");
        }
        let both = "[database]\nurl = \"postgres://h/hanse_{service}\"\n[broker]\nurl = \"amqp://h\"";
        assert!(read(both, &[]).expect("reads").check().is_ok());
    }

    #[test]
    fn an_address_that_does_not_read_is_refused_by_its_key_and_without_its_password() {
        let of_broker = |url: &str| {
            let database = "[database]\nurl = \"postgres://h/hanse_{service}\"";
            (format!("{database}\n[broker]\nurl = {url:?}"), "broker.url")
        };
        let of_redis = |url: &str| (format!("[redis]\nurl = {url:?}"), "redis.url");
        let of_database = |url: &str| (format!("[database]\nurl = {url:?}"), "database.url");
        for (text, key) in [
            of_broker("amqp://ana:hunter2@broker:56x2/%2f"),
            of_broker("amqp://ana:hunter2/7@broker:5672/%2f"),
            of_broker("amqp://ana:hunter2@broker/%2f?heartbeat=soon"),
            of_broker("amqp://ana:hunter2@broker/%2f?auth_mechanism=hunter2"),
            of_database("postgres://ana:hunter2@database:54x2/hanse_{service}"),
            of_database("postgres://ana:hunter2@database/hanse_{service}?connect_timeout=hunter2"),
            of_redis("redis://:hunter2@cache:63x9/0"),
            of_redis("redis://:hunter2@cache/first"),
        ] {
            let told = read(&text, &[]).expect("reads").check().expect_err("refused").to_string();
            assert!(told.starts_with(&format!("{key} does not read")) && told.contains("%2F"), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        for (text, _) in [
            of_broker("amqp://ana:hunter2%2F7@broker:5672/%2f?heartbeat=3"),
            of_database(
                "postgres://ana_{service}:hunter%402@database:5432/hanse_{service}?connect_timeout=3",
            ),
            of_redis("rediss://:hunter2@cache:6379/3"),
        ] {
            read(&text, &[]).expect("reads").check().expect("an address");
        }
    }

    #[test]
    fn a_provider_of_logins_is_told_by_file_and_environment_and_its_secret_is_not_shown() {
        let file = "[auth.providers.google]\nkind = \"google\"\nclient_id = \"shop\"";
        let environment = [
            ("HANSE__AUTH__PROVIDERS__GOOGLE__CLIENT_SECRET", "hunter2"),
            ("HANSE__AUTH__PROVIDERS__FACEBOOK__KIND", "facebook"),
            ("HANSE__AUTH__PROVIDERS__FACEBOOK__CLIENT_ID", "1234567890123456"),
        ];
        let config = read(file, &environment).expect("reads");
        let [facebook, google] = ["facebook", "google"].map(|id| &config.auth.providers[id]);
        assert_eq!((facebook.kind, facebook.client_id.as_str()), (auth::Kind::Facebook, "1234567890123456"));
        assert_eq!((google.kind, google.client_secret.is_empty()), (auth::Kind::Google, false));
        for text in [
            format!("{config:?}"),
            toml::to_string(&config).expect("TOML"),
            serde_json::to_string(&config).expect("JSON"),
        ] {
            assert!(!text.contains("hunter2"), "{text}");
        }
        let told = serde_json::to_value(&config).expect("JSON");
        assert!(serde_json::from_value::<Config>(told).is_ok(), "a running shop tells what it was told");
        let both = format!("{file}\nclient_secret = \"a\"\nclient_secret_file = \"b\"");
        let refused = read(&both, &[]).expect("reads").check().expect_err("refused").to_string();
        assert!(refused.contains("auth.providers.google.client_secret"), "{refused}");
        assert!(read("", &[("HANSE__AUTH", "1")]).is_err() && read("", &[("HANSE__AUTH__", "1")]).is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let url = "smtps://ana:hunter2@mail.example:465";
        let config = read(&format!("[mail]\nsmtp_url = {url:?}"), &[]).expect("reads");
        assert_eq!(config.mail.smtp_url.expose(), url);
        let shown = [
            format!("{config:?}"),
            toml::to_string(&config).expect("TOML"),
            serde_json::to_string(&config).expect("JSON"),
        ];
        for text in shown {
            assert!(text.contains("smtps://***:***@mail.example:465") && !text.contains("hunter2"), "{text}");
        }
        for broken in [format!("[mail]\nsmtp_url = {url}"), format!("[mail]\nsmtp_url = 7 # {url}")] {
            let told = format!("{:#}", read(&broken, &[]).expect_err("refused"));
            assert!(!told.contains("hunter2") && told.contains("hanse.toml"), "{told}");
        }
    }
}
