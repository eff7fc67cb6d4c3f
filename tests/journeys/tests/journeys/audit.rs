//! The audit is worth its word: whoever changes a book behind the shop's back is found, by the right invariant.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, csv, fill_cart, hanse, import, pay, variants};
use rusqlite::Connection;
use serde_json::Value;

/// The store, the forgery, the way back, and the invariant that it breaks.
const FORGERIES: [(&str, &str, &str, u64); 4] = [
    (
        "inventory.sqlite",
        "update stock_level set sold = sold - 1, available = available + 1 where sold > 0",
        "update stock_level set sold = sold + 1, available = available - 1 where sold > 0",
        3,
    ),
    (
        "inventory.sqlite",
        "update stock_level set reserved = reserved + 1, available = available - 1",
        "update stock_level set reserved = reserved - 1, available = available + 1",
        2,
    ),
    (
        "payment.sqlite",
        "update payment set captured = captured - 1 where captured > 0",
        "update payment set captured = captured + 1 where captured > 0",
        8,
    ),
    (
        "order.sqlite",
        "update orders set state = 'cancelled' where state = 'confirmed'",
        "update orders set state = 'confirmed' where state = 'cancelled'",
        6,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_book_is_found_and_an_honest_one_is_clean() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
    let ids = variants(&shop.http, &["rope"]).await?;
    let order = pay(&shop.http, &fill_cart(&shop.http, &[(&ids["rope"], 2)]).await?, "tok_success").await?;
    assert_eq!(order["status"], "confirmed", "{order}");
    shop.audit(1).await?;
    shop.stop().await?;
    let mut missed = Vec::new();
    for (store, forgery, back, invariant) in FORGERIES {
        let path = shop.data().join(store);
        assert!(Connection::open(&path)?.execute(forgery, [])? > 0, "nothing to forge: {forgery}");
        // At rest for no time at all: what a stopped shop holds does not move.
        let ended = hanse(&["audit", "--rest", "0", "--json", "--data", &shop.data_arg()]).await?;
        Connection::open(&path)?.execute(back, [])?;
        let report: Value = serde_json::from_str(&ended.stdout).context(ended.stderr)?;
        let found =
            report["breaches"].as_array().is_some_and(|all| all.iter().any(|b| b["invariant"] == invariant));
        if !found || ended.status.code() != Some(1) {
            missed.push(format!("{forgery}\n  invariant {invariant}, {}: {report}", ended.status));
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    shop.audit(1).await?;
    Ok(())
}
