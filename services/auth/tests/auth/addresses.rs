//! An account gets another address.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth_contract::EmailChangeAsked;
use hanse_auth_contract::LinkPurpose::{ChangeEmail, ResetPassword, VerifyEmail};
use hanse_kernel::{Actor, UserId};
use hanse_testkit::{Answer, Client};
use serde_json::json;

async fn person(world: &World, email: &str) -> Client {
    let user: UserId = world.register(email).await["user_id"].as_str().unwrap().parse().unwrap();
    world.auth.client(Actor::Customer { user })
}

async fn ask(who: &Client, password: &str, email: &str) -> Answer {
    who.post("/api/auth/email/change", json!({"current_password": password, "email": email})).await
}

async fn confirm(world: &World, token: &str) -> Answer {
    world.anybody().post("/api/auth/email/confirm", json!({"token": token})).await
}

#[tokio::test]
async fn whoever_knows_the_password_and_reads_the_new_mail_changes_the_address() {
    on_both(config, async |world| {
        let ana = person(&world, "ana@example.org").await;
        let reset = world.reset_token("ana@example.org").await;
        assert_eq!(ask(&ana, "not her password", "lund@example.org").await.code(), "wrong_credentials");
        assert_eq!(ask(&ana, PASSWORD, "lund").await.json()["errors"][0]["field"], "email");
        assert_eq!(ask(&ana, PASSWORD, "ANA@example.org").await.json()["errors"][0]["code"], "unchanged");
        ask(&ana, PASSWORD, "Lund@example.org").await.expect(202);
        let asked = world.links(ChangeEmail).await;
        assert_eq!(world.test.published_of::<EmailChangeAsked>().len(), 1, "the present address is told");
        let mail = world.mail(&asked[0]).await.unwrap();
        assert_eq!(mail.to.unwrap().email, "Lund@example.org");
        let me = ana.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["email"], &me["email_verified"]), (&json!("ana@example.org"), &json!(false)));

        confirm(&world, &mail.token).await.expect(204);
        let me = ana.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["email"], &me["email_verified"]), (&json!("Lund@example.org"), &json!(true)));
        assert_eq!(world.login("ana@example.org", PASSWORD).await.code(), "wrong_credentials");
        world.login("lund@example.org", PASSWORD).await.expect(200);
        assert_eq!(confirm(&world, &mail.token).await.code(), "link_invalid", "a link works once");
        // What went to the old address opens nothing any more.
        assert_eq!(world.reset(&reset, "another long password").await.code(), "link_invalid");
        person(&world, "ana@example.org").await;
    })
    .await;
}

#[tokio::test]
async fn an_address_that_somebody_has_is_not_taken_and_not_told_of() {
    on_both(config, async |world| {
        let ana = person(&world, "ana@example.org").await;
        person(&world, "bob@example.org").await;
        let face = |answer: Answer| (answer.status.as_u16(), answer.bytes.to_vec());
        let free = face(ask(&ana, PASSWORD, "free@example.org").await);
        assert_eq!(face(ask(&ana, PASSWORD, "bob@example.org").await), free);
        let asked = world.links(ChangeEmail).await;
        assert!(world.mail(&asked[1]).await.is_none(), "bob is not written to");
        assert_eq!(world.test.published_of::<EmailChangeAsked>().len(), 2, "and ana is told alike");

        // Nor is it told by what becomes of a link from before: asking anew makes that void either way.
        let before = world.links(ChangeEmail).await;
        assert!(world.mail(&before[0]).await.is_none());
        ask(&ana, PASSWORD, "other@example.org").await.expect(202);
        let own = world.links(ChangeEmail).await.pop().unwrap();
        let own = world.mail(&own).await.unwrap().token;
        ask(&ana, PASSWORD, "bob@example.org").await.expect(202);
        assert_eq!(confirm(&world, &own).await.code(), "link_invalid");

        // Between asking and confirming somebody else opens an account with it.
        ask(&ana, PASSWORD, "eve@example.org").await.expect(202);
        let link = world.links(ChangeEmail).await.pop().unwrap();
        let token = world.mail(&link).await.unwrap().token;
        person(&world, "eve@example.org").await;
        assert_eq!(confirm(&world, &token).await.code(), "link_invalid");
        assert_eq!(ana.get("/api/auth/me").await.expect(200)["email"], "ana@example.org");
    })
    .await;
}

/// Whoever had the password and asked for an address of their own before it was changed.
#[tokio::test]
async fn another_address_that_was_asked_for_before_a_new_password_comes_to_nothing() {
    on_both(config, async |world| {
        let ana = person(&world, "ana@example.org").await;
        for way in ["reset", "change"] {
            ask(&ana, PASSWORD, "thief@example.org").await.expect(202);
            let link = world.links(ChangeEmail).await.pop().unwrap();
            let token = world.mail(&link).await.unwrap().token;
            if way == "reset" {
                let reset = world.reset_token("ana@example.org").await;
                world.reset(&reset, PASSWORD).await.expect(204);
            } else {
                let change = json!({"current_password": PASSWORD, "password": PASSWORD});
                ana.post("/api/auth/password", change).await.expect(204);
            }
            assert_eq!(confirm(&world, &token).await.code(), "link_invalid", "{way}");
        }
        let me = ana.get("/api/auth/me").await.expect(200);
        assert_eq!(me["email"], "ana@example.org");
    })
    .await;
}

#[tokio::test]
async fn a_link_for_one_thing_does_nothing_else() {
    on_both(config, async |world| {
        let ana = person(&world, "ana@example.org").await;
        ask(&ana, PASSWORD, "lund@example.org").await.expect(202);
        let change = world.mail(&world.links(ChangeEmail).await[0]).await.unwrap().token;
        let verify = world.mail(&world.links(VerifyEmail).await[0]).await.unwrap().token;
        let reset = world.reset_token("ana@example.org").await;
        assert_eq!(world.links(ResetPassword).await.len(), 1);
        for other in [&verify, &reset] {
            assert_eq!(confirm(&world, other).await.code(), "link_invalid");
        }
        assert_eq!(world.reset(&change, "another long password").await.code(), "link_invalid");
        let body = json!({"token": change});
        assert_eq!(world.anybody().post("/api/auth/email/verify", body).await.code(), "link_invalid");
        confirm(&world, &change).await.expect(204);
    })
    .await;
}
