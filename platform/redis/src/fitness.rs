//! Whether a Redis may be trusted with what is kept nowhere else, judged by its settings.

use crate::client::Redis;
use crate::error::RedisError;
use crate::line::info_line;
use std::collections::BTreeMap;

/// Why carts and sessions cannot be kept there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Unknown(#[from] RedisError),
    #[error(
        "Redis throws keys away when its memory is full (maxmemory-policy {0}), and carts are among them; \
         set maxmemory-policy noeviction"
    )]
    Evicts(String),
    #[error("Redis keeps no log of its writes, so that a restart empties the carts; set appendonly yes")]
    Forgets,
    #[error(
        "Redis leaves the writing of its log to the operating system (appendfsync no); set appendfsync always, \
         or everysec to trade the last seconds for speed"
    )]
    NeverSyncs,
}

/// It can be used, and an operator should know what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Caution {
    #[error(
        "Redis writes its log to the disk once a second (appendfsync everysec): when its machine fails, up to two \
         seconds of changes that were confirmed are lost; set appendfsync always to lose none"
    )]
    Everysec,
    #[error(
        "Redis does not tell how it writes its log (CONFIG is refused): see to it that appendfsync is always"
    )]
    Untold,
}

impl Redis {
    /// Judges the settings; `Some` is a warning to log.
    ///
    /// # Errors
    /// When it must not be used as a store, with what to change.
    pub async fn fit_to_store(&self) -> Result<Option<Caution>, Unfit> {
        let told: String = self.ask("fitness", redis::cmd("INFO").arg("memory")).await?;
        let policy = info_line(&told, "maxmemory_policy").unwrap_or_default();
        if policy != "noeviction" {
            return Err(Unfit::Evicts(policy));
        }
        let told: String = self.ask("fitness", redis::cmd("INFO").arg("persistence")).await?;
        if info_line(&told, "aof_enabled").as_deref() != Some("1") {
            return Err(Unfit::Forgets);
        }
        // Services that are run by others often refuse CONFIG.
        let settings: Result<BTreeMap<String, String>, RedisError> =
            self.ask("fitness", redis::cmd("CONFIG").arg("GET").arg("appendfsync")).await;
        match settings {
            Ok(settings) => match settings.get("appendfsync").map(String::as_str) {
                Some("always") => Ok(None),
                Some("everysec") => Ok(Some(Caution::Everysec)),
                Some(_) => Err(Unfit::NeverSyncs),
                None => Ok(Some(Caution::Untold)),
            },
            Err(RedisError::Refused(_)) => Ok(Some(Caution::Untold)),
            Err(error) => Err(error.into()),
        }
    }
}
