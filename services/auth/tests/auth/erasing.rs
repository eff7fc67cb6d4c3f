//! Somebody is erased: their account goes with everything that hangs on it, and the address is free again.

use crate::at_provider::{Browser, on_both as at_both, shop};
use crate::factors::in_time;
use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth_contract::LinkPurpose;
use hanse_auth_contract::rpc::{ProvePasswordReply, ProvePasswordRequest};
use hanse_http::Shown;
use hanse_kernel::{Actor, Proof, Timestamp, UserId};
use hanse_testkit::{Engine, IdentityProvider, TestHost, TestWorld};
use hanse_user_contract::UserErased;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn nothing_of_an_account_is_left_and_its_address_may_come_again() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        world.register("bo@example.org").await;
        let (tokens, cookie) = (world.tokens("ana@example.org").await, world.cookie("ana@example.org").await);
        world.cookie("bo@example.org").await;
        world.forgot("ana@example.org").await.expect(202);
        let link = world.links(LinkPurpose::ResetPassword).await[0].clone();
        let mail = world.mail(&link).await.expect("a mail");
        let Some(Actor::Customer { user }) = world.actor(&tokens.access).await else { panic!("no customer") };

        world.test.send("user", user, &UserErased { user_id: user }).await;
        world.test.send("user", user, &UserErased { user_id: user }).await;
        for (count, left) in [
            ("select count(*) from accounts", 1),
            ("select count(*) from sessions", 1),
            ("select count(*) from refresh_tokens", 0),
            ("select count(*) from account_links where user_id is not null and email is not null", 0),
        ] {
            assert_eq!(world.count(count).await, left, "{count}");
        }
        assert_eq!(world.exchange(&cookie).await, "");
        world.refresh(&tokens.refresh).await.expect(401);
        assert_eq!(world.login("ana@example.org", PASSWORD).await.code(), "wrong_credentials");
        assert!(world.mail(&link).await.is_none());
        let reset = json!({"token": mail.token, "password": "another long one"});
        assert_eq!(world.anybody().post("/api/auth/password/reset", reset).await.code(), "link_invalid");

        world.register("ana@example.org").await;
        let again = world.tokens("ana@example.org").await;
        let Some(Actor::Customer { user: fresh }) = world.actor(&again.access).await else {
            panic!("no customer")
        };
        assert_ne!(fresh, user);
    })
    .await;
}

#[tokio::test]
async fn whoever_works_here_is_not_erased_as_a_customer_is() {
    on_both(config, async |world| {
        let user: UserId = world.hire("ole@example.org", "owner").await.parse().unwrap();
        let cookie = world.cookie("ole@example.org").await;
        world.test.send("user", user, &UserErased { user_id: user }).await;
        assert_eq!(world.count("select count(*) from accounts where role = 'owner'").await, 1);
        assert_ne!(world.exchange(&cookie).await, "");
    })
    .await;
}

#[tokio::test]
async fn a_password_is_proven_to_user_and_guesses_are_counted() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        let Some(Actor::Customer { user }) = world.actor(&tokens.access).await else { panic!("no customer") };
        let prove = async |user: UserId, password: &str| {
            let ask = ProvePasswordRequest { user_id: user.to_string(), password: password.into() };
            world.ask("user").prove_password(ask).await.map(tonic::Response::into_inner)
        };
        let proven = ProvePasswordReply { proven: true, ..ProvePasswordReply::default() };
        assert_eq!(prove(user, PASSWORD).await.unwrap(), proven);
        for _ in 0..10 {
            assert_eq!(prove(user, "a guess that is wrong").await.unwrap(), ProvePasswordReply::default());
        }
        let refused = prove(user, PASSWORD).await.unwrap();
        assert!(!refused.proven && refused.wait_seconds > 0, "{refused:?}");
        let nobody = prove(UserId::new(uuid::Uuid::from_u128(7)), PASSWORD).await.unwrap_err();
        assert_eq!(nobody.code(), tonic::Code::NotFound);
        let ask = ProvePasswordRequest { user_id: user.to_string(), password: PASSWORD.into() };
        let stranger = world.ask("order").prove_password(ask).await.unwrap_err();
        assert_eq!(stranger.code(), tonic::Code::PermissionDenied);
    })
    .await;
}

async fn proven(world: &World, user: UserId) -> Result<ProvePasswordReply, tonic::Code> {
    let ask = ProvePasswordRequest { user_id: user.to_string(), password: PASSWORD.into() };
    let answer = world.ask("user").prove_password(ask).await;
    answer.map(tonic::Response::into_inner).map_err(|status| status.code())
}

