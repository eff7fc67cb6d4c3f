//! What can be set about auth.

mod providers;

use crate::application::Lifetimes;
use crate::domain::KeySchedule;
use hanse_auth_contract::EndedSessions;
use hanse_kernel::Secret;
use hanse_redis::Redis;
use hanse_runtime::StartError;
use std::time::Duration;

pub use crate::domain::StaffFactor;
pub use crate::infrastructure::Hashing;
pub use providers::{FacebookUrls, ProviderConfig, ProviderKind};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Prints without its secret.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// Who signs access tokens, and for whom. Whoever verifies them must expect the same.
    pub issuer: String,
    pub audience: String,
    /// How browsers reach the shop: passkeys are bound to the name in it, and providers of logins send people back there.
    pub public_url: String,
    /// What the shop is listed under in an authenticator app.
    pub shop_name: String,
    pub access_lifetime: Duration,
    /// After so long everybody logs in anew, however busy they were.
    pub session_lifetime: Duration,
    pub staff_session_lifetime: Duration,
    /// A refresh token that lies unused for so long is worthless.
    pub refresh_lifetime: Duration,
    /// How long the answer to a refresh is held back. Whoever sends the same token within it has raced, whoever sends
    /// it later has a copy.
    pub refresh_overlap: Duration,
    /// A login that is refused, a registration, and who asks for a mailed link is answered a whole number of these after the
    /// question, so that the time does not tell who has an account. Zero: at once.
    pub answer_beat: Duration,
    /// Whether staff have to have a second factor.
    pub staff_factor: StaffFactor,
    /// Behind HTTPS: session cookies are `__Host-` and `Secure`.
    pub secure_cookies: bool,
    pub hashing: Hashing,
    /// How long one key signs access tokens.
    pub key_rotation: Duration,
    /// How long the next key is published before it signs.
    pub key_overlap: Duration,
    /// 64 hexadecimal digits: wraps the private signing keys and the secrets of authenticator apps in the database. Without it they are stored as they are.
    pub wrapping_key: Option<Secret>,
    /// Those that were used before: what is wrapped under one of them is wrapped anew under the present one.
    pub former_wrapping_keys: Vec<Secret>,
    /// Goes into every password's hash and is not in the database: whoever has only that cannot even begin to guess.
    pub pepper: Option<Secret>,
    /// Those that passwords were hashed with before; each is hashed anew at its next login.
    pub former_peppers: Vec<Secret>,
    /// Where the gateways are told of sessions that ended.
    pub redis: Option<Redis>,
    /// Without Redis: how the one gateway hears of them, when it is in the same process.
    pub ended_sessions: EndedSessions,
    /// Whom one can log in with besides a password.
    pub providers: Vec<ProviderConfig>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            issuer: "hanse".into(),
            audience: "hanse".into(),
            public_url: "http://localhost".into(),
            shop_name: "Hanse".into(),
            access_lifetime: 5 * MINUTE,
            session_lifetime: 30 * DAY,
            staff_session_lifetime: 12 * HOUR,
            refresh_lifetime: 14 * DAY,
            refresh_overlap: Duration::from_millis(250),
            answer_beat: Duration::from_millis(50),
            staff_factor: StaffFactor::WhenEnrolled,
            secure_cookies: false,
            hashing: Hashing::default(),
            key_rotation: 30 * DAY,
            key_overlap: DAY,
            wrapping_key: None,
            former_wrapping_keys: vec![],
            pepper: None,
            former_peppers: vec![],
            redis: None,
            ended_sessions: EndedSessions::default(),
            providers: vec![],
        }
    }
}

impl AuthConfig {
    pub(crate) fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            customer_session: self.session_lifetime,
            staff_session: self.staff_session_lifetime,
            refresh_token: self.refresh_lifetime,
            refresh_overlap: self.refresh_overlap,
        }
    }

    pub(crate) fn key_schedule(&self) -> KeySchedule {
        // Clocks differ a little, and a token that is refused a minute too early is a login lost.
        let keep = self.access_lifetime + 5 * MINUTE;
        KeySchedule { rotation: self.key_rotation, overlap: self.key_overlap, keep }
    }

    /// Refuses what would not work or not be safe, before anything starts.
    pub(crate) fn validate(&self) -> Result<(), StartError> {
        let refuse = |key: &str, problem: &str, remedy: &str| {
            let key = format!("auth.{key}");
            Err(StartError::Config { key, problem: problem.into(), remedy: remedy.into() })
        };
        if self.issuer.is_empty() || self.audience.is_empty() {
            return refuse("issuer", "issuer and audience must not be empty", "leave them out for `hanse`");
        }
        if self.access_lifetime < Duration::from_secs(30) || self.access_lifetime > HOUR {
            return refuse("access_lifetime", "is not between 30 s and 1 h", "5 minutes is a good choice");
        }
        if self.session_lifetime < self.access_lifetime || self.staff_session_lifetime < self.access_lifetime
        {
            return refuse("session_lifetime", "is shorter than an access token's life", "make it longer");
        }
        if self.refresh_overlap > Duration::from_secs(5) {
            return refuse("refresh_overlap", "is longer than 5 s", "every refresh waits that long");
        }
        if self.answer_beat > Duration::from_secs(1) {
            return refuse("answer_beat_ms", "is longer than 1 s", "every registration waits that long");
        }
        if self.key_overlap.is_zero() || self.key_rotation < 2 * self.key_overlap {
            return refuse("key_rotation", "is less than twice auth.key_overlap", "rotate less often");
        }
        if self.hashing.workers == 0 {
            return refuse("hashing.workers", "is 0", "set at least 1");
        }
        self.check_providers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_fine_and_nonsense_is_refused_by_name() {
        assert!(AuthConfig::default().validate().is_ok());
        let wrong = [
            AuthConfig { issuer: String::new(), ..AuthConfig::default() },
            AuthConfig { access_lifetime: DAY, ..AuthConfig::default() },
            AuthConfig { session_lifetime: MINUTE, ..AuthConfig::default() },
            AuthConfig { refresh_overlap: MINUTE, ..AuthConfig::default() },
            AuthConfig { answer_beat: MINUTE, ..AuthConfig::default() },
            AuthConfig { key_overlap: 20 * DAY, ..AuthConfig::default() },
            AuthConfig { hashing: Hashing { workers: 0, ..Hashing::default() }, ..AuthConfig::default() },
        ];
        for config in wrong {
            let told = config.validate().unwrap_err().to_string();
            assert!(told.starts_with("configuration `auth."), "{told}");
        }
    }

    #[test]
    fn keys_do_not_print() {
        let secret = || Some("5ec2e7".into());
        let config = AuthConfig {
            wrapping_key: secret(),
            former_wrapping_keys: secret().into_iter().collect(),
            pepper: secret(),
            former_peppers: secret().into_iter().collect(),
            ..AuthConfig::default()
        };
        assert!(!format!("{config:?}").contains("5ec2e7"));
    }
}
