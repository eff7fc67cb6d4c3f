//! Somebody is erased: their account goes with everything that hangs on it, and the address is free again.

use crate::world::{PASSWORD, config, on_both};
use hanse_auth_contract::LinkPurpose;
use hanse_auth_contract::rpc::{ProvePasswordReply, ProvePasswordRequest};
use hanse_kernel::{Actor, UserId};
use hanse_user_contract::UserErased;
use serde_json::json;

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
async fn a_password_is_proven_to_user_and_guesses_are_counted() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        let Some(Actor::Customer { user }) = world.actor(&tokens.access).await else { panic!("no customer") };
        let prove = async |user: UserId, password: &str| {
            let ask = ProvePasswordRequest { user_id: user.to_string(), password: password.into() };
            world.ask("user").prove_password(ask).await.map(tonic::Response::into_inner)
        };
        let proven = ProvePasswordReply { proven: true, wait_seconds: 0 };
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
