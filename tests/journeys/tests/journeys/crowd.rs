//! Many shoppers want the last pieces at the same moment.

use anyhow::Result;
use futures::future::try_join_all;
use hanse_journeys::{Shop, checkout, csv, fill_cart, import, stock_of, until, variants};
use serde_json::json;

const SHOPPERS: usize = 200;
const PIECES: i64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_shoppers_buy_twenty_pieces_and_not_one_more() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("barrel", "30.00", PIECES)]).as_bytes()).await?;
    let http = &shop.http;
    let ids = variants(http, &["barrel"]).await?;
    let barrel = [(ids["barrel"].as_str(), 1)];
    let carts = try_join_all((0..SHOPPERS).map(|_| fill_cart(http, &barrel))).await?;
    let answers = try_join_all(carts.iter().map(|cart| checkout(http, cart, "tok_success"))).await?;
    let (mut confirmed, mut rejected) = (0, 0);
    for answer in &answers {
        // Told at checkout already that it is sold out, or taken as an order and rejected: either sells nothing.
        if !matches!(answer.status, 201 | 202) {
            assert!(matches!(answer.status, 409 | 422), "{}", answer.text());
            rejected += 1;
            continue;
        }
        let order = answer.json();
        let path = format!("/api/store/orders/{}", order["id"].as_str().unwrap_or_default());
        let access = order["access_token"].as_str().unwrap_or_default();
        let order = until("the order to settle", async || {
            let order = http.get(&path).order(access).expect(200).await?;
            Ok(Some(order).filter(|order| order["status"] != "pending"))
        })
        .await?;
        if order["status"] == "confirmed" {
            confirmed += 1;
        } else {
            assert_eq!(
                (&order["status"], &order["reason"]),
                (&json!("rejected"), &json!("out_of_stock")),
                "{order}"
            );
            rejected += 1;
        }
    }
    assert_eq!((confirmed, rejected), (20, SHOPPERS - 20));
    let (_, reserved, available) = stock_of(http, &staff, "barrel").await?;
    assert_eq!((reserved, available), (0, 0));
    shop.audit(20).await?;
    shop.stop().await
}
