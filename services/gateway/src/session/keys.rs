//! The public keys of auth, and the verifier of access tokens that knows them.

use crate::config::GatewayConfig;
use async_trait::async_trait;
use hanse_auth_contract::rpc::GetKeysRequest;
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_http::{JwtVerifier, KeySource};
use hanse_kernel::{Ctx, Effects, Timestamp};
use hanse_rpc::Network;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// Keys are asked for again when an unknown one turns up, but not more often than this.
const REFRESH: Duration = Duration::from_secs(1);

/// The public keys of auth, remembered.
pub(crate) struct AuthKeys {
    network: Arc<dyn Network>,
    effects: Effects,
    known: RwLock<(Timestamp, BTreeMap<String, [u8; 32]>)>,
}

impl AuthKeys {
    pub(crate) fn new(network: Arc<dyn Network>, effects: Effects) -> Arc<Self> {
        Arc::new(Self { network, effects, known: RwLock::default() })
    }

    fn known(&self, kid: &str) -> (Timestamp, Option<[u8; 32]>) {
        let known = self.known.read().unwrap_or_else(|e| e.into_inner());
        (known.0, known.1.get(kid).copied())
    }
}

#[async_trait]
impl KeySource for AuthKeys {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]> {
        let (asked_at, key) = self.known(kid);
        let now = self.effects.now();
        if key.is_some() || now.since(asked_at) < REFRESH {
            return key;
        }
        let ctx = Ctx::background("gateway", self.effects.ids.uuid());
        let request = hanse_rpc::request(&ctx, &*self.effects.clock, GetKeysRequest {});
        match AccountsClient::new(self.network.link("auth")).get_keys(request).await {
            Ok(reply) => {
                let keys = reply.into_inner().keys.into_iter();
                let keys =
                    keys.filter_map(|k| Some((k.kid, <[u8; 32]>::try_from(k.public_key).ok()?))).collect();
                *self.known.write().unwrap_or_else(|e| e.into_inner()) = (now, keys);
            }
            Err(status) => tracing::warn!(error = %status, "auth's keys cannot be asked for"),
        }
        self.known(kid).1
    }
}

pub(crate) fn verifier(config: &GatewayConfig, keys: Arc<AuthKeys>, effects: &Effects) -> JwtVerifier {
    JwtVerifier::new(&config.token_issuer, &config.token_audience, keys, effects.clock.clone())
}
