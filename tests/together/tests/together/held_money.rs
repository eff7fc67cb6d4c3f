//! Money that is taken when the goods leave: it is set aside anew before the authorisation lapses, and what was refused
//! is taken once it has been.

use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_together::{CaptureMode, League, Placed, SHAPES, Shape, days, seconds};
use serde_json::json;
use std::collections::BTreeSet;

async fn held(shape: Shape, token: &str) -> (League, Placed) {
    let league = League::open(shape, CaptureMode::AtFulfilment).await;
    let (rope, lamp) = (league.sell("rope", 1000, 10).await, league.sell("lamp", 2500, 10).await);
    let placed = league.buy(&[(rope, 2), (lamp, 1)], token).await;
    assert_eq!(
        (&placed.body["state"], &placed.body["payment_status"]),
        (&json!("confirmed_held"), &json!("authorized"))
    );
    (league, placed)
}

/// Which renewals payment has told of, with what came of them; each once, though who is asked again tells again.
fn renewals(league: &League) -> Vec<(u32, PaymentOutcome)> {
    let told = league.bench.published_of::<PaymentProcessed>();
    let of_renewals = told.iter().filter(|m| m.renewal > 0 && m.capture_id.is_none());
    let mut renewals: Vec<_> = of_renewals.map(|m| (m.renewal, m.outcome)).collect();
    renewals.dedup();
    renewals
}

#[tokio::test]
async fn money_is_set_aside_anew_every_five_days_until_the_goods_leave() {
    for shape in SHAPES {
        let (league, placed) = held(shape, "tok_success").await;
        league.after(days(5), "the first renewal", async || renewals(&league).len() == 1).await;
        league.after(days(5), "the second renewal", async || renewals(&league).len() == 2).await;
        assert_eq!(renewals(&league), [(1, PaymentOutcome::Authorized), (2, PaymentOutcome::Authorized)]);
        assert_eq!(league.show(&placed.id).await["payment_attention"], false);
        league.send(&placed, &[(0, 1)]).await.expect(200);
        league
            .passing("the part to be paid", async || league.payment(&placed).await["captured"]["amount"] != 0)
            .await;
        assert_eq!(league.show(&placed.id).await["state"], "confirmed_held");
        league.send(&placed, &[(0, 1), (1, 1)]).await.expect(200);
        league
            .passing("all to be paid", async || league.show(&placed.id).await["state"] == "confirmed")
            .await;
        let (shown, paid) = (league.show(&placed.id).await, league.payment(&placed).await);
        assert_eq!((&shown["status"], &paid["captured"]), (&json!("fulfilled"), &shown["totals"]["total"]));
        // Nothing is left to be renewed.
        league.after(days(30), "a month", async || true).await;
        assert_eq!(renewals(&league).len(), 2);
        league.audit().await;
    }
}

#[tokio::test]
async fn a_card_without_cover_stops_the_shipment_until_it_has_some() {
    let (league, placed) = held(SHAPES[0], "tok_renewal_declined").await;
    league.after(days(5), "doubt", async || league.show(&placed.id).await["payment_attention"] == true).await;
    assert_eq!(renewals(&league), [(1, PaymentOutcome::Declined)]);
    let refused = league.send(&placed, &[(0, 1)]).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "payment_attention"));
    league
        .after(days(1), "cover", async || league.show(&placed.id).await["payment_attention"] == false)
        .await;
    assert_eq!(renewals(&league)[1..], [(2, PaymentOutcome::Authorized)]);
    league.send(&placed, &[(0, 2), (1, 1)]).await.expect(200);
    league.passing("all to be paid", async || league.show(&placed.id).await["state"] == "confirmed").await;
    league.audit().await;
}

#[tokio::test]
async fn in_doubt_it_can_still_be_cancelled() {
    let (league, placed) = held(SHAPES[0], "tok_renewal_declined").await;
    league.after(days(5), "doubt", async || league.show(&placed.id).await["payment_attention"] == true).await;
    league.staff_post(&placed, "cancel", json!({})).await;
    league.passing("the end", async || league.show(&placed.id).await["status"] == "cancelled").await;
    assert_eq!(
        (&league.payment(&placed).await["status"], &league.shelf("rope").await["available"]),
        (&json!("voided"), &json!(10))
    );
    league.after(days(30), "a month", async || true).await;
    assert_eq!(renewals(&league).len(), 1);
    league.audit().await;
}

#[tokio::test]
async fn a_shipment_whose_money_was_refused_is_paid_after_the_renewal() {
    let (league, placed) = held(SHAPES[0], "tok_capture_lapses").await;
    league.after(days(2), "two days", async || true).await;
    league.send(&placed, &[(0, 2), (1, 1)]).await.expect(200);
    // Nobody is charged twice: the refused capture and the one that is granted are the same.
    league.passing("all to be paid", async || league.show(&placed.id).await["state"] == "confirmed").await;
    let (shown, paid) = (league.show(&placed.id).await, league.payment(&placed).await);
    assert_eq!((&paid["captured"], &shown["payment_attention"]), (&shown["totals"]["total"], &json!(false)));
    assert_eq!(renewals(&league), [(1, PaymentOutcome::Authorized)]);
    let told = league.bench.published_of::<PaymentProcessed>();
    let of = |outcome| {
        let captures = told.iter().filter(|m| m.outcome == outcome).filter_map(|m| m.capture_id.as_ref());
        captures.map(ToString::to_string).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((of(PaymentOutcome::Declined), of(PaymentOutcome::Captured)), (1, 1));
    league.audit().await;
}

#[tokio::test]
async fn what_is_not_sent_any_more_is_let_go_at_the_provider() {
    let (league, placed) = held(SHAPES[0], "tok_success").await;
    league.send(&placed, &[(0, 2)]).await.expect(200);
    league.staff_post(&placed, "cancel", json!({})).await.expect(200);
    league
        .passing("the part to be paid", async || league.show(&placed.id).await["state"] == "confirmed")
        .await;
    league.after(seconds(60), "a minute", async || true).await;
    let paid = league.payment(&placed).await;
    // Two ropes and the shipping stay; the lamp is let go.
    let total = placed.body["totals"]["total"]["amount"].as_i64().unwrap();
    assert_eq!(paid["captured"]["amount"].as_i64(), Some(total - 2500), "{paid}");
    assert_eq!(league.shelf("lamp").await["available"], 10);
    league.audit().await;
    let live = league.bench.published_of::<PaymentProcessed>();
    assert!(!live.iter().any(|m| m.outcome == PaymentOutcome::Voided), "what was captured stays");
}
