//! Where a league's services have the shop's keys from: a file, a variable of the environment, or Google's Secret Manager. It is
//! the same document everywhere.

use super::gcp::{Away, Gcp, Surroundings};
use super::{InPlace, Kept, Secrets};
use crate::config::{KeySource, Keys};
use anyhow::{Context, Result};
use hanse_kernel::Effects;
use std::time::Duration;
use zeroize::Zeroizing;

/// Before Google is asked again that was away. It has been asked some times in a row by then.
const AGAIN: Duration = Duration::from_secs(5);

/// A shop's keys, or where they are to be asked for.
pub enum Source {
    Here(Box<Secrets>),
    Gcp { gcp: Box<Gcp>, shown: String },
}

impl Source {
    /// Reads what can be read at once. Whom Google is to be asked as is read too; it is not asked yet.
    pub fn of(keys: &Keys, effects: &Effects) -> Result<Self> {
        let here = |secrets| Self::Here(Box::new(secrets));
        match keys.source()? {
            KeySource::File(file) => Secrets::read(file).map(here),
            KeySource::Environment(name) => {
                let shown = format!("the variable {name} (keys.env)");
                Secrets::parse(&from_environment(name)?, &shown).map(here)
            }
            KeySource::Gcp { secret, endpoint } => {
                let gcp = Gcp::new(secret, endpoint, &Surroundings::of_this_process(), effects.clone())?;
                Ok(Self::Gcp { gcp: Box::new(gcp), shown: format!("the secret {secret} (keys.gcp)") })
            }
        }
    }

    async fn asked(&self) -> Result<Secrets> {
        match self {
            Self::Here(secrets) => Ok(Secrets::clone(secrets)),
            Self::Gcp { gcp, shown } => Secrets::parse(&gcp.fetch().await?, shown),
        }
    }

    /// Whoever is away is waited for, with a warning each time. What is refused or does not read is for a person to put right.
    pub async fn keys(&self, effects: &Effects) -> Result<Secrets> {
        loop {
            match self.asked().await {
                Err(error) if error.chain().any(|cause| cause.is::<Away>()) => {
                    tracing::warn!("{error:#}; it is asked again");
                    effects.timers.sleep(AGAIN).await;
                }
                keys => return keys,
            }
        }
    }
}

impl Secrets {
    /// Of services in processes of their own: all of a shop are given the same ones.
    pub async fn of(keys: &Keys, effects: &Effects) -> Result<Self> {
        Source::of(keys, effects)?.asked().await
    }
}

fn from_environment(name: &str) -> Result<Zeroizing<String>> {
    #[allow(clippy::disallowed_methods)]
    let found = std::env::var(name);
    found.map(Zeroizing::new).ok().filter(|text| !text.trim().is_empty()).with_context(|| {
        format!(
            "keys.env: there is no text in the variable {name}; it holds the document that `hanse keys` makes, whole, and \
             docs/how-to/keep-the-keys.md tells how a cluster puts it there"
        )
    })
}

impl Kept {
    /// What stands where the services of a league will look for the shop's keys. Only a file can be written; elsewhere
    /// the keys have to be there already.
    pub async fn stand(&self, keys: &Keys, effects: &Effects) -> Result<InPlace> {
        if let KeySource::File(file) = keys.source()? {
            return self.in_place(file);
        }
        let there = Secrets::of(keys, effects).await.context(
            "the shop's keys have to be put where the league looks for them before the shop is moved: they are the text \
             of secrets.json in its data folder",
        )?;
        Ok(self.beside(&there))
    }
}
