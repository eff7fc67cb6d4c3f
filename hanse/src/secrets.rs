//! The shop's own keys: made on first start, kept in the data folder, readable by its owner only.

use crate::folder::Folder;
use anyhow::{Context, Result};
use hanse_kernel::Rng;
use serde::{Deserialize, Serialize};

const FILE: &str = "secrets.json";

/// 32 bytes each, hexadecimal in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    order_access: String,
    payment_tokens: String,
    signing_keys: String,
}

pub struct Secrets {
    /// Signs the access tokens of guests' orders.
    pub order_access: [u8; 32],
    /// Encrypts means of payment while a checkout runs.
    pub payment_tokens: [u8; 32],
    /// Wraps auth's signing keys at rest.
    pub signing_keys: [u8; 32],
}

impl Secrets {
    pub fn load(folder: &Folder, rng: &dyn Rng) -> Result<Self> {
        let stored = match folder.read(FILE)? {
            Some(text) => serde_json::from_str(&text)
                .with_context(|| format!("{FILE} in the data folder is damaged; restore it from a backup"))?,
            None => {
                let fresh = || {
                    let mut bytes = [0; 32];
                    rng.fill(&mut bytes);
                    bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
                };
                let stored = Stored { order_access: fresh(), payment_tokens: fresh(), signing_keys: fresh() };
                folder.write(FILE, &serde_json::to_vec_pretty(&stored)?)?;
                stored
            }
        };
        Ok(Self {
            order_access: key(&stored.order_access)?,
            payment_tokens: key(&stored.payment_tokens)?,
            signing_keys: key(&stored.signing_keys)?,
        })
    }
}

fn key(hex: &str) -> Result<[u8; 32]> {
    let damaged = || format!("a key in {FILE} is not 64 hexadecimal digits; restore the file from a backup");
    if hex.len() != 64 || !hex.is_ascii() {
        anyhow::bail!(damaged());
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).with_context(damaged)?;
    }
    Ok(bytes)
}
