//! What the processes of a league are told: the file that all of them read, and what each is told besides.

use crate::layout::{Berth, GATEWAY};
use crate::league::League;
use crate::servers::Store;
use anyhow::Result;
use std::path::Path;

/// Where the gateway's line to Redis is watched, it counts the requests of this machine too, which nobody here has too many of.
/// Elsewhere it does not: each count is a write that the servers of these tests bring to the disk before they answer.
const LIMITS: [(&str, &str); 4] = [
    ("HANSE__LIMITS__LOOPBACK", "true"),
    ("HANSE__LIMITS__LOGIN_PER_MINUTE", "1000000"),
    ("HANSE__LIMITS__CHECKOUT_PER_MINUTE", "1000000"),
    ("HANSE__LIMITS__OTHER_PER_MINUTE", "1000000"),
];

impl League {
    /// The configuration of all.
    pub(crate) fn settings(&self, folder: &Path) -> Result<String> {
        let shown = folder.display();
        Ok(format!(
            "[server]\ndrain_ms = 500\n\n[auth]\nstaff_factor = \"when_enrolled\"\n\n\
             [database]\nurl = \"{}\"\nconnections = 6\n\n[broker]\nurl = \"{}\"\n\n\
             [redis]\nurl = \"{}\"\n\n[keys]\nfile = \"{shown}/secrets.json\"\n\n\
             [mail]\nsmtp_url = \"smtp://{}\"\n\n{}\n\
             [rpc]\nlisten = \"127.0.0.1\"\ncertificates = \"{shown}/certs\"\n\n[rpc.peers]\n{}",
            self.servers.url(Store::Postgres),
            self.servers.url(Store::RabbitMq),
            self.servers.url(Store::Redis),
            self.mail.line.address(),
            hanse_journeys::set_up(&self.provider),
            self.layout.peers()?
        ))
    }

    /// Where one process listens, and the lines by which it reaches its stores.
    pub(crate) fn settings_of(&self, berth: &Berth) -> Result<Vec<(String, String)>> {
        let mut settings = vec![
            ("HANSE__ADMIN__LISTEN".to_string(), format!("127.0.0.1:{}", berth.probes)),
            ("HANSE__SERVER__LISTEN".to_string(), format!("127.0.0.1:{}", berth.front)),
        ];
        if berth.service != GATEWAY {
            settings.push(("HANSE__RPC__PORTS".into(), format!("{{ {} = {} }}", berth.service, berth.rpc)));
        }
        for ((service, store), line) in &self.lines {
            if *service == berth.service {
                let direct = self.servers.address(*store)?.to_string();
                let url = self.servers.url(*store).replace(&direct, &line.address().to_string());
                settings.push((store.key().into(), url));
            }
        }
        for ((_, store), brink) in self.brinks.iter().filter(|((name, _), _)| *name == berth.name) {
            let direct = self.servers.address(*store)?.to_string();
            let url = self.servers.url(*store).replace(&direct, &brink.address().to_string());
            settings.push((store.key().into(), url));
        }
        if berth.service == GATEWAY && self.lines.contains_key(&(GATEWAY, Store::Redis)) {
            settings.extend(LIMITS.map(|(key, value)| (key.into(), value.into())));
        }
        Ok(settings)
    }
}