#[tokio::test]
async fn user_is_told_that_a_factor_is_enrolled_or_that_there_is_no_password() {
    in_time(async |shop| {
        let ana = shop.person("ana@example.org").await;
        let user = ana.actor.user().unwrap();
        let wanted = ProvePasswordReply { proven: true, wait_seconds: 0, factor_wanted: true };
        assert_eq!(proven(&shop.world, user).await, Ok(wanted));
        let wrong = ProvePasswordRequest { user_id: user.to_string(), password: "a guess".into() };
        let wrong = shop.world.ask("user").prove_password(wrong).await.unwrap().into_inner();
        assert_eq!(wrong, ProvePasswordReply::default(), "who guesses is not told of it");
    })
    .await;
    at_both(async |world, at| {
        let mut browser = Browser::new(world, at);
        browser.logs_in("kontor").await;
        let user = browser.actor.user().unwrap();
        assert_eq!(proven(world, user).await, Err(tonic::Code::FailedPrecondition));
    })
    .await;
}

#[tokio::test]
async fn who_logs_in_by_a_provider_alone_shows_who_they_are_by_doing_it_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let at = IdentityProvider::start(time.effects()).await;
        let world = World::start(TestHost::with_effects(engine, time.effects()), shop(&at)).await;
        let mut browser = Browser::new(&world, &at);
        let recent = async |browser: &Browser<'_>| {
            let token = world.exchange(&browser.cookies["hanse_session"]).await;
            world
                .known(&token)
                .await
                .unwrap()
                .shown
                .proof(Timestamp::from_micros(world.test.effects.now().micros()))
        };
        browser.logs_in("kontor").await;
        let user = browser.actor.user().unwrap();
        assert_eq!(recent(&browser).await, Proof::Recent, "just logged in");
        time.advance(Duration::from_secs(10 * 60));
        assert_eq!(recent(&browser).await, Proof::Former);
        // There is nothing that a step-up could be shown.
        let step = browser.post("/api/auth/step-up", json!({"current_password": PASSWORD})).await;
        assert_eq!((step.status.as_u16(), step.code().as_str()), (409, "no_password"));
        let step = browser.post("/api/auth/step-up", json!({"code": "123456"})).await;
        assert_eq!(step.code(), "wrong_code");
        assert_eq!(recent(&browser).await, Proof::Former);
        assert_eq!(browser.logs_in("kontor").await, "/account");
        assert_eq!((recent(&browser).await, browser.actor.user()), (Proof::Recent, Some(user)));
        assert!(matches!(
            world.known(&world.exchange(&browser.cookies["hanse_session"]).await).await.unwrap().shown,
            Shown::At(_)
        ));
    }
}

#[tokio::test]
async fn who_logs_in_by_a_provider_and_has_an_app_shows_the_app() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let at = IdentityProvider::start(time.effects()).await;
        let world = World::start(TestHost::with_effects(engine, time.effects()), shop(&at)).await;
        let mut browser = Browser::new(&world, &at);
        browser.logs_in("kontor").await;
        let user = browser.actor.user().unwrap();
        let begun = browser.post("/api/auth/factors/totp", json!({})).await.expect(200);
        let app = hanse_testkit::App::of(begun["secret"].as_str().unwrap());
        let now = || world.test.effects.now().micros();
        let code = || json!({"code": app.code(now())});
        browser.post("/api/auth/factors/totp/confirm", code()).await.expect(200);
        time.advance(Duration::from_secs(10 * 60));
        let proof = async |browser: &Browser<'_>| {
            let token = world.exchange(&browser.cookies["hanse_session"]).await;
            world.known(&token).await.unwrap().shown.proof(Timestamp::from_micros(now()))
        };
        assert_eq!(proof(&browser).await, Proof::Former);
        browser.post("/api/auth/step-up", code()).await.expect(200);
        assert_eq!((proof(&browser).await, browser.actor.user()), (Proof::Recent, Some(user)));
        // The provider's word alone begins no session that would be as good.
        let mut elsewhere = Browser::new(&world, &at);
        assert!(elsewhere.logs_in("kontor").await.contains("challenge="), "the app is asked for");
        assert_eq!(elsewhere.actor, Actor::Anonymous);
    }
}

/// An answer that is given in the moment of an erasure makes one.
#[tokio::test]
async fn a_key_that_was_left_behind_goes_when_the_erasure_is_told_once_more() {
    on_both(config, async |world| {
        let (keys, user) = ("select count(*) from person_key", UserId::new(uuid::Uuid::from_u128(7)));
        let before = world.count(keys).await;
        world.host.vault.of_in(&world.host.db, user).await.expect("a key");
        assert_eq!(world.count(keys).await, before + 1);
        world.test.send("user", user, &UserErased { user_id: user }).await;
        assert_eq!(world.count(keys).await, before);
    })
    .await;
}
