//! Every message comes twice and in any order, and nothing happens twice.

use anyhow::{Context, Result, bail, ensure};
use hanse_chaos::{League, SETTLES, Store, Trade, Trickster, cares_for_account, leaves_for_good, listed};
use hanse_journeys::{Carts, audited, checkout, csv, fill_cart, import, key, pay, until, variants};
use serde_json::json;

/// Consumers of what does not happen in this trade: no prices are refused; nothing is taken in parts; analytics has done nothing
/// to write down.
const UNHEARD: [&str; 3] = ["product.prices_refused", "payment.void_rest", "user.keep_log_end"];
/// Of what happens when an answer is so late that it is asked for again.
const SELDOM: [&str; 2] = ["inventory.reserve", "inventory.commit"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_may_come_twice_and_out_of_order() -> Result<()> {
    let league = League::start().await?;
    let flows: Vec<_> = listed(&league).await?.into_iter().flat_map(|service| service.takes).collect();
    let mut trickster = Trickster::step_in(&league.servers.url(Store::RabbitMq), "hanse", &flows).await?;
    let mut trade = Trade::open(&league, Carts::AsTheyAre).await?;
    trade.goes_on(40).await?;
    let orders = trade.reckon(&league).await?;
    what_else_happens_to_orders(&league).await?;
    second_cards(&league).await?;
    somebody_is_too_late(&league).await?;
    audited(&league.reach(), orders + 5, SETTLES).await?;
    let heard: Vec<&str> = flows.iter().map(|(_, consumer)| consumer.as_str()).collect();
    for consumer in UNHEARD.iter().chain(&SELDOM) {
        ensure!(heard.contains(consumer), "there is no {consumer} any more");
    }
    let heard: Vec<&str> =
        heard.into_iter().filter(|c| !UNHEARD.contains(c) && !SELDOM.contains(c)).collect();
    trickster.has_doubled(&heard).await?;
    let tricks = trickster.tricks();
    println!("{tricks:#?}");
    for consumer in UNHEARD {
        ensure!(!tricks.contains_key(consumer), "{consumer} is heard after all: nothing need be left out");
    }
    for (consumer, tricks) in &tricks {
        // Of two messages that come together one waits longer as a rule.
        ensure!(tricks.doubled < 20 || tricks.reordered > 0, "nothing came to {consumer} out of order");
    }
    for service in ["order", "inventory", "payment"] {
        let overtaken = trickster.overtaken(service);
        println!("{service}: {overtaken} overtaken by another type");
        ensure!(overtaken > 0, "at {service} no message overtook one of another type");
    }
    league.close().await
}

/// One order is cancelled, one is sent, one is given back and its guest forgotten; a customer registers and cares for the account.
async fn what_else_happens_to_orders(league: &League) -> Result<()> {
    let (http, staff) = (&league.http, league.staff().await?);
    let rope = variants(http, &["rope"]).await?["rope"].clone();
    let account = json!({"email": "bo@example.org", "password": "a-long-way-to-malmo", "name": "Bo"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let token = cares_for_account(http, &league.provider, "bo@example.org", "a-long-way-to-malmo").await?;
    leaves_for_good(http, &token, "bo@example.org").await?;
    for (verb, status) in [("cancel", "refunded"), ("fulfil", "fulfilled"), ("refund", "refunded")] {
        let order = pay(http, &fill_cart(http, &[(rope.as_str(), 1)]).await?, "tok_success").await?;
        ensure!(order["status"] == "confirmed", "{order}");
        let id = order["id"].as_str().context("no id")?;
        let access = order["access_token"].as_str().context("no token")?;
        let (store, admin) = (format!("/api/store/orders/{id}"), format!("/api/admin/orders/{id}/{verb}"));
        let asked = match verb {
            "cancel" => http.post(&format!("{store}/cancel")).order(access),
            "fulfil" => {
                let items = json!([{"item_id": order["items"][0]["id"], "quantity": 1}]);
                http.post(&admin).bearer(&staff).json(&json!({"items": items}))
            }
            _ => http.post(&admin).bearer(&staff).json(&json!({"reason": "all of it"})),
        };
        let answer = asked.key(&key()).send().await?;
        ensure!(matches!(answer.status, 200..=202), "{verb}: {}", answer.text());
        until(&format!("an order to be {status}"), async || {
            let order = http.get(&store).order(access).expect(200).await?;
            Ok(Some(()).filter(|()| order["status"] == status))
        })
        .await?;
        if verb == "refund" {
            let erased =
                http.post(&format!("/api/admin/orders/{id}/erase-person")).bearer(&staff).send().await?;
            ensure!(erased.status == 202, "a guest is to be forgotten: {}", erased.text());
        }
    }
    Ok(())
}

/// Two shoppers with a code want all there is: both order it, and one is told that it is gone.
async fn somebody_is_too_late(league: &League) -> Result<()> {
    const PIECES: i64 = 3;
    let (http, staff) = (&league.http, league.staff().await?);
    let code = json!({"code": "FAIRWIND", "type": "percentage", "percentage_bp": 1000});
    http.post("/api/admin/discounts").bearer(&staff).json(&code).expect(201).await?;
    // Both have to be at the counter before one of them has it; where one was slow, there is another good.
    for good in ["lantern-1", "lantern-2", "lantern-3", "lantern-4"] {
        import(http, &staff, "goods.csv", csv(&[(good, "25.00", PIECES)]).as_bytes()).await?;
        let id = variants(http, &[good]).await?[good].clone();
        let (mut carts, mut rejected) = (vec![], 0);
        for _ in 0..2 {
            let cart = fill_cart(http, &[(id.as_str(), PIECES)]).await?;
            let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
            let code = json!({"discount_codes": ["FAIRWIND"]});
            carts.push(http.patch(&path).json(&code).expect(200).await?);
        }
        let both = carts.iter().map(|cart| checkout(http, cart, "tok_success"));
        for answer in futures::future::try_join_all(both).await? {
            if !matches!(answer.status, 201 | 202) {
                continue;
            }
            let order = answer.json();
            let store = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
            let access = order["access_token"].as_str().context("no token")?;
            let order = until("an order to settle", async || {
                let order = http.get(&store).order(access).expect(200).await?;
                Ok(Some(order).filter(|order| order["status"] != "pending"))
            })
            .await?;
            rejected += usize::from(order["status"] == "rejected");
        }
        if rejected > 0 {
            return Ok(());
        }
    }
    bail!("nobody was too late")
}

/// Two cards are declined: one shopper takes another card, one gives up.
async fn second_cards(league: &League) -> Result<()> {
    let http = &league.http;
    let rope = variants(http, &["rope"]).await?["rope"].clone();
    for (verb, body, status) in [
        ("payments", json!({"provider": "test", "token": "tok_success"}), "confirmed"),
        ("cancel", json!({}), "cancelled"),
    ] {
        let order = pay(http, &fill_cart(http, &[(rope.as_str(), 1)]).await?, "tok_declined").await?;
        ensure!(order["status"] == "awaiting_payment", "{order}");
        let store = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
        let access = order["access_token"].as_str().context("no token")?;
        let asked =
            http.post(&format!("{store}/{verb}")).order(access).key(&key()).json(&body).send().await?;
        ensure!(matches!(asked.status, 200..=202), "{verb}: {}", asked.text());
        until(&format!("an order to be {status}"), async || {
            let order = http.get(&store).order(access).expect(200).await?;
            Ok(Some(()).filter(|()| order["status"] == status))
        })
        .await?;
    }
    Ok(())
}
