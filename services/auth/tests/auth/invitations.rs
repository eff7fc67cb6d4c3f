//! Somebody is asked by mail to work for the merchant.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth_contract::LinkPurpose::Invitation;
use hanse_auth_contract::UserRegistered;
use hanse_kernel::{Actor, Permission, UserId};
use hanse_testkit::{Answer, Client, Engine, TestHost, TestWorld};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

async fn owner(world: &World) -> (Client, UserId) {
    let user: UserId = world.hire("olga@example.org", "owner").await.parse().unwrap();
    let permissions = Arc::new(Permission::ALL.into_iter().collect());
    (world.auth.client(Actor::Staff { user, permissions }), user)
}

async fn invite(owner: &Client, email: &str, role: &str) -> Answer {
    let body = json!({"email": email, "name": "Sam Bell", "role": role});
    owner.post("/api/admin/staff/invitations", body).await
}

/// The token in the newest mail of an invitation.
async fn mailed(world: &World) -> String {
    let asked = world.links(Invitation).await;
    let mail = world.mail(asked.last().expect("somebody was invited")).await.expect("a mail");
    mail.token
}

async fn accept(world: &World, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    world.anybody().post("/api/auth/invitations/accept", body).await
}

async fn show(world: &World, token: &str) -> Answer {
    world.anybody().post("/api/auth/invitations/show", json!({"token": token})).await
}

async fn role(world: &World, email: &str) -> Value {
    let token = world.tokens(email).await.access;
    let actor = world.actor(&token).await.unwrap();
    world.auth.client(actor).get("/api/auth/me").await.expect(200)["role"].clone()
}

