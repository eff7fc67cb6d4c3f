//! Databases on a PostgreSQL server that go with the test that had them made: a run makes a thousand of them, of eight
//! megabytes each when empty.

use tokio_postgres::{Client, Error, NoTls};

/// Dropped with this, whoever is still connected to them.
pub struct FreshDatabases {
    server: String,
    names: Vec<String>,
}

impl FreshDatabases {
    /// On the server of this URL, as the user that it names.
    pub async fn create(server: &str, names: Vec<String>) -> Result<Self, Error> {
        let databases = Self { server: server.to_string(), names };
        on(&databases.server, async |client| {
            for name in &databases.names {
                client.batch_execute(&format!("create database {name}")).await?;
            }
            Ok(())
        })
        .await?;
        Ok(databases)
    }
}

impl Drop for FreshDatabases {
    fn drop(&mut self) {
        let (server, names) = (std::mem::take(&mut self.server), std::mem::take(&mut self.names));
        // In a thread of its own: whoever drops it may be in a runtime, where nothing may wait.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(on(&server, async |client| {
                for name in &names {
                    client.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
                }
                Ok(())
            }))?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        // A server that a test has ended took its databases along.
        match dropping.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the test's databases were not dropped: {error}"),
            Err(_) => eprintln!("the test's databases were not dropped"),
        }
    }
}

async fn on(server: &str, work: impl AsyncFnOnce(&Client) -> Result<(), Error>) -> Result<(), Error> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    let driver = tokio::spawn(connection);
    let done = work(&client).await;
    drop(client);
    // What the connection ended with is what the work failed with.
    let _ = driver.await;
    done
}

#[cfg(test)]
mod tests {
    use super::{FreshDatabases, on};

    #[tokio::test]
    async fn databases_go_with_the_test_even_when_somebody_is_connected() {
        let server = crate::private_postgres::start().expect("a server");
        let url = server.url().to_string();
        let made = FreshDatabases::create(&url, vec!["one".into(), "two".into()]).await.expect("databases");
        let (base, _) = url.rsplit_once('/').expect("a database in the url");
        let (_still, connection) =
            tokio_postgres::connect(&format!("{base}/one"), tokio_postgres::NoTls).await.expect("a guest");
        tokio::spawn(connection);
        drop(made);
        on(&url, async |client| {
            let left =
                client.query("select datname from pg_database where datname in ('one', 'two')", &[]).await?;
            assert!(left.is_empty(), "{left:?}");
            Ok(())
        })
        .await
        .expect("an answer");
    }
}
