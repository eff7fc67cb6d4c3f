//! What clients rely on, byte for byte but for what differs each time: a change here is a change of the API.

use crate::world::{PASSWORD, World, config};
use hanse_kernel::{Actor, Permission, UserId};
use hanse_testkit::{Engine, TestHost, TestWorld};
use insta::assert_json_snapshot;
use serde_json::json;
use std::sync::Arc;

async fn world() -> (TestWorld, World) {
    let time = TestWorld::new();
    let test = TestHost::with_effects(Engine::Sqlite, time.effects());
    (time, World::start(test, config()).await)
}

#[tokio::test]
async fn registering_and_logging_in() {
    let (_time, world) = world().await;
    assert_json_snapshot!("registered", world.register("ana@example.org").await, {".user_id" => "[user]"});
    let login = world.login("ana@example.org", PASSWORD).await.expect(200);
    assert_json_snapshot!("logged_in", login, {".access_token" => "[jwt]", ".refresh_token" => "[hrt]"});
    let body = json!({"email": "ana@example.org", "password": PASSWORD, "transport": "cookie"});
    let login = world.anybody().post("/api/auth/login", body).await.expect(200);
    assert_json_snapshot!("logged_in_by_cookie", login);
    let wrong = world.login("ana@example.org", "wrong password").await.expect(401);
    assert_json_snapshot!("wrong_credentials", wrong);
    let refused = world.refresh("x").await.expect(401);
    assert_json_snapshot!("refresh_refused", refused);
    let body = json!({"email": "ana", "password": "qwertyuiop", "name": ""});
    let invalid = world.anybody().post("/api/auth/register", body).await.expect(422);
    assert_json_snapshot!("invalid", invalid);
    let jwks = world.anybody().get("/api/auth/jwks").await.expect(200);
    assert_json_snapshot!("jwks", jwks, {".keys[].kid" => "[kid]", ".keys[].x" => "[x]"});
}

#[tokio::test]
async fn what_an_access_token_says() {
    use base64::Engine;
    let (_time, world) = world().await;
    world.hire("olga@example.org", "catalogue").await;
    let access = world.tokens("olga@example.org").await.access;
    let part = |n: usize| -> serde_json::Value {
        let text = access.split('.').nth(n).unwrap();
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_json_snapshot!("token_header", part(0), {".kid" => "[kid]"});
    assert_json_snapshot!("token_claims", part(1), {".sub" => "[user]", ".jti" => "[id]", ".sid" => "[session]"});
}

#[tokio::test]
async fn staff_and_roles() {
    let (_time, world) = world().await;
    let user = UserId::new(uuid::Uuid::from_u128(1));
    let owner = world.auth.client(Actor::Staff { user, permissions: Arc::new(Permission::ALL.into()) });
    let body = json!({"email": "sam@example.org", "role": "support", "name": "Sam"});
    let sam = owner.post("/api/admin/staff", body).await.expect(201);
    assert_json_snapshot!("staff_created", sam, {".user_id" => "[user]", ".password" => "[password]"});
    let listed = owner.get("/api/admin/staff").await.expect(200);
    assert_json_snapshot!("staff_listed", listed, {".items[].user_id" => "[user]"});
    let user = sam["user_id"].as_str().unwrap().parse().unwrap();
    let sam = world.auth.client(Actor::Staff { user, permissions: Arc::default() });
    assert_json_snapshot!("me", sam.get("/api/auth/me").await.expect(200), {".user_id" => "[user]"});
    assert_json_snapshot!("roles", owner.get("/api/admin/roles").await.expect(200));
}

#[tokio::test]
async fn messages() {
    let (_time, world) = world().await;
    world.register("ana@example.org").await;
    world.register("ana@example.org").await;
    world.test.settle().await;
    let mut published = world.test.published();
    // Messages about different things go out in no particular order.
    published.sort_by(|a, b| (&a.kind, a.envelope.aggver).cmp(&(&b.kind, b.envelope.aggver)));
    let told: Vec<_> = published
        .into_iter()
        .map(|m| json!({"type": m.kind, "aggver": m.envelope.aggver, "data": m.data}))
        .collect();
    assert_json_snapshot!("messages", told, {"[].data.user_id" => "[user]", "[].data.link_id" => "[link]"});
}
