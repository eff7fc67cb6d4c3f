//! Which shape the shops of this run have: everything in the data folder, or databases on a PostgreSQL server and
//! messages through RabbitMQ. The stories are the same.

use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;

/// `distributed` for servers; unset or anything else: embedded.
const SHAPE: &str = "HANSE_TEST_SHAPE";
const SERVICES: [&str; 10] = [
    "analytics",
    "auth",
    "cart",
    "inventory",
    "notification",
    "order",
    "payment",
    "pricing",
    "product",
    "user",
];

/// Makes the data folder's configuration fit the shape: a shop of its own on the test's servers.
pub async fn prepare(folder: &Path) -> Result<()> {
    if std::env::var(SHAPE).is_ok_and(|shape| shape == "distributed") {
        servers(folder).await
    } else {
        Ok(())
    }
}

async fn servers(folder: &Path) -> Result<()> {
    let given = |name: &str| {
        std::env::var(name)
            .with_context(|| format!("{SHAPE}=distributed needs {name}; cargo xtask test sets it"))
    };
    let (postgres, broker) = (given("HANSE_TEST_POSTGRES_URL")?, given("HANSE_TEST_RABBITMQ_URL")?);
    let shop = format!("shop_{:016x}", rand::random::<u64>());
    let (client, connection) = tokio_postgres::connect(&postgres, tokio_postgres::NoTls).await?;
    let driver = tokio::spawn(connection);
    for service in SERVICES {
        client.batch_execute(&format!("create database {shop}_{service}")).await?;
    }
    drop(client);
    driver.await??;
    let (server, _) = postgres.rsplit_once('/').context("HANSE_TEST_POSTGRES_URL names no database")?;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("hanse.toml"))?;
    write!(
        file,
        "\n[database]\nurl = \"{server}/{shop}_{{service}}\"\nconnections = 6\n\n[broker]\nurl = \"{broker}\"\nprefix = \"{shop}\"\n"
    )?;
    Ok(())
}