#[tokio::test]
async fn somebody_new_accepts_with_a_password_of_their_own() {
    on_both(config, async |world| {
        let (owner, id) = owner(&world).await;
        let made = invite(&owner, "Sam@example.org", "support").await.expect(201);
        assert_eq!((&made["role"], &made["invited_by"]), (&json!("support"), &json!(id.to_string())));
        let listed = owner.get("/api/admin/staff/invitations").await.expect(200);
        assert_eq!(listed["items"], json!([made]));
        let asked = world.links(Invitation).await;
        let mail = world.mail(&asked[0]).await.unwrap();
        let to = mail.to.unwrap();
        assert_eq!((to.email.as_str(), to.name.as_str()), ("Sam@example.org", "Sam Bell"));
        let shown = show(&world, &mail.token).await.expect(200);
        let told =
            json!({"email": "Sam@example.org", "name": "Sam Bell", "role": "support", "has_account": false});
        assert_eq!(shown, told);

        assert_eq!(accept(&world, &mail.token, "short").await.expect(422)["errors"][0]["field"], "password");
        accept(&world, &mail.token, PASSWORD).await.expect(204);
        assert_eq!(role(&world, "sam@example.org").await, "support");
        assert_eq!(accept(&world, &mail.token, PASSWORD).await.code(), "link_invalid", "a link works once");
        assert_eq!(show(&world, &mail.token).await.code(), "link_invalid");
        let listed = owner.get("/api/admin/staff/invitations").await.expect(200);
        assert_eq!(listed["items"], json!([]));
        world.test.settle().await;
        let told = world.test.published_of::<UserRegistered>();
        assert!(told.iter().all(|one| one.staff) && told.len() == 2, "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_shopper_accepts_with_the_password_that_they_have() {
    on_both(config, async |world| {
        let (owner, _) = owner(&world).await;
        world.register("ana@example.org").await;
        invite(&owner, "ANA@example.org", "catalogue").await.expect(201);
        let token = mailed(&world).await;
        assert_eq!(show(&world, &token).await.expect(200)["has_account"], true);
        assert_eq!(accept(&world, &token, "not her password").await.code(), "wrong_credentials");
        assert_eq!(role(&world, "ana@example.org").await, Value::Null);
        // A shopper's sessions were begun for a month, and left open where nobody minded.
        let cookie = world.cookie("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        assert!(!world.exchange(&cookie).await.is_empty());
        accept(&world, &token, PASSWORD).await.expect(204);
        assert_eq!(world.exchange(&cookie).await, "", "nobody is staff by a shopper's session");
        assert_eq!(world.refresh(&tokens.refresh).await.code(), "refresh_token_invalid");
        assert_eq!(role(&world, "ana@example.org").await, "catalogue");
        assert_eq!(world.count("select count(*) from accounts").await, 2);
        // Whoever works here already is not invited.
        assert_eq!(invite(&owner, "ana@example.org", "support").await.code(), "address_taken");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_is_old_withdrawn_or_replaced_opens_nothing() {
    on_both(config, async |world| {
        let (owner, _) = owner(&world).await;
        invite(&owner, "sam@example.org", "support").await.expect(201);
        let first = mailed(&world).await;
        let second = invite(&owner, "sam@example.org", "read_only").await.expect(201);
        let newer = mailed(&world).await;
        assert_eq!(accept(&world, &first, PASSWORD).await.code(), "link_invalid", "there is a newer one");
        let path = format!("/api/admin/staff/invitations/{}", second["id"].as_str().unwrap());
        owner.delete(&path).await.expect(204);
        owner.delete(&path).await.expect(404);
        assert_eq!(accept(&world, &newer, PASSWORD).await.code(), "link_invalid", "it is withdrawn");
        // A mail that is written only now leads to nothing, and is not written.
        let asked = world.links(Invitation).await;
        assert!(world.mail(asked.last().unwrap()).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_good_for_a_week_and_forgotten_after_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        let (owner, _) = owner(&world).await;
        invite(&owner, "sam@example.org", "support").await.expect(201);
        let token = mailed(&world).await;
        time.advance(WEEK - Duration::from_secs(1));
        show(&world, &token).await.expect(200);
        time.advance(Duration::from_secs(1));
        assert_eq!(accept(&world, &token, PASSWORD).await.code(), "link_invalid");
        let listed = owner.get("/api/admin/staff/invitations").await.expect(200);
        assert_eq!(listed["items"], json!([]));
        world
            .test
            .until("old invitations are forgotten", async || {
                time.advance(Duration::from_secs(3600));
                world.count("select count(*) from invitations").await == 0
            })
            .await;
    }
}

#[tokio::test]
async fn an_invitation_grants_no_more_than_its_inviter_may_grant_when_it_is_accepted() {
    on_both(config, async |world| {
        let (owner, _) = owner(&world).await;
        let second: UserId = world.hire("ole@example.org", "owner").await.parse().unwrap();
        let permissions = Arc::new(Permission::ALL.into_iter().collect());
        let ole = world.auth.client(Actor::Staff { user: second, permissions });
        invite(&ole, "sam@example.org", "owner").await.expect(201);
        let token = mailed(&world).await;
        show(&world, &token).await.expect(200);
        owner.patch(&format!("/api/admin/staff/{second}"), json!({"role": "manager"})).await.expect(200);
        assert_eq!(accept(&world, &token, PASSWORD).await.code(), "link_invalid");
        assert_eq!(world.count("select count(*) from accounts").await, 2);

        let some = Arc::new([Permission::StaffWrite, Permission::OrdersRead].into());
        let clerk = world.auth.client(Actor::Staff { user: second, permissions: some });
        invite(&clerk, "eve@example.org", "support").await.expect(403);
    })
    .await;
}

#[tokio::test]
async fn a_role_that_somebody_is_invited_to_is_not_removed_and_a_mailbox_is_not_filled() {
    on_both(config, async |world| {
        let (owner, _) = owner(&world).await;
        let packer = json!({"role": "packer", "permissions": ["orders:read"]});
        owner.post("/api/admin/roles", packer).await.expect(201);
        for _ in 0..5 {
            invite(&owner, "pim@example.org", "packer").await.expect(201);
        }
        let often = invite(&owner, "pim@example.org", "packer").await;
        assert_eq!(often.code(), "invited_often");
        assert_eq!(owner.delete("/api/admin/roles/packer").await.code(), "role_in_use");
        let token = mailed(&world).await;
        accept(&world, &token, PASSWORD).await.expect(204);
        assert_eq!(role(&world, "pim@example.org").await, "packer");
        let wrong = json!({"email": "pim", "name": "", "role": "nobody"});
        let told = owner.post("/api/admin/staff/invitations", wrong).await.expect(422);
        let fields: Vec<&Value> = told["errors"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
        assert_eq!(fields, ["email", "name", "role"]);
    })
    .await;
}

#[tokio::test]
async fn one_link_that_is_followed_many_times_at_once_lets_in_one() {
    on_both(config, async |world| {
        let (owner, _) = owner(&world).await;
        invite(&owner, "sam@example.org", "support").await.expect(201);
        let token = mailed(&world).await;
        let at_once = (0..8).map(|_| accept(&world, &token, PASSWORD));
        let told = futures::future::join_all(at_once).await;
        let let_in = told.iter().filter(|answer| answer.status == 204).count();
        assert_eq!(let_in, 1);
        assert_eq!(world.count("select count(*) from accounts").await, 2);
    })
    .await;
}
