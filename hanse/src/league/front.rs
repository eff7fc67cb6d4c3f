//! The gateway as a process of its own: its routes are those of the services, each answered by a replica elsewhere.

use super::remote;
use crate::compose::{Atlas, Watch, gateway_config, redis};
use crate::config::Config;
use anyhow::Result;
use hanse_gateway::{Gateway, Kept, Parts};
use hanse_kernel::Effects;
use hanse_rpc::Identity;
use std::sync::Arc;

pub const GATEWAY: &str = "gateway";

pub struct Front {
    pub gateway: Gateway,
    watch: Watch,
}

impl Front {
    /// Composes the origin as who reaches the services: the gateway itself, or the operator's tools.
    pub fn compose(config: &Config, identity: Identity, atlas: Atlas, effects: &Effects) -> Result<Self> {
        let watch = Watch::default();
        let network = remote(config, &identity, &atlas.neighbours(), effects);
        let stop = watch.stop.clone();
        watch.run("certificates", async move { identity.watch(stop.asked()).await });
        let kept = Kept::new(effects.clock.clone());
        let services = atlas
            .0
            .into_iter()
            .map(|chart| {
                let to = network.requests(chart.name);
                hanse_gateway::proxied(chart.routes, chart.name, to, &kept, effects)
            })
            .collect();
        let gateway = hanse_gateway::gateway(Parts {
            effects: effects.clone(),
            network: Arc::new(network),
            services,
            // They are at `admin.listen`.
            health: None,
            config: gateway_config(config, redis(config, effects)?)?,
        });
        Ok(Self { gateway, watch })
    }

    pub async fn end(self) {
        self.watch.end().await;
    }
}
