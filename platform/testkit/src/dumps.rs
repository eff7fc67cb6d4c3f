//! Databases of a PostgreSQL server, written to a file and made from one, as an operator does it; and changed behind their
//! services' backs.

use crate::private_postgres;
use std::io;
use std::path::Path;
use std::process::Command;
use tokio_postgres::{Client, Error, NoTls};

/// Runs one statement in the database of this URL; how many rows it was about.
pub async fn execute_in(url: &str, sql: &str) -> Result<u64, Error> {
    in_database(url, async |client| client.execute(sql, &[]).await).await
}

/// The one text that a question has for its answer.
pub async fn word_in(url: &str, sql: &str) -> Result<String, Error> {
    in_database(url, async |client| client.query_one(sql, &[]).await?.try_get(0)).await
}

async fn in_database<T>(url: &str, work: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Result<T, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let driver = tokio::spawn(connection);
    let done = work(&client).await;
    drop(client);
    // What the connection ended with is what the work failed with.
    let _ = driver.await;
    done
}

/// Writes a database as it is at one moment, while others go on writing to it.
pub fn dump(url: &str, file: &Path) -> io::Result<()> {
    tool("pg_dump", &["--format=custom", "--file", &file.display().to_string(), url])
}

/// All rows of a database as text; bytes are in hex.
pub fn text(url: &str) -> io::Result<String> {
    told("pg_dump", &["--data-only", "--inserts", url])
}

/// Fills an empty database with what was dumped.
pub fn restore(url: &str, file: &Path) -> io::Result<()> {
    tool("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", url, &file.display().to_string()])
}

fn tool(name: &str, args: &[&str]) -> io::Result<()> {
    told(name, args).map(|_| ())
}

fn told(name: &str, args: &[&str]) -> io::Result<String> {
    let bin = private_postgres::binaries().ok_or_else(|| io::Error::other("no PostgreSQL is installed"))?;
    let ended = Command::new(bin.join(name)).args(args).output()?;
    match ended.status.success() {
        true => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
        false => Err(io::Error::other(format!("{name}: {}", String::from_utf8_lossy(&ended.stderr)))),
    }
}
