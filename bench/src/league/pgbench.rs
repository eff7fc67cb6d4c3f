//! The raw reference for a checkout: one checkout's writes in one transaction, sent by PostgreSQL's own `pgbench` to the
//! same server, to tables of the same shape as the services'.

use super::rows::{self, Rows};
use super::stores::connect;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SETUP: &str = include_str!("../../pgbench/setup.sql");
const CHECKOUT: &str = include_str!("../../pgbench/checkout.sql");

/// A database with a schema for each service's.
pub struct Reference {
    url: String,
    binaries: PathBuf,
    folder: PathBuf,
}

impl Reference {
    /// An empty one of that name on the server.
    pub async fn create(server: &str, name: &str, binaries: &Path, folder: &Path) -> Result<Self> {
        if !binaries.join("pgbench").is_file() {
            bail!(
                "no pgbench beside the server in {}; it comes with PostgreSQL (Debian: apt-get install postgresql)",
                binaries.display()
            );
        }
        connect(server).await?.batch_execute(&format!("create database {name}")).await?;
        let (base, _) = server.rsplit_once('/').context("the server's URL names no database")?;
        fs::write(folder.join("checkout.sql"), CHECKOUT)?;
        let (binaries, folder) = (binaries.to_path_buf(), folder.to_path_buf());
        Ok(Self { url: format!("{base}/{name}"), binaries, folder })
    }

    /// The tables of a service's database, made from what that has now: indexes and checks are the same.
    pub async fn copy(&self, name: &str, url: &str) -> Result<()> {
        let dump = Command::new(self.binaries.join("pg_dump"))
            .args(["--schema-only", "--no-owner", "--no-privileges", url])
            .output()
            .context("cannot start pg_dump")?;
        if !dump.status.success() {
            bail!("pg_dump of {name} failed: {}", String::from_utf8_lossy(&dump.stderr));
        }
        self.tables(name, &dump.stdout).await
    }

    /// A schema of that name, with what the SQL makes.
    async fn tables(&self, name: &str, sql: &[u8]) -> Result<()> {
        self.psql(sql)?;
        let moved = format!("alter schema public rename to {name}; create schema public");
        Ok(connect(&self.url).await?.batch_execute(&moved).await?)
    }

    /// What the script expects to be there, once the tables are.
    pub fn fill(&self) -> Result<()> {
        self.psql(SETUP.as_bytes())
    }

    /// Runs the script with so many clients until the limit (`--time=8`, `--transactions=10` each); microseconds of every
    /// transaction, the shortest first.
    pub async fn run(&self, clients: usize, limit: &str) -> Result<Vec<u32>> {
        let name = format!("pgbench-{clients}");
        let answer = tokio::process::Command::new(self.binaries.join("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--client", &clients.to_string(), limit])
            .arg("--file")
            .arg(self.folder.join("checkout.sql"))
            .arg("--log")
            .arg("--log-prefix")
            .arg(self.folder.join(&name))
            .arg(&self.url)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot start pgbench")?;
        let told = String::from_utf8_lossy(&answer.stderr);
        // It goes on when some of its clients give up.
        if !answer.status.success() || told.contains("aborted") {
            bail!("pgbench failed: {told}");
        }
        let mut latencies = vec![];
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&format!("{name}.")) {
                latencies.extend(read_log(&fs::read_to_string(entry.path())?)?);
            }
        }
        if latencies.is_empty() {
            bail!("pgbench has made no transaction: {told}");
        }
        latencies.sort_unstable();
        Ok(latencies)
    }

    /// What its transactions have written so far; complete, because its connections have ended.
    pub async fn rows(&self) -> Result<Rows> {
        let client = connect(&self.url).await?;
        rows::written(&client, r"schemaname like 'hanse\_%'", |schema, table| format!("{schema}.{table}"))
            .await
    }

    fn psql(&self, script: &[u8]) -> Result<()> {
        let mut psql = Command::new(self.binaries.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", "/dev/null", &self.url])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start psql")?;
        let written = psql.stdin.take().context("psql takes no script")?.write_all(script);
        let answer = psql.wait_with_output()?;
        if !answer.status.success() {
            bail!("psql failed: {}", String::from_utf8_lossy(&answer.stderr));
        }
        Ok(written?)
    }
}

