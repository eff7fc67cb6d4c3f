//! What the processes count themselves, read where an operator's monitoring reads it.

use super::map::League;
use crate::client::Client;
use anyhow::{Context, Result};
use std::net::SocketAddr;

/// The sum of a counter over all processes and labels.
pub async fn sum(league: &League, name: &str) -> Result<f64> {
    let mut all = 0.0;
    for service in &league.services {
        let mut client = Client::new(SocketAddr::from(([127, 0, 0, 1], service.probes)));
        let answer = client.get("/metrics").await.with_context(|| service.root.name.clone())?;
        all += add_up(&String::from_utf8_lossy(&answer.body), name);
    }
    Ok(all)
}

fn add_up(text: &str, name: &str) -> f64 {
    let value = |line: &str| {
        let rest = line.strip_prefix(name)?;
        // `name value` or `name{labels} value`; not another name that begins alike.
        rest.starts_with(['{', ' ']).then_some(())?;
        rest.rsplit_once(' ')?.1.parse::<f64>().ok()
    };
    text.lines().filter_map(value).sum()
}

#[cfg(test)]
mod tests {
    use super::add_up;

    #[test]
    fn a_counter_is_added_up_over_its_labels() {
        let text = "# TYPE taken_total counter\ntaken_total{consumer=\"a b\"} 3\ntaken_total{consumer=\"c\"} 4\n\
                    taken_total_other 100\ntaken 7\n";
        assert_eq!(
            (add_up(text, "taken_total"), add_up(text, "taken"), add_up(text, "none")),
            (7.0, 7.0, 0.0)
        );
    }
}
