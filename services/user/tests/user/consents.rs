//! What somebody agrees to is kept as it was said, with when, where, and by which text.

use crate::world::{PASSWORD, clerk, on_both, person};
use hanse_kernel::Actor;
use serde_json::{Value, json};

const CONSENTS: &str = "/api/store/me/consents";

fn word(granted: bool, wording: &str, place: &str) -> Value {
    json!({"purpose": "marketing", "granted": granted, "wording": wording, "place": place})
}

#[tokio::test]
async fn every_word_is_kept_and_the_last_one_counts() {
    on_both(async |world| {
        world.knows(person(1), "ana@example.org", "Ana Lund");
        let ana = world.as_customer(person(1));
        assert_eq!(ana.get(CONSENTS).await.expect(200), json!({"consents": [], "history": []}));
        // Before the message has come that opens profiles; and nobody withdraws what they never gave.
        assert_eq!(
            ana.put(CONSENTS, word(false, "news-1", "account")).await.expect(200)["history"],
            json!([])
        );
        ana.put(CONSENTS, word(true, "news-1", "registration")).await.expect(200);
        ana.put(CONSENTS, word(true, "news-1", "account")).await.expect(200);
        ana.put(CONSENTS, word(false, "news-1", "account")).await.expect(200);
        let said = ana.put(CONSENTS, word(true, "news-2", "checkout")).await.expect(200);
        let history: Vec<(bool, &str, &str)> = said["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (c["granted"] == true, c["wording"].as_str().unwrap(), c["place"].as_str().unwrap()))
            .collect();
        assert_eq!(
            history,
            [(true, "news-1", "registration"), (false, "news-1", "account"), (true, "news-2", "checkout")]
        );
        assert_eq!(said["consents"], json!([said["history"][2]]));
        assert_eq!(ana.get(CONSENTS).await.expect(200), said);

        world.registered(person(1), false).await;
        let path = format!("/api/admin/customers/{}", person(1));
        let shown = world.user.client(clerk()).get(&path).await.expect(200);
        assert_eq!(shown["consents"], said["consents"]);
        let told = ana.post("/api/store/me/export", json!({})).await.expect(200);
        assert_eq!(told["held"]["user"]["consent"], said["history"]);
        ana.post("/api/store/me/erase", json!({"password": PASSWORD})).await.expect(202);
        assert_eq!(world.count("select count(*) from consents").await, 0);
        assert_eq!(ana.put(CONSENTS, word(true, "news-2", "account")).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_agreed_to_is_refused_by_name() {
    on_both(async |world| {
        let ana = world.as_customer(person(1));
        for (change, code) in [
            (json!({"purpose": "everything"}), "validation"),
            (json!({"wording": "Send me all!"}), "validation"),
            (json!({"wording": ""}), "validation"),
            (json!({"place": "street"}), "validation"),
            (json!({"granted": "yes"}), "validation"),
            (json!({"at": "2020-01-01T00:00:00Z"}), "unknown_field"),
        ] {
            let mut body = word(true, "news-1", "account");
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let answer = ana.put(CONSENTS, body).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{change}");
        }
        let nobody = world.user.client(Actor::Anonymous);
        assert_eq!(nobody.put(CONSENTS, word(true, "news-1", "account")).await.status, 401);
        assert_eq!(world.count("select count(*) from consents").await, 0);
    })
    .await;
}
