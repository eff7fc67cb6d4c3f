//! Where somebody is logged in, seen and ended by them.

use crate::world::{World, config, on_both};
use hanse_kernel::{Actor, UserId};
use hanse_testkit::Client;
use serde_json::Value;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Whoever asks with this browser's cookie.
fn with(world: &World, user: UserId, cookie: &str) -> Client {
    world.auth.client(Actor::Customer { user }).header("cookie", &format!("hanse_session={cookie}"))
}

async fn listed(who: &Client) -> Vec<Value> {
    who.get("/api/auth/sessions").await.expect(200)["sessions"].as_array().expect("a list").clone()
}

async fn register(world: &World, email: &str) -> UserId {
    world.register(email).await["user_id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn one_sees_where_one_is_logged_in_and_ends_what_is_not_one_s_own() {
    on_both(config, async |world| {
        let ana = register(&world, "ana@example.org").await;
        let phone = world.cookie("ana@example.org").await;
        let laptop = world.browser(FIREFOX, None, "ana@example.org").await.session;
        let program = world.tokens("ana@example.org").await;
        let here = with(&world, ana, &laptop);
        let seen = listed(&here).await;
        let face: Vec<_> = seen
            .iter()
            .map(|s| (s["device"].as_str(), s["transport"].as_str().unwrap(), s["current"] == true))
            .collect();
        assert_eq!(
            face,
            [(None, "token", false), (Some("Firefox on Linux"), "cookie", true), (None, "cookie", false)]
        );

        let path = |n: usize| format!("/api/auth/sessions/{}", seen[n]["id"].as_str().unwrap());
        here.delete(&path(0)).await.expect(204);
        world.refresh(&program.refresh).await.expect(401);
        here.delete(&path(0)).await.expect(404);
        assert_ne!(world.exchange(&phone).await, "");
        here.delete("/api/auth/sessions").await.expect(204);
        assert_eq!(world.exchange(&phone).await, "");
        assert_ne!(world.exchange(&laptop).await, "", "the one that asks goes on");
        assert_eq!(listed(&here).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_or_ends_a_session_of_somebody_else() {
    on_both(config, async |world| {
        let ana = register(&world, "ana@example.org").await;
        let eve = register(&world, "eve@example.org").await;
        let (anas, eves) = (world.cookie("ana@example.org").await, world.cookie("eve@example.org").await);
        let of_ana = listed(&with(&world, ana, &anas)).await;
        let eve = with(&world, eve, &eves);
        let path = format!("/api/auth/sessions/{}", of_ana[0]["id"].as_str().unwrap());
        assert_eq!(eve.delete(&path).await.code(), "not_found");
        assert!(listed(&eve).await.iter().all(|session| session["id"] != of_ana[0]["id"]));
        eve.delete("/api/auth/sessions").await.expect(204);
        assert_ne!(world.exchange(&anas).await, "");
        // A stolen cookie beside one's own name is none of one's own.
        let mixed = with(&world, ana, &eves);
        assert!(listed(&mixed).await.iter().all(|session| session["current"] == false));
        world.anybody().get("/api/auth/sessions").await.expect(401);
    })
    .await;
}
