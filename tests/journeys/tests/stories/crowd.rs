//! Many shoppers want the same things at the same moment. `cargo xtask contend` plays this with a thousand of them, twenty
//! times, in both shapes.

use anyhow::{Result, ensure};
use hanse_journeys::{Fate, Scale, Shop, carts, csv, fill_cart, import, rush, stock_of, until, variants};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was in short supply by a refusal that names it.
fn says(fate: &Fate, what: &str) -> bool {
    matches!(fate, Fate::Refused(answer) if answer.text().contains(what))
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_buy_as_there_are_pieces_and_not_one_more() -> Result<()> {
    let scale = Scale::of_this_run();
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    for round in 0..scale.rounds {
        let staff = shop.staff().await?;
        let barrel = format!("barrel-{round}");
        let file = csv(&[(barrel.as_str(), "30.00", i64::try_from(scale.pieces)?)]);
        import(http, &staff, "goods.csv", file.as_bytes()).await?;
        let ids = variants(http, &[barrel.as_str()]).await?;
        let wanted = [(ids[&barrel].as_str(), 1)];
        let full = carts(scale.shoppers, |_| fill_cart(http, &wanted)).await?;
        let fates = rush(http, &full, scale.patience).await?;
        let confirmed = fates.iter().filter(|fate| fate.is("confirmed")).count();
        // Told at checkout already that it is sold out, or taken as an order and rejected: either sells nothing.
        let turned_away = fates.iter().filter(|fate| match fate {
            Fate::Order(order) => {
                (&order["status"], &order["reason"]) == (&json!("rejected"), &json!("out_of_stock"))
            }
            refused => says(refused, "stock"),
        });
        let turned_away = turned_away.count();
        ensure!(
            (confirmed, turned_away) == (scale.pieces, scale.shoppers - scale.pieces),
            "round {round}: {confirmed} bought one of {} pieces, {turned_away} were turned away",
            scale.pieces
        );
        let staff = shop.staff().await?;
        let (_, reserved, available) = stock_of(http, &staff, &barrel).await?;
        assert_eq!((reserved, available), (0, 0), "round {round}");
    }
    shop.audit(u64::try_from(scale.pieces * scale.rounds)?).await?;
    shop.stop().await
}

const GOODS: [&str; 5] = ["anchor", "barrel", "chart", "deck", "easel"];

/// Three of the five, in every order: whoever locked them as they come would wait for each other in a circle.
fn lines(shopper: usize) -> [&'static str; 3] {
    let at = |n: usize| GOODS[n % GOODS.len()];
    match shopper % 3 {
        0 => [at(shopper), at(shopper + 1), at(shopper + 2)],
        1 => [at(shopper + 2), at(shopper + 1), at(shopper)],
        _ => [at(shopper + 1), at(shopper + 4), at(shopper)],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_several_things_that_overlap_all_come_to_an_end() -> Result<()> {
    let scale = Scale::of_this_run();
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let pieces = i64::try_from(scale.pieces)?;
    let stock: BTreeMap<&str, i64> = GOODS.iter().zip(1..).map(|(good, n)| (*good, pieces * n)).collect();
    let file: Vec<_> = stock.iter().map(|(good, pieces)| (*good, "9.00", *pieces)).collect();
    import(http, &staff, "goods.csv", csv(&file).as_bytes()).await?;
    let ids = variants(http, &GOODS).await?;
    let full = carts(scale.shoppers, |shopper| {
        let wanted: Vec<_> = lines(shopper).iter().map(|good| (ids[*good].clone(), 1)).collect();
        async move {
            let wanted: Vec<_> = wanted.iter().map(|(id, n)| (id.as_str(), *n)).collect();
            fill_cart(http, &wanted).await
        }
    });
    let full = full.await?;
    let fates = rush(http, &full, scale.patience).await?;
    let mut sold = BTreeMap::<&str, i64>::new();
    for (shopper, fate) in fates.iter().enumerate() {
        match fate {
            Fate::Order(order) if order["status"] == "confirmed" => {
                lines(shopper).iter().for_each(|good| *sold.entry(good).or_default() += 1);
            }
            Fate::Order(order) => ensure!(order["reason"] == "out_of_stock", "{order}"),
            refused => ensure!(says(refused, "stock"), "{refused:?}"),
        }
    }
    let staff = shop.staff().await?;
    for (good, pieces) in &stock {
        let of_it = sold.get(good).copied().unwrap_or_default();
        let (on_hand, reserved, available) = stock_of(http, &staff, good).await?;
        ensure!(
            (reserved, available) == (0, pieces - of_it) && of_it > 0,
            "{good}: {pieces} came in, {of_it} were sold, {available} of {on_hand} are left, {reserved} set aside"
        );
    }
    ensure!(
        fates.iter().any(|fate| !fate.is("confirmed")),
        "there was enough of everything: nobody contended"
    );
    let orders = fates.iter().filter(|fate| fate.is("confirmed")).count();
    shop.audit(u64::try_from(orders)?).await?;
    shop.stop().await
}

const MAY_HAVE_IT: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_ten_is_on_ten_orders_however_many_have_it() -> Result<()> {
    let scale = Scale::of_this_run();
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    import(http, &staff, "goods.csv", csv(&[("mug", "12.00", 5000)]).as_bytes()).await?;
    let ids = variants(http, &["mug"]).await?;
    let code =
        json!({"code": "TEN", "type": "percentage", "percentage_bp": 1000, "limit_total": MAY_HAVE_IT});
    let made = http.post("/api/admin/discounts").bearer(&staff).json(&code).expect(201).await?;
    let mug = [(ids["mug"].as_str(), 1)];
    let full = carts(scale.with_code, |_| async {
        let cart = fill_cart(http, &mug).await?;
        let path = format!("/api/store/carts/{}", cart["id"].as_str().unwrap_or_default());
        let change = json!({"discount_codes": ["TEN"]});
        http.patch(&path).if_match(&cart["version"]).json(&change).expect(200).await
    });
    let full = full.await?;
    let fates = rush(http, &full, scale.patience).await?;
    let with_it = |fate: &&Fate| {
        fate.is("confirmed") && matches!(fate, Fate::Order(o) if o["totals"]["discount"]["amount"] == 120)
    };
    let (had_it, used_up) = (
        fates.iter().filter(with_it).count(),
        fates.iter().filter(|fate| says(fate, "discount_code_used_up")).count(),
    );
    ensure!(
        (had_it, used_up) == (MAY_HAVE_IT, scale.with_code - MAY_HAVE_IT),
        "{had_it} had the code and {used_up} were told that it is used up: {:?}",
        fates.iter().find(|fate| !fate.is("confirmed") && !says(fate, "discount_code_used_up"))
    );
    let path = format!("/api/admin/discounts/{}", made["id"].as_str().unwrap_or_default());
    let counted = |discount: &Value| discount["redeemed"] == MAY_HAVE_IT && discount["held"] == 0;
    until("the orders to have redeemed it", async || {
        let discount = http.get(&path).bearer(&staff).expect(200).await?;
        ensure!(discount["redeemed"].as_u64() <= Some(10), "{discount}");
        Ok(Some(discount).filter(counted))
    })
    .await?;
    shop.audit(10).await?;
    shop.stop().await
}
