//! Calls: each bounded in time, repeated once when its connection broke, and measured.

use crate::error::{Fault, RedisError, judge};
use crate::line::Line;
use crate::script::Script;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Effects, Secret};
use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, FromRedisValue, RedisResult, ToRedisArgs};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How to reach it. The address holds the password.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    pub url: Secret,
    /// What all our keys begin with, so that several shops can share one Redis.
    pub prefix: String,
    /// How long a call may take, the making of a connection included.
    pub limit: Duration,
}

impl RedisConfig {
    /// The limit is that of a cache: rather nothing than late.
    pub fn new(url: impl Into<Secret>) -> Self {
        Self { url: url.into(), prefix: "hanse".into(), limit: Duration::from_millis(250) }
    }
}

/// Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct Redis {
    line: Arc<Line>,
    prefix: Arc<str>,
    limit: Duration,
    effects: Effects,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({})", self.prefix)
    }
}

impl Redis {
    /// Opens no connection yet: the first call does.
    ///
    /// # Errors
    /// [`RedisError::Address`] when the address is none.
    pub fn new(config: RedisConfig, effects: Effects) -> Result<Self, RedisError> {
        let client = Client::open(config.url.expose_secret());
        // What the driver says of an address does not repeat it.
        let client = client.map_err(|e| RedisError::Address(e.to_string()))?;
        let line = Arc::new(Line::new(client, effects.clone()));
        Ok(Self { line, prefix: config.prefix.into(), limit: config.limit, effects })
    }

    /// Whether the address reads as one. Why not is not told: it might repeat the password.
    pub fn reads(url: &str) -> bool {
        Client::open(url).is_ok()
    }

    /// The same connection, with another limit for its calls.
    #[must_use]
    pub fn limited(&self, limit: Duration) -> Self {
        Self { limit, ..self.clone() }
    }

    /// A key of ours.
    pub fn key(&self, name: impl fmt::Display) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Sends one command, which must bear being done twice.
    pub async fn ask<T: FromRedisValue + Send>(
        &self,
        name: &'static str,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        self.call(name, async |mut connection| command.query_async(&mut connection).await).await
    }

    /// Runs a script, which must bear being run twice.
    pub async fn run<T: FromRedisValue + Send>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: impl ToRedisArgs + Send + Sync,
    ) -> Result<T, RedisError> {
        let mut call = script.inner.prepare_invoke();
        for key in keys {
            call.key(key);
        }
        call.arg(arguments);
        let call = &call;
        self.call(script.name, async |mut connection| call.invoke_async(&mut connection).await).await
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), RedisError> {
        self.ask("ping", &redis::cmd("PING")).await
    }

    /// Which run of the server we are connected to: another after it was restarted or another machine took over, either of
    /// which may have lost what was written last.
    pub async fn server_run(&self) -> Result<Arc<str>, RedisError> {
        if let Some(run) = self.line.run() {
            return Ok(run);
        }
        self.ping().await?;
        self.line.run().ok_or_else(|| RedisError::Away("the connection is gone again".into()))
    }

    async fn call<T, F, Fut>(&self, name: &'static str, call: F) -> Result<T, RedisError>
    where
        F: Fn(MultiplexedConnection) -> Fut + Send + Sync,
        Fut: Future<Output = RedisResult<T>> + Send,
        T: Send,
    {
        let began = self.effects.now();
        let answer = self.effects.within(self.limit, self.twice(call)).await.unwrap_or_else(|| {
            self.line.slow();
            Err(RedisError::Away(format!("no answer within {} ms", self.limit.as_millis())))
        });
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(RedisError::Away(_)) => "away",
            Err(_) => "refused",
        };
        metrics::histogram!("redis_call_seconds", "call" => name, "outcome" => outcome)
            .record(self.effects.now().since(began));
        answer
    }

    /// A connection that idled may have been closed by the other side, which only its next use tells.
    async fn twice<T, F, Fut>(&self, call: F) -> Result<T, RedisError>
    where
        F: Fn(MultiplexedConnection) -> Fut + Send + Sync,
        Fut: Future<Output = RedisResult<T>> + Send,
        T: Send,
    {
        let mut why = String::new();
        for _ in 0..2 {
            let (number, connection) = self.line.open().await?;
            match call(connection).await {
                Ok(value) => {
                    self.line.answered();
                    return Ok(value);
                }
                Err(error) => match judge(&error) {
                    Fault::Told(error) => {
                        self.line.answered();
                        return Err(error);
                    }
                    Fault::Broken(told) => {
                        self.line.broke(number);
                        why = told;
                    }
                },
            }
        }
        self.line.failed(&why);
        Err(RedisError::Away(why))
    }
}
