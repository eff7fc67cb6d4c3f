//! A shop that is ended and started again is the same shop.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, csv, fill_cart, import, new_cart, pay, variants};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_everything_is_as_it_was() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 50), ("sail", "80.00", 5)]).as_bytes())
        .await?;
    let ids = variants(&shop.http, &["rope", "sail"]).await?;
    let cart = fill_cart(&shop.http, &[(&ids["rope"], 2)]).await?;
    let order = pay(&shop.http, &cart, "tok_success").await?;
    let waiting =
        pay(&shop.http, &fill_cart(&shop.http, &[(&ids["sail"], 1)]).await?, "tok_declined").await?;
    let open_cart = new_cart(&shop.http, &[(&ids["sail"], 2)]).await?;
    // What was on its way has arrived: the mail and the figures are part of what must be the same.
    shop.audit(2).await?;
    let paths = [
        "/api/store/products?sort=title",
        "/api/store/products/rope",
        "/api/store/categories",
        open_cart.as_str(),
    ];
    let before = seen(&shop, &paths, &[&order, &waiting]).await?;
    shop.stop().await?;
    shop.start().await?;
    let after = seen(&shop, &paths, &[&order, &waiting]).await?;
    assert_eq!(before, after);
    // The login that was told at the first start is still good, and so is the shop.
    let next = pay(&shop.http, &fill_cart(&shop.http, &[(&ids["sail"], 1)]).await?, "tok_success").await?;
    assert_eq!(next["status"], "confirmed", "{next}");
    assert_ne!(next["number"], order["number"]);
    shop.audit(3).await?;
    shop.stop().await
}

async fn seen(shop: &Shop, paths: &[&str], orders: &[&Value]) -> Result<Vec<Value>> {
    let staff = shop.staff().await?;
    let mut all = Vec::new();
    for path in paths {
        all.push(shop.http.get(path).expect(200).await?);
    }
    for order in orders {
        let access = order["access_token"].as_str().context("no access token")?;
        let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
        all.push(shop.http.get(&path).order(access).expect(200).await?);
    }
    for path in ["/api/admin/orders", "/api/admin/inventory", "/api/admin/products"] {
        all.push(shop.http.get(path).bearer(&staff).expect(200).await?);
    }
    all.push(shop.http.get("/api/dev/mails").expect(200).await?);
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_ends_does_not_hold_the_shop_open() -> Result<()> {
    let mut shop = Shop::open().await?;
    let address = shop.http.origin().replace("http://", "");
    let mut idle = TcpStream::connect(&address).await?;
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    let mut half = TcpStream::connect(&address).await?;
    let head = "POST /api/store/carts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{";
    half.write_all(head.as_bytes()).await?;
    let mut mute = TcpStream::connect(&address).await?;
    mute.write_all(b"GET / HT").await?;
    // Somebody who asks after them is answered: all three have arrived.
    shop.http.get("/api/store/products").expect(200).await?;
    shop.stop().await?;
    shop.start().await?;
    shop.audit(0).await?;
    shop.stop().await
}