/// Microseconds of every transaction: the third word of each line of pgbench's log.
fn read_log(text: &str) -> Result<Vec<u32>> {
    let third = |line: &str| {
        let word = line.split(' ').nth(2).with_context(|| format!("not a line of pgbench's log: {line}"))?;
        word.parse().with_context(|| format!("pgbench tells of a transaction that failed: {line}"))
    };
    text.lines().map(third).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::league::rows::{Writes, since};
    use hanse_testkit::private_postgres;

    #[test]
    fn the_log_tells_how_long_every_transaction_took() {
        let log = "0 1 2130 0 1764345600 123456\n1 1 1987 0 1764345600 125001\n";
        assert_eq!(read_log(log).unwrap(), [2130, 1987]);
        assert!(read_log("0 1 failed 0 1764345600 123456\n").is_err());
        assert!(read_log("progress\n").is_err());
    }

    /// The services' tables as their migrations make them, those of the platform first.
    fn migrations(service: &str) -> Vec<u8> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let mut sql = vec![];
        for of in ["platform/messaging", "platform/http", &format!("services/{service}")] {
            let folder = root.join(of).join("migrations/postgres");
            let mut files: Vec<_> =
                fs::read_dir(folder).expect(of).map(|entry| entry.expect(of).path()).collect();
            let version = |file: &PathBuf| {
                let name = file.file_name().expect("a name").to_string_lossy().into_owned();
                name[1..]
                    .split("__")
                    .next()
                    .and_then(|number| number.parse::<u32>().ok())
                    .expect("V<number>__")
            };
            files.sort_by_key(version);
            files.iter().for_each(|file| sql.extend(fs::read(file).expect("a migration")));
        }
        sql
    }

    #[tokio::test]
    async fn the_script_fits_the_tables_that_the_migrations_make() {
        let own = std::env::var("HANSE_TEST_POSTGRES_URL")
            .is_err()
            .then(|| private_postgres::start().expect("a server"));
        let server = own.as_ref().map_or_else(
            || std::env::var("HANSE_TEST_POSTGRES_URL").expect("it is given"),
            |own| own.url().to_string(),
        );
        let binaries = private_postgres::binaries().expect("PostgreSQL's programs");
        let folder = tempfile::tempdir().expect("a folder");
        let name = format!("hanse_test_{}", uuid::Uuid::now_v7().simple());
        let reference =
            Reference::create(&server, &name, &binaries, folder.path()).await.expect("a database");
        for service in
            ["analytics", "cart", "inventory", "notification", "order", "payment", "pricing", "product"]
        {
            reference.tables(&format!("hanse_{service}"), &migrations(service)).await.expect(service);
        }
        reference.fill().expect("stock to sell");
        let before = reference.rows().await.expect("counts");
        assert_eq!(reference.run(3, "--transactions=4").await.expect("checkouts").len(), 12);
        let written = since(&reference.rows().await.expect("counts"), &before);
        let of = |table: &str| written.get(table).copied().unwrap_or_default();
        let rows = |inserted, updated, deleted| Writes { inserted, updated, deleted };
        assert_eq!(of("hanse_order.orders"), rows(12, 48, 0));
        assert_eq!(of("hanse_order.order_lines"), rows(24, 0, 0));
        assert_eq!(of("hanse_order.outbox"), rows(48, 48, 0), "every message is marked as sent");
        assert_eq!(of("hanse_inventory.outbox"), rows(24, 24, 0));
        assert_eq!(of("hanse_payment.outbox"), rows(24, 24, 0));
        assert_eq!(of("hanse_inventory.stock_level"), rows(0, 48, 0));
        assert_eq!(of("hanse_notification.mail"), rows(12, 0, 0));
        assert_eq!(written.keys().filter(|table| table.ends_with(".inbox")).count(), 8, "{written:?}");
    }
}
