//! A forgotten password, and one that is changed.

use crate::world::{PASSWORD, Tokens, World, config, on_both};
use futures::future::{join, join_all};
use hanse_auth_contract::LinkPurpose::ResetPassword;
use hanse_auth_contract::PasswordChanged;
use hanse_kernel::{Actor, UserId};
use hanse_testkit::Answer;
use serde_json::json;

const NEW: &str = "another long password";

fn face(answer: &Answer) -> (u16, Vec<String>, Vec<u8>) {
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), headers, answer.bytes.to_vec())
}

/// A login may be long about its hashing while the password is changed, and the change has ended all sessions by then. Whichever
/// comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_begins_with_a_password_that_is_no_more() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let (mut old, mut new) = (PASSWORD, NEW);
        for _ in 0..4 {
            let token = world.reset_token("ana@example.org").await;
            let logins = join_all((0..2).map(|_| world.login("ana@example.org", old)));
            let (changed, logins) = join(world.reset(&token, new), logins).await;
            changed.expect(204);
            for login in logins {
                assert!(matches!(login.status.as_u16(), 200 | 401), "{}", login.status);
            }
            let live = world.count("select count(*) from sessions where ended_at is null").await;
            assert_eq!(live, 0, "a session has begun with the password that is no more");
            std::mem::swap(&mut old, &mut new);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_forgot_the_password_takes_a_new_one_and_is_logged_out_everywhere() {
    on_both(config, async |world| {
        let ana: UserId =
            world.register("ana@example.org").await["user_id"].as_str().unwrap().parse().unwrap();
        let (tokens, cookie) = (world.tokens("ana@example.org").await, world.cookie("ana@example.org").await);
        let token = world.reset_token("Ana@example.ORG").await;
        assert!(token.starts_with("hlt_") && token.len() == 68);
        world.reset(&token, NEW).await.expect(204);

        assert_eq!(world.login("ana@example.org", PASSWORD).await.code(), "wrong_credentials");
        world.login("ana@example.org", NEW).await.expect(200);
        assert_eq!(world.exchange(&cookie).await, "");
        world.refresh(&tokens.refresh).await.expect(401);
        world.test.settle().await;
        let told = world.test.published_of::<PasswordChanged>();
        assert_eq!(told.iter().map(|event| event.user_id).collect::<Vec<_>>(), [ana]);
        // Whoever reads the mail of an address has it.
        let me = world.auth.client(Actor::Customer { user: ana }).get("/api/auth/me").await.expect(200);
        assert_eq!(me["email_verified"], true);
    })
    .await;
}

#[tokio::test]
async fn a_link_to_a_new_password_works_once_and_only_the_newest_does() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let old = world.reset_token("ana@example.org").await;
        let new = world.reset_token("ana@example.org").await;
        assert_eq!(world.reset(&old, NEW).await.code(), "link_invalid");
        let weak = world.reset(&new, "password123").await;
        assert_eq!((weak.status.as_u16(), weak.code().as_str()), (422, "validation"));
        let own = world.reset(&new, "ANA@example.org").await;
        assert_eq!(own.json()["errors"][0]["code"], "same_as_email", "a refusal leaves the link good");
        let both = futures::future::join_all([world.reset(&new, NEW), world.reset(&new, "a third password")]);
        let mut answers: Vec<u16> = both.await.iter().map(|answer| answer.status.as_u16()).collect();
        answers.sort_unstable();
        assert_eq!(answers, [204, 410]);
        assert_eq!(world.login("ana@example.org", PASSWORD).await.code(), "wrong_credentials");
    })
    .await;
}

/// Rows and messages that a request leaves behind.
async fn traces(world: &World) -> [i64; 3] {
    world.test.settle().await;
    let messages = i64::try_from(world.test.published().len()).unwrap();
    let rows = async |sql| world.count(sql).await;
    [messages, rows("select count(*) from account_links").await, rows("select count(*) from accounts").await]
}

#[tokio::test]
async fn asking_for_a_new_password_tells_nobody_whether_there_is_an_account() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let mut seen = vec![];
        for email in ["ana@example.org", "bob@example.org"] {
            let before = traces(&world).await;
            let answer = face(&world.forgot(email).await);
            let after = traces(&world).await;
            let left: Vec<i64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
            seen.push((answer, left));
        }
        assert_eq!(seen[0], seen[1], "the same answer and the same work");
        assert_eq!((seen[0].0.0, seen[0].1.as_slice()), (202, [1, 1, 0].as_slice()));
        let asked = world.links(ResetPassword).await;
        assert!(world.mail(&asked[0]).await.is_some());
        assert!(world.mail(&asked[1]).await.is_none(), "a stranger is not written to");
        assert_eq!(world.forgot("no address").await.code(), "validation");
    })
    .await;
}

#[tokio::test]
async fn nobodys_mailbox_is_filled_by_others() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let first = face(&world.forgot("ana@example.org").await);
        for _ in 0..9 {
            assert_eq!(face(&world.forgot("ana@example.org").await), first);
        }
        let asked = world.links(ResetPassword).await;
        assert_eq!(asked.len(), 10);
        let mut good = vec![];
        for (n, link) in asked.iter().enumerate() {
            if world.mail(link).await.is_some() {
                good.push(n);
            }
        }
        assert_eq!(good, [4], "the last of the five that an hour allows stays good");
    })
    .await;
}

#[tokio::test]
async fn whoever_knows_the_old_password_changes_it_and_stays_logged_in_here_alone() {
    on_both(config, async |world| {
        let user: UserId =
            world.register("ana@example.org").await["user_id"].as_str().unwrap().parse().unwrap();
        let (here, there) = (world.cookie("ana@example.org").await, world.cookie("ana@example.org").await);
        let phone = Tokens::of(&world.login("ana@example.org", PASSWORD).await.expect(200));
        let ana =
            world.auth.client(Actor::Customer { user }).header("cookie", &format!("hanse_session={here}"));
        let change = async |current: &str, new: &str| {
            let body = json!({"current_password": current, "password": new});
            ana.post("/api/auth/password", body).await
        };
        assert_eq!(change("a wrong password", NEW).await.code(), "wrong_credentials");
        assert_eq!(change(PASSWORD, "password123").await.code(), "validation");
        assert_ne!(world.exchange(&there).await, "", "a refusal changes nothing");
        change(PASSWORD, NEW).await.expect(204);
        assert_ne!(world.exchange(&here).await, "");
        assert_eq!(world.exchange(&there).await, "");
        world.refresh(&phone.refresh).await.expect(401);
        world.login("ana@example.org", PASSWORD).await.expect(401);
        world.login("ana@example.org", NEW).await.expect(200);
        world.test.settle().await;
        assert_eq!(world.test.published_of::<PasswordChanged>().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn another_persons_cookie_keeps_no_session_of_ones_own() {
    on_both(config, async |world| {
        let user: UserId =
            world.register("ana@example.org").await["user_id"].as_str().unwrap().parse().unwrap();
        world.register("eve@example.org").await;
        let (anas, eves) = (world.cookie("ana@example.org").await, world.cookie("eve@example.org").await);
        let ana =
            world.auth.client(Actor::Customer { user }).header("cookie", &format!("hanse_session={eves}"));
        let body = json!({"current_password": PASSWORD, "password": NEW});
        ana.post("/api/auth/password", body).await.expect(204);
        assert_eq!(world.exchange(&anas).await, "");
        assert_ne!(world.exchange(&eves).await, "", "nobody is logged out by somebody else's new password");
    })
    .await;
}
