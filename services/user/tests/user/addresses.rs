//! One's own address book, and nobody else's.

use crate::world::{home, on_both, person};
use hanse_testkit::Client;
use serde_json::{Value, json};

const BOOK: &str = "/api/store/me/addresses";

async fn add(client: &Client, body: Value) -> String {
    let answer = client.post(BOOK, body).await;
    let place = answer.headers.get("location").map(|place| place.to_str().unwrap().to_string());
    answer.expect(201);
    place.expect("a place")
}

async fn defaults(client: &Client) -> Vec<bool> {
    let items = client.get(BOOK).await.expect(200)["items"].clone();
    items.as_array().unwrap().iter().map(|item| item["is_default"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn addresses_are_added_changed_and_removed() {
    on_both(async |world| {
        let ana = world.as_customer(person(1));
        let mut with_phone = home();
        with_phone["phone"] = json!("+46 40 12");
        with_phone["line2"] = json!("2 tr");
        let place = add(&ana, with_phone).await;
        let changed = ana.patch(&place, json!({"city": "Lund", "line2": null})).await.expect(200);
        insta::assert_json_snapshot!("address", changed, {".id" => "[address]"});
        let listed = ana.get(BOOK).await.expect(200);
        assert_eq!(listed["items"], json!([changed]));
        ana.delete(&place).await.expect(204);
        ana.delete(&place).await.expect(404);
        assert_eq!(ana.get(BOOK).await.expect(200), json!({"items": [], "next_cursor": null}));
    })
    .await;
}

#[tokio::test]
async fn one_of_them_is_the_default() {
    on_both(async |world| {
        let ana = world.as_customer(person(1));
        let mut as_default = home();
        as_default["is_default"] = json!(true);
        let first = add(&ana, home()).await;
        add(&ana, home()).await;
        assert_eq!(defaults(&ana).await, [true, false]);
        let third = add(&ana, as_default).await;
        assert_eq!(defaults(&ana).await, [false, false, true]);
        ana.patch(&first, json!({"is_default": true})).await.expect(200);
        assert_eq!(defaults(&ana).await, [true, false, false]);
        ana.delete(&first).await.expect(204);
        assert_eq!(defaults(&ana).await, [true, false]);
        ana.delete(&third).await.expect(204);
        assert_eq!(defaults(&ana).await, [true]);
    })
    .await;
}

#[tokio::test]
async fn another_persons_address_is_not_there() {
    on_both(async |world| {
        let (ana, eve) = (world.as_customer(person(1)), world.as_customer(person(2)));
        let place = add(&ana, home()).await;
        add(&eve, home()).await;
        for answer in [
            eve.patch(&place, json!({"city": "Evil"})).await,
            eve.patch(&place, json!({"is_default": true})).await,
            eve.delete(&place).await,
            eve.delete(&format!("{BOOK}/addr_{}", "0".repeat(32))).await,
            eve.delete(&format!("{BOOK}/nothing")).await,
        ] {
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
        }
        let listed = ana.get(BOOK).await.expect(200);
        assert_eq!(
            (listed["items"].as_array().unwrap().len(), &listed["items"][0]["city"]),
            (1, &"Malmö".into())
        );
        assert_eq!(eve.get(BOOK).await.expect(200)["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_named() {
    on_both(async |world| {
        let ana = world.as_customer(person(1));
        let with = |field: &str, value: Value| {
            let mut body = home();
            body[field] = value;
            body
        };
        let bad = json!({"name": "", "line1": "x".repeat(201), "city": "a\nb", "postal_code": " ", "country": "XX"});
        insta::assert_json_snapshot!("address_refused", ana.post(BOOK, bad).await.expect(422));
        for (body, code) in [
            (with("user_id", json!(person(2).to_string())), "unknown_field"),
            (with("id", json!("addr_1")), "unknown_field"),
            (with("country", json!("se")), "validation"),
            (with("phone", json!("<b>")), "validation"),
            (with("is_default", json!("yes")), "validation"),
            (json!({"name": "Ana"}), "validation"),
        ] {
            let answer = ana.post(BOOK, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{body}");
        }
        let place = add(&ana, home()).await;
        ana.patch(&place, json!({"city": ""})).await.expect(422);
        assert_eq!(ana.get(BOOK).await.expect(200)["items"][0]["city"], "Malmö");
    })
    .await;
}

#[tokio::test]
async fn a_book_is_full_at_fifty_also_for_those_who_hurry() {
    on_both(async |world| {
        let ana = world.as_customer(person(1));
        for _ in 0..48 {
            add(&ana, home()).await;
        }
        let hurried = (0..6).map(|_| ana.post(BOOK, home()));
        let codes: Vec<u16> = hurried_codes(hurried).await;
        assert_eq!(codes.iter().filter(|code| **code == 201).count(), 2, "{codes:?}");
        assert_eq!(world.count("select count(*) from addresses").await, 50);
        assert_eq!(world.count("select count(*) from addresses where is_default").await, 1);
        assert_eq!(ana.post(BOOK, home()).await.code(), "address_book_full");
    })
    .await;
}

async fn hurried_codes(all: impl Iterator<Item = impl Future<Output = hanse_testkit::Answer>>) -> Vec<u16> {
    let answers = futures::future::join_all(all).await;
    answers.iter().map(|answer| answer.status.as_u16()).collect()
}
