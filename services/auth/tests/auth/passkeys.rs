//! Passkeys: made by whoever knows the password, shown alone or besides it, good for one answer each.

use crate::factors::{Timed, in_time};
use crate::world::{PASSWORD, Tokens, World};
use hanse_auth_contract::{Factor, FactorChange, FactorChanged};
use hanse_kernel::{Actor, Proof};
use hanse_testkit::{Answer, Client, KeyFob};
use serde_json::{Value, json};
use std::time::Duration;

const ANA: &str = "ana@example.org";
pub const SHOP: &str = "http://localhost";

pub async fn make(client: &Client, fob: &mut KeyFob, name: &str) -> Answer {
    let begin = json!({"current_password": PASSWORD});
    let asked = client.post("/api/auth/factors/passkeys", begin).await.expect(200);
    let made = fob.make(&asked["options"]);
    let body = json!({"ceremony": asked["ceremony"], "credential": made, "name": name});
    client.post("/api/auth/factors/passkeys/confirm", body).await
}

impl World {
    async fn ask_passkey(&self, body: Value) -> Value {
        self.anybody().post("/api/auth/login/passkey/ask", body).await.expect(200)
    }

    async fn enter(&self, asked: &Value, shown: &Value) -> Answer {
        let body = json!({"passkey": {"ceremony": asked["ceremony"], "credential": shown}});
        self.anybody().post("/api/auth/login/passkey", body).await
    }
}

/// Somebody with a passkey.
async fn ana(shop: &Timed, email: &'static str) -> (Client, KeyFob, Vec<String>) {
    let user = shop.world.register(email).await["user_id"].as_str().unwrap().parse().unwrap();
    let client = shop.world.at_browser(email, Actor::Customer { user }).await;
    let mut fob = KeyFob::new(SHOP);
    let told = make(&client, &mut fob, "Fob").await.expect(200);
    let codes = told["recovery_codes"].as_array().unwrap().iter();
    (client, fob, codes.map(|code| code.as_str().unwrap().into()).collect())
}

