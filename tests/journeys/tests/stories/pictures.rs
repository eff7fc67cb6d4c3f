//! Pictures that a merchant uploads, through the shop's front door: large ones, half ones, and where they are seen.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Http, Shop, csv, import, until};
use image::{ImageFormat, Rgb, RgbImage};
use rand::Rng;
use serde_json::Value;
use std::io::Cursor;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// As a camera makes it: no two are the same, and none is small.
fn photograph(width: u32, height: u32) -> Result<Vec<u8>> {
    let mut dice = rand::rng();
    let picture = RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x % 256) as u8, (y % 256) as u8, dice.random_range(0..255)])
    });
    let mut file = Cursor::new(vec![]);
    picture.write_to(&mut file, ImageFormat::Jpeg)?;
    Ok(file.into_inner())
}

struct Stall {
    shop: Shop,
    staff: String,
    product: String,
}

impl Stall {
    async fn laid_out() -> Result<Self> {
        let shop = Shop::open().await?;
        let staff = shop.staff().await?;
        import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
        let page = until("the rope to be shown", async || {
            let answer = shop.http.get("/api/store/products/rope").send().await?;
            Ok((answer.status == 200).then(|| answer.json()))
        });
        let product = page.await?["id"].as_str().context("no id")?.to_string();
        Ok(Self { shop, staff, product })
    }

    fn images(&self) -> String {
        format!("/api/admin/products/{}/images", self.product)
    }

    async fn pictures(&self) -> Result<usize> {
        let path = format!("/api/admin/products/{}", self.product);
        let product = self.shop.http.get(&path).bearer(&self.staff).expect(200).await?;
        Ok(product["images"].as_array().context("no images")?.len())
    }

    /// What is answered to a body whose length is said to be another one; empty where the shop hung up.
    async fn said(&self, body: &[u8], length: usize) -> Result<String> {
        let address = self.shop.http.origin().replace("http://", "");
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n",
            self.images(),
            self.staff
        );
        let mut stream = TcpStream::connect(&address).await?;
        stream.write_all(head.as_bytes()).await?;
        // The shop may have said no and gone before all of it is there.
        stream.write_all(body).await.ok();
        if length > body.len() {
            // No more is coming.
            stream.shutdown().await.ok();
        }
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        read.context("the shop waits for a client that has gone")?.ok();
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

async fn seen(http: &Http, srcset: &Value) -> Result<()> {
    for one in srcset.as_str().context("no srcset")?.split(", ") {
        let (address, width) = one.split_once(' ').context("no width")?;
        let answer = http.get(address).send().await?;
        ensure!(answer.status == 200 && answer.kind == "image/jpeg", "{address}: {}", answer.status);
        ensure!(answer.header("cache-control") == "public, max-age=31536000, immutable", "{address}");
        ensure!(answer.header("x-content-type-options") == "nosniff", "{address}");
        let shown = image::load_from_memory(&answer.body)?;
        ensure!(format!("{}w", shown.width()) == width, "{one} is {} wide", shown.width());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_is_uploaded_seen_in_the_shop_and_there_after_a_crash() -> Result<()> {
    let mut stall = Stall::laid_out().await?;
    let file = photograph(4000, 3000)?;
    ensure!((4 << 20..10 << 20).contains(&file.len()), "{} bytes", file.len());
    let http = stall.shop.http.clone();
    let path = format!("{}?alt=A%20rope%2C%20coiled", stall.images());
    let image = http.post(&path).bearer(&stall.staff).raw("image/jpeg", file.clone()).expect(201).await?;
    ensure!(image["width"] == 2048 && image["height"] == 1536, "{image}");
    seen(&http, &image["srcset"]).await?;

    let srcset = image["srcset"].as_str().context("no srcset")?.to_string();
    for page in ["/products/rope", "/products"] {
        until(&format!("{page} to show it"), async || {
            let html = http.get(page).send().await?.text();
            Ok((html.contains(&format!("srcset=\"{srcset}\""))).then_some(()))
        })
        .await?;
    }
    stall.shop.kill().await?;
    stall.shop.start().await?;
    seen(&http, &image["srcset"]).await?;
    stall.staff = stall.shop.staff().await?;
    let again = http.post(&path).bearer(&stall.staff).raw("image/jpeg", file).expect(200).await?;
    ensure!(again["id"] == image["id"], "{again}");
    stall.shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_another_length_than_it_says_is_not_taken() -> Result<()> {
    let mut stall = Stall::laid_out().await?;
    let file = photograph(300, 200)?;
    let more = stall.said(&file, file.len() + 1000).await?;
    ensure!(more.is_empty() || more.starts_with("HTTP/1.1 400"), "{more}");
    let less = stall.said(&file, file.len() - 1000).await?;
    ensure!(less.starts_with("HTTP/1.1 422") && less.contains("image_truncated"), "{less}");
    let far = stall.said(&file, 99_000_000).await?;
    ensure!(far.is_empty() || far.starts_with("HTTP/1.1 413"), "{far}");
    ensure!(stall.pictures().await? == 0);
    let whole = stall.said(&file, file.len()).await?;
    ensure!(whole.starts_with("HTTP/1.1 201"), "{whole}");
    ensure!(stall.pictures().await? == 1);
    stall.shop.stop().await
}
