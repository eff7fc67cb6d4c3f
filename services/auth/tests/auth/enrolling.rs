//! Whoever has a second factor enrols another with it: neither a session that was left open nor a password that was found is enough.

use crate::at_provider::{Browser, on_both as at_both};
use crate::factors::{Timed, in_time};
use crate::passkeys::{SHOP, make};
use crate::world::PASSWORD;
use hanse_kernel::{Actor, Permission, Proof, UserId};
use hanse_testkit::{Answer, App, Client, KeyFob};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ANA: &str = "ana@example.org";
const STEP: Duration = Duration::from_secs(30);

async fn begin_app(client: &Client) -> Answer {
    client.post("/api/auth/factors/totp", json!({"current_password": PASSWORD})).await
}

async fn begin_passkey(client: &Client) -> Answer {
    client.post("/api/auth/factors/passkeys", json!({"current_password": PASSWORD})).await
}

async fn confirm_app(client: &Client, code: &str) -> Answer {
    client.post("/api/auth/factors/totp/confirm", json!({"code": code})).await
}

async fn confirm_passkey(client: &Client, asked: &Value, made: &Value) -> Answer {
    let body = json!({"ceremony": asked["ceremony"], "credential": made, "name": "Fob"});
    client.post("/api/auth/factors/passkeys/confirm", body).await
}

fn wants_step_up(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "step_up_required"));
    assert_eq!(answer.json()["step_up"], "/api/auth/step-up");
}

