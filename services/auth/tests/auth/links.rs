//! Proving that an address is one's own, and what links may not be used for.

use crate::world::{World, config, on_both};
use hanse_auth_contract::LinkPurpose::{ResetPassword, VerifyEmail};
use hanse_auth_contract::rpc::GetLinkRequest;
use hanse_kernel::{Actor, UserId};
use hanse_testkit::{Client, Engine, TestHost, TestWorld};
use serde_json::{Value, json};
use std::time::Duration;

async fn ana(world: &World) -> Client {
    let user: UserId = world.register("ana@example.org").await["user_id"].as_str().unwrap().parse().unwrap();
    world.auth.client(Actor::Customer { user })
}

async fn verified(ana: &Client) -> Value {
    ana.get("/api/auth/me").await.expect(200)["email_verified"].clone()
}

async fn verify(world: &World, token: &str) -> hanse_testkit::Answer {
    world.anybody().post("/api/auth/email/verify", json!({"token": token})).await
}

#[tokio::test]
async fn whoever_follows_the_link_of_the_registration_has_a_verified_address() {
    on_both(config, async |world| {
        let ana = ana(&world).await;
        assert_eq!(verified(&ana).await, false);
        let asked = world.links(VerifyEmail).await;
        assert_eq!(asked.len(), 1);
        let mail = world.mail(&asked[0]).await.unwrap();
        assert_eq!(mail.to.unwrap().email, "ana@example.org");
        verify(&world, &mail.token).await.expect(204);
        assert_eq!(verified(&ana).await, true);
        assert_eq!(verify(&world, &mail.token).await.code(), "link_invalid", "a link works once");
        ana.post("/api/auth/email/verification", json!({})).await.expect(202);
        assert_eq!(world.links(VerifyEmail).await.len(), 1, "there is nothing left to prove");
    })
    .await;
}

#[tokio::test]
async fn a_lost_mail_is_sent_again_a_few_times_and_makes_the_older_ones_void() {
    on_both(config, async |world| {
        let ana = ana(&world).await;
        let first = world.mail(&world.links(VerifyEmail).await[0]).await.unwrap().token;
        for _ in 0..6 {
            ana.post("/api/auth/email/verification", json!({})).await.expect(202);
        }
        let asked = world.links(VerifyEmail).await;
        assert_eq!(asked.len(), 7);
        assert_eq!(verify(&world, &first).await.code(), "link_invalid");
        // Five an hour, the registration's own included; the fifth is the one that stays good.
        for (n, link) in asked.iter().enumerate() {
            assert_eq!(world.mail(link).await.is_some(), n == 4, "{n}");
        }
        let good = world.mail(&asked[4]).await.unwrap().token;
        verify(&world, &good).await.expect(204);
        assert_eq!(verified(&ana).await, true);
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_written_twice_has_two_tokens_and_the_link_still_works_once() {
    on_both(config, async |world| {
        let ana = ana(&world).await;
        let link = world.links(VerifyEmail).await.remove(0);
        let (one, two) = (world.mail(&link).await.unwrap().token, world.mail(&link).await.unwrap().token);
        assert_ne!(one, two);
        verify(&world, &one).await.expect(204);
        assert_eq!(verify(&world, &two).await.code(), "link_invalid");
        assert!(world.mail(&link).await.is_none(), "what was used is not mailed again");
        assert_eq!(verified(&ana).await, true);
    })
    .await;
}

#[tokio::test]
async fn a_link_is_written_only_so_often() {
    on_both(config, async |world| {
        ana(&world).await;
        let link = world.links(VerifyEmail).await.remove(0);
        for n in 0..22 {
            assert_eq!(world.mail(&link).await.is_some(), n < 20, "{n}");
        }
        assert_eq!(world.count("select count(*) from account_link_tokens").await, 20);
    })
    .await;
}

#[tokio::test]
async fn a_link_opens_nothing_but_what_it_is_for() {
    on_both(config, async |world| {
        let ana = ana(&world).await;
        let proof = world.mail(&world.links(VerifyEmail).await[0]).await.unwrap().token;
        assert_eq!(world.reset(&proof, "another long password").await.code(), "link_invalid");
        let reset = world.reset_token("ana@example.org").await;
        assert_eq!(verify(&world, &reset).await.code(), "link_invalid");
        for nothing in ["", "hlt_", &format!("hlt_{}", "0".repeat(64)), &format!("hst_{}", &proof[4..])] {
            assert_eq!(verify(&world, nothing).await.code(), "link_invalid", "{nothing}");
            assert_eq!(
                world.reset(nothing, "another long password").await.code(),
                "link_invalid",
                "{nothing}"
            );
        }
        let body = json!({"token": proof, "user_id": "user_1"});
        let answer = world.anybody().post("/api/auth/email/verify", body).await;
        assert_eq!(answer.code(), "unknown_field");
        assert_eq!(verified(&ana).await, false);
    })
    .await;
}

#[tokio::test]
async fn only_the_mail_learns_what_opens_a_link() {
    on_both(config, async |world| {
        ana(&world).await;
        let link = world.links(VerifyEmail).await.remove(0);
        for caller in ["gateway", "user", "order", "unknown"] {
            let request = GetLinkRequest { link_id: link.link_id.to_string() };
            let refused = world.ask(caller).get_link(request).await.unwrap_err();
            assert_eq!(refused.code(), tonic::Code::PermissionDenied, "{caller}");
        }
        let token = world.mail(&link).await.unwrap().token;
        let told = format!("{:?}", world.test.published());
        assert!(told.contains("LinkAsked") && !told.contains(&token[4..]) && !told.contains("example.org"));
        let stored = "select count(*) from account_link_tokens where length(digest) = 32";
        assert_eq!(world.count(stored).await, 1, "the store has a digest in its place");
    })
    .await;
}

#[tokio::test]
async fn a_link_has_its_time_and_is_forgotten_after_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        ana(&world).await;
        let proof = world.mail(&world.links(VerifyEmail).await[0]).await.unwrap().token;
        let reset = world.reset_token("ana@example.org").await;
        let unsent = world.links(ResetPassword).await.remove(0);
        time.advance(Duration::from_secs(3600));
        assert_eq!(world.reset(&reset, "another long password").await.code(), "link_invalid");
        assert!(world.mail(&unsent).await.is_none(), "a mail that waited too long is not sent");
        verify(&world, &proof).await.expect(204);
        time.advance(Duration::from_secs(49 * 3600));
        world
            .test
            .until("old links are forgotten", async || {
                time.advance(Duration::from_secs(3600));
                world.count("select count(*) from account_links").await == 0
            })
            .await;
        assert_eq!(world.count("select count(*) from account_link_tokens").await, 0);
    }
}
