//! Goods that come back while others of the same order are still to be sent.

use hanse_together::{CaptureMode, League, SHAPES};
use serde_json::{Value, json};

fn counts(shelf: &Value) -> [i64; 4] {
    ["on_hand", "available", "sold", "out"].map(|count| shelf[count].as_i64().expect("a count"))
}

#[tokio::test]
async fn a_piece_that_came_back_lies_there_and_the_one_to_be_sent_does_too() {
    for shape in SHAPES {
        let league = League::open(shape, CaptureMode::AtConfirmation).await;
        let rope = league.sell("rope", 1000, 10).await;
        let placed = league.buy(&[(rope, 3)], "tok_success").await;
        league.send(&placed, &[(0, 2)]).await.expect(200);
        league.bench.settle().await;
        assert_eq!(counts(&league.shelf("rope").await), [8, 7, 1, 2]);
        let back = json!({"items": [{"item_id": placed.body["items"][0]["id"], "quantity": 1}], "reason": "too long"});
        let refunded = league.staff_post(&placed, "refund", back).await;
        assert!(matches!(refunded.status.as_u16(), 200 | 202), "{}", refunded.json());
        league
            .passing("the money to be back", async || {
                league.show(&placed.id).await["refunded"]["amount"] == 1000
            })
            .await;
        assert_eq!(counts(&league.shelf("rope").await), [9, 8, 1, 2], "eight for others, one to be sent");
        league.send(&placed, &[(0, 1)]).await.expect(200);
        league.bench.settle().await;
        assert_eq!(counts(&league.shelf("rope").await), [8, 8, 0, 3]);
        league.audit().await;
    }
}
