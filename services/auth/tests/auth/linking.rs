//! Whose account a provider opens: one that both sides know to be somebody's, or one that its owner has linked.

use crate::at_provider::{Browser, location, on_both, refused};
use crate::world::{PASSWORD, World};
use hanse_auth_contract::LinkPurpose::VerifyEmail;
use hanse_auth_contract::{IdentityLinked, LinkAsked, UserRegistered};
use hanse_kernel::{Actor, Proof, UserId};
use hanse_testkit::IdentityProvider;
use serde_json::{Value, json};

/// Somebody with a password, logged in with a browser.
async fn person<'a>(world: &'a World, at: &'a IdentityProvider, email: &str) -> (Browser<'a>, UserId) {
    let user: UserId = world.register(email).await["user_id"].as_str().unwrap().parse().unwrap();
    let mut browser = Browser::new(world, at);
    browser.actor = Actor::Customer { user };
    (browser, user)
}

pub async fn verify(world: &World) {
    let link = world.links(VerifyEmail).await.pop().unwrap();
    let token = world.mail(&link).await.unwrap().token;
    world.anybody().post("/api/auth/email/verify", json!({"token": token})).await.expect(204);
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn a_verified_address_lets_its_owner_in_and_another_does_not() {
    on_both(async |world, at| {
        let (_, ana) = person(world, at, "Ana@Example.org").await;
        // She has not verified it: somebody may have registered with an address of others.
        assert_eq!(refused(&Browser::new(world, at).logs_in("kontor").await), "link_first");
        verify(world).await;
        at.behave(|m| m.person["email_verified"] = json!(false));
        assert_eq!(refused(&Browser::new(world, at).logs_in("kontor").await), "unverified");
        at.behave(|m| m.person["email_verified"] = json!("true"));
        let mut browser = Browser::new(world, at);
        assert_eq!(browser.logs_in("kontor").await, "/account");
        assert_eq!(browser.actor, Actor::Customer { user: ana });
        world.test.settle().await;
        let told = world.test.published_of::<IdentityLinked>();
        assert_eq!((told.len(), told[0].user_id, told[0].provider.as_str()), (1, ana, "Kontor ID"));
        // Once it is linked, she is not told again, nor is another account made.
        browser.logs_in("kontor").await;
        world.test.settle().await;
        assert_eq!(world.test.published_of::<IdentityLinked>().len(), 1);
        assert_eq!(world.test.published_of::<UserRegistered>().len(), 1);
        world.tokens("ana@example.org").await;
    })
    .await;
}

#[tokio::test]
async fn an_owner_links_whom_they_are_elsewhere_and_ends_it() {
    on_both(async |world, at| {
        let (mut ana, user) = person(world, at, "ana@example.org").await;
        at.behave(|m| m.person = json!({"sub": "7", "email": "other@example.net", "email_verified": false}));
        assert_eq!(ana.links("kontor").await, "/account/security");
        let linked = ana.get("/api/auth/identities").await;
        let item = &linked["items"][0];
        assert_eq!((&item["provider"], &item["label"]), (&json!("kontor"), &json!("Kontor ID")));
        world.test.settle().await;
        assert_eq!(world.test.published_of::<IdentityLinked>().len(), 1);
        assert_eq!(ana.links("kontor").await, "/account/security", "twice is once");
        let mut elsewhere = Browser::new(world, at);
        assert_eq!(elsewhere.logs_in("kontor").await, "/account");
        assert_eq!(elsewhere.actor, Actor::Customer { user });
        assert!(ana.get("/api/auth/identities").await["items"][0]["last_login_at"].is_string());

        // Nobody else may link the same person, nor end what is hers.
        let (mut eve, _) = person(world, at, "eve@example.org").await;
        let to = eve.links("kontor").await;
        assert_eq!((refused(&to), to.starts_with("/account/security?")), ("taken", true));
        let path = format!("/api/auth/identities/{}", id(item));
        assert_eq!(eve.delete(&path).await.status, 404);
        ana.delete(&path).await.expect(204);
        assert_eq!(ana.delete(&path).await.status, 404);
        let written =
            "select count(*) from record_entry where action in ('identity.linked', 'identity.unlinked')";
        assert_eq!(world.count(written).await, 2);
        assert_eq!(refused(&Browser::new(world, at).logs_in("kontor").await), "unverified");
    })
    .await;
}

#[tokio::test]
async fn a_link_is_made_and_ended_only_by_whoever_has_just_shown_who_they_are() {
    on_both(async |world, at| {
        let (mut ana, _) = person(world, at, "ana@example.org").await;
        // A session that was left open is no way to let oneself in for good.
        for proof in [Proof::Former, Proof::Unenrolled, Proof::Key] {
            ana.proof = proof;
            let refused = ana.post("/api/auth/identities/kontor/link", json!({})).await;
            let expected = match proof {
                Proof::Unenrolled => "factor_enrolment_required",
                Proof::Key => "key_not_allowed",
                _ => "step_up_required",
            };
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, expected));
        }
        assert_eq!(world.count("select count(*) from errands").await, 0);
        // Who had shown it when they set out has, however long they were away.
        ana.proof = Proof::Recent;
        let back = ana.asks_to_link("kontor").await;
        ana.proof = Proof::Former;
        assert_eq!(location(&ana.open(&back).await), "/account/security");
        let path = format!("/api/auth/identities/{}", id(&ana.get("/api/auth/identities").await["items"][0]));
        let refused = ana.delete(&path).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "step_up_required"));
        assert_eq!(refused.json()["step_up"], "/api/auth/step-up");
        assert_eq!(world.count("select count(*) from identities").await, 1);
        ana.proof = Proof::Recent;
        ana.delete(&path).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_linked_in_a_session_that_has_ended() {
    on_both(async |world, at| {
        let (mut ana, user) = person(world, at, "ana@example.org").await;
        ana.cookies.insert("hanse_session".into(), world.cookie("ana@example.org").await);
        let back = ana.asks_to_link("kontor").await;
        let token = world.reset_token("ana@example.org").await;
        world.reset(&token, PASSWORD).await.expect(204);
        // As the edge would take them for another moment.
        assert_eq!(refused(&location(&ana.open(&back).await)), "logged_out");
        ana.actor = Actor::Customer { user };
        let refused = ana.post("/api/auth/identities/kontor/link", json!({})).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "step_up_required"));
        assert_eq!(world.count("select count(*) from identities").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_an_owner_has_linked_outlives_a_new_password_and_they_were_told() {
    on_both(async |world, at| {
        let (mut ana, user) = person(world, at, "ana@example.org").await;
        verify(world).await;
        ana.links("kontor").await;
        let change = json!({"current_password": PASSWORD, "password": "another long password"});
        ana.post("/api/auth/password", change).await.expect(204);
        assert_eq!(Browser::new(world, at).logs_in("kontor").await, "/account");
        let token = world.reset_token("ana@example.org").await;
        world.reset(&token, PASSWORD).await.expect(204);
        let mut browser = Browser::new(world, at);
        assert_eq!(
            (browser.logs_in("kontor").await.as_str(), browser.actor.user()),
            ("/account", Some(user))
        );
        world.test.settle().await;
        assert_eq!(world.test.published_of::<IdentityLinked>().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_lets_nobody_in_is_no_way_that_is_left() {
    on_both(async |world, at| {
        let mut ana = Browser::new(world, at);
        ana.logs_in("kontor").await;
        assert_eq!(Browser::new(world, at).logs_in("google").await, "/account", "linked by the address");
        let items = ana.get("/api/auth/identities").await["items"].clone();
        let path = |at: usize| format!("/api/auth/identities/{}", id(&items[at]));
        assert_eq!((&items[0]["provider"], &items[1]["provider"]), (&json!("kontor"), &json!("google")));
        // As staff she comes in by what she has linked herself alone.
        world.meddle("update accounts set role = 'support'").await;
        assert_eq!(refused(&Browser::new(world, at).logs_in("google").await), "link_first");
        assert_eq!(ana.delete(&path(0)).await.code(), "last_way_in");
        ana.delete(&path(1)).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn whoever_comes_back_to_link_is_still_who_set_out() {
    on_both(async |world, at| {
        let (mut ana, _) = person(world, at, "ana@example.org").await;
        let (_, eve) = person(world, at, "eve@example.org").await;
        for actor in [Actor::Anonymous, Actor::Customer { user: eve }] {
            let me = ana.actor.clone();
            let back = ana.asks_to_link("kontor").await;
            ana.actor = actor;
            let ended = ana.open(&back).await;
            assert_eq!(refused(&location(&ended)), "logged_out");
            ana.actor = me;
        }
        assert_eq!(world.count("select count(*) from identities").await, 0);
        world.anybody().post("/api/auth/identities/kontor/link", json!({})).await.expect(401);
        let answer =
            ana.post("/api/auth/identities/kontor/link", json!({"return_to": "//evil.example"})).await;
        assert_eq!(answer.json()["errors"][0]["field"], "return_to");
        assert_eq!(ana.post("/api/auth/identities/nobody/link", json!({})).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn the_last_way_in_stays_until_there_is_a_password() {
    on_both(async |world, at| {
        let mut ana = Browser::new(world, at);
        ana.logs_in("kontor").await;
        let path = format!("/api/auth/identities/{}", id(&ana.get("/api/auth/identities").await["items"][0]));
        assert_eq!(ana.delete(&path).await.code(), "last_way_in");
        // Without a password nothing is proved by one, and nobody can tell from outside.
        let wrong = world.login("ana@example.org", PASSWORD).await;
        assert_eq!(wrong.code(), "wrong_credentials");
        let change = json!({"current_password": "", "password": "another long password"});
        assert_eq!(ana.post("/api/auth/password", change).await.code(), "no_password");
        let change = json!({"current_password": "", "email": "lund@example.org"});
        assert_eq!(ana.post("/api/auth/email/change", change).await.code(), "no_password");
        let token = world.reset_token("ana@example.org").await;
        world.reset(&token, PASSWORD).await.expect(204);
        world.tokens("ana@example.org").await;
        assert_eq!(ana.logs_in("kontor").await, "/account", "the provider lets her in as before");
        assert_eq!(ana.get("/api/auth/me").await["has_password"], true);
        ana.delete(&path).await.expect(204);
        assert_eq!(ana.get("/api/auth/identities").await["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn of_two_ways_in_that_are_ended_at_once_one_stays() {
    on_both(async |world, at| {
        let mut ana = Browser::new(world, at);
        ana.logs_in("kontor").await;
        ana.links("google").await;
        let items = ana.get("/api/auth/identities").await["items"].clone();
        let paths: Vec<String> = items
            .as_array()
            .unwrap()
            .iter()
            .map(|item| format!("/api/auth/identities/{}", id(item)))
            .collect();
        let ended = futures::future::join_all(paths.iter().map(|path| ana.delete(path))).await;
        let mut statuses: Vec<u16> = ended.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
    })
    .await;
}

#[tokio::test]
async fn staff_are_let_in_by_a_provider_only_if_they_have_linked_it_themselves() {
    on_both(async |world, at| {
        world.hire("ana@example.org", "manager").await;
        world.meddle("update accounts set email_verified_at = created_at").await;
        assert_eq!(refused(&Browser::new(world, at).logs_in("kontor").await), "link_first");
        let token = world.tokens("ana@example.org").await.access;
        let mut ana = Browser::new(world, at);
        ana.actor = world.actor(&token).await.unwrap();
        assert_eq!(ana.links("kontor").await, "/account/security");
        let mut browser = Browser::new(world, at);
        assert_eq!(browser.logs_in("kontor").await, "/account");
        assert!(matches!(browser.actor, Actor::Staff { .. }));
    })
    .await;
}

#[tokio::test]
async fn facebook_vouches_for_no_address_and_lets_people_in_all_the_same() {
    on_both(async |world, at| {
        let mut ana = Browser::new(world, at);
        assert_eq!(ana.logs_in("facebook").await, "/account");
        let me = ana.get("/api/auth/me").await;
        assert_eq!((&me["email"], &me["email_verified"]), (&json!("ana@example.org"), &json!(false)));
        world.test.settle().await;
        assert_eq!(world.test.published_of::<LinkAsked>().len(), 1, "the address is yet to be verified");
        ana.logs_in("facebook").await;

        // It is enough for no account that is there, verified or not.
        at.behave(|m| m.person["sub"] = json!("8"));
        assert_eq!(refused(&Browser::new(world, at).logs_in("facebook").await), "link_first");
        verify(world).await;
        assert_eq!(refused(&Browser::new(world, at).logs_in("facebook").await), "link_first");
        at.behave(|m| m.person["email"] = Value::Null);
        assert_eq!(refused(&Browser::new(world, at).logs_in("facebook").await), "no_address");
        assert_eq!(ana.links("facebook").await, "/account/security", "its owner may link it");
    })
    .await;
}

#[tokio::test]
async fn whoever_opened_an_account_with_anothers_address_loses_it_to_its_owner() {
    on_both(async |world, at| {
        let mut eve = Browser::new(world, at);
        eve.logs_in("facebook").await;
        // Ana, whose address it is, takes it over by her mail.
        let token = world.reset_token("ana@example.org").await;
        world.reset(&token, PASSWORD).await.expect(204);
        world.tokens("ana@example.org").await;
        assert_eq!(refused(&Browser::new(world, at).logs_in("facebook").await), "link_first");
        assert_eq!(world.count("select count(*) from identities").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_shopper_who_begins_to_work_here_is_not_let_in_as_staff_for_an_address() {
    on_both(async |world, at| {
        let (mut ana, _) = person(world, at, "ana@example.org").await;
        verify(world).await;
        assert_eq!(Browser::new(world, at).logs_in("kontor").await, "/account");
        world.meddle("update accounts set role = 'support'").await;
        assert_eq!(refused(&Browser::new(world, at).logs_in("kontor").await), "link_first");
        assert_eq!(ana.links("kontor").await, "/account/security", "this time it is she who links it");
        assert_eq!(Browser::new(world, at).logs_in("kontor").await, "/account");
    })
    .await;
}