/// Enrols an app here; with it, the recovery codes that were told.
async fn enrol(shop: &Timed, client: &Client) -> (App, Vec<String>) {
    let begun = begin_app(client).await.expect(200);
    let app = App::of(begun["secret"].as_str().unwrap());
    let told = confirm_app(client, &app.code(shop.now())).await.expect(200);
    shop.time.advance(STEP);
    let codes = told["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().into());
    (app, codes.collect())
}

/// Two browsers of hers that are logged in by the password.
async fn two(shop: &Timed) -> (Actor, Client, Client) {
    let actor = shop.register(ANA).await;
    let here = shop.world.at_browser(ANA, actor.clone()).await;
    let there = shop.world.at_browser(ANA, actor.clone()).await;
    (actor, here, there)
}

#[tokio::test]
async fn another_factor_is_enrolled_by_whoever_has_just_shown_one() {
    in_time(async |shop| {
        // Somebody else has the password, and a session that they began with it a moment ago.
        let (actor, here, theirs) = two(&shop).await;
        let (app, _) = enrol(&shop, &here).await;
        let nowhere = shop.world.auth.client(actor);
        for client in
            [&theirs, &nowhere, &theirs.clone().proof(Proof::Former), &here.clone().proof(Proof::Former)]
        {
            wants_step_up(&begin_passkey(client).await);
            wants_step_up(&begin_app(client).await);
        }
        // The password once more is no help.
        let step = theirs.post("/api/auth/step-up", json!({"current_password": PASSWORD})).await;
        assert_eq!(step.status.as_u16(), 422);
        wants_step_up(&begin_passkey(&theirs).await);
        assert_eq!(shop.world.count("select count(*) from passkey_ceremonies").await, 0);

        // Her own has shown the app by enrolling it. What was asked of it is not confirmed from theirs, nor lost by that.
        let asked = begin_passkey(&here).await.expect(200);
        let made = KeyFob::new(SHOP).make(&asked["options"]);
        wants_step_up(&confirm_passkey(&theirs, &asked, &made).await);
        wants_step_up(&confirm_passkey(&here.clone().proof(Proof::Former), &asked, &made).await);
        let told = confirm_passkey(&here, &asked, &made).await.expect(200);
        assert_eq!(told["recovery_codes"], json!([]), "there are some");
        // With the app their session would be hers.
        theirs.post("/api/auth/step-up", json!({"code": app.code(shop.now())})).await.expect(200);
        begin_passkey(&theirs).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn what_somebody_else_began_before_the_first_factor_comes_to_nothing() {
    in_time(async |shop| {
        let (_, here, theirs) = two(&shop).await;
        let begun = begin_app(&theirs).await.expect(200);
        let app = App::of(begun["secret"].as_str().unwrap());
        let mut fob = KeyFob::new(SHOP);
        let told = make(&here, &mut fob, "Fob").await.expect(200);
        let proofs = "select count(*) from sessions where proven_by like '%totp%'";
        wants_step_up(&confirm_app(&theirs, &app.code(shop.now())).await);
        assert_eq!(shop.world.count(proofs).await, 0, "nor has it shown anything");
        let mine = here.get("/api/auth/factors").await.expect(200);
        assert_eq!((&mine["totp"], &mine["recovery_codes"]), (&Value::Null, &json!(10)));
        // Her own app comes beside the passkey, and the codes in her drawer are as good as before.
        let begun = begin_app(&here).await.expect(200);
        let app = App::of(begun["secret"].as_str().unwrap());
        let again = confirm_app(&here, &app.code(shop.now())).await.expect(200);
        assert_eq!(again["recovery_codes"], json!([]));
        let asked = shop.world.login(ANA, PASSWORD).await.expect(200);
        assert_eq!(asked["methods"], json!(["totp", "passkey", "recovery_code"]));
        let (challenge, code) =
            (asked["challenge"].as_str().unwrap(), told["recovery_codes"][0].as_str().unwrap());
        shop.show(challenge, "recovery_code", code).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn factors_of_whoever_opened_an_account_with_anothers_address_go_when_its_owner_comes() {
    in_time(async |shop| {
        let world = &shop.world;
        // Eve opens an account with Ana's address, and enrols what is hers.
        let actor = shop.register(ANA).await;
        let eve = world.at_browser(ANA, actor.clone()).await;
        let mut fob = KeyFob::new(SHOP);
        make(&eve, &mut fob, "Eve's").await.expect(200);
        let own = |password: &str| json!({"current_password": password});
        let begun = eve.post("/api/auth/factors/totp", own(PASSWORD)).await.expect(200);
        let code = App::of(begun["secret"].as_str().unwrap()).code(shop.now());
        eve.post("/api/auth/factors/totp/confirm", json!({"code": code})).await.expect(200);
        // Another ceremony of hers is open still.
        eve.post("/api/auth/factors/passkeys", own(PASSWORD)).await.expect(200);

        let (token, password) = (world.reset_token(ANA).await, "one that only Ana has");
        world.reset(&token, password).await.expect(204);
        let told = world.login(ANA, password).await.expect(200);
        assert!(told["access_token"].is_string(), "she is asked for a factor of Eve's: {told}");
        assert_eq!(world.count("select count(*) from passkeys").await, 0);
        assert_eq!(world.count("select count(*) from totp_factors").await, 0);
        assert_eq!(world.count("select count(*) from recovery_codes").await, 0);
        assert_eq!(world.count("select count(*) from passkey_ceremonies").await, 0);

        // What she enrols herself stays: who reads her mail does not thereby hold it.
        let bearer = format!("Bearer {}", told["access_token"].as_str().unwrap());
        let ana = world.auth.client(actor).header("authorization", &bearer);
        let asked = ana.post("/api/auth/factors/passkeys", own(password)).await.expect(200);
        let made = fob.make(&asked["options"]);
        let body = json!({"ceremony": asked["ceremony"], "credential": made, "name": "Ana's"});
        ana.post("/api/auth/factors/passkeys/confirm", body).await.expect(200);
        let token = world.reset_token(ANA).await;
        world.reset(&token, PASSWORD).await.expect(204);
        let told = world.login(ANA, PASSWORD).await.expect(200);
        assert_eq!(told["mfa_required"], true, "{told}");
    })
    .await;
}

/// Nobody opens an account to work here for somebody else, so that a factor of staff is theirs, verified though their address may
/// never have been.
#[tokio::test]
async fn a_factor_of_staff_stays_whoever_reads_their_mail() {
    in_time(async |shop| {
        let world = &shop.world;
        let user: UserId = world.hire("boss@example.org", "owner").await.parse().unwrap();
        let actor = Actor::Staff { user, permissions: Arc::new(Permission::ALL.into_iter().collect()) };
        let boss = world.at_browser("boss@example.org", actor).await;
        make(&boss, &mut KeyFob::new(SHOP), "Fob").await.expect(200);
        let (token, password) = (world.reset_token("boss@example.org").await, "one of who reads the mail");
        world.reset(&token, password).await.expect(204);
        let told = world.login("boss@example.org", password).await.expect(200);
        assert_eq!((&told["mfa_required"], &told["methods"][0]), (&json!(true), &json!("passkey")), "{told}");
    })
    .await;
}

/// A token of a session that is over is good for minutes; a factor would let in for ever.
#[tokio::test]
async fn what_a_thief_began_before_a_new_password_comes_to_nothing() {
    in_time(async |shop| {
        let actor = shop.register(ANA).await;
        for way in ["reset", "change"] {
            let here = shop.world.at_browser(ANA, actor.clone()).await;
            let stolen = shop.world.tokens(ANA).await.access;
            let thief = shop.world.auth.client(actor.clone());
            let thief = thief.header("authorization", &format!("Bearer {stolen}"));
            let begun = begin_app(&thief).await.expect(200);
            let app = App::of(begun["secret"].as_str().unwrap());
            let asked = begin_passkey(&thief).await.expect(200);
            if way == "reset" {
                let token = shop.world.reset_token(ANA).await;
                shop.world.reset(&token, PASSWORD).await.expect(204);
            } else {
                let change = json!({"current_password": PASSWORD, "password": PASSWORD});
                here.post("/api/auth/password", change).await.expect(204);
            }
            assert!(shop.world.known(&stolen).await.is_some(), "the token itself is still good");
            let made = KeyFob::new(SHOP).make(&asked["options"]);
            for refused in [
                confirm_app(&thief, &app.code(shop.now())).await,
                confirm_passkey(&thief, &asked, &made).await,
                begin_app(&thief).await,
                begin_passkey(&thief).await,
            ] {
                wants_step_up(&refused);
            }
            // Nor does it when the owner's own browser is brought to send what was begun elsewhere.
            let here = shop.world.at_browser(ANA, actor.clone()).await;
            assert_eq!(confirm_app(&here, &app.code(shop.now())).await.code(), "totp_not_begun", "{way}");
            assert_eq!(confirm_passkey(&here, &asked, &made).await.code(), "passkey_refused", "{way}");
            assert_eq!(shop.world.count("select count(*) from passkeys").await, 0);
            assert_eq!(shop.world.count("select count(*) from totp_factors").await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_password_that_was_shown_while_there_was_no_factor_is_none() {
    in_time(async |shop| {
        let (_, here, there) = two(&shop).await;
        let (_, codes) = enrol(&shop, &there).await;
        let remove = json!({"current_password": PASSWORD, "recovery_code": codes[0]});
        there.post("/api/auth/factors/totp/remove", remove).await.expect(204);
        there.post("/api/auth/step-up", json!({"current_password": PASSWORD})).await.expect(200);
        enrol(&shop, &here).await;
        wants_step_up(&begin_passkey(&there).await);
    })
    .await;
}

#[tokio::test]
async fn who_has_no_password_enrols_the_first_factor_shortly_after_logging_in() {
    at_both(async |world, at| {
        let mut ana = Browser::new(world, at);
        ana.logs_in("kontor").await;
        let begin = async |ana: &Browser<'_>| ana.post("/api/auth/factors/totp", json!({})).await;
        ana.proof = Proof::Former;
        wants_step_up(&begin(&ana).await);
        wants_step_up(&ana.post("/api/auth/factors/passkeys", json!({})).await);
        ana.proof = Proof::Recent;
        let told = ana.post("/api/auth/factors/totp", json!({"current_password": PASSWORD})).await;
        assert_eq!(told.code(), "no_password");
        let begun = begin(&ana).await.expect(200);
        let app = App::of(begun["secret"].as_str().unwrap());
        let code = json!({"code": app.code(world.test.effects.now().micros())});
        let told = ana.post("/api/auth/factors/totp/confirm", code).await.expect(200);
        let recovery = |n: usize| json!({"recovery_code": told["recovery_codes"][n]});
        let renewed = ana.post("/api/auth/factors/recovery-codes", recovery(0)).await.expect(200);
        let removal = json!({"recovery_code": renewed["recovery_codes"][0]});
        ana.post("/api/auth/factors/totp/remove", removal).await.expect(204);

        // Who has one does not do without it.
        let user = world.register("bo@example.org").await["user_id"].as_str().unwrap().parse().unwrap();
        let bo = world.at_browser("bo@example.org", Actor::Customer { user }).await;
        for path in ["/api/auth/factors/totp", "/api/auth/factors/passkeys"] {
            let refused = bo.post(path, json!({})).await;
            assert_eq!(refused.json()["errors"][0]["field"], "current_password", "{path}");
            assert_eq!(refused.status.as_u16(), 422, "{path}");
        }
    })
    .await;
}
