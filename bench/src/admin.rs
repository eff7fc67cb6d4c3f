//! What the bench does as the shop's owner: an account, the import, prices and stock.

use crate::client::{Answer, Client};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const EMAIL: &str = "bench@example.org";
const PASSWORD: &str = "correct-horse-battery-staple";
/// Access tokens live for five minutes.
const TOKEN_LIFE: Duration = Duration::from_secs(200);
const IMPORT_LIMIT: Duration = Duration::from_secs(600);

pub struct Admin {
    client: Client,
    token: String,
    since: Instant,
    keys: u64,
}

pub struct Import {
    pub rows: u64,
    pub seconds: f64,
}

/// Makes the account with the shop's own command, on the running shop: `--data FOLDER`, or `--league FILE`.
pub fn create_account(hanse: &Path, reach: &str, shop: &Path) -> Result<()> {
    let mut command = Command::new(hanse);
    command.args(["admin", "create", "--email", EMAIL, "--password", PASSWORD, reach]).arg(shop);
    let answer = command.output().with_context(|| format!("cannot start {}", hanse.display()))?;
    if !answer.status.success() {
        bail!("hanse admin create failed: {}", String::from_utf8_lossy(&answer.stderr));
    }
    Ok(())
}

impl Admin {
    pub async fn login(address: SocketAddr) -> Result<Self> {
        let mut admin =
            Self { client: Client::new(address), token: String::new(), since: Instant::now(), keys: 0 };
        admin.renew().await?;
        Ok(admin)
    }

    async fn renew(&mut self) -> Result<()> {
        let login = json!({"email": EMAIL, "password": PASSWORD, "transport": "token"});
        let answer = self.client.post("/api/auth/login", &login).await?.expect(&[200], "login")?;
        self.token = answer["access_token"].as_str().context("the login gave no access token")?.to_string();
        self.since = Instant::now();
        Ok(())
    }

    async fn call(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
        if self.since.elapsed() > TOKEN_LIFE {
            self.renew().await?;
        }
        self.keys += 1;
        let bearer = format!("Bearer {}", self.token);
        let key = format!("bench-{}-{}", std::process::id(), self.keys);
        let headers =
            [("authorization", bearer.as_str()), ("content-type", content_type), ("idempotency-key", &key)];
        self.client.send(method, path, if method == "GET" { &headers[..1] } else { &headers }, body).await
    }

    pub async fn get(&mut self, path: &str) -> Result<Value> {
        self.call("GET", path, "", b"").await?.expect(&[200], path)
    }

    /// Imports a file and waits until every product of it is in the shop.
    pub async fn import(&mut self, csv: &str) -> Result<Import> {
        let boundary = "----hanse-bench-boundary";
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"products.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{csv}\r\n--{boundary}--\r\n"
        );
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let began = Instant::now();
        let started = self.call("POST", "/api/admin/imports", &content_type, body.as_bytes()).await?;
        let started = started.expect(&[202], "the import")?;
        let path = format!("/api/admin/imports/{}", started["id"].as_str().context("the import has no id")?);
        loop {
            let now = self.get(&path).await?;
            match now["status"].as_str() {
                Some("running" | "queued" | "pending") if began.elapsed() < IMPORT_LIMIT => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Some("done") => {
                    let problems = now["problems"].as_array().map_or(0, Vec::len);
                    let rows = now["rows_total"].as_u64().unwrap_or(0);
                    if problems > 0 {
                        bail!("the import found {problems} problems: {}", now["problems"][0]);
                    }
                    return Ok(Import { rows, seconds: began.elapsed().as_secs_f64() });
                }
                _ => bail!("the import did not end well: {now}"),
            }
        }
    }

    pub async fn set_price(&mut self, variant: &str, price: &Value) -> Result<()> {
        let path = format!("/api/admin/variants/{variant}");
        let body = serde_json::to_vec(&json!({"price": price}))?;
        self.call("PATCH", &path, "application/json", &body)
            .await?
            .expect(&[200, 202], "the price change")?;
        Ok(())
    }

    pub async fn set_stock(&mut self, variant: &str, on_hand: u64) -> Result<()> {
        let body = json!({"variant_id": variant, "set_on_hand": on_hand, "reason": "bench"});
        let body = serde_json::to_vec(&body)?;
        let path = "/api/admin/inventory/adjustments";
        self.call("POST", path, "application/json", &body).await?.expect(&[200, 201], "the adjustment")?;
        Ok(())
    }

    /// How much of a variant is still to be had, over all locations.
    pub async fn available(&mut self, sku: &str) -> Result<i64> {
        let levels = self.get(&format!("/api/admin/inventory?sku={sku}")).await?;
        let levels = levels["items"].as_array().context("no stock levels")?;
        Ok(levels.iter().map(|level| level["available"].as_i64().unwrap_or(0)).sum())
    }
}