#[tokio::test]
async fn a_passkey_alone_logs_in_whoever_has_it() {
    in_time(async |shop| {
        let (client, mut fob, codes) = ana(&shop, ANA).await;
        assert_eq!(codes.len(), 10, "it is the first factor");
        let asked = shop.world.ask_passkey(json!({})).await;
        assert!(asked["options"]["publicKey"]["allowCredentials"].as_array().is_none_or(Vec::is_empty));
        assert_eq!(asked["options"]["publicKey"]["userVerification"], "required");
        let shown = fob.show(&asked["options"]);
        let tokens = Tokens::of(&shop.world.enter(&asked, &shown).await.expect(200));
        let known = shop.world.known(&tokens.access).await.unwrap();
        assert!(matches!(known.actor, Actor::Customer { .. }));
        // The same answer again, and for another question.
        assert_eq!(shop.world.enter(&asked, &shown).await.code(), "passkey_refused");
        let another = shop.world.ask_passkey(json!({})).await;
        assert_eq!(shop.world.enter(&another, &shown).await.code(), "passkey_refused");
        let mine = client.get("/api/auth/factors").await.expect(200);
        assert_eq!(
            (&mine["passkeys"][0]["name"], mine["passkeys"][0]["last_used_at"].is_string()),
            (&json!("Fob"), true)
        );
        // At once: one answer, one session.
        let asked = shop.world.ask_passkey(json!({})).await;
        let shown = fob.show(&asked["options"]);
        let before = shop.world.count("select count(*) from sessions").await;
        let answers = futures::future::join_all((0..5).map(|_| shop.world.enter(&asked, &shown))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
        assert_eq!(shop.world.count("select count(*) from sessions").await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_not_good_opens_nothing() {
    in_time(async |shop| {
        let (_, mut fob, _) = ana(&shop, ANA).await;
        let refused = async |asked: &Value, shown: &Value| {
            let answer = shop.world.enter(asked, shown).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "passkey_refused"), "{shown}");
        };
        // A stranger's fob.
        let asked = shop.world.ask_passkey(json!({})).await;
        refused(&asked, &KeyFob::new(SHOP).show(&asked["options"])).await;
        // Another site's page.
        let asked = shop.world.ask_passkey(json!({})).await;
        fob.origin = "https://shop.example.evil".into();
        refused(&asked, &fob.show(&asked["options"])).await;
        fob.origin = SHOP.into();
        // Without its person.
        fob.verifies = false;
        let asked = shop.world.ask_passkey(json!({})).await;
        refused(&asked, &fob.show(&asked["options"])).await;
        fob.verifies = true;
        // A signature of something else.
        let asked = shop.world.ask_passkey(json!({})).await;
        let mut shown = fob.show(&asked["options"]);
        shown["response"]["signature"] = fob.show(&asked["options"])["response"]["signature"].clone();
        refused(&asked, &shown).await;
        // Too late, from another program, nonsense.
        let asked = shop.world.ask_passkey(json!({})).await;
        let shown = fob.show(&asked["options"]);
        let other = shop.world.anybody().header("user-agent", "another/1");
        let body = json!({"passkey": {"ceremony": asked["ceremony"], "credential": shown}});
        assert_eq!(other.post("/api/auth/login/passkey", body).await.code(), "passkey_refused");
        let asked = shop.world.ask_passkey(json!({})).await;
        let shown = fob.show(&asked["options"]);
        shop.time.advance(Duration::from_secs(300));
        refused(&asked, &shown).await;
        refused(&json!({"ceremony": "hpc_0"}), &json!({})).await;
        // It still works.
        let asked = shop.world.ask_passkey(json!({})).await;
        let shown = fob.show(&asked["options"]);
        shop.world.enter(&asked, &shown).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn besides_the_password_it_is_a_second_factor() {
    in_time(async |shop| {
        let (_, mut fob, _) = ana(&shop, ANA).await;
        let (_, mut bobs, _) = ana(&shop, "bob@example.org").await;
        let told = shop.world.login(ANA, PASSWORD).await.expect(200);
        assert_eq!(
            (&told["mfa_required"], &told["methods"]),
            (&json!(true), &json!(["passkey", "recovery_code"]))
        );
        let asked = shop.world.ask_passkey(json!({"challenge": told["challenge"]})).await;
        let show = async |asked: &Value, shown: Value| {
            let passkey = json!({"ceremony": asked["ceremony"], "credential": shown});
            let body = json!({"challenge": told["challenge"], "passkey": passkey});
            shop.world.anybody().post("/api/auth/login/factor", body).await
        };
        assert_eq!(show(&asked, bobs.show(&asked["options"])).await.code(), "wrong_code");
        let shown = fob.show(&asked["options"]);
        assert_eq!(show(&asked, shown).await.code(), "wrong_code", "an answer was given");
        let asked = shop.world.ask_passkey(json!({"challenge": told["challenge"]})).await;
        let shown = fob.show(&asked["options"]);
        show(&asked, shown).await.expect(200);
        let late = shop.world.anybody();
        let late = late.post("/api/auth/login/passkey/ask", json!({"challenge": told["challenge"]})).await;
        assert_eq!(late.code(), "challenge_invalid", "it was answered");
    })
    .await;
}

#[tokio::test]
async fn a_login_by_passkey_is_a_proof_and_so_is_showing_it_once_more() {
    in_time(async |shop| {
        let (_, mut fob, _) = ana(&shop, ANA).await;
        shop.world.meddle("update accounts set password_hash = ''").await;
        shop.time.advance(Duration::from_secs(10 * 60));
        let asked = shop.world.ask_passkey(json!({})).await;
        let shown = fob.show(&asked["options"]);
        let mut tokens = Tokens::of(&shop.world.enter(&asked, &shown).await.expect(200));
        let (_, proof) = shop.with(&tokens.access).await;
        assert_eq!(proof, Proof::Recent, "just logged in");
        shop.time.advance(Duration::from_secs(10 * 60));
        let (client, proof) = shop.refreshed(&mut tokens).await;
        assert_eq!(proof, Proof::Former);
        let asked = client.post("/api/auth/factors/passkeys/ask", json!({})).await.expect(200);
        let passkey = json!({"ceremony": asked["ceremony"], "credential": fob.show(&asked["options"])});
        let fresh = client.post("/api/auth/step-up", json!({"passkey": passkey})).await.expect(200);
        let (_, proof) = shop.with(fresh["access_token"].as_str().unwrap()).await;
        assert_eq!(proof, Proof::Recent);
    })
    .await;
}

#[tokio::test]
async fn passkeys_are_named_and_removed_by_their_owner() {
    in_time(async |shop| {
        let (client, fob, _) = ana(&shop, ANA).await;
        let (bob, _, _) = ana(&shop, "bob@example.org").await;
        let wrong = json!({"current_password": "a wrong guess"});
        assert_eq!(
            client.post("/api/auth/factors/passkeys", wrong.clone()).await.code(),
            "wrong_credentials"
        );
        shop.time.advance(Duration::from_secs(1));
        let mut second = KeyFob::new(SHOP);
        let told = make(&client, &mut second, "Laptop").await.expect(200);
        assert_eq!(told["recovery_codes"], json!([]), "there are some");
        assert_eq!(make(&client, &mut KeyFob::new(SHOP), " ").await.status.as_u16(), 422);
        drop(fob);
        let mine = client.get("/api/auth/factors").await.expect(200);
        let path = |at: usize| {
            format!("/api/auth/factors/passkeys/{}", mine["passkeys"][at]["id"].as_str().unwrap())
        };
        client.patch(&path(0), json!({"name": "Desk"})).await.expect(204);
        assert_eq!(bob.patch(&path(0), json!({"name": "Mine"})).await.status.as_u16(), 404);
        let right = json!({"current_password": PASSWORD});
        let remove = async |client: &Client, at: usize, body: &Value| {
            client.post(&format!("{}/remove", path(at)), body.clone()).await
        };
        assert_eq!(remove(&bob, 0, &right).await.status.as_u16(), 404);
        let former = client.clone().proof(Proof::Former);
        assert_eq!(remove(&former, 0, &right).await.code(), "step_up_required");
        assert_eq!(remove(&client, 0, &wrong).await.code(), "wrong_credentials");
        remove(&client, 0, &right).await.expect(204);
        assert_eq!(client.get("/api/auth/factors").await.expect(200)["passkeys"][0]["name"], "Laptop");
        remove(&client, 1, &right).await.expect(204);
        assert_eq!(shop.world.login(ANA, PASSWORD).await.expect(200)["mfa_required"], false);
        let none = client.get("/api/auth/factors").await.expect(200);
        assert_eq!((&none["passkeys"], &none["recovery_codes"]), (&json!([]), &json!(0)));
        shop.world.test.settle().await;
        let told = shop.world.test.published_of::<FactorChanged>();
        let removed =
            told.iter().filter(|t| t.change == FactorChange::Removed && t.factor == Factor::Passkey);
        assert_eq!(removed.count(), 2);
    })
    .await;
}
