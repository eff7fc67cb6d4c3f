//! A league's keys from where its operator keeps them: a variable of the environment, or Google's Secret Manager (a stand-in for
//! both of its servers). Which keys came is seen by what the program says next: that the database's authority is missing.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hanse_journeys::{Process, hanse};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const VERSION: &str = "projects/kontor/secrets/shop/versions/latest";

/// What a run of `hanse migrate` says that does not get as far as its database, or no further.
async fn says(folder: &Path, keys: &str, settings: &[(&str, &str)]) -> Result<String> {
    let config = folder.join("league.toml");
    let text = format!(
        "[database]\nurl = \"postgres://hanse@127.0.0.1:1/hanse_{{service}}\"\nca = \"nowhere.pem\"\n\n\
         [broker]\nurl = \"amqp://127.0.0.1:1/%2f\"\n\n[keys]\n{keys}\n"
    );
    std::fs::write(&config, text)?;
    let log = folder.join("log");
    std::fs::write(&log, "")?;
    let settings: Vec<_> =
        settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let config = config.display().to_string();
    let mut run = Process::launch(&["migrate", "order", "--config", &config], &settings, &log)?;
    let ended = run.child.wait().await?;
    ensure!(!ended.success(), "there is no such authority");
    Ok(std::fs::read_to_string(&log)?)
}

/// Answers one request after the other: as the metadata server, or with what Secret Manager says.
async fn google(listener: TcpListener, secret: impl Fn(&str) -> (u16, String)) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        answer(stream, &secret).await?;
    }
}

/// Its address is free again when this returns.
async fn end(serving: JoinHandle<Result<()>>) -> Result<()> {
    serving.abort();
    match serving.await {
        Err(error) if error.is_cancelled() => Ok(()),
        ended => bail!("the stand-in was not there to the end: {ended:?}"),
    }
}

async fn answer(mut stream: TcpStream, secret: &impl Fn(&str) -> (u16, String)) -> Result<()> {
    let mut asked = vec![];
    while !asked.ends_with(b"\r\n\r\n") {
        ensure!(stream.read_buf(&mut asked).await? > 0, "it broke off");
    }
    let asked = String::from_utf8(asked)?;
    let metadata = asked.contains("/computeMetadata/v1/");
    let (status, body) = if metadata { (200, r#"{"access_token":"ya29.x"}"#.into()) } else { secret(&asked) };
    let head = format!(
        "HTTP/1.1 {status} told\r\nmetadata-flavor: Google\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await?;
    Ok(stream.shutdown().await?)
}

/// As `sum` of a test vector: the bits of RFC 3720's example, so that the program's own arithmetic does not vouch for itself.
fn crc32c(bytes: &[u8]) -> u32 {
    let table = |i: u32| (0..8).fold(i, |c, _| if c & 1 == 1 { 0x82F6_3B78 ^ (c >> 1) } else { c >> 1 });
    !bytes.iter().fold(u32::MAX, |crc, byte| table((crc ^ u32::from(*byte)) & 0xff) ^ (crc >> 8))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_has_its_keys_from_where_its_operator_keeps_them() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let made = hanse(&["keys", "--file", "-"]).await?;
    ensure!(made.status.success(), "{made:?}");
    let document = made.stdout;
    let one = document.split('"').find(|part| part.len() == 64).context("no key was made")?.to_string();
    let past = |said: &str| said.contains("database.ca") && !said.contains("keys.");

    let in_env = "env = \"SHOP_KEYS\"";
    let said = says(folder, in_env, &[("SHOP_KEYS", &document)]).await?;
    ensure!(past(&said), "{said}");
    let said = says(folder, in_env, &[]).await?;
    ensure!(said.contains("keys.env") && said.contains("SHOP_KEYS"), "{said}");
    let said = says(folder, in_env, &[("SHOP_KEYS", &document.replace(&one, &one[1..]))]).await?;
    ensure!(said.contains("64 hexadecimal digits") && !said.contains(&one[1..]), "{said}");

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?.to_string();
    let in_gcp = format!("gcp = \"{VERSION}\"\ngcp_endpoint = \"http://{at}\"");
    let here = [("GCE_METADATA_HOST", at.as_str()), ("GOOGLE_APPLICATION_CREDENTIALS", "")];
    let good = {
        let document = document.clone();
        move |asked: &str| {
            assert!(asked.starts_with(&format!("GET /v1/{VERSION}:access ")), "{asked}");
            assert!(asked.contains("authorization: Bearer ya29.x"), "{asked}");
            let (data, sum) = (STANDARD.encode(&document), crc32c(document.as_bytes()));
            (200, format!(r#"{{"payload":{{"data":"{data}","dataCrc32c":"{sum}"}}}}"#))
        }
    };
    let serving = tokio::spawn(google(listener, good));
    let said = says(folder, &in_gcp, &here).await?;
    ensure!(past(&said), "{said}");
    end(serving).await?;

    let listener = TcpListener::bind(&at).await?;
    let serving =
        tokio::spawn(google(listener, |_| (403, r#"{"error":{"status":"PERMISSION_DENIED"}}"#.into())));
    let said = says(folder, &in_gcp, &here).await?;
    ensure!(said.contains("roles/secretmanager.secretAccessor") && said.contains(VERSION), "{said}");
    end(serving).await?;

    // A shop in a folder has its own, and says so rather than to leave the setting aside.
    let data = folder.join("shop").display().to_string();
    let settings = [("HANSE__KEYS__ENV".to_string(), "SHOP_KEYS".to_string())];
    let log = folder.join("log");
    let mut up = Process::launch(&["up", "--data", &data, "--listen", "127.0.0.1:0"], &settings, &log)?;
    ensure!(!up.child.wait().await?.success(), "it has no use for them");
    let said = std::fs::read_to_string(&log)?;
    ensure!(said.contains("keys.env SHOP_KEYS") && said.contains("secrets.json"), "{said}");
    Ok(())
}
