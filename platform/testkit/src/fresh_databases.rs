//! Databases for tests on a PostgreSQL server. A run makes a thousand of them, of eight megabytes each when empty: whoever
//! makes new ones first drops those that were left by processes which have ended.
//!
//! A test does not drop its own: while it waited for that, connections that its runtime is just making would stand
//! still, and the server waits for those before it drops anything.

use std::fs;
use std::path::Path;
use tokio_postgres::{Client, Error, NoTls};
use uuid::Uuid;

/// Marks ours, whatever else is on the server.
const MARK: &str = "hanse_test_";

/// A name that no other database has, and that tells whose it is: the machine as it was started, and the process.
pub fn fresh_name() -> String {
    let random = Uuid::now_v7().simple().to_string();
    format!("{MARK}{}_{}_{}", this_machine(), std::process::id(), &random[16..])
}

/// Makes them on the server of this URL, as the user that it names.
pub async fn create_databases(server: &str, names: &[String]) -> Result<(), Error> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    let driver = tokio::spawn(connection);
    let done = make(&client, names).await;
    drop(client);
    // What the connection ended with is what the work failed with.
    let _ = driver.await;
    done
}

async fn make(client: &Client, names: &[String]) -> Result<(), Error> {
    for left in left_behind(client).await? {
        // Another test may be at it as well, and that is as good.
        if let Err(error) = client.batch_execute(&format!("drop database if exists {left}")).await {
            eprintln!("{left} is not dropped now: {error}");
        }
    }
    for name in names {
        client.batch_execute(&format!("create database {name}")).await?;
    }
    Ok(())
}

async fn left_behind(client: &Client) -> Result<Vec<String>, Error> {
    let ours = format!("{MARK}{}_", this_machine());
    let rows = client.query("select datname::text from pg_database order by 1", &[]).await?;
    let names = rows.iter().map(|row| row.get::<_, String>(0));
    Ok(names.filter(|name| name.strip_prefix(&ours).is_some_and(of_ended_process)).collect())
}

fn of_ended_process(rest: &str) -> bool {
    let process = rest.split('_').next().unwrap_or_default();
    !process.is_empty() && !Path::new("/proc").join(process).exists()
}

/// Numbers of processes mean nothing elsewhere.
fn this_machine() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.chars().filter(char::is_ascii_hexdigit).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn databases_of_ended_processes_are_dropped_and_all_others_stay() {
        let server = crate::private_postgres::start().expect("a server");
        let mut ended = std::process::Command::new("true").spawn().expect("a process");
        let number = ended.id();
        ended.wait().expect("it has ended");
        let left = format!("{MARK}{}_{number}_left", this_machine());
        let elsewhere = format!("{MARK}00000000_{number}_elsewhere");
        let (mine, new) = (fresh_name(), fresh_name());
        let names = [left.clone(), elsewhere.clone(), mine.clone()];
        create_databases(server.url(), &names).await.expect("databases");
        create_databases(server.url(), std::slice::from_ref(&new)).await.expect("one more");
        let (client, connection) = tokio_postgres::connect(server.url(), NoTls).await.expect("a way in");
        tokio::spawn(connection);
        let rows = client.query("select datname::text from pg_database", &[]).await.expect("names");
        let there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!([elsewhere, mine, new].iter().all(|name| there.contains(name)), "{there:?}");
        assert!(!there.contains(&left), "{there:?}");
    }
}
