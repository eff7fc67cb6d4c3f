//! The services as the program itself lists them, so that none of them, and none of their stores, is forgotten here.

use crate::layout::{GATEWAY, Layout};
use crate::league::League;
use crate::servers::Store;
use anyhow::{Context, Result, ensure};
use hanse_journeys::hanse;
use serde_json::Value;
use std::collections::BTreeSet;

/// A service of `hanse services --json`.
pub struct Listed {
    pub name: String,
    pub redis: bool,
    /// Types with the consumers that take them.
    pub takes: Vec<(String, String)>,
    /// Questions with the services that may ask them.
    pub answers: Vec<(String, BTreeSet<String>)>,
}

/// All of them; an error when the league of these tests lacks one of them, or a line to one of their stores.
pub async fn listed(league: &League) -> Result<Vec<Listed>> {
    let [way, place] = league.reach();
    let told = hanse(&["services", "--json", &way, &place]).await?;
    let told: Value = serde_json::from_str(&told.stdout).with_context(|| told.stderr)?;
    let broker = told["broker"]["url"].as_str().context("no broker")?;
    ensure!(broker.starts_with("amqp://***:***@"), "the broker's login is told: {broker}");
    ensure!(told["redis"]["url"].is_string(), "no Redis");
    let services = told["items"].as_array().context("no services")?;
    let services: Vec<Listed> = services.iter().map(of).collect::<Result<_>>()?;
    complete(&services, &Layout::lines())?;
    Ok(services)
}

fn of(service: &Value) -> Result<Listed> {
    let text = |v: &Value| v.as_str().map(str::to_string).context("a service or a flow without its names");
    let takes = service["takes"].as_array().into_iter().flatten();
    let answers = service["answers"].as_array().into_iter().flatten();
    let callers = |v: &Value| v["callers"].as_array().into_iter().flatten().map(text).collect::<Result<_>>();
    Ok(Listed {
        name: text(&service["name"])?,
        redis: service["redis"] == true,
        takes: takes
            .map(|flow| Ok((text(&flow["type"])?, text(&flow["consumer"])?)))
            .collect::<Result<_>>()?,
        answers: answers.map(|a| Ok((text(&a["method"])?, callers(a)?))).collect::<Result<_>>()?,
    })
}

/// The gateway is no service, and is not listed; it counts limits in Redis.
fn complete(services: &[Listed], lines: &[(&'static str, Store)]) -> Result<()> {
    let mut wanted = BTreeSet::from([(GATEWAY, Store::Redis)]);
    for service in services {
        let name = service.name.as_str();
        wanted.extend([(name, Store::Postgres), (name, Store::RabbitMq)]);
        wanted.extend(service.redis.then_some((name, Store::Redis)));
    }
    let here: BTreeSet<(&str, Store)> = lines.iter().copied().collect();
    let differ: Vec<_> = here.symmetric_difference(&wanted).collect();
    ensure!(differ.is_empty(), "the lines of these tests are not those of the program: {differ:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, redis: bool) -> Listed {
        Listed { name: name.into(), redis, takes: vec![], answers: vec![] }
    }

    #[test]
    fn a_service_or_a_store_that_the_tests_do_not_know_is_noticed() {
        let redis = ["auth", "product", "cart"];
        let mut services: Vec<Listed> =
            Layout::services().map(|name| service(name, redis.contains(&name))).collect();
        complete(&services, &Layout::lines()).unwrap();
        services.push(service("returns", false));
        let told = complete(&services, &Layout::lines()).unwrap_err().to_string();
        assert!(told.contains("returns") && told.contains("Postgres"), "{told}");
        services.pop();
        services[1].redis = true;
        let told = complete(&services, &Layout::lines()).unwrap_err().to_string();
        assert!(told.contains("user") && told.contains("Redis"), "{told}");
    }
}
