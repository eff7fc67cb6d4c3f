//! UserRegistered, in any order, any number of times, and while auth is away.

use crate::world::{clerk, on_both, person};
use hanse_auth_contract::UserRegistered;
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use serde_json::json;

#[tokio::test]
async fn a_message_that_comes_twice_opens_one_profile() {
    on_both(async |world| {
        let event = UserRegistered { user_id: person(1), staff: false };
        let id = world.test.send("auth", person(1), &event).await;
        world.test.send_as(id, "auth", person(1), &event).await;
        world.test.send("auth", person(1), &event).await;
        assert_eq!(world.count("select count(*) from profiles").await, 1);
        let mut audit = AuditClient::new(world.test.network_of("hanse").link("user"));
        let ask = ExamineRequest { at_rest_since: world.test.effects.now().micros(), ..Default::default() };
        assert_eq!(audit.examine(ask).await.unwrap().into_inner().breaches, []);
    })
    .await;
}

#[tokio::test]
async fn who_is_staff_is_learned_also_when_the_profile_was_there_first() {
    on_both(async |world| {
        world.as_customer(person(1)).patch("/api/store/me", json!({"name": "Olga"})).await.expect(200);
        let customers = async || {
            let page = world.user.client(clerk()).get("/api/admin/customers").await.expect(200);
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(customers().await, 1);
        world.registered(person(1), true).await;
        assert_eq!(customers().await, 0);
    })
    .await;
}

#[tokio::test]
async fn names_are_learned_once_auth_is_back() {
    on_both(async |world| {
        world.people.away(true);
        world.knows(person(1), "ana@example.org", "Ana Lund");
        world.registered(person(1), false).await;
        world.registered(person(2), false).await;
        assert_eq!(world.count("select count(*) from profiles where contact_known").await, 0);
        world.people.away(false);
        world
            .test
            .until("auth has been asked", async || {
                world.count("select count(*) from profiles where contact_known").await == 2
            })
            .await;
        // One of whom auth knows nothing is not asked about for ever.
        assert_eq!(world.count("select count(*) from profiles where name is null").await, 1);
    })
    .await;
}
