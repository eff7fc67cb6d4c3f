//! Where a league's services have the shop's keys from: a file, a variable of the environment, or Google's Secret Manager. It is
//! the same document everywhere.

use super::gcp::{Gcp, Surroundings};
use super::{InPlace, Kept, Secrets};
use crate::config::{KeySource, Keys};
use anyhow::{Context, Result};
use hanse_kernel::Effects;
use zeroize::Zeroizing;

impl Secrets {
    /// Of services in processes of their own: all of a shop are given the same ones.
    pub async fn of(keys: &Keys, effects: &Effects) -> Result<Self> {
        match keys.source()? {
            KeySource::File(file) => Self::read(file),
            KeySource::Environment(name) => {
                Self::parse(&from_environment(name)?, &format!("the variable {name} (keys.env)"))
            }
            KeySource::Gcp { secret, endpoint } => {
                let gcp = Gcp::new(secret, endpoint, &Surroundings::of_this_process(), effects.clone())?;
                Self::parse(&gcp.fetch().await?, &format!("the secret {secret} (keys.gcp)"))
            }
        }
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
