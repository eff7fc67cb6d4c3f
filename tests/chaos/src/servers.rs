//! The servers below a league, its own, which tests kill and start again.

use anyhow::{Context, Result};
use hanse_testkit::private_postgres::{self, PrivatePostgres};
use hanse_testkit::private_rabbitmq::{self, PrivateRabbitMq};
use hanse_testkit::private_redis::{self, PrivateRedis};
use std::net::SocketAddr;
use tokio_postgres::{Client, NoTls};

/// Of each service's role at the database server.
const PASSWORD: &str = "own-rooms-only";

/// What a service depends on besides the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    Postgres,
    RabbitMq,
    Redis,
}

impl Store {
    pub const ALL: [Self; 3] = [Self::Postgres, Self::RabbitMq, Self::Redis];

    /// The key of the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::Postgres => "HANSE__DATABASE__URL",
            Self::RabbitMq => "HANSE__BROKER__URL",
            Self::Redis => "HANSE__REDIS__URL",
        }
    }
}

pub struct Servers {
    pub postgres: PrivatePostgres,
    pub rabbitmq: PrivateRabbitMq,
    pub redis: PrivateRedis,
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Servers {
    pub fn start() -> Result<Self> {
        Ok(Self {
            postgres: private_postgres::start().context("PostgreSQL")?,
            rabbitmq: private_rabbitmq::start().context("RabbitMQ")?,
            redis: private_redis::start().context("Redis")?,
        })
    }

    /// As services are told it.
    pub fn url(&self, store: Store) -> String {
        match store {
            Store::Postgres => {
                let url = self.postgres.url();
                let (_, place) = url.rsplit_once('@').unwrap_or(("", url));
                let server = place.split('/').next().unwrap_or(place);
                format!("postgres://hanse_{{service}}:{PASSWORD}@{server}/hanse_{{service}}")
            }
            Store::RabbitMq => self.rabbitmq.url().to_string(),
            Store::Redis => self.redis.url(),
        }
    }

    /// Where it listens.
    pub fn address(&self, store: Store) -> Result<SocketAddr> {
        let url = self.url(store);
        let (_, place) = url.rsplit_once('@').context("a url without a login")?;
        let place = place.split('/').next().unwrap_or(place);
        place.parse().with_context(|| format!("{place} is no address"))
    }

    /// Ends it as a crash would.
    pub fn take_down(&mut self, store: Store) -> Result<()> {
        // The servers are waited for where no shopper is held up.
        tokio::task::block_in_place(|| match store {
            Store::Postgres => self.postgres.kill(),
            Store::RabbitMq => self.rabbitmq.kill(),
            Store::Redis => self.redis.kill(),
        })
        .with_context(|| format!("{store:?} does not go down"))
    }

    /// Starts it again with what it had on its disk.
    pub fn bring_back(&mut self, store: Store) -> Result<()> {
        tokio::task::block_in_place(|| match store {
            Store::Postgres => self.postgres.start_again(),
            Store::RabbitMq => self.rabbitmq.start_again(),
            Store::Redis => self.redis.restart(),
        })
        .with_context(|| format!("{store:?} does not come back"))
    }

    /// Both at once.
    pub fn crash(&mut self, store: Store) -> Result<()> {
        self.take_down(store)?;
        self.bring_back(store)
    }

    /// Ends it in good order, and starts it again.
    pub fn restart_rabbitmq(&mut self) -> Result<()> {
        tokio::task::block_in_place(|| self.rabbitmq.stop().and_then(|()| self.rabbitmq.start_again()))
            .context("RabbitMQ does not come back")
    }

    /// A database for each of these services, and a role that owns it.
    pub async fn prepare(&self, services: impl Iterator<Item = &'static str>) -> Result<()> {
        let server = self.database("postgres").await?;
        for service in services {
            let role = format!("create role hanse_{service} login password '{PASSWORD}'");
            server.batch_execute(&role).await?;
            let database = format!("create database hanse_{service} owner hanse_{service}");
            server.batch_execute(&database).await?;
        }
        Ok(())
    }

    /// A connection to the database of a service (or to `postgres`), as the server's owner.
    pub async fn database(&self, name: &str) -> Result<Client> {
        let url = self.postgres.url();
        let server = url.rsplit_once('/').map_or(url, |(server, _)| server);
        connect(&format!("{server}/{name}")).await
    }

    /// A connection to the database of one service, as another one.
    pub async fn intruder(&self, service: &str, at: &str) -> Result<Client> {
        let url = self.url(Store::Postgres).replacen("{service}", service, 1);
        connect(&url.replacen("{service}", at, 1)).await
    }

    /// Orders whose saga has begun and not come to rest.
    pub async fn sagas_under_way(&self) -> Result<i64> {
        let orders = self.database("hanse_order").await?;
        let moving = "select count(*) from orders where state in ('awaiting_stock', 'awaiting_authorization', \
                      'awaiting_commit', 'awaiting_capture', 'refunding', 'compensating')";
        Ok(orders.query_one(moving, &[]).await?.get(0))
    }
}
