//! Which processes there are, and where each listens.

use crate::servers::Store;
use anyhow::{Result, bail};
use std::fmt::Write;
use std::net::TcpListener;

/// One process of one service (or of the gateway).
#[derive(Debug, Clone)]
pub struct Berth {
    /// `order-2`
    pub name: String,
    pub service: &'static str,
    pub rpc: u16,
    pub probes: u16,
    /// Where the gateway listens for shoppers.
    pub front: u16,
}

/// All of them. Each service has a second place, known to the others and empty at first but where there are replicas.
#[derive(Debug, Clone)]
pub struct Layout {
    pub berths: Vec<Berth>,
    /// Names of those that run from the beginning.
    pub manned: Vec<String>,
}

const SERVICES: [&str; 10] = [
    "auth",
    "user",
    "product",
    "inventory",
    "pricing",
    "cart",
    "order",
    "payment",
    "notification",
    "analytics",
];
pub const GATEWAY: &str = "gateway";
/// Shoppers wait for these.
const REPLICATED: [&str; 3] = ["product", "cart", "order"];
/// They share something with their like through Redis.
const SHARING: [&str; 4] = ["auth", "product", "cart", GATEWAY];

impl Layout {
    /// A process of each service, two of those that shoppers wait for, and a gateway.
    pub fn league() -> Result<Self> {
        let mut ports = free_ports(33 * 2)?;
        let mut port = || ports.pop().map_or(0, |(port, _)| port);
        let (mut berths, mut manned) = (vec![], vec![]);
        for service in SERVICES.into_iter().chain([GATEWAY]) {
            for place in 1..=2 {
                let name = format!("{service}-{place}");
                if place == 1 || REPLICATED.contains(&service) {
                    manned.push(name.clone());
                }
                berths.push(Berth { name, service, rpc: port(), probes: port(), front: port() });
            }
        }
        Ok(Self { berths, manned })
    }

    pub fn services() -> impl Iterator<Item = &'static str> {
        SERVICES.into_iter()
    }

    /// Every line between a service (or the gateway) and one of its stores. Whether that is all of them is asked of the
    /// program by [`crate::listed`].
    pub fn lines() -> Vec<(&'static str, Store)> {
        let of = |store| move |service| (service, store);
        let own = Self::services().map(of(Store::Postgres)).chain(Self::services().map(of(Store::RabbitMq)));
        own.chain(SHARING.map(of(Store::Redis))).collect()
    }

    /// `[rpc.peers]`
    pub fn peers(&self) -> Result<String> {
        let mut text = String::new();
        for service in SERVICES {
            let places = self.berths.iter().filter(|berth| berth.service == service);
            let addresses: Vec<String> = places.map(|berth| format!("\"127.0.0.1:{}\"", berth.rpc)).collect();
            writeln!(text, "{service} = [{}]", addresses.join(", "))?;
        }
        Ok(text)
    }
}

/// Below those that connections are given by themselves, thousands of which come and go meanwhile. All are held at once,
/// so that no two are the same.
fn free_ports(count: usize) -> Result<Vec<(u16, TcpListener)>> {
    let mut free = vec![];
    for _ in 0..count * 100 {
        let port = rand::random_range(12_000..32_000);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            free.push((port, listener));
        }
        if free.len() == count {
            return Ok(free);
        }
    }
    bail!("there are no {count} free ports")
}
