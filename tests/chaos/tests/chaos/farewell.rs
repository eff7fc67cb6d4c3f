//! A process that is asked to end while somebody waits for it.

use anyhow::{Context, Result, ensure};
use hanse_chaos::{League, SETTLES, Store};
use hanse_journeys::{WARES, audited, checkout, csv, fill_cart, import, until, variants};
use hanse_testkit::proxy::Line;

/// Longer than calls have that are no checkouts.
const WAIT: (&str, &str) = ("HANSE__CHECKOUT__WAIT_MS", "9000");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkout_under_way_is_answered_by_the_process_that_ends() -> Result<()> {
    let mut league = League::with_lines(&[("inventory", Store::RabbitMq)]).await?;
    let http = league.http.clone();
    import(&http, &league.staff().await?, "goods.csv", csv(&WARES).as_bytes()).await?;
    let rope = variants(&http, &["rope"]).await?["rope"].clone();
    // All that is asked of order is asked of this one.
    league.end("order-1").await?;
    league.end("order-2").await?;
    league.man_with("order-1", &[WAIT])?;
    league.ready("order-1").await?;
    let cart = until("a cart to be filled", async || Ok(fill_cart(&http, &[(&rope, 1)]).await.ok())).await?;

    // Nothing is reserved for as long as inventory hears nothing: the checkout waits.
    league.lines[&("inventory", Store::RabbitMq)].set(Line::Cut);
    let buying = tokio::spawn({
        let http = http.clone();
        async move { checkout(&http, &cart, "tok_success").await }
    });
    until("the order to be placed", async || {
        ensure!(!buying.is_finished(), "the checkout did not wait");
        Ok((league.servers.sagas_under_way().await? == 1).then_some(()))
    })
    .await?;
    league.dismiss("order-1")?;
    until("the process to say that it ends", async || {
        Ok((league.probe("order-1", "/readyz").await?.status == 503).then_some(()))
    })
    .await?;
    let said = league.probe("order-1", "/readyz").await?;
    ensure!(said.text().contains("ending") && league.probe("order-1", "/livez").await?.status == 200);
    ensure!(!buying.is_finished(), "nobody waited for the process");
    let answer = buying.await??;
    let order = answer.json();
    ensure!(
        answer.status == 202 && order["status"] == "pending",
        "a checkout under way was answered {}: {}\n{}",
        answer.status,
        answer.text(),
        league.log("order-1")
    );
    let status = league.ended("order-1").await?;
    ensure!(status.success(), "it ended with {status}\n{}", league.log("order-1"));
    let orders = league.servers.database("hanse_order").await?;
    let left: i64 =
        orders.query_one("select count(*) from outbox where published_at is null", &[]).await?.get(0);
    ensure!(left == 0, "{left} messages were not published");

    league.lines[&("inventory", Store::RabbitMq)].set(Line::Clear);
    league.man("order-1")?;
    league.ready("order-1").await?;
    let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
    let access = order["access_token"].as_str().context("no token")?;
    until("the order to be confirmed", async || {
        let answer = http.get(&path).order(access).send().await?;
        Ok(Some(()).filter(|()| answer.status == 200 && answer.json()["status"] == "confirmed"))
    })
    .await?;
    audited(&league.reach(), 1, SETTLES).await?;
    league.close().await
}
