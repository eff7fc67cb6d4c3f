//! Logging in with who one is elsewhere, and what a provider cannot get away with.

use crate::at_provider::{Browser, location, on_both, refused, shop};
use crate::world::World;
use hanse_auth_contract::{LinkAsked, NewDevice, UserRegistered};
use hanse_kernel::Actor;
use hanse_testkit::identity_provider::{Answer, Manners, Signing};
use hanse_testkit::{Engine, IdentityProvider, TestHost, TestWorld};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn somebody_new_gets_an_account_and_comes_back_to_it() {
    on_both(async |world, at| {
        let listed = world.anybody().get("/api/auth/providers").await.expect(200);
        assert_eq!(listed["items"][0], json!({"id": "kontor", "label": "Kontor ID"}));
        let mut browser = Browser::new(world, at);
        let back = browser.sets_out("kontor", "?return_to=/cart").await;
        assert_eq!(location(&browser.open(&back).await), "/cart");
        assert!(!browser.cookies.contains_key("hanse_errand"), "the errand is done");
        let me = browser.get("/api/auth/me").await;
        assert_eq!((&me["email"], &me["name"]), (&json!("ana@example.org"), &json!("Ana Lund")));
        assert_eq!((&me["email_verified"], &me["has_password"]), (&json!(true), &json!(false)));
        world.test.settle().await;
        assert_eq!(world.test.published_of::<UserRegistered>().len(), 1);
        assert_eq!(world.test.published_of::<LinkAsked>().len(), 0, "nothing is left to verify");

        // Whatever becomes of the address there: it is who they are that counts.
        at.behave(|m| m.person["email"] = json!("lund@example.org"));
        let mut elsewhere = Browser::new(world, at);
        assert_eq!(elsewhere.logs_in("kontor").await, "/account");
        assert_eq!(elsewhere.get("/api/auth/me").await["user_id"], me["user_id"]);
        world.test.settle().await;
        assert_eq!(world.test.published_of::<NewDevice>().len(), 1, "as after a login with a password");
        assert_eq!(browser.get("/api/auth/sessions").await["sessions"].as_array().unwrap().len(), 2);
        assert_eq!(world.count("select count(*) from errands").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_address_told_by_the_user_info_endpoint_alone_is_as_good() {
    on_both(async |world, at| {
        at.behave(|m| m.reserved = true);
        let mut browser = Browser::new(world, at);
        assert_eq!(browser.logs_in("google").await, "/account");
        assert_eq!(browser.get("/api/auth/me").await["name"], "Ana Lund");
        at.behave(|m| _ = m.info.insert("sub", json!("4712")));
        let mut other = Browser::new(world, at);
        assert_eq!(refused(&other.logs_in("google").await), "provider_wrong", "told of somebody else");
    })
    .await;
}

type Change = Box<dyn Fn(&mut Manners)>;

/// How a provider may err or lie, and what becomes of it.
fn misbehaviours() -> Vec<(&'static str, &'static str, Change)> {
    let claim = |name: &'static str, value: Value| -> Change {
        Box::new(move |m| _ = m.claims.insert(name, value.clone()))
    };
    let answer = |path: &'static str, answer: Answer| -> Change {
        Box::new(move |m| _ = m.answers.insert(path, answer.clone()))
    };
    let signing = |signing: Signing| -> Change { Box::new(move |m| m.signing = signing) };
    let wrong = "provider_wrong";
    let away = "provider_away";
    vec![
        ("a nonce of another login", wrong, claim("nonce", json!("another"))),
        ("no nonce", wrong, claim("nonce", Value::Null)),
        ("a token of another issuer", wrong, claim("iss", json!("https://evil.example"))),
        ("a token for another shop", wrong, claim("aud", json!("another shop"))),
        ("a token for several, not saying who asked", wrong, claim("aud", json!(["kontor shop", "other"]))),
        ("a token that another client asked for", wrong, claim("azp", json!("another shop"))),
        ("an expired token", wrong, claim("exp", json!(1_700_000_000))),
        ("a token from the future", wrong, claim("iat", json!(33_000_000_000_i64))),
        ("a token of long ago", wrong, claim("iat", json!(1_700_000_000))),
        ("a token about nobody", wrong, claim("sub", json!(""))),
        ("no signature", wrong, signing(Signing::Unsigned)),
        ("a forged signature", wrong, signing(Signing::Forged)),
        ("a signature with the client's secret", wrong, signing(Signing::Secret)),
        ("a signature with the public key as a secret", wrong, signing(Signing::Confused)),
        ("sent back by another issuer", wrong, Box::new(|m| m.sender = Some("https://evil.example".into()))),
        ("an unverified address", "unverified", Box::new(|m| m.person["email_verified"] = json!(false))),
        (
            "an address of which it does not say",
            "unverified",
            Box::new(|m| m.person["email_verified"] = Value::Null),
        ),
        (
            "no address",
            "no_address",
            Box::new(|m| {
                m.claims.insert("email", Value::Null);
                m.info.insert("email", Value::Null);
            }),
        ),
        ("an address that is none", "no_address", Box::new(|m| m.person["email"] = json!("ana"))),
        (
            "a refused code",
            wrong,
            answer("/token", Answer::Status(400, r#"{"error": "invalid_grant"}"#.into())),
        ),
        ("an error", away, answer("/token", Answer::Status(500, "<script>alert(1)</script>".into()))),
        ("a huge answer", away, answer("/token", Answer::Huge)),
        ("nonsense", wrong, answer("/token", Answer::Status(200, "<html>".into()))),
        ("a redirect", wrong, answer("/token", Answer::Elsewhere("http://127.0.0.1:1/".into()))),
    ]
}

#[tokio::test]
async fn nobody_is_let_in_on_the_word_of_a_provider_that_errs_or_lies() {
    on_both(async |world, at| {
        for (what, expected, misbehave) in misbehaviours() {
            let good = Manners { person: json!({"sub": "1", "email": "ana@example.org", "email_verified": true, "name": "<b>Ana</b>"}), ..Manners::default() };
            at.behave(|m| {
                *m = good;
                misbehave(m);
            });
            let mut browser = Browser::new(world, at);
            let back = browser.sets_out("kontor", "?return_to=/cart").await;
            let ended = browser.open(&back).await;
            let to = location(&ended);
            assert_eq!(refused(&to), expected, "{what}: {to}");
            assert!(to.starts_with("/account/login?") && to.ends_with("&provider=kontor&to=%2Fcart"), "{what}: {to}");
            assert!(!browser.cookies.contains_key("hanse_session") && browser.actor == Actor::Anonymous, "{what}");
            assert!(ended.bytes.is_empty(), "{what}: nothing that a provider says is shown");
        }
        assert_eq!(world.count("select count(*) from accounts").await, 0);
        assert_eq!(world.count("select count(*) from sessions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_document_of_another_issuer_sends_nobody_anywhere() {
    on_both(async |world, at| {
        at.behave(|m| _ = m.document.insert("issuer", json!("https://evil.example")));
        let mut browser = Browser::new(world, at);
        let to = location(&browser.open("/api/auth/oauth/kontor/start?return_to=/cart").await);
        assert_eq!((refused(&to), to.starts_with("/account/login?")), ("provider_wrong", true));
        // A provider that is away is not in the way of those with a password.
        world.register("bo@example.org").await;
        world.tokens("bo@example.org").await;
        // Nor do its documents lead into the shop's own network.
        at.behave(|m| {
            m.document.clear();
            m.document.insert("token_endpoint", json!("https://10.0.0.1/token"));
        });
        let back = browser.sets_out("kontor", "").await;
        assert_eq!(refused(&location(&browser.open(&back).await)), "provider_away");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_fails_again_and_again_is_left_alone_for_a_moment() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let at = IdentityProvider::start(time.effects()).await;
        let world = World::start(TestHost::with_effects(engine, time.effects()), shop(&at)).await;
        let mut browser = Browser::new(&world, &at);
        at.behave(|m| {
            _ = m.answers.insert("/.well-known/openid-configuration", Answer::Status(503, String::new()))
        });
        for _ in 0..6 {
            let to = location(&browser.open("/api/auth/oauth/kontor/start").await);
            assert_eq!(refused(&to), "provider_away");
        }
        assert_eq!(at.asked("/.well-known/openid-configuration"), 3);
        at.behave(|m| m.answers.clear());
        time.advance(Duration::from_secs(11));
        assert_eq!(browser.logs_in("kontor").await, "/account");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_up() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let at = IdentityProvider::start(time.effects()).await;
        let world = World::start(TestHost::with_effects(engine, time.effects()), shop(&at)).await;
        let mut browser = Browser::new(&world, &at);
        let back = browser.sets_out("kontor", "").await;
        at.behave(|m| _ = m.answers.insert("/token", Answer::Never));
        let waits = async {
            world.test.until("the code is being exchanged", async || at.asked("/token") == 1).await;
            time.advance(Duration::from_secs(5));
        };
        let (ended, ()) = futures::future::join(browser.open(&back), waits).await;
        assert_eq!(refused(&location(&ended)), "provider_away");
    }
}

#[tokio::test]
async fn another_key_is_learnt_and_keys_are_not_asked_for_each_time() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let at = IdentityProvider::start(time.effects()).await;
        let world = World::start(TestHost::with_effects(engine, time.effects()), shop(&at)).await;
        for _ in 0..3 {
            assert_eq!(Browser::new(&world, &at).logs_in("kontor").await, "/account");
        }
        assert_eq!((at.asked("/jwks"), at.asked("/.well-known/openid-configuration")), (1, 1));
        at.turn_key();
        time.advance(Duration::from_secs(11));
        assert_eq!(Browser::new(&world, &at).logs_in("kontor").await, "/account");
        assert_eq!(at.asked("/jwks"), 2);
        // Whoever sends unknown keys again and again does not make the shop ask again and again.
        at.turn_key();
        for _ in 0..3 {
            assert_eq!(refused(&Browser::new(&world, &at).logs_in("kontor").await), "provider_wrong");
        }
        assert_eq!(at.asked("/jwks"), 2);
        time.advance(Duration::from_secs(11));
        assert_eq!(Browser::new(&world, &at).logs_in("kontor").await, "/account");
    }
}

#[tokio::test]
async fn one_comes_back_once_with_the_browser_that_set_out_and_soon() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let at = IdentityProvider::start(time.effects()).await;
        let world = World::start(TestHost::with_effects(engine, time.effects()), shop(&at)).await;
        let mut ana = Browser::new(&world, &at);
        let back = ana.sets_out("kontor", "").await;
        // Eve sends Ana's way back to another browser, with a cookie of its own and without one.
        let mut other = Browser::new(&world, &at);
        assert_eq!(refused(&location(&other.open(&back).await)), "other_browser");
        other.sets_out("kontor", "").await;
        assert_eq!(refused(&location(&other.open(&back).await)), "other_browser");
        let kept = ana.cookies.clone();
        assert_eq!(location(&ana.open(&back).await), "/account", "hers is as good as before");
        // The same way back again, with everything that belonged to it.
        let mut again = Browser { cookies: kept.clone(), ..Browser::new(&world, &at) };
        assert_eq!(refused(&location(&again.open(&back).await)), "expired");
        // Another's code, with a state of one's own: it is bound to who set out by PKCE and nonce.
        let code_of =
            |back: &str| back.split(['?', '&']).find(|p| p.starts_with("code=")).unwrap().to_string();
        let mut eve = Browser::new(&world, &at);
        let hers = eve.sets_out("kontor", "").await;
        let mut bo = Browser::new(&world, &at);
        let his = bo.sets_out("kontor", "").await;
        let injected = hers.replace(&code_of(&hers), &code_of(&his));
        assert_eq!(refused(&location(&eve.open(&injected).await)), "provider_wrong");
        // A code that was exchanged is worth nothing to whoever got hold of it.
        let replayed = eve.sets_out("kontor", "").await;
        let replayed = replayed.replace(&code_of(&replayed), &code_of(&back));
        assert_eq!(refused(&location(&eve.open(&replayed).await)), "provider_wrong");
        // To another provider than one was sent to.
        let mixed = eve.sets_out("kontor", "").await.replace("/kontor/", "/google/");
        assert_eq!(refused(&location(&eve.open(&mixed).await)), "expired");
        // No, at the provider.
        let no = eve.sets_out("kontor", "?return_to=/cart").await;
        let no = no.replace(&code_of(&no), "error=access_denied&error_description=%3Cscript%3E");
        let to = location(&eve.open(&no).await);
        assert_eq!((refused(&to), to.contains("script")), ("cancelled", false));
        // Too late.
        let late = eve.sets_out("kontor", "").await;
        time.advance(Duration::from_secs(600));
        assert_eq!(refused(&location(&eve.open(&late).await)), "expired");
        let left = eve.sets_out("kontor", "").await;
        world
            .test
            .until("errands that nobody came back from are forgotten", async || {
                time.advance(Duration::from_secs(3600));
                world.count("select count(*) from errands").await == 0
            })
            .await;
        assert_eq!(refused(&location(&eve.open(&left).await)), "expired");
    }
}

#[tokio::test]
async fn nobody_is_led_out_of_the_shop() {
    on_both(async |world, at| {
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/.//evil.example",
            "/\r\nset-cookie: a=b",
            "/api/auth/logout",
            "",
        ] {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("return_to", bad).finish();
            let answer = world.anybody().get(&format!("/api/auth/oauth/kontor/start?{query}")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["errors"][0]["field"].clone()),
                (422, json!("return_to")),
                "{bad}"
            );
        }
        world.anybody().get("/api/auth/oauth/nobody/start").await.expect(404);
        world.anybody().get("/api/auth/oauth/nobody/callback?code=a&state=b").await.expect(404);
        assert_eq!(world.count("select count(*) from errands").await, 0);
        assert_eq!(at.asked("/token"), 0);
    })
    .await;
}

#[tokio::test]
async fn another_site_sends_nobody_to_a_provider() {
    on_both(async |world, at| {
        let start = "/api/auth/oauth/kontor/start?return_to=/cart";
        let from = |site| world.anybody().header("sec-fetch-site", site);
        for site in ["cross-site", "same-site", "who knows"] {
            assert_eq!(location(&from(site).get(start).await), "/account/login?to=%2Fcart", "{site}");
        }
        assert_eq!(world.count("select count(*) from errands").await, 0);
        from("cross-site").get("/api/auth/oauth/nobody/start").await.expect(404);
        from("cross-site").get("/api/auth/oauth/kontor/start?return_to=//evil.example").await.expect(422);
        for site in ["same-origin", "none"] {
            assert!(location(&from(site).get(start).await).starts_with(&at.issuer()), "{site}");
        }
        assert_eq!(world.count("select count(*) from errands").await, 2);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_come_at_once_one_account_is_made() {
    on_both(async |world, at| {
        let come = (0..6).map(|_| async { Browser::new(world, at).logs_in("kontor").await });
        let all = futures::future::join_all(come).await;
        assert_eq!(all, ["/account"; 6]);
        assert_eq!(world.count("select count(*) from accounts").await, 1);
        assert_eq!(world.count("select count(*) from identities").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_the_store_has_of_a_login_under_way_is_of_no_use() {
    on_both(async |world, at| {
        let mut browser = Browser::new(world, at);
        let back = browser.sets_out("kontor", "").await;
        assert_eq!(world.count("select count(*) from errands where length(digest) = 32").await, 1);
        let cookie = &browser.cookies["hanse_errand"];
        assert!(!back.contains(&cookie[4..]), "the address does not hold what the cookie does");
        let cookies = BTreeMap::from([("hanse_errand".to_string(), format!("het_{}", "0".repeat(64)))]);
        let mut guess = Browser { cookies, ..Browser::new(world, at) };
        assert_eq!(refused(&location(&guess.open(&back).await)), "other_browser");
    })
    .await;
}
