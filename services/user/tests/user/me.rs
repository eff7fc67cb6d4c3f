//! One's own profile.

use crate::world::{clerk, on_both, person};
use hanse_kernel::Actor;
use hanse_user_contract::rpc::GetProfileRequest;
use hanse_user_contract::rpc::profiles_client::ProfilesClient;
use serde_json::{Value, json};

#[tokio::test]
async fn somebody_sees_themselves_before_any_message_has_come() {
    on_both(async |world| {
        let ana = person(1);
        world.knows(ana, "ana@example.org", "Ana Lund");
        let me = world.as_customer(ana).get("/api/store/me").await.expect(200);
        assert_eq!(me["id"], ana.to_string());
        assert_eq!(
            (&me["email"], &me["name"], &me["locale"]),
            (&"ana@example.org".into(), &"Ana Lund".into(), &"de".into())
        );
        assert_eq!(world.count("select count(*) from profiles").await, 0, "looking writes nothing");
        world.user.client(Actor::Anonymous).get("/api/store/me").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn somebody_changes_what_they_are_called() {
    on_both(async |world| {
        let ana = person(1);
        world.knows(ana, "ana@example.org", "Ana");
        let client = world.as_customer(ana);
        let changed = client.patch("/api/store/me", json!({"name": " Ana Lund ", "locale": "sv-SE"})).await;
        let version = changed.headers["etag"].to_str().unwrap().to_string();
        let body = changed.expect(200);
        assert_eq!((&body["name"], &body["locale"]), (&"Ana Lund".into(), &"sv".into()));
        // The message comes late; it neither undoes nor doubles.
        world.registered(ana, false).await;
        assert_eq!(client.get("/api/store/me").await.expect(200)["name"], "Ana Lund");
        assert_eq!(world.count("select count(*) from profiles").await, 1);

        let of_now = client.clone().header("if-match", &version);
        of_now.patch("/api/store/me", json!({"name": "A"})).await.expect(200);
        let stale = of_now.patch("/api/store/me", json!({"name": "B"})).await;
        assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "precondition_failed"));
        assert_eq!(client.get("/api/store/me").await.expect(200)["name"], "A");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_ones_own_to_change_is_refused() {
    on_both(async |world| {
        let client = world.as_customer(person(1));
        for (body, code) in [
            (json!({"email": "x@example.org"}), "unknown_field"),
            (json!({"id": person(2).to_string()}), "unknown_field"),
            (json!({"staff": true}), "unknown_field"),
            (json!({"metadata": {}}), "unknown_field"),
            (json!({"name": ""}), "validation"),
            (json!({"name": "x".repeat(201)}), "validation"),
            (json!({"name": "a\u{0}b"}), "validation"),
            (json!({"name": 5}), "validation"),
            (json!({"locale": "<script>"}), "validation"),
        ] {
            let answer = client.patch("/api/store/me", body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{body}");
        }
        assert_eq!(world.count("select count(*) from profiles").await, 0);
    })
    .await;
}

#[tokio::test]
async fn without_auth_a_profile_is_shown_as_far_as_it_is_known() {
    on_both(async |world| {
        let client = world.customer(1, "Ana Lund").await;
        world.people.away(true);
        let me = client.get("/api/store/me").await.expect(200);
        assert_eq!((&me["name"], &me["email"]), (&"Ana Lund".into(), &Value::Null));
        client.patch("/api/store/me", json!({"name": "Ana"})).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn other_services_ask_what_somebody_is_called() {
    on_both(async |world| {
        world.customer(1, "Ana Lund").await;
        let mut ask = ProfilesClient::new(world.test.network_of("hanse").link("user"));
        let profile = ask.get_profile(GetProfileRequest { user_id: person(1).to_string() }).await.unwrap();
        let profile = profile.into_inner();
        assert_eq!((profile.name.as_str(), profile.locale.as_str()), ("Ana Lund", "de"));
        let unknown =
            ask.get_profile(GetProfileRequest { user_id: person(2).to_string() }).await.unwrap_err();
        assert_eq!(unknown.code(), tonic::Code::NotFound);
        let wrong = ask.get_profile(GetProfileRequest { user_id: "ana".into() }).await.unwrap_err();
        assert_eq!(wrong.code(), tonic::Code::InvalidArgument);
    })
    .await;
}

#[tokio::test]
async fn staff_have_a_profile_too_and_are_no_customers() {
    on_both(async |world| {
        let client = world.user.client(clerk());
        client.patch("/api/store/me", json!({"name": "Olga"})).await.expect(200);
        assert_eq!(client.get("/api/admin/customers").await.expect(200)["items"], json!([]));
        client.get(&format!("/api/admin/customers/{}", person(999))).await.expect(404);
    })
    .await;
}
