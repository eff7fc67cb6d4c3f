//! Files that a shop cannot take, or not whole: the report says what is wrong, and nothing is half done.

use anyhow::{Context, Result};
use hanse_journeys::{Http, Shop, csv, form, hanse, report, until};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn products(http: &Http) -> Result<Value> {
    Ok(http.get("/api/store/products").expect(200).await?["total"].clone())
}

/// Uploads what is no product file; it is refused at once or its report fails.
async fn refused(http: &Http, staff: &str, file: &[u8]) -> Result<String> {
    let answer = http.post("/api/admin/imports").bearer(staff).form(form("bad.csv", file)?).send().await?;
    if answer.status != 202 {
        anyhow::ensure!(answer.status < 500 && answer.json()["code"].is_string(), "{}", answer.text());
        return Ok(answer.text());
    }
    let report = report(http, staff, &answer.json()).await?;
    let problems = report["problems"].as_array().context("no list of problems")?;
    anyhow::ensure!(!problems.is_empty(), "nothing was said of a file that cannot be read: {report}");
    anyhow::ensure!(report["products"]["created"] == 0, "goods came out of it: {report}");
    Ok(report.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_product_file_is_refused_with_what_was_expected() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let files: [(&str, &[u8]); 6] = [
        ("nothing", b""),
        ("headers alone that mean nothing", b"foo,bar\n1,2\n"),
        ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xfe"),
        ("a page", b"<!doctype html><title>Not found</title>"),
        ("JSON that ends early", b"[{\"title\": \"Rope\", \"price\": "),
        ("a quote that never ends", b"Handle,Title,Variant Price\nrope,\"Rope,10.00\nsail,Sail,80.00\n"),
    ];
    for (what, file) in files {
        let said = refused(&shop.http, &staff, file).await.with_context(|| what.to_string())?;
        assert!(said.len() > 20, "{what}: {said}");
        assert_eq!(products(&shop.http).await?, 0, "{what}");
    }
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_changes_nothing() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    let file = csv(&[("rope", "10.00", 50), ("sail", "80.00", 5)]);
    let address = shop.http.origin().replace("http://", "");
    let head = format!(
        "POST /api/admin/imports HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {staff}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {}\r\n\r\n\
         --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"goods.csv\"\r\nContent-Type: text/csv\r\n\r\n",
        file.len() + 10_000
    );
    let mut stream = TcpStream::connect(&address).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(file.as_bytes()).await?;
    stream.shutdown().await?;
    let mut answer = Vec::new();
    // The shop may answer or simply hang up on a client that has gone.
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    read.context("the shop waits for a client that has gone")?.ok();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let imports = shop.http.get("/api/admin/imports").bearer(&staff).expect(200).await?;
    assert_eq!(imports["items"].as_array().map(Vec::len), Some(0), "{imports}");
    assert_eq!(products(&shop.http).await?, 0);

    // A multipart body without its end is not taken either, though its length is right.
    let body =
        format!("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"g.csv\"\r\n\r\n{file}");
    let answer = shop
        .http
        .post("/api/admin/imports")
        .bearer(&staff)
        .raw("multipart/form-data; boundary=B", body.into_bytes())
        .send()
        .await?;
    assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text());
    assert_eq!(products(&shop.http).await?, 0);
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_imports_into_a_running_shop_and_a_folder_also_while_it_is_closed() -> Result<()> {
    let mut shop = Shop::open().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("goods.csv");
    std::fs::write(&file, csv(&[("rope", "10.00", 50), ("sail", "80.00", 5)]))?;
    let file = file.display().to_string();
    let [way, place] = shop.reach();
    let dry = hanse(&["import", &file, "--dry-run", "--json", &way, &place]).await?;
    assert!(dry.status.success(), "{}", dry.stderr);
    let report: Value = serde_json::from_str(&dry.stdout)?;
    assert_eq!(report["products"]["created"], 2, "{report}");
    assert_eq!(products(&shop.http).await?, 0, "a dry run writes nothing");
    let running = hanse(&["import", &file, "--json", &way, &place]).await?;
    assert!(running.status.success(), "{}", running.stderr);
    until("both products to be listed", async || Ok((products(&shop.http).await? == 2).then_some(())))
        .await?;
    let missing = hanse(&["import", "/nowhere/goods.csv", &way, &place]).await?;
    assert!(!missing.status.success() && missing.stderr.contains("goods.csv"), "{}", missing.stderr);
    shop.stop().await?;
    let closed = hanse(&["import", &file, "--json", &way, &place]).await?;
    if shop.is_league() {
        let told = &closed.stderr;
        assert!(!closed.status.success() && told.contains("product"), "who is away is told: {told}");
        return Ok(());
    }
    assert!(closed.status.success(), "{}", closed.stderr);
    let report: Value = serde_json::from_str(&closed.stdout)?;
    assert_eq!(report["products"]["unchanged"], 2, "{report}");
    Ok(())
}
