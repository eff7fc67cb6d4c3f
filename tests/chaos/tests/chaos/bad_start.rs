//! Processes that cannot start as they should: they say why, wait for what may come, and end where only a person can help.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{League, Store};
use hanse_journeys::{Answer, hanse, until};
use hanse_testkit::proxy::Line;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_waits_for_its_stores_and_says_so() -> Result<()> {
    let lines = [("inventory", Store::Postgres), ("inventory", Store::RabbitMq)];
    let mut league = League::empty(&lines).await?;
    for line in league.lines.values() {
        line.set(Line::Cut);
    }
    league.man("inventory-1")?;
    for (store, word) in [(Store::Postgres, "database.url"), (Store::RabbitMq, "broker")] {
        let told = |league: &League| {
            league.lines[&("inventory", store)].faults() > 1 && league.log("inventory-1").contains(word)
        };
        until(&format!("{store:?} to be tried and told about"), async || {
            Ok(Some(()).filter(|()| told(&league)))
        })
        .await
        .with_context(|| league.log("inventory-1"))?;
        // It lives, it is not ready, and it says what it waits for.
        ensure!(league.probe("inventory-1", "/livez").await?.status == 200);
        let ready = league.probe("inventory-1", "/readyz").await?;
        ensure!(ready.status == 503, "{}", ready.text());
        ensure!(league.probe("inventory-1", "/startupz").await?.status == 503);
        let said = league.log("inventory-1").lines().count();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let more = league.log("inventory-1").lines().count() - said;
        ensure!(more < 20, "{more} lines in a second are a flood; {}", league.log("inventory-1"));
        league.lines[&("inventory", store)].set(Line::Clear);
    }
    league.ready("inventory-1").await?;
    league.end("inventory-1").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn carts_begin_without_redis_and_judge_it_as_soon_as_it_is_there() -> Result<()> {
    let mut league = League::empty(&[("cart", Store::Redis)]).await?;
    let way = ("cart", Store::Redis);
    league.lines[&way].set(Line::Cut);
    league.man("cart-1")?;
    // Nobody waits for it: carts can be looked at.
    league.ready("cart-1").await?;
    let log = league.log("cart-1");
    ensure!(league.lines[&way].faults() > 0 && log.contains("Redis cannot be reached"), "{log}");

    league.servers.redis.say("CONFIG SET maxmemory-policy allkeys-lru")?;
    league.lines[&way].set(Line::Clear);
    until("the process not to be ready with such a Redis", async || {
        let ready = league.probe("cart-1", "/readyz").await?;
        Ok(Some(()).filter(|()| ready.status == 503 && ready.text().contains("noeviction")))
    })
    .await
    .with_context(|| league.log("cart-1"))?;
    let log = league.log("cart-1");
    ensure!(
        log.lines().any(|l| l.contains("ERROR") && l.contains("redis.url") && l.contains("noeviction")),
        "{log}"
    );

    league.servers.redis.say("CONFIG SET maxmemory-policy noeviction")?;
    league.ready("cart-1").await?;
    // One that is there is judged before anything is done.
    league.servers.redis.say("CONFIG SET appendonly no")?;
    league.end("cart-1").await?;
    league.man("cart-1")?;
    ensure!(!league.ended("cart-1").await?.success(), "a Redis that forgets was taken");
    let log = league.log("cart-1");
    ensure!(log.contains("redis.url") && log.contains("appendonly yes"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn google_is_waited_for_and_believed_when_it_refuses() -> Result<()> {
    let mut league = League::empty(&[]).await?;
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string();
    let endpoint = format!("http://{free}");
    let keys = [
        ("HANSE__KEYS__FILE", "secrets.json"),
        ("HANSE__KEYS__GCP", "projects/kontor/secrets/shop/versions/latest"),
        ("HANSE__KEYS__GCP_ENDPOINT", endpoint.as_str()),
        ("GCE_METADATA_HOST", free.as_str()),
        ("GOOGLE_APPLICATION_CREDENTIALS", ""),
    ];
    league.man_with("inventory-1", &keys)?;
    until("the process to say whom it waits for", async || {
        let ready = league.probe("inventory-1", "/readyz").await.ok();
        let told = |ready: Answer| ready.status == 503 && ready.text().contains("the shop's keys");
        Ok(Some(()).filter(|()| ready.is_some_and(told) && league.log("inventory-1").contains("asked again")))
    })
    .await
    .with_context(|| league.log("inventory-1"))?;
    ensure!(league.probe("inventory-1", "/livez").await?.status == 200);

    let google = TcpListener::bind(&free).await?;
    let refusing: JoinHandle<Result<()>> = tokio::spawn(async move {
        loop {
            let (mut asked, _) = google.accept().await?;
            let mut head = vec![];
            while !head.ends_with(b"\r\n\r\n") {
                ensure!(asked.read_buf(&mut head).await? > 0, "it broke off");
            }
            let (status, body) = match head.starts_with(b"GET /computeMetadata/") {
                true => (200, r#"{"access_token":"ya29.x"}"#),
                false => (403, r#"{"error":{"status":"PERMISSION_DENIED"}}"#),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} told\r\nmetadata-flavor: Google\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            asked.write_all(format!("{head}{body}").as_bytes()).await?;
            asked.shutdown().await?;
        }
    });
    let status = league.ended("inventory-1").await?;
    refusing.abort();
    let log = league.log("inventory-1");
    ensure!(!status.success() && log.contains("roles/secretmanager.secretAccessor"), "{status}: {log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_certificates_and_settings_are_told_before_anything_is_done() -> Result<()> {
    let mut league = League::empty(&[]).await?;
    let config = league.config().display().to_string();
    // Nobody can listen where the process is to have its probes: it would say so, were it not refused before.
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let probes = taken.local_addr()?.to_string();
    let refused = async |more: &[(&str, &str)], league: &mut League, words: &[&str]| -> Result<()> {
        let more: Vec<_> = more.iter().copied().chain([("HANSE__ADMIN__LISTEN", probes.as_str())]).collect();
        league.man_with("inventory-1", &more)?;
        let status = league.ended("inventory-1").await?;
        let log = league.log("inventory-1");
        ensure!(!status.success(), "{more:?} was taken");
        ensure!(words.iter().all(|word| log.contains(word)), "{words:?} are not all in: {log}");
        Ok(())
    };
    refused(&[("HANSE__RPC__CERTIFICATES", "/nowhere")], &mut league, &["rpc.certificates", "hanse certs"])
        .await?;
    refused(
        &[("HANSE__KEYS__FILE", "/nowhere/secrets.json")],
        &mut league,
        &["/nowhere/secrets.json", "hanse keys"],
    )
    .await?;
    refused(&[("HANSE__DATABASE__URL", "mysql://a@b/c")], &mut league, &["database.url"]).await?;
    let secured = league.servers.url(Store::RabbitMq).replace("amqp://", "amqps://");
    let nothing = league.config().with_file_name("empty.pem");
    std::fs::write(&nothing, "nobody vouches for anybody")?;
    let nothing = nothing.display().to_string();
    for (file, word) in [("/nowhere/ca.pem", "/nowhere/ca.pem"), (&nothing, "empty.pem")] {
        refused(&[("HANSE__DATABASE__CA", file)], &mut league, &["database.ca", word]).await?;
        let broker = [("HANSE__BROKER__URL", secured.as_str()), ("HANSE__BROKER__CA", file)];
        refused(&broker, &mut league, &["broker.ca", word]).await?;
    }
    // Planted: what nothing else is wrong with does come to its ports.
    refused(&[], &mut league, &["admin.listen"]).await?;
    refused(&[("HANSE__RPC__PEERS", "{ oder = [\"a:1\"] }")], &mut league, &["rpc.peers", "oder"]).await?;

    // One of another shop: its certificate is not taken here, and it takes nobody's.
    let strange = tempfile::tempdir()?;
    let folder = strange.path().display().to_string();
    ensure!(hanse(&["certs", "--dir", &folder]).await?.status.success());
    league.man_with("auth-1", &[("HANSE__RPC__CERTIFICATES", &folder)])?;
    league.ready("auth-1").await?;
    let audit = hanse(&["audit", "--rest", "0", "--json", "--league", &config]).await?;
    ensure!(!audit.status.success(), "a stranger was believed: {}", audit.stdout);
    ensure!(audit.stderr.contains("auth") && audit.stderr.contains("certificate"), "{}", audit.stderr);
    league.end("auth-1").await
}
